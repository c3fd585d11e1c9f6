/**
 * The count hook: ends what asks for it, names the line, leaves nothing behind.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { aMachine, failureOf, valueOf } from '../../../test/support/lua-machines.ts';
import { inspectMachine, type LuaMachine, type TenantLimits } from './index.ts';

async function anArmedMachine(code: string, limits: TenantLimits): Promise<LuaMachine> {
  const machine = await aMachine([code, 'return 1']);
  machine.fresh({ seed: 'test', limits });
  return machine;
}

/** Instructions a loop of `rounds` empty turns takes: one each, and a handful around it. */
const emptyLoop = (rounds: number): string => `for i = 1, ${rounds} do end return 1`;

describe('count hook', () => {
  const endless: readonly [string, string][] = [
    ['a loop', 'while true do end'],
    ['a jump to itself', '::top:: goto top'],
    ['calls', 'local function f() end while true do f() end'],
    ['tail calls', 'local function f() return f() end return f()'],
    ['pcall around it', 'while true do pcall(function() while true do end end) end'],
    ['a handler around it', 'xpcall(function() while true do end end, function() return 1 end) return 1'],
    ['a handler that never returns', 'xpcall(error, function() while true do end end)'],
    ['a coroutine', 'coroutine.wrap(function() while true do end end)()'],
    ['a coroutine that is resumed', 'coroutine.resume(coroutine.create(function() while true do end end)) return 1'],
    [
      'coroutines that are short',
      'while true do local c = coroutine.wrap(function() for i = 1, 400 do end end) c() end',
    ],
    [
      'coroutines in coroutines',
      'local function f() coroutine.wrap(function() for i = 1, 100 do end end)() return f() end f()',
    ],
    [
      'a coroutine that yields',
      'local c = coroutine.wrap(function() while true do coroutine.yield() end end) while true do c() end',
    ],
    [
      'a metamethod',
      'local t = setmetatable({}, { __index = function() return nil end }) while true do local _ = t.x end',
    ],
    ['a __close', 'do local x <close> = setmetatable({}, { __close = function() while true do end end }) end'],
    [
      'a callback of sort',
      'local t = {} for i = 1, 200 do t[i] = i end while true do table.sort(t, function(a, b) return a > b end) end',
    ],
    ['a callback of gsub', 'while true do (("x"):rep(50)):gsub(".", function() end) end'],
    ['an iterator', 'for _ in function() return 1 end do end'],
    ['a __tostring of an error', 'error(setmetatable({}, { __tostring = function() while true do end end }))'],
    ['loaded code', 'load("while true do end")()'],
  ];
  for (const [name, code] of endless) {
    it(`ends ${name}, at its instructions and at its deadline`, async () => {
      const counted = await anArmedMachine(code, { instructions: 50_000 });
      let asked = 0;
      const timed = await anArmedMachine(code, { isOverdue: () => ++asked === 50 });

      const atCount = failureOf(() => valueOf(counted, 0), 'LUA_TIMEOUT');
      const atDeadline = failureOf(() => valueOf(timed, 0), 'LUA_TIMEOUT');

      assert.equal(atCount.details['limit'], 'instructions');
      assert.equal(atDeadline.details['limit'], 'deadline');
      for (const machine of [counted, timed]) {
        assert.equal(machine.state, 'failed');
        assert.throws(() => machine.park(), { code: 'BUG_INVARIANT' });
        machine.fresh({ seed: 'test' });
        assert.equal(valueOf(machine, 1), 1);
      }
    });
  }

  it('names the line that ran', async () => {
    const machine = await anArmedMachine('local x = 1\nlocal y = 2\nwhile x < y do\nend', { instructions: 5_000 });

    const error = failureOf(() => valueOf(machine, 0), 'LUA_TIMEOUT');

    assert.equal(error.details['chunk'], 'c0');
    assert.ok([3, 4].includes(error.details['line'] as number), String(error.details['line']));
    assert.match(error.message, /more instructions than its limit and was ended, at line [34]\.$/);
  });

  it('keeps what was printed before', async () => {
    const machine = await anArmedMachine('print("here") while true do end', { instructions: 5_000 });

    assert.deepEqual(failureOf(() => valueOf(machine, 0), 'LUA_TIMEOUT').logs, ['here']);
  });

  it('lets run what stays below the limit, and ends what is 1,000 instructions over', async () => {
    const below = await anArmedMachine(emptyLoop(9_000), { instructions: 10_000 });
    const above = await anArmedMachine(emptyLoop(11_100), { instructions: 10_000 });
    const lowest = await anArmedMachine('local x = 1 x = x + 1 return x', { instructions: 1 });

    assert.equal(valueOf(below, 0), 1);
    failureOf(() => valueOf(above, 0), 'LUA_TIMEOUT');
    failureOf(() => valueOf(lowest, 0), 'LUA_TIMEOUT');
  });

  it('counts each call of a path anew', async () => {
    const machine = await anArmedMachine(emptyLoop(9_000), { instructions: 10_000 });

    for (let call = 0; call < 5; call += 1) assert.equal(valueOf(machine, 0), 1);
  });

  it('charges a coroutine a full count when it is made', async () => {
    const code = 'for i = 1, 20 do coroutine.wrap(function() end)() end return 1';

    const machine = await anArmedMachine(code, { instructions: 19_000 });
    const enough = await anArmedMachine(code, { instructions: 21_000 });

    failureOf(() => valueOf(machine, 0), 'LUA_TIMEOUT');
    assert.equal(valueOf(enough, 0), 1);
  });

  it('is gone with its tenant: the next one runs as long as it likes, over the same bytes', async () => {
    const machine = await anArmedMachine('while true do coroutine.wrap(function() end)() end', { instructions: 9_000 });
    const untouched = await aMachine(['while true do coroutine.wrap(function() end)() end', 'return 1']);
    failureOf(() => valueOf(machine, 0), 'LUA_TIMEOUT');

    machine.fresh({ seed: 'test' });

    const [memory, clean] = [inspectMachine(machine).memory, inspectMachine(untouched).memory];
    assert.ok(Buffer.from(memory.buffer, 0, clean.length).equals(Buffer.from(clean.buffer)));
  });

  it('leaves an unarmed tenant unhooked, also in a coroutine that an armed one made', async () => {
    const code =
      'n = state.n or 10 co = co or coroutine.wrap(function() while true do for i = 1, n do end coroutine.yield(1) end end) return co()';
    const machine = await anArmedMachine(code, { instructions: 100_000 });
    assert.equal(valueOf(machine, 0), 1);
    const parked = machine.park();
    const other = await aMachine([code, 'return 1']);

    other.resume(parked);

    assert.equal(valueOf(other, 0, { n: 200_000 }), 1);
  });

  it('is armed for a machine that is resumed', async () => {
    const codes = ['return 1', 'while true do end'];
    const machine = await aMachine(codes);
    const parked = machine.park();

    machine.resume(parked, { instructions: 5_000 });

    failureOf(() => valueOf(machine, 1), 'LUA_TIMEOUT');
  });

  it('takes no slot and leaves no stack over a thousand armed calls', async () => {
    const machine = await anArmedMachine(
      'if state.loop then while true do end end return coroutine.wrap(load("return 1"))()',
      {
        instructions: 5_000,
      },
    );
    const turn = (index: number): void => {
      if (machine.state !== 'ready') machine.fresh({ seed: 'test', limits: { instructions: 5_000 } });
      if (index % 3 === 0) failureOf(() => valueOf(machine, 0, { loop: true }), 'LUA_TIMEOUT');
      else assert.equal(valueOf(machine, 0), 1);
    };
    for (let index = 1; index < 6; index += 1) turn(index);
    const { stackTop, tableSlots } = inspectMachine(machine);

    for (let index = 1; index < 1_001; index += 1) turn(index);

    assert.deepEqual([inspectMachine(machine).stackTop, inspectMachine(machine).tableSlots], [stackTop, tableSlots]);
  });

  it('passes on a fault of isOverdue as it is', async () => {
    const fault = new Error('clock broke');
    const machine = await anArmedMachine('while true do end', {
      isOverdue() {
        throw fault;
      },
    });

    assert.throws(() => valueOf(machine, 0), fault);
    assert.equal(machine.state, 'dead');
  });
});
