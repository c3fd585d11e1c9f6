/**
 * Lua that would keep others from working, run through the lanes: it ends, and the next one works.
 */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { resolveOptions, silentLog, silentMetrics, systemClock } from '../../src/core/index.ts';
import type { Flow, SegmentEnd } from '../../src/flow/index.ts';
import { LUA_OPTIONS, LuaLanes, readWasmFile } from '../../src/lua/lanes/index.ts';
import { MEMORY_DENIALS, TIME_DENIALS } from '../support/hostile-lua.ts';
import { aFlow, aNode, readState, stateBytes } from '../support/segments.ts';

const lanes = new LuaLanes({
  wasm: await readWasmFile(),
  salt: 'salt of the test',
  options: resolveOptions('lua', LUA_OPTIONS, {}),
  clock: systemClock,
  log: silentLog,
  metrics: silentMetrics,
});

function aFlowOf(code: string): Flow {
  return aFlow({ hash: code, nodes: [aNode({ name: 'only', work: { kind: 'lua', code, line: 1, chunk: 0 } })] });
}

async function endOf(flow: Flow, luaTimeoutMs: number): Promise<SegmentEnd> {
  const outcome = await lanes.runSegment(
    flow,
    {
      ...{ runId: 'run', flowHash: flow.hash, start: { kind: 'entry' }, state: stateBytes({}), scope: {} },
      ...{ nowMs: 0, seed: 'seed', stepsLeft: 100, luaTimeoutMs, luaMemoryBytes: 16 * 1024 * 1024 },
      ...{ stateBytes: 1024 * 1024, priority: 'normal', wantFacts: false },
    },
    { signal: new AbortController().signal, onFacts: () => {} },
  );
  return outcome.end;
}

const next = aFlowOf(
  'local before = leak leak = 1 return { rep = ("x"):rep(3), before = before or "nothing", t = tostring({}) }',
);

describe('LuaLanes against hostile Lua', () => {
  after(() => lanes.close());

  const rows = [
    ...TIME_DENIALS.map((row) => [...row, 60] as const),
    // The machine ends these by itself, however slow the test's machine is.
    ...MEMORY_DENIALS.map((row) => [...row, 60_000] as const),
  ];
  for (const [name, code, endsWith, timeoutMs] of rows) {
    it(`ends ${name} with ${endsWith}, and serves on`, async () => {
      const end = await endOf(aFlowOf(`leak = "secret" ${code}`), timeoutMs);
      const after = await endOf(next, 60_000);

      assert.equal(end.kind === 'failed' ? end.error.code : end.kind, endsWith);
      assert.equal(end.kind === 'failed' && end.node, 'only');
      assert.ok(after.kind === 'end', JSON.stringify(after));
      assert.deepEqual(readState(after.state), { before: 'nothing', rep: 'xxx', t: 'table: 1' });
      assert.deepEqual([lanes.laneCount, lanes.waitingCount], [1, 0]);
    });
  }
});
