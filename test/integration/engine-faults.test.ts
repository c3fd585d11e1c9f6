/**
 * What random flows and reading against the grain found: each rule that was broken once.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createMemoryRunStore } from '../../src/store/index.ts';
import { anAction, startEngine } from '../support/engine.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { codeOf, EventLog, stateOf } from '../support/runs.ts';

describe('circuit breakers that refuse', () => {
  for (const [what, yaml] of [
    [
      'a node',
      `nodes: [{ name: bad, run: 'if state.ok then return {} end error("bad")', circuit_breaker: { failure_threshold: 2, reset_timeout: 10s } }]`,
    ],
    [
      'a branch',
      `
settings: { parallel: { circuit_breaker: { failure_threshold: 2, reset_timeout: 10s } } }
nodes:
  - { name: fork, parallel: [bad, good], fan_in: join }
  - { name: bad, run: 'if state.ok then return {} end error("bad")' }
  - { name: good, run: 'return {}' }
  - { name: join, run: 'return {}' }`,
    ],
  ] as const) {
    it(`${what} do not take that for a failure: the time until they let one through is not begun again`, async () => {
      const clock = new FakeClock();
      await using engine = startEngine({ clock });
      const flow = engine.flow(`name: guarded\n${yaml}`);
      const runOnce = async (ok: boolean): Promise<string> => codeOf(await engine.runner.start(flow, { ok }).outcome);
      assert.deepEqual([await runOnce(false), await runOnce(false)], ['LUA_RAISED', 'LUA_RAISED']);

      await clock.advance(9_000);
      assert.equal(await runOnce(true), 'FLOW_BREAKER');
      await clock.advance(1_000);

      assert.equal(await runOnce(true), 'succeeded');
    });
  }

  it('let another attempt through when the run that made one is cancelled', async () => {
    const clock = new FakeClock();
    let begin = (): void => {};
    const act = anAction('test.act', ({ how }, { signal }) => {
      if (how === 'well') return {};
      if (how === 'badly') throw new Error('bad');
      begin();
      return new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
      });
    });
    await using engine = startEngine({ clock, actions: [act] });
    const flow = engine.flow(`
name: probe
nodes:
  - name: body
    circuit_breaker: { failure_threshold: 1, reset_timeout: 10s }
    steps: [{ name: act, uses: test.act, with: { how: '{{ state.how }}' } }]
`);
    assert.equal(codeOf(await engine.runner.start(flow, { how: 'badly' }).outcome), 'FLOW_ACTION');
    await clock.advance(10_000);
    const begun = new Promise<void>((resolve) => {
      begin = resolve;
    });
    const probe = engine.runner.start(flow, { how: 'never' });
    await begun;
    assert.equal(codeOf(await engine.runner.start(flow, { how: 'well' }).outcome), 'FLOW_BREAKER');

    probe.cancel('enough');
    await probe.outcome;

    assert.equal(codeOf(await engine.runner.start(flow, { how: 'well' }).outcome), 'succeeded');
  });

  it('learn of a node that was ended because it never returned', async () => {
    await using engine = startEngine();
    const flow = engine.flow(`
name: endless
nodes:
  - name: body
    steps:
      - { name: bad, run: 'while true do end', timeout: 50ms }
    circuit_breaker: { failure_threshold: 1, reset_timeout: 1h }
`);
    const runOnce = async (): Promise<string> => codeOf(await engine.runner.start(flow, {}).outcome);

    assert.deepEqual([await runOnce(), await runOnce()], ['LUA_TIMEOUT', 'FLOW_BREAKER']);
  });

  it('count as steps, so that a loop around a refused node ends', async () => {
    await using engine = startEngine();
    const flow = engine.flow(`
name: refused
settings: { max_steps: 20 }
nodes:
  - name: bad
    run: error("bad")
    circuit_breaker: { failure_threshold: 1, reset_timeout: 1h }
    on_error: { mode: graceful }
    goto: bad
`);
    assert.equal(codeOf(await engine.runner.start(flow, {}, { timeoutMs: 20_000 }).outcome), 'FLOW_STEP_LIMIT');
  });
});

describe('branches that wait', () => {
  for (const [what, settings] of [
    ['beside others', ''],
    ['one after the other', 'settings: { parallel: { max_workers: 1 } }'],
  ] as const) {
    it(`go on with their Lua globals, ${what}`, async () => {
      await using engine = startEngine();
      const flow = engine.flow(`
name: waiting
${settings}
nodes:
  - { name: fork, parallel: [a, b], fan_in: join }
  - { name: a, run: 'kept = 1; return {}', goto: ask_a }
  - { name: ask_a, uses: human.input, with: { prompt: A }, goto: use_a }
  - { name: use_a, run: 'return { kept = kept }' }
  - { name: b, run: 'kept = 2; return {}', goto: ask_b }
  - { name: ask_b, uses: human.input, with: { prompt: B }, goto: use_b }
  - { name: use_b, run: 'return { kept = kept }' }
  - { name: join, run: 'return { sum = state.parallel_results[1].state.kept * 10 + state.parallel_results[2].state.kept }' }
`);
      const run = engine.runner.start(flow, {});
      for (let rest = await run.untilRest(); rest.kind === 'waiting'; rest = await run.untilRest()) {
        const [waiting] = run.waitingFor;
        if (waiting !== undefined) await run.give({}, waiting.step);
      }
      assert.equal(stateOf(await run.outcome)['sum'], 12);
    });
  }
});

describe('branches that are late', () => {
  it('are really ended when failures are collected, with the branches below them', async () => {
    const clock = new FakeClock();
    const stopped: string[] = [];
    const begun = Promise.withResolvers<void>();
    let count = 0;
    const endless = anAction('test.endless', (_, { signal, node }) => {
      count += 1;
      if (count === 3) begun.resolve();
      return new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => {
          stopped.push(node);
          reject(signal.reason);
        });
      });
    });
    await using engine = startEngine({ clock, actions: [endless] });
    const flow = engine.flow(`
name: late
settings: { parallel: { on_error: collect, timeout: 3s } }
nodes:
  - { name: fork, parallel: [acts, forks], fan_in: join }
  - { name: acts, uses: test.endless }
  - { name: forks, parallel: [one, two], fan_in: inner }
  - { name: one, uses: test.endless }
  - { name: two, uses: test.endless }
  - { name: inner, run: 'return {}' }
  - { name: join, run: 'return { codes = { state.parallel_results[1].error.code, state.parallel_results[2].error.code } }' }
  - { name: ask, uses: human.input, with: { prompt: '?' } }
`);
    const run = engine.runner.start(flow, {});
    await begun.promise;
    await clock.advance(3_000);

    assert.equal((await run.untilRest()).kind, 'waiting');
    assert.deepEqual(
      stopped.toSorted((a, b) => a.localeCompare(b)),
      ['acts', 'one', 'two'],
    );
    await run.give({});
    assert.deepEqual(stateOf(await run.outcome)['codes'], ['FLOW_TIMEOUT', 'FLOW_TIMEOUT']);
  });
});

describe('what is told again', () => {
  it('of a run cancelled in its only segment ends cancelled', async () => {
    await using engine = startEngine();
    const log = new EventLog();
    const flow = engine.flow(`
name: cancelled
nodes: [{ name: one, run: 'return {}' }, { name: two, run: 'local n = 0 for i = 1, 3e7 do n = n + i end return {}' }]
`);
    const started = log.next(({ node, event }) => node === 'two' && event === 'node.started');
    const run = engine.runner.start(flow, {}, { onEvent: log.take });
    await started;
    run.cancel('enough');
    assert.equal(codeOf(await run.outcome), 'FLOW_CANCELLED');

    const told = new EventLog();
    await engine.runner.tellAgain(run.id, flow, told.take);

    assert.deepEqual(told.events.at(-1)?.data, log.events.at(-1)?.data);
  });

  it('of a body tried again keeps what ended its branches apart by attempt', async () => {
    let calls = 0;
    const count = anAction('test.count', () => {
      calls += 1;
      return { calls };
    });
    await using engine = startEngine({ actions: [count] });
    const flow = engine.flow(`
name: again
nodes:
  - name: both
    retry: { max_retries: 1, base_delay: 0s }
    steps:
      - { name: count, uses: test.count }
      - name: each
        type: dynamic_parallel
        fail_fast: true
        items: [1]
        steps:
          - name: deep
            run: 'local function f(n) return 1 + f(n) end if state.calls == 1 then f(1) end return {}'
`);
    const log = new EventLog();
    const run = engine.runner.start(flow, {}, { onEvent: log.take });
    assert.equal(stateOf(await run.outcome)['calls'], 2);

    const told = new EventLog();
    await engine.runner.tellAgain(run.id, flow, told.take);

    assert.deepEqual(told.byBranch()[''], log.byBranch()['']);
  });

  it('of a call that was given up says nothing of how that call ended', async () => {
    const clock = new FakeClock();
    let calls = 0;
    const begun = Promise.withResolvers<void>();
    const call = (_: unknown, { signal }: { signal: AbortSignal }): { calls: number } | Promise<{ calls: number }> => {
      calls += 1;
      if (calls > 1) return { calls };
      begun.resolve();
      return new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(new Error('ended')));
      });
    };
    const act = anAction('test.act', call, { effect: 'idempotent' });
    await using engine = startEngine({ clock, actions: [act] });
    const flow = engine.flow(`
name: late
nodes: [{ name: body, timeout: 5s, retry: { max_retries: 1, base_delay: 0s }, steps: [{ name: act, uses: test.act }] }]
`);
    const log = new EventLog();
    const run = engine.runner.start(flow, {}, { onEvent: log.take });
    await begun.promise;
    await clock.advance(5_000);
    assert.equal(stateOf(await run.outcome)['calls'], 2);

    const told = new EventLog();
    await engine.runner.tellAgain(run.id, flow, told.take);

    assert.deepEqual(told.byBranch(), log.byBranch());
    const ends = (await engine.store.read(run.id))?.entries.filter(({ kind }) => kind === 'effect.ended');
    assert.equal(ends?.length, 1);
  });
});

describe('fan-outs whose results are too large', () => {
  it('never run their join without them, whatever it says of retries', async () => {
    await using engine = startEngine({ limits: { stateBytes: 10_000 } });
    const flow = engine.flow(`
name: large
nodes:
  - { name: fork, parallel: [a, b], fan_in: join }
  - { name: a, run: 'return { text = ("x"):rep(6000) }' }
  - { name: b, run: 'return { text = ("x"):rep(6000) }' }
  - { name: join, run: 'return { joined = true }', retry: { max_retries: 2, base_delay: 0s } }
`);
    assert.equal(codeOf(await engine.runner.start(flow, {}).outcome), 'LUA_VALUE');
  });

  it('are tried again as often as they say, and no more', async () => {
    let calls = 0;
    const large = anAction('test.large', () => {
      calls += 1;
      return { text: 'x'.repeat(6_000) };
    });
    await using engine = startEngine({ actions: [large], limits: { stateBytes: 10_000 } });
    const flow = engine.flow(`
name: large
nodes:
  - name: each
    type: dynamic_parallel
    retry: { max_retries: 2, base_delay: 0s }
    items: [1, 2]
    steps: [{ name: act, uses: test.large }]
  - { name: end, run: 'return {}' }
`);
    assert.equal(codeOf(await engine.runner.start(flow, {}).outcome), 'LUA_VALUE');
    assert.equal(calls, 6);
  });
});

describe('actions that do not look at their signal', () => {
  it('are not waited for beyond their time, and what they give later is nothing', async () => {
    const clock = new FakeClock();
    const begun = Promise.withResolvers<void>();
    const late = Promise.withResolvers<{ late: boolean }>();
    const deaf = anAction('test.deaf', () => {
      begun.resolve();
      return late.promise;
    });
    await using engine = startEngine({ clock, actions: [deaf] });
    const flow = engine.flow(`
name: deaf
nodes:
  - { name: deaf, uses: test.deaf, timeout: 5s, on_error: { mode: graceful } }
  - { name: ask, uses: human.input, with: { prompt: '?' } }
`);
    const run = engine.runner.start(flow, {});
    await begun.promise;
    await clock.advance(4_999);
    assert.deepEqual(run.waitingFor, []);
    await clock.advance(1);
    await run.untilRest();
    late.resolve({ late: true });
    await run.give({});

    const { error, late: given } = stateOf(await run.outcome);
    assert.deepEqual([(error as { code: string }).code, given], ['FLOW_TIMEOUT', undefined]);
    assert.equal(clock.pendingCount, 0);
  });
});

describe('a journal that lost its values', () => {
  it('is not told again, and a machine that depends on it fails its run with STORE_FULL', async () => {
    const store = createMemoryRunStore({ maxRuns: 10 });
    const read = store.read.bind(store);
    store.read = async (id) => {
      const journal = await read(id);
      return journal === undefined ? undefined : { ...journal, isComplete: false };
    };
    await using engine = startEngine({ store });
    const flow = engine.flow(`
name: lost
nodes:
  - { name: set, run: 'kept = 1; return {}' }
  - { name: ask, uses: human.input, with: { prompt: '?' } }
  - { name: use, run: 'return { kept = kept }' }
`);
    const run = engine.runner.start(flow, {});
    await run.untilRest();
    await run.give({});

    assert.equal(codeOf(await run.outcome), 'STORE_FULL');
    assert.equal(await engine.runner.tellAgain(run.id, flow, () => assert.fail('Nothing is told.')), false);
  });

  it('of an unknown run is not told again, and a telling ends with its signal', async () => {
    await using engine = startEngine();
    const flow = engine.flow("name: told\nnodes: [{ name: one, run: 'return {}' }]");
    const run = engine.runner.start(flow, {});
    await run.outcome;
    const ignore = (): void => {};

    assert.equal(await engine.runner.tellAgain(`${run.id}x` as typeof run.id, flow, ignore), false);
    const signal = AbortSignal.abort(new Error('enough'));
    await assert.rejects(engine.runner.tellAgain(run.id, flow, ignore, { signal }), /enough/);
  });
});

describe('a fan-out of items that failed', () => {
  it('names the node of the item', async () => {
    await using engine = startEngine();
    const flow = engine.flow(`
name: named
nodes:
  - name: each
    type: dynamic_parallel
    items: [1, 2]
    fail_fast: true
    steps: [{ name: bad, run: 'error(1)' }]
    on_error: { mode: graceful }
  - { name: end, run: 'return { node = state.error.node }' }
`);
    assert.equal(stateOf(await engine.runner.start(flow, {}).outcome)['node'], 'each/bad');
  });
});
