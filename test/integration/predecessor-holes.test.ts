/**
 * The holes that the predecessor of this system was known for: each closed here, each a test.
 *
 * `docs/risks.yaml` names them one by one. Those about time go through real lanes, those about
 * branches through the runner, from YAML.
 */
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import type { JsonObject } from '../../src/core/index.ts';
import type { RunEvent, RunOutcome } from '../../src/engine/index.ts';
import { startEngine } from '../support/engine.ts';
import { aLuaFlow, closeLanes, codeOf, openLanes, runSegment, stateOf } from '../support/lanes.ts';
import { readState } from '../support/segments.ts';

const SHORT_MS = 60;

/** How a node of `code` ends within a short limit, and then again when its flow is a suspect. */
async function endsOf(code: string): Promise<readonly string[]> {
  const lanes = openLanes();
  const flow = aLuaFlow(code);
  const ends: string[] = [];
  for (const _ of ['by its lane', 'by the count hook, where that reaches']) {
    ends.push(codeOf(await runSegment(lanes, flow, { luaTimeoutMs: SHORT_MS })));
  }
  return ends;
}

const TWICE_TIMEOUT = ['LUA_TIMEOUT', 'LUA_TIMEOUT'];

function stateAfter(outcome: RunOutcome): JsonObject {
  assert.equal(outcome.kind, 'succeeded', JSON.stringify(outcome));
  return outcome.kind === 'succeeded' ? readState(outcome.state) : {};
}

/** The state at the end of a flow of YAML. */
async function stateOfFlow(yaml: string): Promise<JsonObject> {
  await using engine = startEngine();
  return stateAfter(await engine.runner.start(engine.flow(yaml), {}).outcome);
}

describe('a time limit', () => {
  afterEach(closeLanes);

  it('is not outlived by a pattern that backtracks in C', async () => {
    assert.deepEqual(await endsOf('return (("a"):rep(30000)):find((".-"):rep(20) .. "b")'), TWICE_TIMEOUT);
  });

  it('is not swallowed by pcall, nor by the handler of xpcall', async () => {
    const code = 'while true do pcall(function() xpcall(function() while true do end end, print) end) end';

    assert.deepEqual(await endsOf(code), TWICE_TIMEOUT);
  });

  it('is not dodged by a coroutine, nor by ever new ones', async () => {
    const code = 'while true do coroutine.wrap(function() for i = 1, 1e6 do end end)() end';

    assert.deepEqual(await endsOf(code), TWICE_TIMEOUT);
  });

  it('is not disarmed by overwriting every global there is', async () => {
    const code = `
      local names = {}
      for name in pairs(_G) do names[#names + 1] = name end
      for _, library in ipairs({ coroutine, string, table, math, os, utf8, json, time }) do
        for name in next, library do library[name] = function() return 0 end end
      end
      for _, name in ipairs(names) do _ENV[name] = nil end
      while true do end`;

    assert.deepEqual(await endsOf(code), TWICE_TIMEOUT);
  });

  it('is met by a hot loop that calls nothing and allocates nothing', async () => {
    assert.deepEqual(await endsOf('local x = 0 for i = 1, 1 << 60 do x = x + i end return { x = x }'), TWICE_TIMEOUT);
  });

  it('is told by its code: an error that only says "timeout" is none', async () => {
    const lanes = openLanes();
    const said = 'LUA_TIMEOUT: timeout, the Lua node ran longer than its limit';

    const end = await runSegment(lanes, aLuaFlow(`error("${said}", 0)`));
    const after = await runSegment(lanes, aLuaFlow('return { ok = true }'));

    assert.equal(codeOf(end), 'LUA_RAISED');
    assert.ok(end.kind === 'failed' && end.error.message.includes(said));
    assert.deepEqual(stateOf(after), { ok: true });
  });
});

describe('removed libraries', () => {
  afterEach(closeLanes);

  it('come back neither by require nor by package.loaded nor through any value there is', async () => {
    const code = `
      local removed = { io = true, debug = true, package = true, require = true, dofile = true, loadfile = true,
        collectgarbage = true, execute = true, getenv = true, exit = true, popen = true, dump = true, remove = true }
      local found, seen = array{}, {}
      local function walk(value, path)
        if type(value) ~= "table" or seen[value] then return end
        seen[value] = true
        for key, inner in next, value do
          if removed[key] and path ~= "_G.table" then found[#found + 1] = path .. "." .. tostring(key) end
          walk(inner, path .. "." .. tostring(key))
        end
        walk(getmetatable(value), path .. "<meta>")
      end
      walk(_G, "_G")
      local by_name = array{ (pcall(function() return require("os") end)), (pcall(function() return package.loaded.os end)) }
      return { found = found, by_name = by_name }`;

    const end = await runSegment(openLanes(), aLuaFlow(code));

    assert.deepEqual(stateOf(end), { found: [], by_name: [false, false] });
  });

  it('leave no writable metatable of text', async () => {
    const lanes = openLanes();
    const tries = [
      'getmetatable("").__index = { upper = print }',
      'getmetatable("").__add = function() return 1 end',
      'setmetatable("", { __index = print })',
      'rawset(getmetatable(""), "__index", print)',
    ];
    for (const code of tries) assert.equal(codeOf(await runSegment(lanes, aLuaFlow(code))), 'LUA_RAISED', code);

    const end = await runSegment(lanes, aLuaFlow('return { upper = ("x"):upper(), meta = getmetatable("") }'));

    assert.deepEqual(stateOf(end), { upper: 'X', meta: false });
  });
});

