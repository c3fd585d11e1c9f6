import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { luaCheckRefusing, parse } from '../../test/support/flow-text.ts';
import type { Flow } from '../flow/index.ts';

const BASE = `name: greet
variables: {site: home, limits: {low: 1, high: 9}, tags: [a, b]}
settings: {timeout: 30s}
nodes:
  - name: start
    run: |
      return {}
    goto:
      - if: state.n > 1
        to: many
      - to: few
  - {name: many, goto: __end__}
  - name: few
`;

function laid(...texts: readonly string[]) {
  return parse(BASE, { overlays: texts.map((text, index) => ({ file: `over${index + 1}.yaml`, text })) });
}

function flowWith(...texts: readonly string[]): Flow {
  const { flow, diagnostics } = laid(...texts);
  if (flow === undefined) throw new Error(JSON.stringify(diagnostics));
  return flow;
}

function problems(...texts: readonly string[]): readonly string[] {
  return laid(...texts).diagnostics.map(
    ({ file, line, column, code, severity }) =>
      `${severity === 'warning' ? 'w ' : ''}${file}:${line}:${column} ${code}`,
  );
}

function rulesOf(flow: Flow, name: string): readonly (readonly [string | undefined, string])[] {
  const next = flow.nodes.find((node) => node.name === name)?.next;
  return next?.kind === 'rules' ? next.rules.map(({ when, to }) => [when, to]) : [];
}

