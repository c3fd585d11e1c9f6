/**
 * C's constants are not laid back when a machine is made fresh, so nothing may ever write there.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { MEMORY_DENIALS } from '../../../test/support/hostile-lua.ts';
import { aMachine, DEFAULT_LIMITS, host, valueOf } from '../../../test/support/lua-machines.ts';
import { sha256Hex } from '../../core/index.ts';
import { inspectMachine, LuaError, type LuaMachine } from './index.ts';
import { READ_ONLY_END } from './memory-layout.ts';

/** Reach into as much of C as Lua can: formats, patterns, sorts, packing, coroutines, errors, deep calls. */
const BUSY: readonly string[] = [
  'local t = {} for i = 1, 500 do t[i] = math.random() end table.sort(t) return #table.concat(t, ",")',
  'return ("%5.3f %q %x %s %a"):format(1/3, "a\\0b", 255, {}, 0.1) .. string.pack("<i4z", 7, "x"):byte(1)',
  'return (("ab"):rep(500):gsub("(a)(b)", "%2%1"):find("b-a*", 1)) + utf8.len("äöü")',
  'local c = coroutine.wrap(function() for i = 1, 50 do coroutine.yield(i) end end) for i = 1, 50 do c() end return 1',
  'local function f(n) return n == 0 and 0 or 1 + f(n - 1) end return f(10000)',
  'return select(2, pcall(error, setmetatable({}, { __tostring = function() return "e" end }))) and 1',
  'return tostring(tonumber("0x1p4")) .. load("return 1 + 1")() .. #json.encode({ 1, { a = "b" } })',
];

function constantsOf(machine: LuaMachine): string {
  return sha256Hex(inspectMachine(machine).memory.slice(0, READ_ONLY_END));
}

describe('constants of C', async () => {
  const untouched = constantsOf(host.createMachine(DEFAULT_LIMITS));
  const busy = await aMachine([...BUSY], { memoryBytes: 4 * 1024 * 1024 });
  const hostile = await aMachine(
    MEMORY_DENIALS.map(([, code]) => code),
    { memoryBytes: 2 * 1024 * 1024 },
  );

  for (const [index, code] of BUSY.entries()) {
    it(`are as they were after ${code.slice(0, 40)}`, () => {
      busy.fresh({ seed: 'test' });

      valueOf(busy, index);

      assert.equal(constantsOf(busy), untouched);
    });
  }

  for (const [index, [name]] of MEMORY_DENIALS.entries()) {
    it(`are as they were after ${name}`, () => {
      hostile.fresh({ seed: 'test' });

      assert.throws(() => valueOf(hostile, index), LuaError);

      assert.equal(constantsOf(hostile), untouched);
    });
  }

  it('are those an image must have been made with', () => {
    const image = host.buildImage([{ name: 'n', code: 'return 1', line: 1 }], { salt: 'test' });
    const machine = host.createMachine(DEFAULT_LIMITS);

    inspectMachine(machine).memory.fill(1, READ_ONLY_END - 1, READ_ONLY_END);

    assert.throws(() => machine.load(image), { code: 'BUG_INVARIANT', message: /other constants/ });
  });
});
