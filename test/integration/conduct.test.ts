import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RunEvent } from '../../src/engine/index.ts';
import { anAction, startEngine } from '../support/engine.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { aCrew, codeOf, EventLog, stateOf } from '../support/runs.ts';

/** An action that goes on until it is stopped, and tells when it began. */
function anEndlessAction(): { action: ReturnType<typeof anAction>; begun: () => Promise<void>; stopped: () => number } {
  let stoppedCount = 0;
  let wake = (): void => {};
  const action = anAction(
    'test.endless',
    (_, { signal }) =>
      new Promise((_resolve, reject) => {
        wake();
        signal.addEventListener('abort', () => {
          stoppedCount += 1;
          reject(signal.reason);
        });
      }),
  );
  return {
    action,
    begun: () =>
      new Promise((resolve) => {
        wake = resolve;
      }),
    stopped: () => stoppedCount,
  };
}

describe('time limits', () => {
  for (const [what, yaml] of [
    ['an action', '{ name: slow, uses: test.endless, timeout: 5s, on_error: { mode: graceful } }'],
    [
      'a body',
      "{ name: slow, timeout: 5s, on_error: { mode: graceful }, steps: [{ name: in, uses: test.endless }, { name: never, run: 'return { never = true }' }] }",
    ],
    [
      'a loop',
      "{ name: slow, timeout: 5s, on_error: { mode: graceful }, type: while_loop, condition: 'true', max_iterations: 9, body: [{ name: in, uses: test.endless }] }",
    ],
    [
      'a fan-out',
      '{ name: slow, timeout: 5s, on_error: { mode: graceful }, type: dynamic_parallel, items: [1, 2], steps: [{ name: in, uses: test.endless }] }',
    ],
  ] as const) {
    it(`of ${what} really end it, and its node has failed`, async () => {
      const clock = new FakeClock();
      const { action, begun, stopped } = anEndlessAction();
      await using engine = startEngine({ clock, actions: [action] });
      const flow = engine.flow(`
name: limits
nodes:
  - ${yaml}
  - { name: after, run: 'return { code = state.error.code, node = state.error.node }' }
`);
      const began = begun();
      const run = engine.runner.start(flow, {});
      await began;
      if (what === 'a fan-out') await new Promise((resolve) => setImmediate(resolve));

      await clock.advance(5_000);

      const { code, node, never } = stateOf(await run.outcome);
      assert.deepEqual({ code, node, never }, { code: 'FLOW_TIMEOUT', node: 'slow', never: undefined });
      assert.ok(stopped() >= 1);
    });
  }

  it('of a branch end that branch only, when failures are collected', async () => {
    const clock = new FakeClock();
    const { action, begun, stopped } = anEndlessAction();
    await using engine = startEngine({ clock, actions: [action] });
    const flow = engine.flow(`
name: branches
settings: { parallel: { on_error: collect, timeout: 3s } }
nodes:
  - { name: fork, parallel: [slow, quick], fan_in: join }
  - { name: slow, uses: test.endless }
  - { name: quick, run: 'return { quick = true }' }
  - name: join
    run: |
      local s, q = state.parallel_results[1], state.parallel_results[2]
      return { code = s.error.code, took = s.timing_ms, quick = q.state.quick, parallel_results = array{} }
`);
    const log = new EventLog();
    const began = begun();
    const ended = log.next(({ event, branch }) => event === 'branch.finished' && branch === 'quick');
    const run = engine.runner.start(flow, {}, { onEvent: log.take });
    await Promise.all([began, ended]);
    await clock.advance(3_000);
    assert.deepEqual(stateOf(await run.outcome), {
      parallel_results: [],
      ...{ code: 'FLOW_TIMEOUT', took: 3_000, quick: true },
    });
    assert.equal(stopped(), 1);
  });
});

