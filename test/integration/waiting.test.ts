import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { anAction, startEngine, type TestEngine } from '../support/engine.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { codeOf, EventLog, stateOf } from '../support/runs.ts';

const ASK = `
name: ask
nodes:
  - { name: first, run: 'kept = 7; return { a = 1 }' }
  - name: ask
    uses: human.input
    with: { prompt: 'Which {{ state.a }}?', schema: { type: object, properties: { n: { type: integer } }, required: [n] } }
    output: answer
  - { name: last, run: 'return { sum = kept + state.answer.n }' }
`;

describe('waiting runs', () => {
  it('say what they ask for, hold nothing, and go on with it, Lua globals included', async () => {
    await using engine = startEngine();
    const log = new EventLog();
    const run = engine.runner.start(engine.flow(ASK), {}, { onEvent: log.take });

    const rest = await run.untilRest();

    assert.equal(rest.kind, 'waiting');
    assert.deepEqual(
      run.waitingFor.map(({ step, node, when, prompt }) => ({ step, node, when, prompt })),
      [{ step: 'main/ask/0', node: 'ask', when: 'result', prompt: 'Which 1?' }],
    );
    assert.equal((await engine.store.read(run.id))?.summary.status, 'waiting');
    assert.equal(log.events.at(-1)?.event, 'run.waiting');
    await run.give({ n: 5 });
    assert.deepEqual(stateOf(await run.outcome), { a: 1, answer: { n: 5 }, sum: 12 });
    assert.equal((await engine.store.read(run.id))?.summary.status, 'succeeded');
  });

  it('refuse what does not fit, what nobody asked for, and the same twice; they wait on', async () => {
    await using engine = startEngine();
    const run = engine.runner.start(engine.flow(ASK), {});
    await run.untilRest();

    await assert.rejects(run.give({ n: 'five' }), { code: 'FLOW_INPUT' });
    await assert.rejects(run.give({ n: 5 }, 'main/other/0'), { code: 'FLOW_NOT_WAITING' });
    const both = await Promise.allSettled([run.give({ n: 5 }), run.give({ n: 6 })]);
    assert.deepEqual(
      both.map(({ status }) => status),
      ['fulfilled', 'rejected'],
    );
    assert.equal(stateOf(await run.outcome)['sum'], 12);
    await assert.rejects(run.give({ n: 5 }), { code: 'FLOW_NOT_WAITING' });
  });

  it('stop before and after a node, merging what is given', async () => {
    await using engine = startEngine();
    const flow = engine.flow(`
name: stops
nodes:
  - { name: one, interrupt: before, run: 'return { one = state.given }' }
  - { name: two, run: 'return { two = state.given }' }
`);
    const run = engine.runner.start(flow, {}, { interrupts: { before: [], after: ['one'] } });

    await run.untilRest();
    assert.deepEqual(run.waitingFor, [{ step: 'main/one/0', node: 'one', when: 'before' }]);
    await run.give({ given: 1 });
    await run.untilRest();
    assert.deepEqual(run.waitingFor, [{ step: 'main/one/1', node: 'one', when: 'after' }]);
    await assert.rejects(run.give('text'), { code: 'FLOW_INPUT' });
    await run.give({ given: 2 });

    assert.deepEqual(stateOf(await run.outcome), { one: 1, two: 2, given: 2 });
  });

  it('rest only when every branch has ended or waits, and take answers in any order', async () => {
    await using engine = startEngine();
    const flow = engine.flow(`
name: two
nodes:
  - { name: fork, parallel: [a, b, c], fan_in: join }
  - { name: a, uses: human.input, with: { prompt: A } }
  - { name: b, uses: human.input, with: { prompt: B } }
  - { name: c, run: 'return { c = true }' }
  - { name: join, run: 'return { a = state.parallel_results[1].state.v, b = state.parallel_results[2].state.v }' }
`);
    const run = engine.runner.start(flow, {});
    await run.untilRest();
    const [first, second] = run.waitingFor;
    await assert.rejects(run.give({ v: 0 }), { code: 'FLOW_NOT_WAITING' });

    await run.give({ v: 'late' }, second?.step);
    assert.equal((await run.untilRest()).kind, 'waiting');
    await run.give({ v: 'early' }, first?.step);

    const { a, b } = stateOf(await run.outcome);
    assert.deepEqual([a, b], ['early', 'late']);
  });

  it('can be cancelled, and do not use up the time of the run', async () => {
    const clock = new FakeClock();
    await using engine = startEngine({ clock, limits: { runTimeoutMs: 1_000 } });
    const run = engine.runner.start(engine.flow(ASK), {});
    await run.untilRest();
    await clock.advance(3_600_000);
    assert.equal(run.waitingFor.length, 1);

    run.cancel('nobody came');

    assert.equal(codeOf(await run.outcome), 'FLOW_CANCELLED');
  });
});

