import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isJsonObject, type JsonObject } from '../../src/core/index.ts';
import type { ActionCall, JournalEntry, RunEvent, RunOutcome, RunStore } from '../../src/engine/index.ts';
import { createMemoryRunStore } from '../../src/store/index.ts';
import { anAction, startEngine } from '../support/engine.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { readState } from '../support/segments.ts';

function stateOf(outcome: RunOutcome): JsonObject {
  assert.equal(outcome.kind, 'succeeded', JSON.stringify(outcome));
  return outcome.kind === 'succeeded' ? readState(outcome.state) : {};
}

function codeOf(outcome: RunOutcome): string {
  return outcome.kind === 'succeeded' ? 'succeeded' : outcome.error.code;
}

const FORK = `
name: fork
nodes:
  - { name: start, run: 'return { base = 1 }', parallel: [a, b], fan_in: join }
  - { name: a, run: 'return { mine = "a", base = state.base + 1 }' }
  - { name: b, run: 'return { mine = "b" }' }
  - { name: join, run: 'return { count = #state.parallel_results, second = state.parallel_results[2].state.mine }' }
`;

/** An action that never ends by itself, and tells when it was called and when it was stopped. */
function aHangingAction(): {
  action: ReturnType<typeof anAction>;
  called: Promise<ActionCall>;
  stopped: Promise<void>;
} {
  const called = Promise.withResolvers<ActionCall>();
  const stopped = Promise.withResolvers<void>();
  const action = anAction('test.hang', (_, call) => {
    called.resolve(call);
    return new Promise((_resolve, reject) => {
      call.signal.addEventListener('abort', () => {
        stopped.resolve();
        reject(call.signal.reason);
      });
    });
  });
  return { action, called: called.promise, stopped: stopped.promise };
}

