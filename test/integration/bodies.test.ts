import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MoonpoolError } from '../../src/core/index.ts';
import { anAction, startEngine } from '../support/engine.ts';
import { aCrew, codeOf, EventLog, stateOf } from '../support/runs.ts';

/** An action that fails as often as told, then gives how often it was called. */
function aFlakyAction(failures: number): { action: ReturnType<typeof anAction>; keys: string[] } {
  const keys: string[] = [];
  const action = anAction('test.flaky', (_, { idempotencyKey }) => {
    keys.push(idempotencyKey.slice(idempotencyKey.indexOf('/') + 1));
    if (keys.length <= failures) throw new MoonpoolError('CONN_CONNECT', 'Refused.');
    return { calls: keys.length };
  });
  return { action, keys };
}

describe('bodies', () => {
  it('loop while their condition holds, nested, with an action and a fan-out inside', async () => {
    await using engine = startEngine({ actions: [anAction('test.echo', ({ x }) => ({ echoed: x ?? null }))] });
    const log = new EventLog();
    const flow = engine.flow(`
name: loops
initial_state: { i: 0, seen: '' }
nodes:
  - name: outer
    type: while_loop
    condition: state.i < 2
    max_iterations: 10
    body:
      - { name: reset, run: 'kept = (kept or 0) + 1; return { j = 0, kept = kept }' }
      - name: inner
        type: while_loop
        condition: state.j < 2
        max_iterations: 10
        body:
          - { name: echo, uses: test.echo, with: { x: '{{ state.i * 10 + state.j }}' } }
          - { name: note, run: 'return { seen = state.seen .. state.echoed .. " ", j = state.j + 1 }' }
      - { name: fork, parallel: [left, right], fan_in: join }
      - { name: left, run: 'return { side = "l" .. state.i }' }
      - { name: right, run: 'return { side = "r" .. state.i }' }
      - name: join
        run: |
          local sides = ''
          for _, r in ipairs(state.parallel_results) do sides = sides .. r.state.side end
          return { i = state.i + 1, sides = (state.sides or '') .. sides, parallel_results = array{} }
`);

    const outcome = await engine.runner.start(flow, {}, { onEvent: log.take }).outcome;

    const { seen, sides, kept, i } = stateOf(outcome);
    assert.deepEqual({ seen, sides, kept, i }, { seen: '0 1 10 11 ', sides: 'l0r0l1r1', kept: 2, i: 2 });
    const ended = log.events.filter(({ event, node }) => event === 'node.finished' && node === 'outer');
    assert.deepEqual(
      ended.map(({ data }) => ({ reason: data['exit_reason'], iterations: data['iterations'] })),
      [{ reason: 'condition_false', iterations: 2 }],
    );
  });

  for (const [onLimit, expected] of [
    ['exit', 'succeeded'],
    ['error', 'FLOW_LOOP_LIMIT'],
  ] as const) {
    it(`end at their maximum with on_limit ${onLimit}: ${expected}`, async () => {
      await using engine = startEngine();
      const flow = engine.flow(`
name: limit
nodes:
  - name: loop
    type: while_loop
    condition: 'true'
    max_iterations: 3
    on_limit: ${onLimit}
    body: [{ name: step, run: 'n = (n or 0) + 1; return { n = n }' }]
`);
      const outcome = await engine.runner.start(flow, {}).outcome;
      assert.equal(codeOf(outcome), expected);
      if (outcome.kind === 'succeeded') assert.equal(stateOf(outcome)['n'], 3);
    });
  }

  it('fail with their nodes unless somebody takes it: the node, or the body around', async () => {
    await using engine = startEngine();
    const flow = engine.flow(`
name: failing
nodes:
  - name: outer
    on_error: { mode: graceful, fallback: rescued }
    steps:
      - name: inner
        steps:
          - { name: bad, run: 'error("no")' }
          - { name: never, run: 'return { never = true }' }
  - { name: skipped, run: 'return { skipped = true }' }
  - { name: rescued, run: 'return { code = state.error.code, node = state.error.node }' }
`);
    const state = stateOf(await engine.runner.start(flow, {}).outcome);
    assert.deepEqual(
      [state['code'], state['node'], state['never'], state['skipped']],
      ['LUA_RAISED', 'outer/inner/bad', undefined, undefined],
    );
  });

  it('skip nodes whose condition is false, and say so', async () => {
    await using engine = startEngine();
    const log = new EventLog();
    const flow = engine.flow(`
name: skipping
nodes:
  - { name: no, condition: 'state.x > 1', run: 'return { no = true }' }
  - { name: yes, condition: 'state.x == 1', run: 'return { yes = true }' }
`);
    const outcome = await engine.runner.start(flow, { x: 1 }, { onEvent: log.take }).outcome;
    assert.deepEqual(stateOf(outcome), { x: 1, yes: true });
    assert.deepEqual(log.nodes(), ['yes']);
    const skipped = log.events.find(({ node }) => node === 'no');
    assert.deepEqual([skipped?.event, skipped?.data], ['node.finished', { skipped: true }]);
  });

  it('try nodes again at once when the delay is zero, with one idempotency key', async () => {
    const { action, keys } = aFlakyAction(2);
    await using engine = startEngine({ actions: [action] });
    const log = new EventLog();
    const flow = engine.flow(`
name: again
nodes:
  - name: flaky
    uses: test.flaky
    retry: { max_retries: 2, base_delay: 0s }
`);
    const outcome = await engine.runner.start(flow, {}, { onEvent: log.take }).outcome;
    assert.deepEqual(stateOf(outcome), { calls: 3 });
    assert.deepEqual(keys, ['main/flaky/0', 'main/flaky/0', 'main/flaky/0']);
    const retries = log.events.filter(({ event }) => event === 'retry.scheduled');
    assert.deepEqual(
      retries.map(({ data }) => data['attempt']),
      [2, 3],
    );
  });

  it('are tried again as a whole, what they did inside with the same keys', async () => {
    const { action, keys } = aFlakyAction(1);
    await using engine = startEngine({ actions: [action] });
    const flow = engine.flow(`
name: whole
nodes:
  - name: both
    retry: { max_retries: 1, base_delay: 0s }
    steps:
      - { name: count, run: 'return { count = (state.count or 0) + 1 }' }
      - { name: flaky, uses: test.flaky }
`);
    assert.deepEqual(stateOf(await engine.runner.start(flow, {}).outcome), { count: 2, calls: 2 });
    assert.deepEqual(keys, ['main/both/flaky/0', 'main/both/flaky/0']);
  });

  it('fail for good when the retries are used up or the code is not one of those retried', async () => {
    for (const retryOn of ['', ', retry_on: [CONN_TIMEOUT]']) {
      const { action, keys } = aFlakyAction(9);
      await using engine = startEngine({ actions: [action] });
      const flow = engine.flow(`
name: bad
nodes: [{ name: flaky, uses: test.flaky, retry: { max_retries: 2, base_delay: 0s${retryOn} } }]
`);
      assert.equal(codeOf(await engine.runner.start(flow, {}).outcome), 'CONN_CONNECT');
      assert.equal(keys.length, retryOn === '' ? 3 : 1);
    }
  });
});

