/**
 * After ten thousand runs a process holds what it held before: threads, machines, images, parked
 * bytes, buffers and objects. Threads and machines are counted from outside, by the kernel's tables.
 */
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import type { Flow } from '../../src/flow/index.ts';
import type { LuaLanes } from '../../src/lua/lanes/index.ts';
import { aLuaFlow, closeLanes, codeOf, openLanes, runSegment, stateOf, withNode } from '../support/lanes.ts';
import {
  countThreads,
  countWasmMemories,
  heldBufferBytes,
  heldHeapBytes,
  SKIP_UNSEEN,
} from '../support/process-memory.ts';
import { RecordedMetrics } from '../support/recorded-metrics.ts';
import { aNode, stateBytes } from '../support/segments.ts';

const RUN_COUNT = 10_000;
const TOGETHER_COUNT = 100;
const MIB = 1024 * 1024;
/** Machines given up that the collector may not have come to yet. */
const WAITING_COUNT = 30;

/** Runs `run` for each number below `count`, a hundred at a time. */
async function repeat(count: number, run: (index: number) => Promise<void>): Promise<void> {
  for (let done = 0; done < count; done += TOGETHER_COUNT) {
    await Promise.all(Array.from({ length: TOGETHER_COUNT }, (_, index) => run(done + index)));
  }
}

/** A flow that keeps something, parks at an action and goes on. */
function aParkingFlow(): Flow {
  const codes = aLuaFlow('kept = state.x return { x = kept + 1 }', 'return { kept = kept }');
  const act = aNode({ name: 'act', work: { kind: 'action', uses: 'log', with: {} }, next: { kind: 'next', to: 'n1' } });
  const acting = withNode(codes, 'n0', { next: { kind: 'next', to: 'act' } });
  return { ...acting, nodes: [...acting.nodes, act] };
}

const good = aLuaFlow('local t = {} for i = 1, 20 do t[i] = state.x end x = t return { x = #t }');
const parking = aParkingFlow();
/** What lanes count of themselves whatever ran on them. */
function countsOf(lanes: LuaLanes, metrics: RecordedMetrics): readonly unknown[] {
  return [lanes.laneCount, lanes.waitingCount, metrics.gauges()['moonpool_lua_lanes_busy'], countThreads()];
}

const failing: readonly (readonly [Flow, string])[] = [
  [aLuaFlow('error("on purpose")'), 'LUA_RAISED'],
  [aLuaFlow('return { print }'), 'LUA_VALUE'],
  [aLuaFlow('local function f() return 1 + f() end return f()'), 'LUA_STACK'],
  [aLuaFlow('return ("x"):rep(1e9)'), 'LUA_MEMORY'],
];

async function runGood(lanes: LuaLanes): Promise<void> {
  assert.deepEqual(stateOf(await runSegment(lanes, good, { state: stateBytes({ x: 1 }) })), { x: 20 });
}

async function park(lanes: LuaLanes, x: number): Promise<Uint8Array> {
  const end = await runSegment(lanes, parking, { state: stateBytes({ x }) });
  assert.ok(end.kind === 'action' && end.machine !== undefined, codeOf(end));
  return end.machine;
}

async function resume(lanes: LuaLanes, machine: Uint8Array, x: number): Promise<void> {
  const start = { kind: 'result', node: 'act', value: stateBytes({}) } as const;
  const end = await runSegment(lanes, parking, { start, state: stateBytes({}), machine });
  assert.deepEqual(stateOf(end), { kept: x });
}

/** A run of some kind, every kind in turn; one in two thousand ends its lane. */
async function runAny(lanes: LuaLanes, index: number): Promise<void> {
  if (index % 2_000 === 0) {
    const end = await runSegment(lanes, aLuaFlow('while true do end', `return ${index}`), { luaTimeoutMs: 40 });
    assert.equal(codeOf(end), 'LUA_TIMEOUT');
  } else if (index % 5 === 0) {
    await resume(lanes, await park(lanes, index), index);
  } else if (index % 20 === 1) {
    const [flow, ends] = failing[((index / 20) | 0) % failing.length] ?? [good, ''];
    assert.equal(codeOf(await runSegment(lanes, flow)), ends);
  } else if (index % 5 === 2) {
    const abort = new AbortController();
    const cancelled = runSegment(lanes, good, { state: stateBytes({ x: 1 }) }, { signal: abort.signal });
    abort.abort();
    await assert.rejects(cancelled, { name: 'AbortError' });
  } else {
    await runGood(lanes);
  }
}

