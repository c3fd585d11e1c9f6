import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { flowOf, messagesOf, problemsOf } from '../../test/support/flow-text.ts';
import type { ActionCatalogue, ActionFacts } from '../flow/index.ts';

function anAction(name: string, takesSecrets: boolean): ActionFacts {
  const schema = { type: 'object' };
  return { name, effect: 'safe', about: 'Of a test.', withSchema: schema, resultSchema: {}, takesSecrets };
}

const ACTIONS = [anAction('http.get', true), anAction('ratelimit.wrap', true), anAction('kv.set', false)];
const actions: ActionCatalogue = {
  find: (name) => ACTIONS.find((action) => action.name === name),
  names: () => ACTIONS.map(({ name }) => name),
};
const of = (text: string) => flowOf(text, { actions });
const problems = (text: string) => problemsOf(text, { actions });
const messages = (text: string) => messagesOf(text, { actions });

describe('secrets of a flow', () => {
  it('are known with their places', () => {
    const flow = of(`
settings: {secrets: [key, other, unused]}
nodes:
  - {name: a, uses: http.get, with: {url: u, headers: {x: "Bearer {{ secrets.key }}", y: "{{ state.y }}"}}}
  - {name: b, uses: http.get, with: {list: [1, "{{ secrets['other'] }}"]}}
  - {name: c, uses: http.get, with: {url: "{{ state.secrets.key }}"}}
`);

    assert.deepEqual(flow.secrets, ['key', 'other']);
    assert.deepEqual(
      flow.nodes.map(({ work }) => (work.kind === 'action' ? work.secrets : 'none')),
      [[['headers', 'x']], [['list', 1]], undefined],
    );
  });

  it('need not be listed', () => {
    assert.deepEqual(of('nodes: [{name: a, uses: http.get, with: {k: "{{ secrets.K }}"}}]\n').secrets, ['K']);
    assert.equal(of('nodes: [{name: a}]\n').secrets, undefined);
  });

  it('are no part of what expressions see of the settings', () => {
    assert.deepEqual(of('settings: {secrets: [k], max_steps: 5}\nnodes: [{name: a}]\n').settingsScope, {
      max_steps: 5,
    });
  });

  it('that are listed are the only ones', () => {
    const text =
      'settings: {secrets: [api_key]}\nnodes: [{name: a, uses: http.get, with: {k: "{{ secrets.api_kye }}"}}]\n';

    assert.deepEqual(problems(text), ['2:45 SPEC_INVALID']);
    assert.deepEqual(messages(text), [
      'The secret `api_kye` is not listed in `settings.secrets`. Did you mean `api_key`?',
    ]);
  });

  it('take the older form, and leave it to the operator where values come from', () => {
    assert.deepEqual(problems('settings: {secrets: {backend: env, env: {prefix: X_}}}\nnodes: [{name: a}]\n'), [
      'w 1:22 SPEC_IGNORED',
      'w 1:36 SPEC_IGNORED',
    ]);
    assert.deepEqual(problems('settings: {secrets: {bakend: env}}\nnodes: [{name: a}]\n'), ['1:22 SPEC_UNKNOWN_KEY']);
  });

  /** [what, nodes, place] */
  const REFUSED: readonly (readonly [string, string, string])[] = [
    ['a filter', '{name: a, uses: http.get, with: {k: "{{ secrets.k | upper }}"}}', '1:49'],
    ['an action that keeps values', '{name: a, uses: kv.set, with: {k: "{{ secrets.k }}"}}', '1:47'],
    ['a condition', '{name: a, condition: "secrets.k == 1"}', '1:31'],
    ['a condition in braces', '{name: a, condition: "{{ secrets.k }}"}', '1:34'],
    ['a bare condition', '{name: a, condition: secrets}', '1:30'],
    ['a negated condition', '{name: a, condition: "not secrets"}', '1:35'],
    ['a goto', '{name: a, goto: [{if: "secrets.k", to: a}]}', '1:32'],
    ['an output', '{name: a, uses: http.get, with: {}, output: {x: secrets.k}}', '1:57'],
    ['an expression', '{name: a, run: {type: expression, value: secrets.k, output_key: x}}', '1:50'],
    ['an expression in braces', '{name: a, run: {type: expression, value: "{{ secrets.k }}", output_key: x}}', '1:54'],
    ['a loop', '{name: a, type: while_loop, condition: secrets.k, max_iterations: 1, body: [{}]}', '1:48'],
    ['the input of a person', '{name: a, uses: human.input, with: {prompt: "{{ secrets.k }}"}}', '1:57'],
    [
      'items',
      '{name: a, type: dynamic_parallel, items: "{{ secrets }}", action: {uses: http.get}, fan_in: b}, {name: b}',
      '1:54',
    ],
    ['a parallel each', '{name: a, parallel_each: "{{ secrets }}", uses: http.get, goto: b}, {name: b}', '1:38'],
  ];
  for (const [what, nodes, place] of REFUSED) {
    it(`are refused in ${what}, at the place`, () => {
      assert.deepEqual(problems(`nodes: [${nodes}]\n`), [`${place} SPEC_TEMPLATE`]);
    });
  }

  it('are refused in answers and edges', () => {
    assert.deepEqual(problems('output_schema: {a: "{{ secrets.k }}"}\nnodes: [{name: a}]\n'), ['1:24 SPEC_TEMPLATE']);
    assert.deepEqual(problems('output_schema: {a: {value: 1, include_if: secrets.k}}\nnodes: [{name: a}]\n'), [
      '1:43 SPEC_TEMPLATE',
    ]);
    assert.deepEqual(problems('nodes: [{name: a}]\nedges: [{from: a, to: __end__, when: secrets.k}]\n'), [
      '2:38 SPEC_TEMPLATE',
    ]);
    assert.deepEqual(problems('nodes: [{name: a}]\nedges: [{from: a, when: secrets.k, targets: {x: __end__}}]\n'), [
      '2:25 SPEC_TEMPLATE',
    ]);
  });

  it('reach a wrapped action only when it is written out and takes them', () => {
    const wrapped = (action: string): readonly string[] =>
      problems(
        `nodes: [{name: a, uses: ratelimit.wrap, with: {limiter: l, args: {k: "{{ secrets.k }}"}, action: ${action}}}]\n`,
      );

    assert.deepEqual(wrapped('http.get'), []);
    assert.deepEqual(wrapped('{uses: http.get}'), []);
    assert.deepEqual(wrapped('kv.set'), ['1:98 SPEC_INVALID']);
    assert.deepEqual(wrapped('{uses: kv.set}'), ['1:98 SPEC_INVALID']);
    assert.deepEqual(wrapped('"{{ state.x }}"'), ['1:98 SPEC_INVALID']);
  });

  it('change the hash with their places only', () => {
    const one = of('nodes: [{name: a, uses: http.get, with: {k: "{{ secrets.k }}"}}]\n');
    const other = of('settings: {}\nnodes: [{name: a, uses: http.get, with: {k: "{{ secrets.l }}"}}]\n');

    assert.notEqual(one.hash, other.hash);
  });
});

