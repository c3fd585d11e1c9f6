/**
 * What a run leaves in a lane, looked for byte by byte in the memory of the whole process.
 *
 * The marker is put together by Lua while it runs, so no image and no message holds it: wherever
 * it stands, a machine remembers a tenant.
 */
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import type { Flow } from '../../src/flow/index.ts';
import type { LuaLanes } from '../../src/lua/lanes/index.ts';
import { aLuaFlow, closeLanes, codeOf, openLanes, runSegment, stateOf, withNode } from '../support/lanes.ts';
import { countInWasmMemories, SKIP_UNSEEN } from '../support/process-memory.ts';
import { aNode, stateBytes } from '../support/segments.ts';

// In two halves: the source of this test must not hold what it looks for either.
const MARKER = ['TENANT', 'REMAINS'].join('-');
/** Leaves the marker in globals, texts, tables, closures, a coroutine and on both stacks. */
const MARK = `
local marker = table.concat({ "TENANT", "REMAINS" }, "-")
kept, list = marker, {}
for i = 1, 200 do list[i] = marker .. i end
string.marker, _G[marker] = marker, function() return marker end
co = coroutine.wrap(function(...) coroutine.yield(...) end) co(marker)
local function deep(n) return n == 0 and marker or deep(n - 1) .. "" end
local text = deep(50) .. ("%s %q"):format(marker, marker)
local _ = text:gsub(".", function(c) return c .. marker end)
`;
/** What the next tenant does: hardly anything, so that it overwrites nothing by itself. */
const NEXT = 'return { before = kept or "nothing" }';

const tenant = aLuaFlow(`${MARK} return { marked = true }`, NEXT);
const next = aLuaFlow(NEXT);

/** The next tenant met nothing, and not one copy of the marker is left. */
async function assertNothingRemains(lanes: LuaLanes, flow: Flow = next): Promise<void> {
  const end = await runSegment(lanes, flow, { runId: 'next' });

  assert.deepEqual(stateOf(end), { before: 'nothing' });
  assert.equal(countInWasmMemories(MARKER), 0);
}

describe('what remains of a run', { skip: SKIP_UNSEEN }, () => {
  afterEach(closeLanes);

  it('is there to be found until the next one, which proves the search', async () => {
    const lanes = openLanes();
    await runSegment(lanes, tenant);

    assert.ok(countInWasmMemories(MARKER) > 200, `${countInWasmMemories(MARKER)} found`);
  });

  const enters = { kind: 'node', node: 'n1' } as const;
  it('is nothing when a lane is used again, by another flow and by another run of the same', async () => {
    const lanes = openLanes();

    await runSegment(lanes, tenant);
    await assertNothingRemains(lanes);
    await runSegment(lanes, tenant);
    const end = await runSegment(lanes, tenant, { runId: 'other', start: enters });

    assert.equal((stateOf(end) as { before: string }).before, 'nothing');
    assert.equal(countInWasmMemories(MARKER), 0);
  });

  for (const [how, code, ends] of [
    ['raised', 'error(marker)', 'LUA_RAISED'],
    ['gave a value that is refused', 'return { [marker] = print }', 'LUA_VALUE'],
    ['recursed too deep', 'local function f(s) return 1 + f(s) end return f(marker)', 'LUA_STACK'],
    ['was refused memory', 'return ("x"):rep(1e9) .. marker', 'LUA_MEMORY'],
  ] as const) {
    it(`is nothing when it ${how}`, async () => {
      const lanes = openLanes();
      const end = await runSegment(lanes, aLuaFlow(`${MARK} ${code}`));
      assert.equal(codeOf(end), ends);

      await assertNothingRemains(lanes);
    });
  }

  it('is nothing when its lane was ended, nor when it was ended softly after that', async () => {
    const lanes = openLanes();
    const endless = aLuaFlow(`${MARK} while true do end`);
    for (const _ of ['hard', 'soft']) {
      assert.equal(codeOf(await runSegment(lanes, endless, { luaTimeoutMs: 100 })), 'LUA_TIMEOUT');

      await assertNothingRemains(lanes);
    }
  });

  it('is nothing when it was cancelled', async () => {
    const lanes = openLanes();
    const abort = new AbortController();
    const endless = aLuaFlow(`${MARK} while true do end`);

    const cancelled = runSegment(
      lanes,
      endless,
      { wantFacts: true },
      { signal: abort.signal, onFacts: () => abort.abort() },
    );

    await assert.rejects(cancelled, { name: 'AbortError' });
    await assertNothingRemains(lanes);
  });

  it('is nothing when the image of its flow made room for those of others', async () => {
    const lanes = openLanes();
    await runSegment(lanes, tenant);

    for (let index = 0; index < 40; index += 1) {
      await runSegment(lanes, aLuaFlow(`return { index = ${index} }`));
    }

    assert.equal(countInWasmMemories(MARKER), 0);
    await runSegment(lanes, tenant);
    await assertNothingRemains(lanes);
  });

  it('is nothing while it is parked, and all of it when it goes on', async () => {
    const lanes = openLanes();
    const codes = aLuaFlow(MARK, 'return { before = kept, rest = #list }');
    const act = aNode({
      name: 'act',
      work: { kind: 'action', uses: 'log', with: {} },
      next: { kind: 'next', to: 'n1' },
    });
    const acting = withNode(codes, 'n0', { next: { kind: 'next', to: 'act' } });
    const flow = { ...acting, nodes: [...acting.nodes, act] };
    const parked = await runSegment(lanes, flow);
    assert.equal(parked.kind, 'action');
    assert.ok(parked.kind === 'action' && parked.machine !== undefined);
    assert.ok(Buffer.from(parked.machine).includes(MARKER));

    await assertNothingRemains(lanes);
    const end = await runSegment(lanes, flow, {
      start: { kind: 'result', node: 'act', value: stateBytes({}) },
      state: parked.state,
      machine: parked.machine,
    });

    assert.deepEqual(stateOf(end), { before: MARKER, rest: 200 });
    await assertNothingRemains(lanes);
  });
});
