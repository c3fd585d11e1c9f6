import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { silentMetrics } from '../../src/core/index.ts';
import type { SegmentFact } from '../../src/flow/index.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { aLuaFlow, closeLanes, codeOf, openLanes, runSegment, stateOf, withNode } from '../support/lanes.ts';
import { aFlow, aNode, readState, stateBytes } from '../support/segments.ts';
import { limitMs } from '../support/slowness.ts';

describe('LuaLanes', () => {
  afterEach(closeLanes);

  it('runs a chain of nodes in one hop and gives the state at its end', async () => {
    const flow = aLuaFlow('return { a = 1 }', 'return { b = state.a + 1 }');

    const end = await runSegment(openLanes(), flow);

    assert.deepEqual(stateOf(end), { a: 1, b: 2 });
  });

  it('starts no thread before there is work', () => {
    assert.equal(openLanes().laneCount, 0);
  });

  it('warms up one lane, and runs on it even a flow that cannot be made ready', async () => {
    const lanes = openLanes();
    const broken = aLuaFlow('this is not Lua');

    lanes.warmUp(broken);
    lanes.warmUp(broken);
    const end = await runSegment(lanes, aLuaFlow('return { ok = 1 }'));

    assert.equal(lanes.laneCount, 1);
    assert.deepEqual(stateOf(end), { ok: 1 });
  });

  it('shows a run nothing of the run before it on the same lane', async () => {
    const lanes = openLanes();
    const flow = aLuaFlow('local before = leak leak = "secret" return { before = before or "nothing" }');

    await runSegment(lanes, flow);
    const end = await runSegment(lanes, flow);

    assert.equal(lanes.laneCount, 1);
    assert.deepEqual(stateOf(end), { before: 'nothing' });
  });

  it('gives the first node of a large flow its whole time, the image made beforehand', async () => {
    const codes = Array.from({ length: 6_000 }, (_, index) => `local a = state.x or 0 return { x = a + ${index} }`);
    const flow = withNode(aLuaFlow(...codes), 'n0', { next: { kind: 'end' } });

    const end = await runSegment(openLanes(), flow, { luaTimeoutMs: limitMs(150) });

    assert.deepEqual(stateOf(end), { x: 0 });
  });

  it('refuses an action input larger than a state may be, as the failure of its node', async () => {
    const flow = aFlow({
      nodes: [
        aNode({
          name: 'act',
          work: { kind: 'action', uses: 'log', with: { all: ['{{ state.text }}', '{{ state.text }}'] } },
        }),
      ],
    });

    const end = await runSegment(openLanes(), flow, {
      state: stateBytes({ text: 'x'.repeat(600) }),
      stateBytes: 1_024,
    });

    assert.equal(codeOf(end), 'LUA_VALUE');
    assert.equal(end.kind === 'failed' && end.node, 'act');
  });

  it('parks a path at an action and resumes its globals in another lane', async () => {
    const flow = aFlow({
      hash: 'with action',
      nodes: [
        aNode({
          name: 'n0',
          work: { kind: 'lua', code: 'kept = 7', line: 1, chunk: 0 },
          next: { kind: 'next', to: 'act' },
        }),
        aNode({
          name: 'act',
          work: { kind: 'action', uses: 'log', with: { message: '{{ 1 + 1 }}' } },
          next: { kind: 'next', to: 'n1' },
        }),
        aNode({ name: 'n1', work: { kind: 'lua', code: 'return { kept = kept }', line: 1, chunk: 1 } }),
      ],
    });
    const parked = await runSegment(openLanes(), flow);
    assert.equal(parked.kind, 'action');

    const end = await runSegment(openLanes(), flow, {
      start: { kind: 'result', node: 'act', value: stateBytes({ logged: true }) },
      state: parked.state,
      ...(parked.machine === undefined ? {} : { machine: parked.machine }),
    });

    assert.deepEqual(readState(parked.with), { message: 2 });
    assert.deepEqual(stateOf(end), { logged: true, kept: 7 });
  });

  it('gives every node a machine of its own in scope node', async () => {
    const flow = {
      ...aLuaFlow('x = 1', 'return { x = x or "unset" }'),
      settings: { lua: { scope: 'node' as const }, maxSteps: 10 },
    };

    assert.deepEqual(stateOf(await runSegment(openLanes(), flow)), { x: 'unset' });
  });

  it('gives the same random numbers for the same seed, others for another', async () => {
    const lanes = openLanes();
    const flow = aLuaFlow('return { r = math.random(1, 2^40) }');

    const [one, again, other] = await Promise.all([
      runSegment(lanes, flow, { seed: 'a' }),
      runSegment(lanes, flow, { seed: 'a' }),
      runSegment(lanes, flow, { seed: 'b' }),
    ]);

    assert.deepEqual(stateOf(one), stateOf(again));
    assert.notDeepEqual(stateOf(one), stateOf(other));
  });

  it('ends a node that never returns, names it, and runs what waited on a new lane', async () => {
    const lanes = openLanes();
    const loop = aLuaFlow('return {}', 'while true do end');
    const good = aLuaFlow('return { good = true }');

    const [ended, after] = await Promise.all([
      runSegment(lanes, loop, { luaTimeoutMs: limitMs(100) }),
      runSegment(lanes, good),
    ]);

    assert.equal(codeOf(ended), 'LUA_TIMEOUT');
    assert.equal(ended.kind === 'failed' ? ended.node : '', 'n1');
    assert.deepEqual(stateOf(after), { good: true });
  });

  it('goes on after a node that timed out where the node is graceful, for each such node', async () => {
    const onError = { mode: 'graceful' } as const;
    const loops = aLuaFlow(
      'return { first = 1 }',
      'while true do end',
      'while true do end',
      'return { code = state.error.code }',
    );
    const flow = withNode(withNode(loops, 'n1', { onError }), 'n2', { onError });
    const facts: SegmentFact[] = [];

    const end = await runSegment(
      openLanes(),
      flow,
      { luaTimeoutMs: limitMs(60), wantFacts: true },
      { onFacts: (some) => facts.push(...some) },
    );

    const state = stateOf(end) as { first: number; code: string };
    assert.deepEqual({ first: state.first, code: state.code }, { first: 1, code: 'LUA_TIMEOUT' });
    assert.deepEqual(
      facts.filter((fact) => fact.kind === 'node.started').map((fact) => fact.node),
      ['n0', 'n1', 'n2', 'n3'],
    );
  });

  it('reports a node as started while it still runs', async () => {
    const lanes = openLanes();
    const flow = aLuaFlow('while true do end');
    const abort = new AbortController();

    await new Promise<void>((resolve) => {
      const onFacts = (facts: readonly SegmentFact[]): void => {
        if (facts.some((fact) => fact.kind === 'node.started')) resolve();
      };
      runSegment(lanes, flow, { wantFacts: true }, { signal: abort.signal, onFacts }).catch(() => {});
    });

    abort.abort();
  });

  it('ends a flow softly that was ended before: at its line, without the cost of a lane', async () => {
    const reasons: string[] = [];
    const metrics = {
      ...silentMetrics,
      counter: (name: string) => ({
        add: (_?: number, labels?: { readonly [name: string]: string }) => {
          if (name === 'moonpool_lua_lanes_ended_total') reasons.push(labels?.['reason'] ?? '');
        },
      }),
    };
    // Main's clock stands but where it is moved: so it is the lane that ends the second one.
    const clock = new FakeClock();
    const lanes = openLanes({}, metrics, clock);
    const loop = aLuaFlow('local x = 1\nwhile true do\n  x = x + 1\nend');
    const started = Promise.withResolvers<void>();

    const ended = runSegment(lanes, loop, { luaTimeoutMs: 100, wantFacts: true }, { onFacts: () => started.resolve() });
    await started.promise;
    await clock.advance(60_000);
    const first = await ended;
    const second = await runSegment(lanes, loop, { luaTimeoutMs: 100 });

    assert.deepEqual([codeOf(first), codeOf(second)], ['LUA_TIMEOUT', 'LUA_TIMEOUT']);
    assert.deepEqual(reasons, ['timeout']);
    assert.match(second.kind === 'failed' ? second.error.message : '', /at line [23]/);
  });

  it('goes on in the same way after a graceful node that was late, however it was ended', async () => {
    const lanes = openLanes();
    const nodes = aLuaFlow(
      'kept = "before"',
      'kept = "half done" while true do end',
      'return { kept = kept, code = state.error.code }',
    );
    const flow = withNode(nodes, 'n1', { onError: { mode: 'graceful' } });

    const hard = await runSegment(lanes, flow, { luaTimeoutMs: limitMs(100) });
    const soft = await runSegment(lanes, flow, { luaTimeoutMs: limitMs(100) });

    for (const end of [hard, soft]) {
      const { kept, code } = stateOf(end) as { kept: string; code: string };
      assert.deepEqual({ kept, code }, { kept: 'before', code: 'LUA_TIMEOUT' });
    }
  });

  it('stops a cancelled segment that never gives way, and serves on', async () => {
    const lanes = openLanes();
    const abort = new AbortController();
    const started = new Promise<void>((resolve) => {
      const running = runSegment(
        lanes,
        aLuaFlow('while true do end'),
        { wantFacts: true },
        {
          signal: abort.signal,
          onFacts: () => resolve(),
        },
      );
      running.catch(() => {});
    });
    await started;

    abort.abort();

    assert.deepEqual(stateOf(await runSegment(lanes, aLuaFlow('return { ok = 1 }'))), { ok: 1 });
  });

  it('takes a cancelled segment out of the queue', async () => {
    const lanes = openLanes();
    const busy = runSegment(lanes, aLuaFlow('while true do end'), { luaTimeoutMs: 100 });
    const abort = new AbortController();
    const waiting = runSegment(lanes, aLuaFlow('return {}'), {}, { signal: abort.signal });
    assert.equal(lanes.waitingCount, 1);

    abort.abort();

    await assert.rejects(waiting, { name: 'AbortError' });
    assert.equal(lanes.waitingCount, 0);
    await busy;
  });

  it('refuses the segment that comes after a full queue', async () => {
    const lanes = openLanes({ queue: 1 });
    const flow = aLuaFlow('return {}');

    const ends = await Promise.all([1, 2, 3].map(() => runSegment(lanes, flow)));

    assert.deepEqual(ends.map(codeOf), ['end', 'end', 'LUA_OVERLOADED']);
  });

  it('fails a node that asked for more memory than it may, even if it caught the refusal', async () => {
    const flow = aLuaFlow('pcall(string.rep, "x", 64 * 1024 * 1024) return {}');

    assert.equal(codeOf(await runSegment(openLanes(), flow)), 'LUA_MEMORY');
  });

  it('refuses a state over its limit and names limit and node', async () => {
    const flow = aLuaFlow('return { text = string.rep("x", 2000) }');

    const end = await runSegment(openLanes(), flow, { stateBytes: 1_000 });

    assert.equal(codeOf(end), 'LUA_VALUE');
  });

  it('ends a segment at the step limit', async () => {
    const flow = withNode(aLuaFlow('return { n = (state.n or 0) + 1 }'), 'n0', {
      next: { kind: 'rules', rules: [{ to: 'n0' }] },
    });

    assert.equal(codeOf(await runSegment(openLanes(), flow, { stepsLeft: 100 })), 'FLOW_STEP_LIMIT');
  });

  it('passes on what nodes print', async () => {
    const facts: SegmentFact[] = [];

    await runSegment(openLanes(), aLuaFlow('print("hello", 1)'), {}, { onFacts: (some) => facts.push(...some) });

    assert.deepEqual(facts, [{ kind: 'log', node: 'n0', text: 'hello\t1' }]);
  });

  it('answers instead of hanging after it was closed', async () => {
    const lanes = openLanes();
    await lanes.close();

    assert.equal(codeOf(await runSegment(lanes, aLuaFlow('return {}'))), 'LUA_OVERLOADED');
  });

  it('answers what was running when it is closed', async () => {
    const lanes = openLanes();
    const running = runSegment(lanes, aLuaFlow('while true do end'));
    const waiting = runSegment(lanes, aLuaFlow('return {}'));

    await lanes.close();

    assert.deepEqual([codeOf(await running), codeOf(await waiting)], ['LUA_OVERLOADED', 'LUA_OVERLOADED']);
    assert.equal(lanes.laneCount, 0);
  });

  it('keeps no thread, job or lane after a thousand segments, some ended', async () => {
    const lanes = openLanes();
    const good = aLuaFlow('return { x = 1 }');
    const loop = aLuaFlow('while true do end');

    for (let round = 0; round < 10; round += 1) {
      const ended = runSegment(lanes, loop, { luaTimeoutMs: 20 });
      await Promise.all(Array.from({ length: 100 }, () => runSegment(lanes, good)));
      assert.equal(codeOf(await ended), 'LUA_TIMEOUT');
    }

    assert.equal(lanes.waitingCount, 0);
    assert.equal(lanes.laneCount, 1);
  });
});