describe('Runner', () => {
  it('runs Lua, actions and routes of one path to the end', async () => {
    await using engine = startEngine({ actions: [anAction('test.double', (input) => (input['x'] as number) * 2)] });
    const flow = engine.flow(`
name: chain
initial_state: { x: 1 }
nodes:
  - { name: add, run: 'return { x = state.x + 1 }' }
  - { name: double, uses: test.double, with: { x: '{{ state.x }}' }, output: x }
  - name: again
    goto: [{ if: state.x < 30, to: add }, { to: done }]
  - { name: done, run: 'return { done = true }' }
`);

    const outcome = await engine.runner.start(flow, {}).outcome;

    assert.deepEqual(stateOf(outcome), { x: 46, done: true });
  });

  it('merges an object result, wraps another, and maps output with expressions', async () => {
    await using engine = startEngine({
      actions: [anAction('test.object', () => ({ a: 1 })), anAction('test.text', () => 'word')],
    });
    const flow = engine.flow(`
name: outputs
nodes:
  - { name: one, uses: test.object }
  - { name: two, uses: test.text }
  - { name: three, uses: test.object, output: { b: 'result.a + 1', c: '{{ state.result }}' } }
`);

    const outcome = await engine.runner.start(flow, {}).outcome;

    assert.deepEqual(stateOf(outcome), { a: 1, result: 'word', b: 2, c: 'word' });
  });

  it('lets input win over initial state and never changes the input', async () => {
    await using engine = startEngine();
    const flow = engine.flow(`
name: input
initial_state: { a: 1, nested: { x: 1, y: 1 } }
nodes:
  - { name: n, run: 'state.nested.x = 99 return { sum = state.a }' }
`);
    const input = { a: 5, nested: { x: 2 } };

    const outcome = await engine.runner.start(flow, input).outcome;

    assert.deepEqual(stateOf(outcome), { a: 5, nested: { x: 2 }, sum: 5 });
    assert.deepEqual(input, { a: 5, nested: { x: 2 } });
  });

  it('joins parallel branches in declaration order with private state', async () => {
    await using engine = startEngine();

    const state = stateOf(await engine.runner.start(engine.flow(FORK), {}).outcome);

    const results = state['parallel_results'] as readonly { branch: string; success: boolean; state: JsonObject }[];
    assert.deepEqual(
      results.map(({ branch, success, state: own }) => ({ branch, success, own })),
      [
        { branch: 'a', success: true, own: { base: 2, mine: 'a' } },
        { branch: 'b', success: true, own: { base: 1, mine: 'b' } },
      ],
    );
    assert.equal(state['base'], 1);
    assert.equal(state['count'], 2);
    assert.equal(state['second'], 'b');
  });

  it('fails the run when a branch fails, and stops its siblings', async () => {
    const hanging = aHangingAction();
    await using engine = startEngine({ actions: [hanging.action] });
    const flow = engine.flow(`
name: fail
nodes:
  - { name: start, parallel: [hang, boom], fan_in: join }
  - { name: hang, uses: test.hang }
  - { name: boom, run: 'error("boom")' }
  - { name: join }
`);

    const outcome = await engine.runner.start(flow, {}).outcome;

    await hanging.stopped;
    assert.equal(codeOf(outcome), 'LUA_RAISED');
    assert.equal(engine.runner.activeCount, 0);
  });

  it('collects failures as data where the flow says so', async () => {
    await using engine = startEngine();
    const flow = engine.flow(`
name: collect
settings: { parallel: { on_error: collect } }
nodes:
  - { name: start, parallel: [good, boom], fan_in: join }
  - { name: good, run: 'return { ok = true }' }
  - { name: boom, run: 'error("boom")' }
  - name: join
    run: |
      local r = state.parallel_results
      return { parallel_results = array{}, first = r[1].success, second = r[2].success, code = r[2].error.code, node = r[2].error.node }
`);

    const state = stateOf(await engine.runner.start(flow, {}).outcome);

    assert.deepEqual(state, { parallel_results: [], first: true, second: false, code: 'LUA_RAISED', node: 'boom' });
  });

  it('joins fan-outs inside branches', async () => {
    await using engine = startEngine();
    const flow = engine.flow(`
name: nested
nodes:
  - { name: outer, parallel: [left, right], fan_in: outer_join }
  - { name: left, run: 'return { side = "left" }', parallel: [l1, l2], fan_in: left_join }
  - { name: l1, run: 'return { n = 1 }' }
  - { name: l2, run: 'return { n = 2 }' }
  - name: left_join
    run: |
      local sum = 0
      for _, r in ipairs(state.parallel_results) do sum = sum + r.state.n end
      return { sum = sum, parallel_results = array{} }
    goto: outer_join
  - { name: right, run: 'return { side = "right" }' }
  - { name: outer_join, run: 'return { sum = state.parallel_results[1].state.sum, sides = #state.parallel_results }' }
`);

    const state = stateOf(await engine.runner.start(flow, {}).outcome);

    assert.equal(state['sum'], 3);
    assert.equal(state['sides'], 2);
  });

  it('puts the error into state and goes to the fallback of a graceful node', async () => {
    const action = anAction('test.fail', () => {
      throw new Error('no luck');
    });
    await using engine = startEngine({ actions: [action] });
    const flow = engine.flow(`
name: graceful
nodes:
  - { name: try, uses: test.fail, on_error: { mode: graceful, fallback: mend } }
  - { name: skipped, run: 'return { skipped = true }' }
  - { name: mend, run: 'return { code = state.error.code, at = state.error.node, text = state.error.message }' }
`);

    const state = stateOf(await engine.runner.start(flow, {}).outcome);

    assert.equal(state['code'], 'FLOW_ACTION');
    assert.equal(state['at'], 'try');
    assert.match(String(state['text']), /no luck/);
    assert.equal(state['skipped'], undefined);
  });

  it('fails a run none of whose rules holds', async () => {
    await using engine = startEngine();
    const flow = engine.flow(`
name: lost
nodes:
  - { name: fork, run: 'return { n = 1 }', goto: [{ if: state.n == 2, to: end }] }
  - { name: end }
`);

    const outcome = await engine.runner.start(flow, {}).outcome;

    assert.equal(codeOf(outcome), 'FLOW_NO_ROUTE');
  });

  it('refuses what an action cannot use before it is called', async () => {
    let called = false;
    const withSchema = { type: 'object', required: ['url'], properties: { url: { type: 'string' } } };
    const action = anAction('test.strict', () => (called = true), { withSchema });
    await using engine = startEngine({ actions: [action] });
    const flow = engine.flow(`
name: strict
nodes:
  - { name: n, uses: test.strict, with: { url: '{{ state.missing }}' } }
`);

    const outcome = await engine.runner.start(flow, {}).outcome;

    assert.equal(codeOf(outcome), 'FLOW_ACTION');
    assert.equal(called, false);
  });

  it('gives an action its key, node and instant', async () => {
    const calls: ActionCall[] = [];
    const action = anAction('test.note', (_, call) => {
      calls.push(call);
      return null;
    });
    await using engine = startEngine({ actions: [action] });
    const run = engine.runner.start(engine.flow('name: note\nnodes:\n  - { name: n, uses: test.note }\n'), {});

    await run.outcome;

    assert.equal(calls[0]?.idempotencyKey, `${run.id}/main/n/0`);
    assert.equal(calls[0]?.node, 'n');
    assert.equal(calls[0]?.flowName, 'note');
  });

  it('ends with the answer of an action that gave one', async () => {
    const response = { status: 404, headers: { 'x-a': 'b' }, body: 'gone' };
    await using engine = startEngine({ actions: [anAction('test.respond', () => ({}), { response })] });
    const flow = engine.flow('name: answer\nnodes:\n  - { name: n, uses: test.respond }\n');

    const outcome = await engine.runner.start(flow, {}).outcome;

    assert.deepEqual(outcome.kind === 'succeeded' ? outcome.response : undefined, response);
  });

  it('stops a waiting action and the run when it is cancelled', async () => {
    const hanging = aHangingAction();
    await using engine = startEngine({ actions: [hanging.action] });
    const run = engine.runner.start(engine.flow('name: hang\nnodes:\n  - { name: n, uses: test.hang }\n'), {});
    await hanging.called;

    run.cancel('the test says so');

    await hanging.stopped;
    const outcome = await run.outcome;
    assert.equal(outcome.kind, 'cancelled');
    assert.equal(engine.runner.activeCount, 0);
  });

  it('stops an endless Lua node when it is cancelled', async () => {
    await using engine = startEngine();
    const { promise: started, resolve } = Promise.withResolvers<void>();
    const onEvent = ({ event }: RunEvent): void => {
      if (event === 'node.started') resolve();
    };
    const run = engine.runner.start(
      engine.flow("name: loop\nnodes:\n  - { name: n, run: 'while true do end' }\n"),
      {},
      { onEvent },
    );
    await started;

    run.cancel('the test says so');

    assert.equal((await run.outcome).kind, 'cancelled');
  });

  it('fails a run that does not end in time, and stops what it does', async () => {
    const hanging = aHangingAction();
    const clock = new FakeClock();
    await using engine = startEngine({ actions: [hanging.action], clock });
    const flow = engine.flow('name: late\nsettings: { timeout: 50ms }\nnodes:\n  - { name: n, uses: test.hang }\n');
    const run = engine.runner.start(flow, {});
    await hanging.called;

    await clock.advance(50);

    await hanging.stopped;
    assert.equal(codeOf(await run.outcome), 'FLOW_TIMEOUT');
  });

  it('cancels a run whose caller had given up before it began', async () => {
    await using engine = startEngine();
    const flow = engine.flow('name: n\nnodes:\n  - { name: n }\n');

    const outcome = await engine.runner.start(flow, {}, { signal: AbortSignal.abort() }).outcome;

    assert.equal(outcome.kind, 'cancelled');
  });

  it('refuses input that the schema does not allow, with every problem', async () => {
    await using engine = startEngine();
    const flow = engine.flow(`
name: schema
input_schema: { type: object, required: [a], properties: { b: { type: integer } } }
nodes:
  - { name: n }
`);

    const outcome = await engine.runner.start(flow, { b: 'x' }).outcome;

    assert.equal(codeOf(outcome), 'FLOW_INPUT');
    const problems = outcome.kind === 'failed' ? (outcome.error.details?.['problems'] as readonly string[]) : [];
    assert.equal(problems.length, 2);
  });

  it('publishes events in order, numbered from 0, the last with the state', async () => {
    await using engine = startEngine();
    const events: RunEvent[] = [];

    await engine.runner.start(engine.flow(FORK), {}, { onEvent: (event) => events.push(event) }).outcome;

    assert.deepEqual(
      events.map(({ seq }) => seq),
      events.map((_, index) => index),
    );
    const ofBranch = (branch: string): string[] =>
      events.filter((event) => event.branch === branch).map(({ event }) => event);
    assert.deepEqual(ofBranch('a'), ['branch.started', 'node.started', 'node.finished', 'branch.finished']);
    assert.deepEqual(ofBranch('b'), ofBranch('a'));
    const last = events.at(-1)?.data['state'] as JsonObject | undefined;
    assert.equal(last?.['count'], 2);
  });

  it('gives every event data, if only an empty object', async () => {
    await using engine = startEngine();
    const events: RunEvent[] = [];

    await engine.runner.start(engine.flow(FORK), {}, { onEvent: (event) => events.push(event) }).outcome;

    assert.deepEqual(
      events.filter(({ data }) => !isJsonObject(data)),
      [],
    );
    assert.deepEqual(events.find(({ event }) => event === 'node.started')?.data, {});
  });

  it('records what came from outside, before the next effect begins', async () => {
    const seen: (readonly string[])[] = [];
    const store = createMemoryRunStore({ maxRuns: 1_000 });
    const action = anAction(
      'test.write',
      async (_, call) => {
        const record = await store.read(call.runId);
        seen.push(record?.entries.map((entry: JournalEntry) => entry.kind) ?? []);
        return { done: true };
      },
      { effect: 'other' },
    );
    await using engine = startEngine({ actions: [action], store });
    const flow = engine.flow(`
name: journal
nodes:
  - { name: one, uses: test.write }
  - { name: two, uses: test.write }
`);

    await engine.runner.start(flow, {}).outcome;

    assert.deepEqual(seen, [
      ['run.started', 'effect.begun'],
      ['run.started', 'effect.begun', 'effect.ended', 'effect.begun'],
    ]);
  });

  it('fails a run whose store cannot take an entry, instead of acting unrecorded', async () => {
    let called = false;
    const memory = createMemoryRunStore({ maxRuns: 1_000 });
    const store: RunStore = {
      ...memory,
      create: (summary) => memory.create(summary),
      finish: (id, end) => memory.finish(id, end),
      read: (id) => memory.read(id),
      list: (limit) => memory.list(limit),
      append: (id, entries) =>
        entries.some((entry) => entry.kind === 'effect.begun')
          ? Promise.reject(new Error('disk full'))
          : memory.append(id, entries),
    };
    const action = anAction('test.write', () => (called = true), { effect: 'other' });
    await using engine = startEngine({ actions: [action], store });

    const outcome = await engine.runner.start(engine.flow('name: w\nnodes:\n  - { name: n, uses: test.write }\n'), {})
      .outcome;

    assert.equal(outcome.kind, 'failed');
    assert.equal(called, false);
  });

  it('drains: lets runs end, refuses new ones, cancels the rest when time is up', async () => {
    const hanging = aHangingAction();
    await using engine = startEngine({ actions: [hanging.action] });
    const flow = engine.flow('name: hang\nnodes:\n  - { name: n, uses: test.hang }\n');
    const run = engine.runner.start(flow, {});
    await hanging.called;
    const late = new AbortController();
    const drained = engine.runner.drain(late.signal);
    assert.throws(() => engine.runner.start(flow, {}), { code: 'FLOW_CANCELLED' });

    late.abort();

    await drained;
    assert.equal((await run.outcome).kind, 'cancelled');
  });

  it('leaves nothing behind after five hundred runs', async () => {
    await using engine = startEngine({ actions: [anAction('test.echo', (input) => input)] });
    const flow = engine.flow(FORK.replace('run: \'return { mine = "b" }\'', 'uses: test.echo, with: { mine: b }'));

    await Promise.all(Array.from({ length: 500 }, () => engine.runner.start(flow, {}).outcome.then(stateOf)));

    assert.equal(engine.runner.activeCount, 0);
    assert.equal(engine.lanes.waitingCount, 0);
    assert.equal(engine.lanes.laneCount, 1);
  });
});
