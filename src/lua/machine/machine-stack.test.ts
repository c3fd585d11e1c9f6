/**
 * Recursion without end, in Lua and in C: an error, never a dead instance.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { aMachine, aRunner, failureOf, valueOf } from '../../../test/support/lua-machines.ts';

const run = await aRunner();

describe('stack of a machine', () => {
  const deep: readonly [string, string][] = [
    ['a function that calls itself', 'local function f() return 1 + f() end return f()'],
    ['a callback of gsub', 'local function f(s) return (s:gsub(".", f)) end return f("x")'],
    ['a callback of sort', 'local function f() table.sort({ 3, 2, 1 }, f) end f()'],
    ['a chain of __index', 'local m = {} m.__index = function(t, k) return t[k] end return setmetatable({}, m).x'],
    ['__tostring of itself', 'return tostring(setmetatable({}, { __tostring = function(s) return tostring(s) end }))'],
    [
      '__close in __close',
      'local function f() local x <close> = setmetatable({}, { __close = function() f() end }) end f()',
    ],
    ['a pattern', 'return string.find(("a"):rep(300000), ("a?"):rep(300000))'],
    ['coroutines in coroutines', 'local function f() return coroutine.wrap(f)() end f()'],
    ['__concat', 'local t t = setmetatable({}, { __concat = function(a, b) return a .. b end }) return t .. t'],
    [
      '__eq',
      'local m = {} m.__eq = function(a, b) return a == b end return setmetatable({}, m) == setmetatable({}, m)',
    ],
    ['__lt', 'local m = {} m.__lt = function(a, b) return a < b end return setmetatable({}, m) < setmetatable({}, m)'],
    ['__len', 'local m = {} m.__len = function(a) return #a end return #setmetatable({}, m)'],
    ['__call', 'local m = {} m.__call = function(a) return 1 + a() end return setmetatable({}, m)()'],
    [
      'json.decode in a __tostring',
      'local function f() return tostring(setmetatable({}, { __tostring = function() json.decode("1") return f() end })) end return f()',
    ],
  ];
  for (const [name, code] of deep) {
    it(`is LUA_STACK for ${name}, and the machine goes on`, async () => {
      const machine = await aMachine([code, 'return 1'], { memoryBytes: 8 * 1024 * 1024 });

      failureOf(() => valueOf(machine, 0), 'LUA_STACK');

      assert.equal(machine.state, 'ready');
      assert.equal(valueOf(machine, 1), 1);
    });
  }

  const caught: readonly [string, string][] = [
    ['pcall in pcall', 'local function f() return pcall(f) end return (f())'],
    ['xpcall whose handler recurses', 'local function h(e) return h(e) + 1 end return (xpcall(error, h))'],
    ['load of deep brackets', 'return load(("("):rep(100000)) == nil'],
    ['load of deep tables', 'return load("return " .. ("{"):rep(100000)) == nil'],
    ['load of deep functions', 'return load(("function() "):rep(100000)) == nil'],
    ['load of a long chain', 'return load("return " .. ("-"):rep(100000) .. "1") == nil'],
    ['more results than the stack holds', 'return pcall(table.unpack, {}, 1, 1e6)'],
    ['more captures than there may be', 'return pcall(string.find, "a", ("()"):rep(1000))'],
  ];
  for (const [name, code] of caught) {
    it(`survives ${name}`, async () => {
      const machine = await aMachine([code, 'return 1']);

      assert.notEqual(valueOf(machine, 0), undefined);

      assert.equal(machine.state, 'ready');
      assert.equal(valueOf(machine, 1), 1);
    });
  }

  it('is not LUA_STACK for code that only says so', () => {
    failureOf(() => run('error("stack overflow")'), 'LUA_RAISED');
    failureOf(() => run('error("C stack overflow", 0)'), 'LUA_RAISED');
    failureOf(() => run('assert(false, "stack overflow")'), 'LUA_RAISED');
    failureOf(() => run('error({ message = "stack overflow" })'), 'LUA_RAISED');
  });

  it('lets code recurse 10,000 deep', () => {
    assert.equal(run('local function f(n) return n == 0 and 0 or 1 + f(n - 1) end return f(10000)').value, 10_000);
  });
});