describe('rate_limiters of a flow', () => {
  it('are read with their defaults', () => {
    const text =
      'settings: {rate_limiters: {a: {}, b: {rpm: 30}, c: {rps: 2, rpm: 1, burst: 5, timeout: 3s}}}\nnodes: [{name: a}]\n';

    assert.deepEqual(of(text).settings.rateLimiters, {
      a: { perSecond: 1, burst: 1 },
      b: { perSecond: 0.5, burst: 1 },
      c: { perSecond: 2, burst: 5, timeoutMs: 3_000 },
    });
    assert.equal(of('settings: {rate_limiters: {}}\nnodes: [{name: a}]\n').settings.rateLimiters, undefined);
  });

  const RANGES: readonly (readonly [string, boolean])[] = [
    ['rps: 0', false],
    ['rps: 0.0001', true],
    ['rps: 10000', true],
    ['rps: 10001', false],
    ['rpm: 600000', true],
    ['rpm: 600001', false],
    ['burst: 0', false],
    ['burst: 1000', true],
    ['burst: 1001', false],
    ['timeout: 1h', true],
    ['timeout: 61m', false],
    ['tpm: 1', false],
  ];
  for (const [line, isGood] of RANGES) {
    it(`${isGood ? 'take' : 'refuse'} ${line}`, () => {
      assert.equal(problems(`settings: {rate_limiters: {a: {${line}}}}\nnodes: [{name: a}]\n`).length, isGood ? 0 : 1);
    });
  }

  it('are at most 64', () => {
    const some = (count: number): string => Array.from({ length: count }, (_, index) => `l${index}: {}`).join(', ');

    assert.deepEqual(problems(`settings: {rate_limiters: {${some(64)}}}\nnodes: [{name: a}]\n`), []);
    assert.deepEqual(problems(`settings: {rate_limiters: {${some(65)}}}\nnodes: [{name: a}]\n`), ['1:27 SPEC_INVALID']);
  });

  it('warn of nodes that do not agree with them', () => {
    const using = (input: string): readonly string[] =>
      messages(
        `settings: {rate_limiters: {weather: {rpm: 30}}}\nnodes: [{name: a, uses: ratelimit.wrap, with: {action: http.get, ${input}}}]\n`,
      );

    assert.deepEqual(using('limiter: weather'), []);
    assert.deepEqual(using('limiter: own, rpm: 5'), []);
    assert.deepEqual(using('limiter: "{{ state.x }}"'), []);
    assert.deepEqual(using('limiter: weather, rps: 5'), [
      '`rps` is not looked at: `settings.rate_limiters` says how fast `weather` is. Remove it.',
    ]);
    assert.deepEqual(using('limiter: wether'), [
      'The limiter `wether` is not in `settings.rate_limiters` and has no rate of its own: 60 calls a minute. Did you mean `weather`?',
    ]);
  });
});
