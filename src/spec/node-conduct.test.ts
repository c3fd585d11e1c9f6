import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { flowOf, messagesOf, problemsOf } from '../../test/support/flow-text.ts';
import type { Route } from '../flow/index.ts';

/** [what, text, expected problems] */
type Row = readonly [string, string, readonly string[]];

function routeOf(text: string, name: string): Route | undefined {
  return flowOf(text).nodes.find((node) => node.name === name)?.next;
}

describe('condition of a node', () => {
  const CONDITIONS: readonly (readonly [string, string])[] = [
    ['state.x > 1', 'state.x > 1'],
    ['"{{ state.x }}"', '{{ state.x }}'],
    ['ready', 'state["ready"]'],
    ['"!ready"', '!ready'],
    ['false', 'false'],
    ['{type: expression, value: state.x}', 'state.x'],
  ];
  for (const [written, text] of CONDITIONS) {
    it(`reads ${written}`, () => {
      assert.equal(flowOf(`nodes: [{name: a, condition: ${written}}]\n`).nodes[0]?.condition, text);
    });
  }

  it('of a loop decides about rounds, not about the node', () => {
    const text =
      'nodes: [{name: a, type: while_loop, condition: "!done", max_iterations: 1000, on_limit: error, body: [{}]}]\n';
    const node = flowOf(text).nodes[0];

    assert.equal(node?.condition, undefined);
    assert.deepEqual(node?.work, {
      kind: 'while',
      condition: '!done',
      maxIterations: 1000,
      onLimit: 'error',
      entry: { kind: 'rules', rules: [{ to: 'a/step1' }] },
    });
  });

  it('is refused when it does not parse', () => {
    assert.deepEqual(problemsOf('nodes: [{name: a, condition: "state.x >"}]\n'), ['1:40 SPEC_TEMPLATE']);
    assert.deepEqual(problemsOf('nodes: [{name: a, condition: [1]}]\n'), ['1:30 SPEC_INVALID']);
  });
});

describe('interrupt', () => {
  it('stands on the node, in the configuration, or both', () => {
    const { nodes } = flowOf(
      'config: {interrupt_before: [a, s/x], interrupt_after: [a, b]}\n' +
        'nodes: [{name: a}, {name: b, interrupt: before}, {name: c, interrupt: after}, {name: s, steps: [{name: x}]}]\n',
    );

    assert.deepEqual(
      nodes.map(({ name, interrupt }) => [name, interrupt]),
      [
        ['a', 'both'],
        ['b', 'both'],
        ['c', 'after'],
        ['s', undefined],
        ['s/x', 'before'],
      ],
    );
  });

  it('names nodes that exist', () => {
    assert.deepEqual(messagesOf('config: {interrupt_before: [fetsh]}\nnodes: [{name: fetch}]\n'), [
      'There is no node `fetsh`. Did you mean `fetch`?',
    ]);
    assert.deepEqual(problemsOf('nodes: [{name: a, interrupt: both}]\n'), ['1:30 SPEC_INVALID']);
  });
});

describe('human.input', () => {
  it('is a wait with a prompt and a schema', () => {
    const text =
      'nodes: [{name: a, uses: human.input, with: {prompt: "Ship {{ state.n }}?", schema: {type: boolean}}, output: ok}]\n';

    assert.deepEqual(flowOf(text).nodes[0]?.work, {
      kind: 'input',
      prompt: 'Ship {{ state.n }}?',
      schema: { type: 'boolean' },
      output: 'ok',
    });
  });

  const ROWS: readonly Row[] = [
    ['no prompt', 'nodes: [{name: a, uses: human.input, with: {}}]\n', ['1:44 SPEC_INVALID']],
    ['nothing', 'nodes: [{name: a, uses: human.input}]\n', ['1:25 SPEC_INVALID']],
    [
      'an unknown key',
      'nodes: [{name: a, uses: human.input, with: {prompt: x, shema: {}}}]\n',
      ['1:56 SPEC_UNKNOWN_KEY'],
    ],
    [
      'a bad schema',
      'nodes: [{name: a, uses: human.input, with: {prompt: x, schema: {type: 7}}}]\n',
      ['1:64 SPEC_INVALID'],
    ],
  ];
  for (const [what, text, expected] of ROWS) {
    it(`is refused with ${what}`, () => {
      assert.deepEqual(problemsOf(text), expected);
    });
  }
});

