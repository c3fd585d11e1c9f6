import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { flowOf, messagesOf, problemsOf } from '../../test/support/flow-text.ts';
import type { Route } from '../flow/index.ts';

const ABJ = 'nodes:\n  - {name: x}\n  - {name: a}\n  - {name: b}\n  - {name: j}\n';

function routeOf(text: string, node: string): Route | undefined {
  const flow = flowOf(text);
  return node === '__start__' ? flow.entry : flow.nodes.find((candidate) => candidate.name === node)?.next;
}

describe('where a run goes', () => {
  it('goes to the next node of the list, and ends after the last', () => {
    assert.deepEqual(routeOf(ABJ, 'a'), { kind: 'next', to: 'b' });
    assert.deepEqual(routeOf(ABJ, 'j'), { kind: 'end' });
  });

  it('begins at the first node unless an edge leaves the start', () => {
    assert.deepEqual(routeOf(ABJ, '__start__'), { kind: 'rules', rules: [{ to: 'x' }] });
    assert.deepEqual(
      routeOf(
        `${ABJ}edges:\n  - {from: __start__, to: b, when: state.k}\n  - {from: __start__, to: __end__}\n`,
        '__start__',
      ),
      {
        kind: 'rules',
        rules: [{ to: 'b', when: 'state.k' }, { to: '__end__' }],
      },
    );
  });

  it('prefers goto to edges, with a warning', () => {
    const text = 'nodes:\n  - {name: a, goto: b}\n  - {name: b}\nedges:\n  - {from: a, to: __end__}\n';

    assert.deepEqual(routeOf(text, 'a'), { kind: 'rules', rules: [{ to: 'b' }] });
    assert.deepEqual(problemsOf(text), ['w 5:12 SPEC_IGNORED']);
  });

  it('prefers edges to the order of the list', () => {
    assert.deepEqual(routeOf(`${ABJ}edges: [{from: x, to: j}]\n`, 'x'), { kind: 'rules', rules: [{ to: 'j' }] });
  });

  it('keeps the order of goto rules, several to one target too', () => {
    const text =
      'nodes:\n  - name: a\n    goto: [{if: state.p, to: b}, {if: state.q, to: b}, {if: true, to: a}]\n  - name: b\n';

    assert.deepEqual(routeOf(text, 'a'), {
      kind: 'rules',
      rules: [
        { to: 'b', when: 'state.p' },
        { to: 'b', when: 'state.q' },
        { to: 'a', when: 'true' },
      ],
    });
  });

  const CONDITIONS: readonly (readonly [string, object | 'none'])[] = [
    ['when: "state.k > 1"', { when: 'state.k > 1' }],
    ['when: "{{ state.k }}"', { when: '{{ state.k }}' }],
    ['when: true', {}],
    ['when: false', 'none'],
    ['when: ready', { when: 'state["ready"]' }],
    ['when: "!ready"', { when: 'state["ready"]', negate: true }],
    ['condition: state.k', { when: 'state.k' }],
    ['condition: {type: expression, value: state.k}', { when: 'state.k' }],
    ['condition: {type: expression, value: state.k}, when: true', { when: 'state.k' }],
    ['condition: {type: expression, value: state.k}, when: false', { when: 'state.k', negate: true }],
    ['condition: "!ready", when: false', { when: 'state["ready"]' }],
  ];
  for (const [written, rule] of CONDITIONS) {
    it(`reads an edge with ${written}`, () => {
      const text = `nodes: [{name: a}]\nedges: [{from: a, to: __end__, ${written}}]\n`;

      assert.deepEqual(routeOf(text, 'a'), {
        kind: 'rules',
        rules: rule === 'none' ? [] : [{ to: '__end__', ...rule }],
      });
    });
  }
});