describe('branches', () => {
  it('give their results to Lua as tables with their types, not as text', async () => {
    const state = await stateOfFlow(`
name: results
nodes:
  - { name: fork, parallel: [a, b], fan_in: join }
  - { name: a, run: 'return { number = 1.5, list = { 1, 2 }, deep = { flag = true } }' }
  - { name: b, run: 'error("no")', on_error: { mode: graceful } }
  - name: join
    run: |
      local one, two = table.unpack(state.parallel_results)
      return {
        types = array{ type(state.parallel_results), type(one), type(one.success), type(one.state) },
        sum = one.state.number + #one.state.list + one.state.list[2],
        flag = one.state.deep.flag,
        code = two.state.error.code,
        parallel_results = array{},
      }
`);

    assert.deepEqual(state['types'], ['table', 'table', 'boolean', 'table']);
    assert.deepEqual([state['sum'], state['flag'], state['code']], [5.5, true, 'LUA_RAISED']);
  });

  it('keep an empty list a list, in, out, across a join and inside', async () => {
    const state = await stateOfFlow(`
name: lists
initial_state: { given: [], inside: { list: [], object: {} } }
nodes:
  - { name: fork, run: 'return { own = array{} }', parallel: [a, b], fan_in: join }
  - { name: a, run: 'return { given = state.given, made = { array{} } }' }
  - { name: b, run: 'local list = state.own list[1] = 1 list[1] = nil return { own = list }' }
  - name: join
    run: |
      local a, b = state.parallel_results[1].state, state.parallel_results[2].state
      return { a = a.given, made = a.made, b = b.own, inside = state.inside, parallel_results = array{} }
`);

    assert.deepEqual(state, {
      given: [],
      inside: { list: [], object: {} },
      own: [],
      a: [],
      made: [[]],
      b: [],
      parallel_results: [],
    });
  });

  it('stay nested where fan-outs nest: each join sees its own branches only', async () => {
    const state = await stateOfFlow(`
name: nested
nodes:
  - { name: outer, parallel: [left, right], fan_in: outer_join }
  - { name: left, parallel: [l1, l2, l3], fan_in: left_join }
  - { name: l1, run: 'return { n = 1 }' }
  - { name: l2, run: 'return { n = 2 }' }
  - { name: l3, run: 'return { n = 3 }' }
  - name: left_join
    run: |
      local names = array{}
      for i, r in ipairs(state.parallel_results) do names[i] = r.branch end
      return { inner = names, parallel_results = array{} }
    goto: outer_join
  - { name: right, run: 'return { n = 9 }' }
  - name: outer_join
    run: |
      local names = array{}
      for i, r in ipairs(state.parallel_results) do names[i] = r.branch end
      return { outer = names, inner = state.parallel_results[1].state.inner, parallel_results = array{} }
`);

    assert.deepEqual(
      [state['outer'], state['inner']],
      [
        ['left', 'right'],
        ['l1', 'l2', 'l3'],
      ],
    );
  });

  it('are not chained into each other by the order of the list', async () => {
    const state = await stateOfFlow(`
name: order
nodes:
  - { name: fork, parallel: [a, b, c], fan_in: join }
  - { name: a, run: 'return { seen = (state.seen or "") .. "a" }' }
  - { name: b, run: 'return { seen = (state.seen or "") .. "b" }' }
  - { name: between, run: 'return { seen = (state.seen or "") .. "between" }' }
  - { name: c, run: 'return { seen = (state.seen or "") .. "c" }' }
  - name: join
    run: |
      local seen = array{}
      for i, r in ipairs(state.parallel_results) do seen[i] = r.state.seen end
      return { each = seen, parallel_results = array{} }
`);

    assert.deepEqual(state['each'], ['a', 'b', 'c']);
  });

  it('give the same through both doors: the outcome, and the last event of the stream', async () => {
    await using engine = startEngine();
    const flow = engine.flow(`
name: doors
initial_state: { list: [], number: 1.5, text: "é\\0", nothing: null }
nodes:
  - { name: fork, run: 'x = 1 return { drawn = math.random(1, 9) > 0 }', parallel: [a, b], fan_in: join, on_error: { mode: graceful } }
  - { name: a, run: 'return { a = x or "own machine", list = state.list }' }
  - { name: b, run: 'error({ code = 1 })', on_error: { mode: graceful } }
  - { name: join, run: 'return { joined = state.parallel_results[1].state.a, error_text = state.parallel_results[2].state.error.message }' }
`);
    const stripTimes = (state: JsonObject): unknown =>
      JSON.parse(JSON.stringify(state, (key, value: unknown) => (key === 'timing_ms' ? 0 : value)));
    const events: RunEvent[] = [];

    const silent = stateAfter(await engine.runner.start(flow, {}).outcome);
    const streamed = stateAfter(
      await engine.runner.start(flow, {}, { onEvent: (event) => events.push(event) }).outcome,
    );

    assert.deepEqual(events.at(-1)?.data['state'], streamed);
    assert.deepEqual(stripTimes(streamed), stripTimes(silent));
    assert.equal(silent['joined'], 'own machine');
  });
});