describe('an edge with targets', () => {
  const NODES = 'nodes: [{name: x}, {name: a}, {name: b}]\n';

  it('chooses by what `when` comes to', () => {
    const text = `${NODES}edges: [{from: x, when: "{{ state.k }}", targets: {yes: a, true: b, 3: a, none: __end__}}]\n`;

    assert.deepEqual(routeOf(text, 'x'), {
      kind: 'switch',
      value: '{{ state.k }}',
      targets: { yes: 'a', true: 'b', 3: 'a', none: '__end__' },
    });
    assert.deepEqual(problemsOf(text), []);
  });

  it('takes a bare name for a key of the state', () => {
    const value = (when: string): unknown =>
      (
        routeOf(`${NODES}edges: [{from: x, when: ${when}, targets: {true: a}}, {from: a, to: b}]\n`, 'x') as {
          value: string;
        }
      ).value;

    assert.equal(value('kind'), 'state["kind"]');
    assert.equal(value('"!kind"'), 'not state["kind"]');
    assert.equal(value('state.a ~ "b"'), 'state.a ~ "b"');
  });

  it('leads to a join that branches have in common', () => {
    const text =
      'nodes: [{name: x}, {name: a}, {name: b}, {name: j}]\n' +
      'edges:\n  - {from: x, parallel: [a, b]}\n  - {from: a, when: state.k, targets: {1: j, 2: b}}\n  - {from: b, to: j}\n';

    assert.deepEqual((routeOf(text, 'x') as { join: string }).join, 'j');
  });

  const ROWS: readonly Row[] = [
    ['no when', `${NODES}edges: [{from: x, targets: {k: a}}]\n`, ['2:9 SPEC_INVALID']],
    ['no target', `${NODES}edges: [{from: x, when: state.k, targets: {}}]\n`, ['2:43 SPEC_INVALID']],
    ['a missing target', `${NODES}edges: [{from: x, when: state.k, targets: {k: c}}]\n`, ['2:47 SPEC_UNKNOWN_TARGET']],
    ['a list of targets', `${NODES}edges: [{from: x, when: state.k, targets: [a]}]\n`, ['2:43 SPEC_INVALID']],
    [
      'another edge beside it',
      `${NODES}edges: [{from: x, when: state.k, targets: {k: a}}, {from: x, to: b}]\n`,
      ['2:16 SPEC_INVALID'],
    ],
    [
      'a condition',
      `${NODES}edges: [{from: x, when: state.k, condition: state.j, targets: {k: a}}]\n`,
      ['2:34 SPEC_INVALID'],
    ],
    ['a broken expression', `${NODES}edges: [{from: x, when: "state.k >", targets: {k: a}}]\n`, ['2:35 SPEC_TEMPLATE']],
    ['branches', `${NODES}edges: [{from: x, parallel: [a], fan_in: b, targets: {k: a}}]\n`, ['2:45 SPEC_INVALID']],
  ];
  for (const [what, text, expected] of ROWS) {
    it(`is refused with ${what}`, () => {
      assert.deepEqual(
        problemsOf(text).filter((found) => !found.startsWith('w')),
        expected,
      );
    });
  }
});

describe('how branches run', () => {
  const ABJ = 'nodes: [{name: x}, {name: a}, {name: b}, {name: j}]\n';
  const PLAIN = { kind: 'parallel', branches: ['a', 'b'], join: 'j', onError: 'fail' };
  const fan = (keys: string): string => `${ABJ}edges: [{from: x, parallel: [a, b], fan_in: j${keys}}]\n`;

  it('is said on the edge', () => {
    assert.deepEqual(
      routeOf(
        fan(
          ', max_workers: 1, timeout: 5s, retry: {max_retries: 1, backoff: linear}, circuit_breaker: {}, on_error: collect',
        ),
        'x',
      ),
      {
        ...PLAIN,
        onError: 'collect',
        maxWorkers: 1,
        timeoutMs: 5_000,
        retry: { maxRetries: 1, baseDelayMs: 1_000, maxDelayMs: 60_000, backoff: 'linear', factor: 2, jitter: 0 },
        breaker: { failureThreshold: 5, resetTimeoutMs: 30_000 },
      },
    );
  });

  it('is said in the settings, which the edge replaces key by key', () => {
    const settings = 'settings: {parallel: {max_workers: 4, timeout: 9s, on_error: collect}}\n';

    assert.deepEqual(routeOf(settings + fan(', timeout: 1s'), 'x'), {
      ...PLAIN,
      onError: 'collect',
      maxWorkers: 4,
      timeoutMs: 1_000,
    });
  });

  it('takes the number of workers from what is nearest', () => {
    const config = 'config: {max_workers: 8}\n';
    const onNode = 'nodes: [{name: x, parallel: [a, b], fan_in: j, max_workers: 2}, {name: a}, {name: b}, {name: j}]\n';
    const workers = (text: string): number | undefined => (routeOf(text, 'x') as { maxWorkers?: number }).maxWorkers;

    assert.equal(workers(config + fan('')), 8);
    assert.equal(workers(`${config}settings: {parallel: {max_workers: 4}}\n${fan('')}`), 4);
    assert.equal(workers(config + onNode), 2);
    assert.equal(workers(fan('')), undefined);
  });

  it('also bounds items', () => {
    const each = 'nodes: [{name: e, parallel_each: [1], run: "return {}", goto: __end__}]\n';
    const most = (text: string): unknown => {
      const work = flowOf(text).nodes[0]?.work;
      return work?.kind === 'each' ? work.maxConcurrency : 'no items';
    };

    assert.equal(most(each), undefined);
    assert.equal(most(`config: {max_workers: 8}\n${each}`), 8);
    assert.equal(most(`config: {max_workers: 8}\n${each.replace('run:', 'max_workers: 3, run:')}`), 3);
  });

  it('is cut to what the configuration allows', () => {
    const limits = { maxWorkers: 3, timeoutMs: 1_000 };
    const text = fan(', max_workers: 4, timeout: 9s');

    assert.deepEqual(problemsOf(text, { limits }), ['w 2:61 SPEC_LIMIT', 'w 2:73 SPEC_LIMIT']);
    const next = flowOf(text, { limits }).nodes[0]?.next as { maxWorkers: number; timeoutMs: number };
    assert.deepEqual([next.maxWorkers, next.timeoutMs], [3, 1_000]);
  });

  it('is the same for all branches of one fan-out', () => {
    const edges = (one: string, other: string): string =>
      `${ABJ}edges:\n  - {from: x, to: a, type: parallel, fan_in: j${one}}\n  - {from: x, to: b, type: parallel, fan_in: j${other}}\n`;

    assert.deepEqual((routeOf(edges('', ', timeout: 2s'), 'x') as { timeoutMs: number }).timeoutMs, 2_000);
    assert.deepEqual(problemsOf(edges(', timeout: 2s', ', timeout: 2s')), []);
    assert.deepEqual(problemsOf(edges(', timeout: 2s', ', timeout: 3s')), ['4:49 SPEC_INVALID']);
  });

  it('belongs to parallel edges', () => {
    assert.deepEqual(problemsOf(`${ABJ}edges: [{from: x, to: a, timeout: 2s}]\n`).slice(0, 1), ['2:26 SPEC_INVALID']);
  });

  it('knows no strategy', () => {
    assert.deepEqual(problemsOf(`settings: {parallel: {strategy: thread}}\n${ABJ}`), ['w 1:23 SPEC_IGNORED']);
  });
});

