/**
 * Segments that go to a lane together: each comes out as if it had gone alone.
 */
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { resolveOptions, silentLog, silentMetrics, systemClock } from '../../src/core/index.ts';
import type { SegmentFact } from '../../src/flow/index.ts';
import { type LanesPorts, LUA_OPTIONS, LuaLanes, readWasmFile } from '../../src/lua/lanes/index.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { aLuaFlow, closeLanes, codeOf, openLanes, runSegment, SALT, stateOf } from '../support/lanes.ts';
import { RecordedMetrics } from '../support/recorded-metrics.ts';
import { stateBytes } from '../support/segments.ts';
import { limitMs } from '../support/slowness.ts';

const wasm = await readWasmFile();
const endless = aLuaFlow('while true do end');
const echo = aLuaFlow('seen = (seen or 0) + 1 return { n = state.n, seen = seen }');

/** Branches `from` to `to` of one run, each with a state of its own. */
function branches(lanes: LuaLanes, from: number, to: number): Promise<unknown>[] {
  return Array.from({ length: to - from }, (_, index) =>
    runSegment(lanes, echo, { state: stateBytes({ n: from + index }), seed: `s${from + index}` }).then(stateOf),
  );
}

function expected(from: number, to: number): unknown[] {
  return Array.from({ length: to - from }, (_, index) => ({ n: from + index, seen: 1 }));
}

function parts(lanes: number): LanesPorts {
  const options = resolveOptions('lua', LUA_OPTIONS, { lanes });
  return { wasm, salt: SALT, options, clock: systemClock, log: silentLog, metrics: silentMetrics };
}

/** Lanes whose memory port answers `mayAdd`. */
function lanesThatMay(mayAdd: () => boolean, lanes = 1): LuaLanes {
  return new LuaLanes({ ...parts(lanes), mayAddLane: mayAdd });
}

/** Runs an endless segment until `stop` is called. */
function occupy(lanes: LuaLanes, priority: 'normal' | 'optional' = 'normal') {
  const abort = new AbortController();
  const started = Promise.withResolvers<void>();
  const request = { luaTimeoutMs: 60_000, wantFacts: true, priority, runId: 'endless' };
  const ended = runSegment(lanes, endless, request, { signal: abort.signal, onFacts: () => started.resolve() });
  ended.catch(() => {});
  return { started: started.promise, ended, stop: () => abort.abort() };
}

