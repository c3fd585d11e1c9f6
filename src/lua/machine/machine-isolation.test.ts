/**
 * What a tenant leaves behind: nothing, neither for the next one nor in the instance.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { aMachine, failureOf, host, valueOf } from '../../../test/support/lua-machines.ts';
import { inspectMachine } from './index.ts';

describe('LuaMachine.fresh', () => {
  const leaks: readonly [string, string, string][] = [
    ['a global', 'x = 1', 'return x == nil'],
    ['a replaced function', 'tostring = nil string.rep = nil', 'return ("a"):rep(2) .. tostring(1) == "aa1"'],
    ['an upvalue of a chunk', 'local n = 0 function get() n = n + 1 return n end get()', 'return get == nil'],
    ['a metatable on _G', 'setmetatable(_G, { __index = function() return 1 end })', 'return nothing == nil'],
    ['the list mark', 'getmetatable = nil local m = array{} m.x = 1', 'return #array{} == 0'],
    ['the state of random', 'math.random() math.randomseed(5)', 'return true'],
    ['a coroutine', 'co = coroutine.wrap(function() coroutine.yield(1) end) co()', 'return co == nil'],
    ['the numbers of tables', 'local t = { tostring({}), tostring({}) }', 'return tostring({}) == "table: 1"'],
  ];
  for (const [name, before, after] of leaks) {
    it(`forgets ${name}`, async () => {
      const machine = await aMachine([before, after]);
      valueOf(machine, 0);

      machine.fresh({ seed: 'test' });

      assert.equal(valueOf(machine, 1), true);
    });
  }

  const marker = 'TENANTMARKER';
  const tenants: readonly [string, string][] = [
    ['ends well', 'secret = "TENANT" .. "MARKER" local t = {} for i = 1, 2000 do t[i] = secret .. i end return t'],
    ['raises', 'local s = "TENANT" .. "MARKER" for i = 1, 100 do s = s .. i end error(s)'],
    ['runs out of memory', 'local t = {} for i = 1, 1e9 do t[i] = "TENANT" .. "MARKER" .. i end'],
    ['recurses deep in C', 'local function f(s) return (s:gsub(".+", f)) end return f("TENANT" .. "MARKER")'],
    ['recurses deep in Lua', 'local function f(s) return 1 + f(s .. "") end return f("TENANT" .. "MARKER")'],
    ['formats much', 'for i = 1, 50 do local _ = ("%s %20.10f %q"):format("TENANT" .. "MARKER", i, "x") end return 1'],
    ['gives a value that is refused', 'return { "TENANT" .. "MARKER", print }'],
    [
      'leaves coroutines',
      'co = {} for i = 1, 50 do co[i] = coroutine.wrap(function(s) coroutine.yield(s) end) co[i]("TENANT" .. "MARKER" .. i) end',
    ],
    [
      'nests calls that write nothing above one that does',
      'local s, n = "TENANT" .. "MARKER", 190 local t t = setmetatable({}, { __tostring = function() n = n - 1 return n > 0 and tostring(t) or ("%.3f %s"):format(1 / 3, s) end }) tostring(t)',
    ],
    [
      'nests calls of which the last does not fit',
      'local s = "TENANT" .. "MARKER" local t t = setmetatable({}, { __concat = function(a, b) return a .. b .. s end }) local _ = t .. t',
    ],
    [
      'packs and sorts',
      'local t = {} for i = 1, 500 do t[i] = string.pack("z", "TENANT" .. "MARKER" .. i) end table.sort(t) return #table.concat(t)',
    ],
  ];
  for (const [name, code] of tenants) {
    it(`leaves no byte of a tenant that ${name}`, async () => {
      const codes = [code, 'return 1'];
      const machine = await aMachine(codes, { memoryBytes: 3 << 20, keepBytes: 8 << 20 });
      const untouched = await aMachine(codes, { memoryBytes: 3 << 20, keepBytes: 8 << 20 });
      try {
        machine.call(0, { state: { secret: `${marker} state` }, variables: {}, nowMs: 0 });
      } catch (error) {
        assert.ok((error as { code: string }).code.startsWith('LUA_'), String(error));
      }
      const before = inspectMachine(machine).memory;
      assert.ok(Buffer.from(before.buffer).includes('TENANTMARKER'), 'the tenant left its mark while it ran');

      machine.fresh({ seed: 'test' });

      const { memory } = inspectMachine(machine);
      const clean = inspectMachine(untouched).memory;
      assert.equal(Buffer.from(memory.buffer).includes('TENANTMARKER'), false);
      assert.ok(Buffer.from(memory.buffer, 0, clean.length).equals(Buffer.from(clean.buffer)));
      assert.ok(memory.subarray(clean.length).every((byte) => byte === 0));
    });
  }

  it('leaves nothing of another image', async () => {
    const large = host.buildImage(
      Array.from({ length: 100 }, (_, index) => ({ name: `n${index}`, code: `return "IMAGEMARKER${index}"`, line: 1 })),
      { salt: 'a' },
    );
    const machine = await aMachine(['return 1']);
    const clean = Buffer.from(inspectMachine(machine).memory.slice());
    const small = host.buildImage([{ name: 'c0', code: 'return 1', line: 1 }], { salt: 'test' });
    machine.load(large);
    machine.fresh({ seed: 'test' });
    valueOf(machine, 99);

    machine.load(small);
    machine.fresh({ seed: 'test' });

    const { memory } = inspectMachine(machine);
    assert.ok(Buffer.from(memory.buffer, 0, clean.length).equals(clean));
    assert.equal(valueOf(machine, 0), 1);
  });
});

describe('leaks', () => {
  it('has the same stack, slots and heap after 10,000 fresh calls as after one', async () => {
    const machine = await aMachine([
      'print("x") return { now(), json.encode(state), state }',
      'error("x")',
      'return print',
    ]);
    const state = { a: [1, 'two', { three: 3 }], long: 'é'.repeat(2000) };
    const turn = (index: number): void => {
      machine.fresh({ seed: 'test' });
      try {
        valueOf(machine, index % 3, state);
      } catch {
        // Two of the three chunks fail; only what they leave behind matters here.
      }
    };
    const facts = (): unknown => ({ ...inspectMachine(machine), memory: undefined });
    for (let index = 0; index < 3; index++) turn(index);
    const before = facts();

    for (let index = 0; index < 9_999; index++) turn(index);

    assert.deepEqual(facts(), before);
  });

  it('keeps heap bounded over 10,000 calls on one path', async () => {
    const machine = await aMachine(['return { x = (state.x or 0) + 1, list = state.list }', 'error({})']);
    const turn = (): void => {
      valueOf(machine, 0, { x: 1, list: [1, 2, 'x'.repeat(2000)] });
      failureOf(() => valueOf(machine, 1), 'LUA_RAISED');
    };
    for (let index = 0; index < 500; index++) turn();
    const before = inspectMachine(machine);

    for (let index = 0; index < 5_000; index++) turn();

    const after = inspectMachine(machine);
    assert.equal(after.stackTop, 1);
    assert.equal(after.tableSlots, before.tableSlots);
    assert.ok(after.heapBytes <= before.heapBytes * 1.5, `${before.heapBytes} → ${after.heapBytes}`);
  });

  it('leaves the stack as it was after every kind of failure', async () => {
    const machine = await aMachine([
      'error("x")',
      'return print',
      'local function f() return 1 + f() end f()',
      'return { { {} } }',
    ]);
    for (const chunk of [0, 1, 2, 3]) {
      try {
        valueOf(machine, chunk, { a: [{}] });
      } catch {
        // Only the stack matters here.
      }
      assert.equal(inspectMachine(machine).stackTop, 1, `chunk ${chunk}`);
    }
    assert.throws(() => valueOf(machine, 3, { a: '\ud800' }), { code: 'LUA_VALUE' });
    assert.equal(inspectMachine(machine).stackTop, 1);
  });
});