describe('settings', () => {
  it('stand in the scope of expressions as the file has them', () => {
    const { settingsScope } = flowOf('settings: {timeout: 30s, parallel: {max_workers: 2}}\nnodes: [{name: a}]\n');

    assert.deepEqual(settingsScope, { timeout: '30s', parallel: { max_workers: 2 } });
  });

  it('count Lua instructions when asked to', () => {
    const text = (count: string): string => `settings: {lua: {instructions: ${count}}}\nnodes: [{name: a}]\n`;

    assert.equal(flowOf(text('1000')).settings.lua.instructions, 1_000);
    assert.equal(flowOf(text('10000000000')).settings.lua.instructions, 10_000_000_000);
    assert.deepEqual(problemsOf(text('999')), ['1:32 SPEC_INVALID']);
    assert.deepEqual(problemsOf(text('10000000001')), ['1:32 SPEC_INVALID']);
  });
});

describe('a fan-out in a body', () => {
  it('has its branches and its join there', () => {
    const text =
      'nodes: [{name: s, steps: [{name: x, parallel: [a, b], fan_in: j}, {name: a}, {name: b}, {name: j}]}, {name: a}]\n';

    assert.deepEqual(routeOf(text, 's/x'), {
      kind: 'parallel',
      branches: ['s/a', 's/b'],
      join: 's/j',
      onError: 'fail',
    });
    assert.deepEqual(problemsOf(text), []);
  });

  it('needs a join that its branches reach', () => {
    const text =
      'nodes: [{name: s, steps: [{name: x, parallel: [a], fan_in: j}, {name: a, goto: b}, {name: b, goto: a}, {name: j}]}]\n';

    assert.deepEqual(messagesOf(text), ['The branch `s/a` never reaches its join `s/j`. Add a way from it to `s/j`.']);
  });
});

describe('the number of nodes', () => {
  it('is at most 20,000, those of bodies counted', () => {
    const flow = (count: number): string => `nodes: [{name: a, steps: [${'{},'.repeat(count - 1)}]}]\n`;

    assert.equal(flowOf(flow(20_000)).nodes.length, 20_000);
    assert.deepEqual(messagesOf(flow(20_001)), ['The flow has more than 20000 nodes. Make several flows of it.']);
  });
});

describe('the path of a node', () => {
  it('has at most 512 characters', () => {
    const flow = (last: number): string =>
      `nodes: [{name: ${'a'.repeat(128)}, steps: [{name: ${'b'.repeat(128)}, steps: [{name: ${'c'.repeat(128)}, steps: [{name: ${'d'.repeat(last)}}]}]}]}]\n`;

    assert.equal(flowOf(flow(125)).nodes[3]?.name.length, 512);
    assert.match(messagesOf(flow(126))[0] ?? '', /come to more than 512 characters/);
  });
});

describe('bodies inside bodies', () => {
  const nested = (depth: number): string =>
    `nodes:\n  - {name: a, ${'steps: [{'.repeat(depth)}run: "return {}"${'}]'.repeat(depth)}}\n`;

  it('go 16 deep', () => {
    assert.deepEqual(problemsOf(nested(16)), []);
    assert.equal(flowOf(nested(16)).nodes.length, 17);
    assert.deepEqual(
      problemsOf(nested(17)).map((found) => found.replace(/^.* /, '')),
      ['SPEC_INVALID'],
    );
  });
});