describe('leaks of lanes', { skip: SKIP_UNSEEN }, () => {
  afterEach(closeLanes);

  it('are none after 10,000 runs that end well, fail, park, are cancelled or end their lane', async () => {
    const metrics = new RecordedMetrics();
    const buffers = await heldBufferBytes();
    const before = { threads: countThreads(), memories: countWasmMemories() };
    const lanes = openLanes({ lanes: 2 }, metrics);
    await repeat(TOGETHER_COUNT, () => runGood(lanes));
    const atWork = { counts: countsOf(lanes, metrics), memories: countWasmMemories() };
    const heap = await heldHeapBytes();

    await repeat(RUN_COUNT, (index) => runAny(lanes, index));
    await repeat(TOGETHER_COUNT, () => runGood(lanes));

    assert.deepEqual(countsOf(lanes, metrics), atWork.counts);
    // Of the hundred that grew and were replaced, some wait for the collector of their lane.
    assert.ok(
      countWasmMemories() <= atWork.memories + WAITING_COUNT,
      `${atWork.memories} → ${countWasmMemories()} machines`,
    );
    const grown = (await heldHeapBytes()) - heap;
    assert.ok(grown < 2 * MIB, `${grown} bytes more of objects`);
    await closeLanes();
    const held = (await heldBufferBytes()) - buffers;
    assert.ok(held < MIB, `${held} bytes more in buffers`);
    assert.deepEqual({ threads: countThreads(), memories: countWasmMemories() }, before);
    assert.deepEqual(new Set(Object.values(metrics.gauges())), new Set([0]), JSON.stringify(metrics.gauges()));
  });

  it('are none when 10,000 machines were parked: 8 KiB each at most, and nothing when they went on', async () => {
    const lanes = openLanes({ lanes: 2 });
    const buffers = await heldBufferBytes();
    const memories = countWasmMemories();
    const parked = new Map<number, Uint8Array>();

    await repeat(RUN_COUNT, async (index) => void parked.set(index, await park(lanes, index)));
    const held = (await heldBufferBytes()) - buffers;
    await repeat(RUN_COUNT, async (index) => {
      await resume(lanes, parked.get(index) ?? new Uint8Array(), index);
      parked.delete(index);
    });

    assert.ok(held <= RUN_COUNT * 8 * 1024, `${held / RUN_COUNT} bytes for each`);
    const left = (await heldBufferBytes()) - buffers;
    assert.ok(left < MIB, `${left} bytes more in buffers`);
    assert.ok(countWasmMemories() <= memories + 6, `${memories} → ${countWasmMemories()} machines`);
  });

  it('are none when more flows come by than a lane keeps: 400 of them, twice, parked machines included', async () => {
    const metrics = new RecordedMetrics();
    const lanes = openLanes({}, metrics);
    const flows = Array.from({ length: 400 }, (_, index) => aLuaFlow(`return { index = ${index} }`));
    const machine = await park(lanes, 7);
    const run = async (flow: Flow, index: number): Promise<void> => {
      assert.deepEqual(stateOf(await runSegment(lanes, flow)), { index });
    };
    for (const [index, flow] of flows.slice(0, 40).entries()) await run(flow, index);
    const before = { memories: countWasmMemories(), gauges: metrics.gauges() };
    const heap = await heldHeapBytes();

    for (const _ of [1, 2]) for (const [index, flow] of flows.entries()) await run(flow, index);

    assert.deepEqual({ memories: countWasmMemories(), gauges: metrics.gauges() }, before);
    assert.ok((await heldHeapBytes()) - heap < 2 * MIB);
    // Its image was dropped long ago: the one made anew must be the same to the byte.
    await resume(lanes, machine, 7);
  });
});