describe('an overlay', () => {
  it('merges objects, replaces lists and scalars', () => {
    const { variables } = flowWith('variables: {site: shop, limits: {high: 20}, tags: [c], more: null}\n');

    assert.deepEqual(variables, { site: 'shop', limits: { low: 1, high: 20 }, tags: ['c'], more: null });
  });

  it('gives way to the overlays after it', () => {
    const flow = flowWith(
      'variables: {site: one, limits: {low: 2}}\n',
      'variables: {site: two}\nsettings: {timeout: 5s}\n',
    );

    assert.deepEqual(flow.variables['limits'], { low: 2, high: 9 });
    assert.equal(flow.variables['site'], 'two');
    assert.equal(flow.settings.timeoutMs, 5_000);
  });

  it('merges nodes by name, in the order of the flow, and adds new ones behind them', () => {
    const flow = flowWith('nodes: [{name: last}, {name: few, run: "return {n = 1}"}]\n');

    assert.deepEqual(
      flow.nodes.map(({ name, work }) => `${name} ${work.kind}`),
      ['start lua', 'many none', 'few lua', 'last none'],
    );
  });

  it('merges the rules of a goto by target', () => {
    const flow = flowWith('nodes: [{name: start, goto: [{to: many, if: state.n > 5}]}]\n');

    assert.deepEqual(rulesOf(flow, 'start'), [
      ['state.n > 5', 'many'],
      [undefined, 'few'],
    ]);
  });

  it('adds a rule with a condition before the one that always holds', () => {
    const flow = flowWith('nodes: [{name: start, goto: [{if: state.x, to: __end__}]}]\n');

    assert.deepEqual(rulesOf(flow, 'start'), [
      ['state.n > 1', 'many'],
      ['state.x', '__end__'],
      [undefined, 'few'],
    ]);
  });

  it('replaces a goto of another form', () => {
    assert.deepEqual(rulesOf(flowWith('nodes: [{name: start, goto: few}, {name: many}]\n'), 'start'), [
      [undefined, 'few'],
    ]);
  });

  it('takes rules that share a target in their order', () => {
    const base = 'nodes: [{name: a, goto: [{if: state.x, to: b}, {if: state.y, to: b}]}, {name: b}]\n';
    const text = 'nodes: [{name: a, goto: [{to: b}, {to: b, if: state.z}]}]\n';
    const { flow } = parse(base, { overlays: [{ file: 'over.yaml', text }] });

    assert.deepEqual(flow === undefined ? [] : rulesOf(flow, 'a'), [
      ['state.x', 'b'],
      ['state.z', 'b'],
    ]);
  });

  it('merges edges by both ends', () => {
    const base =
      'nodes: [{name: a}, {name: b}, {name: c}]\nedges: [{from: a, to: b, when: state.x}, {from: a, to: c}]\n';
    const text = 'edges: [{from: a, to: b, when: state.y}, {from: a, to: __end__, when: state.z}, {from: b, to: c}]\n';
    const { flow } = parse(base, { overlays: [{ file: 'over.yaml', text }] });

    assert.deepEqual(flow === undefined ? [] : rulesOf(flow, 'a'), [
      ['state.y', 'b'],
      ['state.z', '__end__'],
      [undefined, 'c'],
    ]);
    assert.deepEqual(flow === undefined ? [] : rulesOf(flow, 'b'), [[undefined, 'c']]);
  });

  it('removes keys, nodes and rules', () => {
    const flow = flowWith(
      'variables: {limits: {low: {__delete__: true}}, tags: {__delete__: true}}\n' +
        'nodes: [{name: many, __delete__: true}, {name: start, goto: [{to: many, __delete__: true}]}]\n',
    );

    assert.deepEqual(flow.variables, { site: 'home', limits: { high: 9 } });
    assert.deepEqual(
      flow.nodes.map(({ name }) => name),
      ['start', 'few'],
    );
    assert.deepEqual(rulesOf(flow, 'start'), [[undefined, 'few']]);
  });

  it('removes an edge', () => {
    const base = 'nodes: [{name: a}, {name: b}, {name: c}]\nedges: [{from: a, to: c}, {from: b, to: c}]\n';
    const text = 'edges: [{from: a, to: c, __delete__: true}]\n';
    const { flow } = parse(base, { overlays: [{ file: 'over.yaml', text }] });

    assert.deepEqual(flow?.nodes[0]?.next, { kind: 'next', to: 'b' });
  });

  it('puts back what an overlay before it removed', () => {
    const flow = flowWith('variables: {site: {__delete__: true}}\n', 'variables: {site: again}\n');

    assert.equal(flow.variables['site'], 'again');
  });

  it('of comments only changes nothing', () => {
    assert.deepEqual(flowWith('# nothing yet\n'), flowWith());
  });

  it('counts in the hash as if the flow were written that way', () => {
    const written = parse(BASE.replace('site: home', 'site: shop')).flow;

    assert.equal(flowWith('variables: {site: shop}\n').hash, written?.hash);
    assert.notEqual(flowWith('variables: {site: shop}\n').hash, flowWith().hash);
  });

  it('gives the places of what it adds', () => {
    const flow = flowWith('{}', '\nnodes:\n  - name: last\n');

    assert.deepEqual(flow.nodes[0]?.place, { line: 5, column: 11 });
    assert.deepEqual(flow.nodes[3]?.place, { file: 'over2.yaml', line: 3, column: 11 });
  });

  it('keeps data that is called like the lists of a flow as data', () => {
    const base = 'nodes: [{name: a}]\nvariables: {nodes: [{name: x, v: 1}, {name: y}]}\n';
    const { flow } = parse(base, { overlays: [{ file: 'o.yaml', text: 'variables: {nodes: [{name: x, w: 2}]}\n' }] });

    assert.deepEqual(flow?.variables['nodes'], [{ name: 'x', w: 2 }]);
  });
});

