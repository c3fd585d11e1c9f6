/**
 * The heap ceiling of a machine, whatever the code does about it.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hasCode } from '../../core/index.ts';
import { aMachine, aRunner, failureOf, valueOf } from '../../../test/support/lua-machines.ts';
import { inspectMachine, type LuaMachine } from './index.ts';

const run = await aRunner();

describe('memory of a machine', () => {
  it('is LUA_MEMORY when a text is larger than the limit', () => {
    const error = failureOf(() => run('return string.rep("x", 1e9)'), 'LUA_MEMORY');

    assert.match(error.message, /its limit of 16MiB/);
  });

  it('is LUA_RAISED when a text is larger than Lua can name', () => {
    assert.match(
      failureOf(() => run('return string.rep("x", 1e10)'), 'LUA_RAISED').message,
      /resulting string too large/,
    );
  });

  const greedy: readonly [string, string][] = [
    ['a table that grows', 'local t = {} for i = 1, 1e9 do t[i] = { i } end'],
    ['text that doubles', 'local s = "x" while true do s = s .. s end'],
    ['pcall around it', 'pcall(string.rep, "x", 1e9) return 1'],
    ['a coroutine around it', 'coroutine.resume(coroutine.create(function() return ("x"):rep(1e9) end)) return 1'],
    ['a handler around it', 'xpcall(string.rep, function() return 1 end, "x", 1e9) return 1'],
    [
      'a concat over a long fake',
      'return #table.concat(setmetatable({}, { __index = function() return ("x"):rep(1e5) end, __len = function() return 1e6 end }))',
    ],
    ['coroutines without end', 'local t = {} while true do t[#t + 1] = coroutine.create(print) end'],
    ['closures without end', 'local t = {} while true do local x = {} t[#t + 1] = function() return x end end'],
    ['a pack of numbers', 'local t = {} for i = 1, 1e9 do t[i] = i end'],
  ];
  for (const [name, code] of greedy) {
    it(`is LUA_MEMORY for ${name}, and the machine needs to be made fresh`, async () => {
      const machine = await aMachine([code, 'return 1'], { memoryBytes: 2 * 1024 * 1024 });

      failureOf(() => valueOf(machine, 0), 'LUA_MEMORY');

      assert.equal(machine.state, 'failed');
      assert.throws(() => valueOf(machine, 1), { code: 'BUG_INVARIANT' });
      assert.throws(() => machine.park(), { code: 'BUG_INVARIANT' });
      machine.fresh({ seed: 'test' });
      assert.equal(valueOf(machine, 1), 1);
    });
  }

  it('is LUA_MEMORY when the state does not fit, and when an error object does not', async () => {
    const machine = await aMachine(['return 1'], { memoryBytes: 256 * 1024 });
    failureOf(() => valueOf(machine, 0, { x: 'x'.repeat(300_000) }), 'LUA_MEMORY');
    assert.equal(machine.state, 'failed');

    const other = await aMachine(['error(setmetatable({}, { __tostring = function() return ("x"):rep(1e9) end }))']);
    failureOf(() => valueOf(other, 0), 'LUA_MEMORY');
    assert.equal(other.state, 'failed');
  });

  it('does not depend on what ran on the instance before', async () => {
    const codes = [
      'local n, t = 0, {} while true do n = n + 1 t[n] = ("x"):rep(1000) .. n if n == state.n then return n end end',
    ];
    const [used, unused] = [
      await aMachine(codes, { memoryBytes: 2 << 20 }),
      await aMachine(codes, { memoryBytes: 2 << 20 }),
    ];
    valueOf(used, 0, { n: 1200 });
    const fits = (machine: LuaMachine, n: number): boolean => {
      machine.fresh({ seed: 'test' });
      try {
        return valueOf(machine, 0, { n }) === n;
      } catch (error) {
        assert.ok(hasCode(error, 'LUA_MEMORY'));
        return false;
      }
    };

    const sizes = Array.from({ length: 12 }, (_, index) => 1000 + ((index * 7) % 12) * 85);
    const outcomes = sizes.map((n) => fits(used, n));
    assert.deepEqual(
      outcomes,
      sizes.map((n) => fits(unused, n)),
    );
    assert.ok(outcomes.includes(true) && outcomes.includes(false));
  });

  it('holds a lower limit on an instance that grew under a higher one', async () => {
    const machine = await aMachine(['return #("x"):rep(1000000)']);
    assert.equal(valueOf(machine, 0), 1_000_000);
    assert.equal(machine.hasGrown, false);

    machine.fresh({ seed: 'test', limits: { memoryBytes: 512 * 1024 } });

    failureOf(() => valueOf(machine, 0), 'LUA_MEMORY');
  });

  it('is given back when it grew past what an idle machine keeps', async () => {
    const machine = await aMachine(['return #("x"):rep(3000000)'], { keepBytes: 64 * 1024 });
    valueOf(machine, 0);
    assert.equal(machine.hasGrown, true);

    machine.fresh({ seed: 'test' });

    assert.equal(machine.hasGrown, false);
    assert.ok(inspectMachine(machine).memoryBytes < 2 * 1024 * 1024);
  });
});