describe('LuaLanes, given many segments at once', () => {
  afterEach(closeLanes);

  it('gives each branch a machine and a result of its own', async () => {
    const results = await Promise.all(branches(openLanes(), 0, 300));

    assert.deepEqual(results, expected(0, 300));
  });

  it('loses nothing but the endless branch when that costs the lane, and tells every fact once', async () => {
    const lanes = openLanes();
    const facts: SegmentFact[] = [];
    const printing = aLuaFlow('print(state.n) return {}', 'return { n = state.n }');
    const some = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, index) =>
        runSegment(
          lanes,
          printing,
          { state: stateBytes({ n: from + index }), wantFacts: true },
          { onFacts: (more) => facts.push(...more) },
        ),
      );

    const before = some(0, 20);
    const ended = runSegment(lanes, endless, { luaTimeoutMs: limitMs(100) });
    const ends = await Promise.all([...before, ...some(20, 40)]);

    assert.equal(codeOf(await ended), 'LUA_TIMEOUT');
    assert.deepEqual(
      ends.map(stateOf),
      Array.from({ length: 40 }, (_, n) => ({ n })),
    );
    const printed = facts.flatMap((fact) => (fact.kind === 'log' ? [Number(fact.text)] : []));
    assert.deepEqual(
      printed.sort((left, right) => left - right),
      Array.from({ length: 40 }, (_, n) => n),
    );
    assert.equal(facts.filter((fact) => fact.kind === 'node.finished').length, 80);
  });

  it('drops a cancelled branch at once that waits behind an endless one', async () => {
    const lanes = openLanes();
    const busy = occupy(lanes);
    await busy.started;
    const abort = new AbortController();
    const waiting = runSegment(lanes, echo, {}, { signal: abort.signal });
    const other = branches(lanes, 0, 1);

    abort.abort();

    await assert.rejects(waiting, { name: 'AbortError' });
    busy.stop();
    await assert.rejects(busy.ended, { name: 'AbortError' });
    assert.deepEqual(await Promise.all(other), expected(0, 1));
  });

  it('has another lane run what waits behind a branch that does not end', async () => {
    const lanes = openLanes({ lanes: 2 });
    const busy = occupy(lanes);

    const results = await Promise.all(branches(lanes, 0, 50));

    assert.deepEqual(results, expected(0, 50));
    assert.equal(lanes.laneCount, 2);
    busy.stop();
    await assert.rejects(busy.ended, { name: 'AbortError' });
  });

  it('spreads the branches of one run over lanes that are up', async () => {
    const lanes = openLanes({ lanes: 2 });
    await Promise.all(branches(lanes, 0, 4));
    const first = occupy(lanes);
    const second = occupy(lanes);

    // Each has a lane of its own, or the second would never begin.
    await Promise.all([first.started, second.started]);

    for (const { stop, ended } of [first, second]) {
      stop();
      await assert.rejects(ended, { name: 'AbortError' });
    }
  });

  it('lets critical work pass branches that wait in a lane', async () => {
    // Nobody looks at the lane on a clock that stands: what waits is taken back because critical work came.
    const lanes = new LuaLanes({ ...parts(1), clock: new FakeClock() });
    const busy = aLuaFlow('print("here") for i = 1, 20000000 do end return {}', 'return {}');
    const started = Promise.withResolvers<void>();
    const first = runSegment(lanes, busy, { wantFacts: true }, { onFacts: () => started.resolve() });
    await started.promise;
    const order: string[] = [];
    const normal = Array.from({ length: 40 }, () => runSegment(lanes, echo).then(() => order.push('normal')));
    await Promise.resolve();

    const critical = runSegment(lanes, echo, { priority: 'critical', runId: 'urgent' });
    await Promise.all([first, ...normal, critical.then(() => order.push('critical'))]);

    assert.equal(order.indexOf('critical'), 0);
    await lanes.close();
  });

  it('tells facts once of a branch whose result was lost with the lane', async () => {
    const lanes = openLanes();
    const branch = aLuaFlow('print("one") return {}', 'print("two") return {}');
    await runSegment(lanes, branch);
    const facts: SegmentFact[] = [];

    // Its result waits for the next one, of which nobody knows that it takes long.
    const before = runSegment(lanes, branch, { wantFacts: true }, { onFacts: (some) => facts.push(...some) });
    const ended = runSegment(lanes, endless, { luaTimeoutMs: limitMs(60) });
    await Promise.all([before, ended]);

    assert.deepEqual(
      facts.map((fact) => (fact.kind === 'log' ? fact.text : `${fact.kind} ${fact.node}`)),
      [...['node.started n0', 'one', 'node.finished n0'], ...['node.started n1', 'two', 'node.finished n1']],
    );
  });

  it('ends the optional segment that ran longest when critical work waits and memory forbids a lane', async () => {
    const lanes = lanesThatMay(() => false);
    const optional = occupy(lanes, 'optional');
    await optional.started;

    const end = await runSegment(lanes, echo, { priority: 'critical', runId: 'urgent', state: stateBytes({ n: 1 }) });

    assert.deepEqual(stateOf(end), { n: 1, seen: 1 });
    assert.equal(codeOf(await optional.ended), 'LUA_OVERLOADED');
    await lanes.close();
  });

  it('ends no other segment for critical work, and starts no second lane, when memory forbids it', async () => {
    // Asked at most every 50 ms: at the fourth time, critical work has waited for longer than it need.
    const askedOften = Promise.withResolvers<void>();
    let askedCount = 0;
    const lanes = lanesThatMay(() => {
      askedCount += 1;
      if (askedCount === 4) askedOften.resolve();
      return false;
    }, 4);
    const busy = occupy(lanes);
    await busy.started;

    const waiting = runSegment(lanes, echo, { priority: 'critical', runId: 'urgent' });
    const others = branches(lanes, 0, 8);
    await askedOften.promise;

    assert.equal(lanes.laneCount, 1);
    busy.stop();
    await assert.rejects(busy.ended, { name: 'AbortError' });
    assert.equal(codeOf(await waiting), 'end');
    assert.deepEqual(await Promise.all(others), expected(0, 8));
    await lanes.close();
  });

  it('counts fresh machines and images, and forgets those of lanes that ended', async () => {
    const metrics = new RecordedMetrics();
    const lanes = openLanes({}, metrics);

    await Promise.all(branches(lanes, 0, 30));
    await runSegment(lanes, aLuaFlow('return {}'));

    assert.equal(metrics.total('moonpool_lua_fresh_total'), 31);
    assert.ok(metrics.total('moonpool_lua_fresh_seconds_total') > 0);
    assert.equal(metrics.gauges()['moonpool_lua_images'], 2);
    await lanes.close();
    assert.equal(metrics.gauges()['moonpool_lua_images'], 0);
  });

  describe('with a limit of instructions', () => {
    const loop = (turns: number) => aLuaFlow(`for i = 1, ${turns} do end return { done = true }`);

    it('ends a node that executes more with LUA_TIMEOUT, also in pcall and in coroutines', async () => {
      const lanes = openLanes({ instructions: 100_000 });
      const codes = [
        'while true do end',
        'while true do pcall(function() while true do end end) end',
        'coroutine.wrap(function() while true do end end)()',
        'while true do coroutine.wrap(function() end)() end',
      ];

      const ends = await Promise.all(codes.map((code) => runSegment(lanes, aLuaFlow(code), { luaTimeoutMs: 60_000 })));

      assert.deepEqual(
        ends.map(codeOf),
        codes.map(() => 'LUA_TIMEOUT'),
      );
      assert.match(ends[0]?.kind === 'failed' ? ends[0].error.message : '', /instructions/);
    });

    it('lets a flow ask for less, never for more', async () => {
      const lanes = openLanes({ instructions: 100_000 });

      assert.equal(codeOf(await runSegment(lanes, loop(10_000))), 'end');
      assert.equal(codeOf(await runSegment(lanes, loop(10_000), { luaInstructions: 2_000 })), 'LUA_TIMEOUT');
      assert.equal(codeOf(await runSegment(lanes, loop(1_000_000), { luaInstructions: 1e9 })), 'LUA_TIMEOUT');
    });

    it('counts nothing unless asked to', async () => {
      assert.equal(codeOf(await runSegment(openLanes(), loop(10_000_000))), 'end');
      assert.equal(codeOf(await runSegment(openLanes(), loop(10_000), { luaInstructions: 1_000 })), 'LUA_TIMEOUT');
    });
  });
});