describe('a fan-out', () => {
  const SPELLINGS: readonly (readonly [string, string])[] = [
    [
      'parallel edges with fan_in',
      'edges:\n  - {from: x, to: a, type: parallel, fan_in: j}\n  - {from: x, to: b, type: parallel, fan_in: j}\n',
    ],
    [
      'a parallel list on an edge',
      'edges:\n  - {from: x, parallel: [a, b]}\n  - {from: a, to: j}\n  - {from: b, to: j}\n',
    ],
    ['a parallel list with fan_in', 'edges:\n  - {from: x, parallel: [a, b], fan_in: j}\n'],
    ['a list in to with parallel: true', 'edges:\n  - {from: x, to: [a, b], parallel: true, fan_in: j}\n'],
  ];
  const EXPECTED = { kind: 'parallel', branches: ['a', 'b'], join: 'j', onError: 'fail' };

  for (const [spelling, edges] of SPELLINGS) {
    it(`is the same written as ${spelling}`, () => {
      assert.deepEqual(routeOf(ABJ + edges, 'x'), EXPECTED);
      assert.deepEqual(problemsOf(ABJ + edges), []);
    });
  }

  it('is the same written on the node', () => {
    const text = ABJ.replace('{name: x}', '{name: x, parallel: [a, b], fan_in: j}').replace(
      '{name: j}',
      '{name: j, fan_in: true}',
    );

    assert.deepEqual(routeOf(text, 'x'), EXPECTED);
    assert.deepEqual(problemsOf(text), []);
  });

  it('collects failures when the settings say so', () => {
    const text = `settings: {parallel: {on_error: collect}}\n${ABJ}edges: [{from: x, parallel: [a, b], fan_in: j}]\n`;

    assert.deepEqual(routeOf(text, 'x'), { ...EXPECTED, onError: 'collect' });
  });

  it('may leave the start', () => {
    const text = 'nodes: [{name: a}, {name: b}, {name: j}]\nedges: [{from: __start__, parallel: [a, b], fan_in: j}]\n';

    assert.deepEqual(routeOf(text, '__start__'), EXPECTED);
    assert.deepEqual(problemsOf(text), []);
  });

  it('joins at the nearest node that all branches lead to', () => {
    const text =
      'nodes: [{name: x}, {name: a}, {name: a2, goto: near}, {name: b, goto: near}, {name: near, goto: far}, {name: far}]\n' +
      'edges: [{from: x, parallel: [a, b]}, {from: a, to: a2}]\n';

    assert.deepEqual(routeOf(text, 'x'), { ...EXPECTED, join: 'near' });
  });

  it('may stand in a branch of another, with a join of its own', () => {
    const text =
      'nodes: [{name: x}, {name: a}, {name: a1}, {name: a2}, {name: ja}, {name: b}, {name: j}]\n' +
      'edges:\n  - {from: x, parallel: [a, b], fan_in: j}\n  - {from: a, parallel: [a1, a2], fan_in: ja}\n';

    assert.deepEqual(problemsOf(text), []);
  });

  const REFUSED: readonly (readonly [string, string, readonly string[]])[] = [
    [
      'no common successor',
      'edges:\n  - {from: x, parallel: [a, b]}\n  - {from: a, to: __end__}\n',
      ['7:26 SPEC_INVALID'],
    ],
    [
      'a branch that leads nowhere',
      'edges:\n  - {from: x, parallel: [a, b]}\n  - {from: a, to: j}\n',
      ['7:26 SPEC_INVALID'],
    ],
    ['a missing join', 'edges:\n  - {from: x, parallel: [a, b], fan_in: jj}\n', ['7:41 SPEC_UNKNOWN_TARGET']],
    ['a missing branch', 'edges:\n  - {from: x, parallel: [a, c], fan_in: j}\n', ['7:29 SPEC_UNKNOWN_TARGET']],
    ['a branch twice', 'edges:\n  - {from: x, parallel: [a, a], fan_in: j}\n', ['7:29 SPEC_INVALID']],
    ['its join among the branches', 'edges:\n  - {from: x, parallel: [a, j], fan_in: j}\n', ['7:29 SPEC_INVALID']],
    ['the end as its join', 'edges:\n  - {from: x, parallel: [a, b], fan_in: __end__}\n', ['7:41 SPEC_INVALID']],
    [
      'two joins',
      'edges:\n  - {from: x, to: a, type: parallel, fan_in: j}\n  - {from: x, to: b, type: parallel, fan_in: x}\n',
      ['8:46 SPEC_INVALID'],
    ],
    ['a condition', 'edges:\n  - {from: x, to: a, type: parallel, fan_in: j, when: state.k}\n', ['7:49 SPEC_INVALID']],
    [
      'an ordinary edge beside it',
      'edges:\n  - {from: x, parallel: [a, b], fan_in: j}\n  - {from: x, to: j}\n',
      ['8:19 SPEC_INVALID'],
    ],
    ['a list in to alone', 'edges:\n  - {from: x, to: [a, b]}\n', ['7:19 SPEC_INVALID']],
    ['an edge from the end', 'edges:\n  - {from: __end__, to: a}\n', ['7:12 SPEC_INVALID']],
    ['an edge from nowhere', 'edges:\n  - {from: y, to: a}\n', ['7:12 SPEC_UNKNOWN_TARGET']],
    ['an edge without to', 'edges:\n  - {from: x}\n', ['7:5 SPEC_INVALID']],
    ['targets and to', 'edges:\n  - {from: x, to: a, when: state.k, targets: {k: a}}\n', ['7:15 SPEC_INVALID']],
  ];
  for (const [what, edges, expected] of REFUSED) {
    it(`is refused with ${what}`, () => {
      assert.deepEqual(
        problemsOf(ABJ + edges).filter((found) => !found.startsWith('w')),
        expected,
      );
    });
  }

  it('is refused when a branch never reaches the join', () => {
    const text =
      'nodes: [{name: x, parallel: [a, b], fan_in: j}, {name: a, goto: c}, {name: c, goto: a}, {name: b}, {name: j}]\n';

    assert.deepEqual(messagesOf(text), ['The branch `a` never reaches its join `j`. Add a way from it to `j`.']);
  });

  it('is refused when it joins where the branch around it joins', () => {
    const text =
      'nodes: [{name: x, parallel: [a, b], fan_in: j}, {name: a, parallel: [c, d], fan_in: j}, {name: b}, {name: c}, {name: d}, {name: j}]\n';

    assert.match(messagesOf(text)[0] ?? '', /which is the join of the branch it stands in/);
  });

  it('counts a node reached only by list order inside a branch as unreachable', () => {
    const text = 'nodes: [{name: x, parallel: [a, b], fan_in: j}, {name: a}, {name: b}, {name: lost}, {name: j}]\n';

    assert.deepEqual(problemsOf(text), ['w 1:78 SPEC_UNREACHABLE']);
  });
});