describe('branches', () => {
  it('are tried again from the state the fan-out had, each attempt in a fresh machine', async () => {
    let calls = 0;
    const action = anAction('test.second', () => {
      calls += 1;
      if (calls === 1) throw new Error('not yet');
      return {};
    });
    await using engine = startEngine({ actions: [action] });
    const log = new EventLog();
    const flow = engine.flow(`
name: again
settings: { parallel: { retry: { max_retries: 1, base_delay: 0s } } }
nodes:
  - { name: fork, parallel: [a, b], fan_in: join }
  - { name: a, run: 'tries = (tries or 0) + 1; return { tries = tries, n = (state.n or 0) + 1 }', goto: act }
  - { name: act, uses: test.second, goto: join }
  - { name: b, run: 'return {}' }
  - name: join
    run: 'local r = state.parallel_results[1]; return { n = r.state.n, tries = r.state.tries, attempts = r.attempts, parallel_results = array{} }'
`);
    const outcome = await engine.runner.start(flow, {}, { onEvent: log.take }).outcome;
    assert.deepEqual(stateOf(outcome), { parallel_results: [], n: 1, tries: 1, attempts: 2 });
    const retries = log.events.filter(({ event }) => event === 'retry.scheduled');
    assert.deepEqual(
      retries.map(({ branch, data }) => [branch, data['attempt']]),
      [['a', 2]],
    );
  });

  it('run at most max_workers at once', async () => {
    const crew = aCrew(2, 5);
    const action = anAction('test.busy', async () => {
      await crew.work();
      return {};
    });
    await using engine = startEngine({ actions: [action] });
    const names = ['a', 'b', 'c', 'd', 'e'];
    const flow = engine.flow(`
name: workers
settings: { parallel: { max_workers: 2 } }
nodes:
  - { name: fork, parallel: [${names.join(', ')}], fan_in: join }
${names.map((name) => `  - { name: ${name}, uses: test.busy }`).join('\n')}
  - { name: join, run: 'return { n = #state.parallel_results }' }
`);
    assert.equal(stateOf(await engine.runner.start(flow, {}).outcome)['n'], 5);
    assert.equal(crew.most(), 2);
  });

  it('fan out again inside a branch, each join with its own results', async () => {
    await using engine = startEngine();
    const flow = engine.flow(`
name: nested
nodes:
  - { name: fork, parallel: [a, b], fan_in: join }
  - { name: a, run: 'return { a = 1 }', parallel: [a1, a2], fan_in: inner }
  - { name: a1, run: 'return { v = state.a + 10 }' }
  - { name: a2, run: 'return { v = state.a + 20 }' }
  - { name: inner, run: 'return { got = state.parallel_results[1].state.v + state.parallel_results[2].state.v, parallel_results = array{} }' }
  - { name: b, run: 'return { got = 5 }' }
  - { name: join, run: 'return { sum = state.parallel_results[1].state.got + state.parallel_results[2].state.got, parallel_results = array{} }' }
`);
    assert.deepEqual(stateOf(await engine.runner.start(flow, {}).outcome), { parallel_results: [], sum: 37 });
  });
});

describe('circuit breakers', () => {
  for (const [what, node] of [
    ['an action', '{ name: bad, uses: test.bad, circuit_breaker: { failure_threshold: 2, reset_timeout: 10s } }'],
    [
      'a Lua node',
      '{ name: bad, run: \'if state.ok then return { done = true } end error("bad")\', circuit_breaker: { failure_threshold: 2, reset_timeout: 10s } }',
    ],
  ] as const) {
    it(`of ${what} open after failures of several runs, and let one attempt through later`, async () => {
      const clock = new FakeClock();
      let calls = 0;
      const action = anAction('test.bad', ({ ok }) => {
        calls += 1;
        if (ok !== true) throw new Error('bad');
        return { done: true };
      });
      await using engine = startEngine({ clock, actions: [action] });
      const flow = engine.flow(`
name: guarded
nodes:
  - ${node.replace('uses: test.bad,', "uses: test.bad, with: { ok: '{{ state.ok }}' },")}
`);
      const runOnce = async (ok: boolean): Promise<string> => codeOf(await engine.runner.start(flow, { ok }).outcome);
      const failure = what === 'an action' ? 'FLOW_ACTION' : 'LUA_RAISED';

      assert.deepEqual([await runOnce(false), await runOnce(false)], [failure, failure]);
      assert.equal(await runOnce(true), 'FLOW_BREAKER');
      await clock.advance(10_000);
      assert.equal(await runOnce(false), failure);
      assert.equal(await runOnce(true), 'FLOW_BREAKER');
      await clock.advance(10_000);
      assert.equal(await runOnce(true), 'succeeded');
      assert.equal(await runOnce(true), 'succeeded');
      if (what === 'an action') assert.equal(calls, 5);
    });
  }
});

describe('events', () => {
  it('tell the same when the run is told again from its journal', async () => {
    const action = anAction('test.echo', async ({ x }) => {
      if (x === 2) throw new Error('two');
      return { echoed: x ?? null };
    });
    const effectful = anAction('test.act', () => ({ acted: true }), { effect: 'other' });
    await using engine = startEngine({ actions: [action, effectful] });
    const log = new EventLog();
    const flow = engine.flow(`
name: told
settings: { parallel: { on_error: collect } }
nodes:
  - { name: fork, parallel: [a, b], fan_in: join }
  - { name: a, uses: test.act, goto: join }
  - { name: b, uses: test.echo, with: { x: 2 }, goto: join }
  - { name: join, run: 'return { codes = { state.parallel_results[2].error.code } }' }
  - name: each
    type: dynamic_parallel
    items: [1, 2, 3]
    steps: [{ name: e, uses: test.echo, with: { x: '{{ item }}' }, retry: { max_retries: 1, base_delay: 1ms } }]
  - { name: ask, uses: human.input, with: { prompt: '?' } }
  - { name: slow, run: 'while true do end', timeout: 60ms, on_error: { mode: graceful } }
`);
    const run = engine.runner.start(flow, {}, { onEvent: log.take });
    await run.untilRest();
    await run.give({ given: 1 });
    await run.outcome;

    const told = new EventLog();
    await engine.runner.tellAgain(run.id, flow, (event: RunEvent) => told.take(event));

    assert.deepEqual(told.byBranch(), log.byBranch());
    assert.equal(told.events.at(-1)?.event, 'run.finished');
  });
});