describe('the problems of an overlay', () => {
  const ROWS: readonly (readonly [string, string, readonly string[]])[] = [
    ['a list', '- a\n', ['over1.yaml:1:1 SPEC_INVALID']],
    ['a removal of everything', '__delete__: true\n', ['over1.yaml:1:1 SPEC_INVALID']],
    ['broken YAML', 'variables: {\n', ['over1.yaml:2:1 SPEC_SYNTAX']],
    ['an unknown key', 'settings:\n  timeot: 5s\n', ['over1.yaml:2:3 SPEC_UNKNOWN_KEY']],
    ['a bad value', 'settings:\n  timeout: soon\n', ['over1.yaml:2:12 SPEC_INVALID']],
    [
      'a bad template',
      'nodes: [{name: few, run: {type: expression, output_key: a, value: "1 +"}}]\n',
      ['over1.yaml:1:71 SPEC_TEMPLATE'],
    ],
    ['broken Lua', 'nodes:\n  - name: few\n    run: |\n      -- fine\n      x ==\n', ['over1.yaml:5:7 SPEC_LUA']],
    ['a missing target', 'nodes: [{name: few, goto: nowhere}]\n', ['over1.yaml:1:27 SPEC_UNKNOWN_TARGET']],
    [
      'a node to remove that is not there',
      'nodes: [{name: fwe, __delete__: true}]\n',
      ['over1.yaml:1:9 SPEC_UNKNOWN_TARGET'],
    ],
    [
      'a key to remove that is not there',
      'settings: {timeot: {__delete__: true}}\n',
      ['over1.yaml:1:12 SPEC_UNKNOWN_KEY'],
    ],
    ['a removal that is not true', 'settings: {timeout: {__delete__: 1}}\n', ['over1.yaml:1:22 SPEC_INVALID']],
    ['a removal beside more', 'nodes: [{name: few, __delete__: true, run: x}]\n', ['over1.yaml:1:39 SPEC_INVALID']],
    ['a removal inside what is new', 'variables: {new: {a: {__delete__: true}}}\n', ['over1.yaml:1:23 SPEC_INVALID']],
    ['a removal inside a list', 'variables: {tags: [{__delete__: true}]}\n', ['over1.yaml:1:21 SPEC_INVALID']],
    ['a node without a name', 'nodes: [{run: x}]\n', ['over1.yaml:1:9 SPEC_INVALID']],
    ['a node that is written twice', 'nodes: [{name: few}, {name: few}]\n', ['over1.yaml:1:29 SPEC_INVALID']],
  ];
  for (const [what, text, expected] of ROWS) {
    it(`stand in its file: ${what}`, () => {
      const { diagnostics } = parse(BASE, {
        overlays: [{ file: 'over1.yaml', text }],
        checkLua: luaCheckRefusing(/==/),
      });

      assert.deepEqual(
        diagnostics.map(({ file, line, column, code }) => `${file}:${line}:${column} ${code}`),
        expected,
      );
    });
  }

  it('come after those of the flow, and all files are read', () => {
    const found = parse('nodes: [{name: a, gtoo: b}]\n', {
      overlays: [
        { file: 'one.yaml', text: 'nods: 1\n' },
        { file: 'two.yaml', text: 'nmae: 1\n' },
      ],
    }).diagnostics.map(({ file, line, column }) => `${file}:${line}:${column}`);

    assert.deepEqual(found, ['flow.yaml:1:19', 'one.yaml:1:1', 'two.yaml:1:1']);
  });

  it('are those of the flow where the flow is to blame', () => {
    assert.deepEqual(problems('nodes: [{name: many, __delete__: true}]\n'), ['flow.yaml:10:13 SPEC_UNKNOWN_TARGET']);
  });

  it('name the nearest node', () => {
    const [found] = laid('nodes: [{name: fwe, __delete__: true}]\n').diagnostics;

    assert.equal(found?.message, 'There is no node `fwe` to remove.');
    assert.equal(found?.hint, 'Did you mean `few`?');
  });

  it('are found in 16 overlays, and a 17th is refused', () => {
    assert.deepEqual(problems(...Array.from({ length: 16 }, () => '{}')), []);
    assert.deepEqual(problems(...Array.from({ length: 17 }, () => '{}')), ['flow.yaml:1:1 SPEC_INVALID']);
  });

  it('say when one overlay is larger than a flow file may be', () => {
    assert.deepEqual(problems(`# ${'x'.repeat(1024 * 1024)}\n`), ['over1.yaml:1:1 SPEC_SYNTAX']);
  });
});