describe('a body whose time is up while it waits', () => {
  it('fails, and its run goes on within the time it has left', async () => {
    const clock = new FakeClock();
    await using engine = startEngine({ clock });
    const flow = engine.flow(`
name: late
nodes:
  - name: body
    timeout: 10s
    on_error: { mode: graceful }
    steps: [{ name: ask, uses: human.input, with: { prompt: '?' } }]
  - { name: then, uses: human.input, with: { prompt: 'again?' } }
`);
    const run = engine.runner.start(flow, {});
    await run.untilRest();
    await clock.advance(10_000);
    await run.untilRest();

    assert.deepEqual(
      run.waitingFor.map(({ node }) => node),
      ['then'],
    );
    assert.equal((await engine.store.read(run.id))?.summary.status, 'waiting');
    await run.give({});
    assert.deepEqual((stateOf(await run.outcome)['error'] as { code: string }).code, 'FLOW_TIMEOUT');
  });
});

describe('a runner that is drained', () => {
  it('cancels runs that wait, and lets others end', async () => {
    const gate = Promise.withResolvers<void>();
    const action = anAction('test.slow', async () => {
      await gate.promise;
      return {};
    });
    await using engine = startEngine({ actions: [action] });
    const waiting = engine.runner.start(engine.flow(ASK), {});
    await waiting.untilRest();
    const log = new EventLog();
    const begun = log.next(({ event }) => event === 'effect.started');
    const working = engine.runner.start(
      engine.flow('name: w\nnodes: [{ name: n, uses: test.slow }]'),
      {},
      { onEvent: log.take },
    );
    await begun;

    const drained = engine.runner.drain(new AbortController().signal);

    assert.equal(codeOf(await waiting.outcome), 'FLOW_CANCELLED');
    gate.resolve();
    await drained;
    assert.equal(codeOf(await working.outcome), 'succeeded');
  });
});

describe('retries with a delay', () => {
  it('go on after the delay, and a long one keeps no machine meanwhile', async () => {
    const clock = new FakeClock();
    let calls = 0;
    const action = anAction('test.third', () => {
      calls += 1;
      if (calls < 3) throw new Error('not yet');
      return { calls };
    });
    await using engine = startEngine({ clock, actions: [action] });
    const log = new EventLog();
    const flow = engine.flow(`
name: later
nodes:
  - { name: set, run: 'kept = 41; return {}' }
  - { name: third, uses: test.third, retry: { max_retries: 5, base_delay: 20s, backoff: constant, jitter: false } }
  - { name: get, run: 'return { kept = kept + 1 }' }
`);
    const run = engine.runner.start(flow, {}, { onEvent: log.take });
    for (const attempt of [2, 3]) {
      const scheduled = await log.next(({ event }) => event === 'retry.scheduled');
      assert.deepEqual(scheduled.data, { attempt, delay_ms: 20_000 });
      await clock.advance(20_000);
    }
    assert.deepEqual(stateOf(await run.outcome), { calls: 3, kept: 42 });
  });
});

describe('parked machines', () => {
  /** Branches that set a global, act, and use the global. */
  function aFlowOfBranches(engine: TestEngine, count: number): ReturnType<TestEngine['flow']> {
    return engine.flow(`
name: parked
nodes:
  - name: each
    type: dynamic_parallel
    items: '{{ range(${count}) | list }}'
    steps:
      - { name: set, run: 'mine = { "x", state.item }; return {}' }
      - { name: act, uses: test.echo, with: { x: '{{ item }}' }, output: echoed }
      - { name: more, run: 'mine[3] = state.echoed; return {}' }
      - { name: again, uses: test.echo, with: { x: '{{ item + 1 }}' }, output: echoed }
      - { name: use, run: 'return { sum = mine[2] + mine[3] + state.echoed }' }
    fan_in: end
  - name: end
    run: |
      local sums = array{}
      for i, r in ipairs(state.parallel_results) do sums[i] = r.state.sum end
      return { sums = sums, parallel_results = array{} }
`);
  }

  for (const [title, parkedBytes] of [
    ['without a limit', 96 * 1024 * 1024],
    ['with room for few', 10_000],
    ['with no room at all, made again from the journal', 0],
  ] as const) {
    it(`give the same results ${title}`, async () => {
      const gate = Promise.withResolvers<void>();
      let waiting = 0;
      const action = anAction('test.echo', async ({ x }) => {
        waiting += 1;
        if (waiting === 20) gate.resolve();
        if (waiting <= 20) await gate.promise;
        return x as number;
      });
      await using engine = startEngine({ actions: [action], limits: { parkedBytes } });

      const state = stateOf(await engine.runner.start(aFlowOfBranches(engine, 20), {}).outcome);

      assert.deepEqual(
        state['sums'],
        Array.from({ length: 20 }, (_, item) => item + item + item + 1),
      );
    });
  }
});