describe('dynamic fan-outs', () => {
  it('give results by index with what each branch set, whatever ends first', async () => {
    const order: unknown[] = [];
    const gates = [1, 2, 3].map(() => Promise.withResolvers<void>());
    await using engine = startEngine({
      actions: [
        anAction('test.wait', async ({ x }) => {
          order.push(x);
          const index = (x as number) / 10 - 1;
          if (index < 2) await gates[index]?.promise;
          else for (const gate of gates) gate.resolve();
          return { got: x as number };
        }),
      ],
    });
    const flow = engine.flow(`
name: items
initial_state: { base: 1 }
nodes:
  - name: each
    type: dynamic_parallel
    items: '{{ state.list }}'
    item_var: one
    index_var: at
    steps:
      - { name: ask, uses: test.wait, with: { x: '{{ one * 10 }}' } }
      - { name: add, run: 'return { sum = state.got + state.base + state.at }' }
    output: answers
    fan_in: done
  - { name: done, run: 'return { n = #state.answers }' }
`);
    const state = stateOf(await engine.runner.start(flow, { list: [1, 2, 3] }).outcome);

    const answers = state['answers'] as { index: number; item: number; success: boolean; state: unknown }[];
    assert.deepEqual(
      answers.map(({ index, item, success, state: set }) => ({ index, item, success, set })),
      [1, 2, 3].map((item, index) => ({
        ...{ index, item, success: true },
        set: { one: item, at: index, got: item * 10, sum: item * 10 + 1 + index },
      })),
    );
    assert.deepEqual([state['n'], (order as number[]).toSorted((a, b) => a - b)], [3, [10, 20, 30]]);
  });

  it('run at most max_concurrency at once', async () => {
    const crew = aCrew(3, 20);
    const action = anAction('test.busy', async () => {
      await crew.work();
      return {};
    });
    await using engine = startEngine({ actions: [action] });
    const flow = engine.flow(`
name: few
nodes:
  - { name: each, type: dynamic_parallel, items: '{{ range(20) | list }}', max_concurrency: 3, action: { uses: test.busy }, fan_in: end }
  - { name: end, run: 'return { n = #state.parallel_results }' }
`);
    assert.equal(stateOf(await engine.runner.start(flow, {}).outcome)['n'], 20);
    assert.equal(crew.most(), 3);
  });

  it('run at most a thousand at once when nobody says', async () => {
    const crew = aCrew(1_000, 1_200);
    const action = anAction('test.busy', async () => {
      await crew.work();
      return {};
    });
    await using engine = startEngine({ actions: [action] });
    const flow = engine.flow(`
name: many
nodes:
  - { name: each, type: dynamic_parallel, items: '{{ range(1200) | list }}', action: { uses: test.busy }, fan_in: end }
  - { name: end, run: 'return { n = #state.parallel_results }' }
`);
    assert.equal(stateOf(await engine.runner.start(flow, {}).outcome)['n'], 1_200);
    assert.equal(crew.most(), 1_000);
  });

  it('collect failures, or fail with the first', async () => {
    for (const failFast of [false, true]) {
      await using engine = startEngine();
      const flow = engine.flow(`
name: some
nodes:
  - name: each
    type: dynamic_parallel
    fail_fast: ${failFast}
    items: '{{ [1, 0, 2] }}'
    steps: [{ name: check, run: 'if state.item == 0 then error("zero") end return { ok = true }' }]
    fan_in: end
  - { name: end, run: 'return { failed = state.parallel_results[2].error.node, third = state.parallel_results[3].success }' }
`);
      const outcome = await engine.runner.start(flow, {}).outcome;
      if (failFast) assert.equal(codeOf(outcome), 'LUA_RAISED');
      else {
        const { failed, third } = stateOf(outcome);
        assert.deepEqual({ failed, third }, { failed: 'each/check', third: true });
      }
    }
  });

  it('cross a matrix with items, each branch seeing its own', async () => {
    await using engine = startEngine();
    const flow = engine.flow(`
name: matrix
nodes:
  - name: cell
    strategy: { matrix: { a: [1, 2], b: [x] } }
    parallel_each: '{{ state.items }}'
    run: 'return { text = state.matrix.b .. state.matrix.a .. state.item .. state.item_index }'
    fan_in: end
  - name: end
    run: |
      local all = ''
      for _, r in ipairs(state.parallel_results) do all = all .. r.result.text .. ' ' end
      return { all = all }
`);
    assert.equal(
      stateOf(await engine.runner.start(flow, { items: ['p', 'q'] }).outcome)['all'],
      'x1p0 x1q1 x2p2 x2q3 ',
    );
  });

  it('go on at once when there are no items, and fail when items are no list', async () => {
    await using engine = startEngine();
    const flow = engine.flow(`
name: none
nodes:
  - { name: each, type: dynamic_parallel, items: '{{ state.list }}', steps: [{ run: 'return {}' }], fan_in: end }
  - { name: end, run: 'return { n = #state.parallel_results }' }
`);
    assert.equal(stateOf(await engine.runner.start(flow, { list: [] }).outcome)['n'], 0);
    assert.equal(codeOf(await engine.runner.start(flow, { list: 'text' }).outcome), 'FLOW_ITEMS');
  });
});
