/**
 * One machine: calls, errors with their places, parking.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { aMachine, aRunner, DEFAULT_LIMITS, failureOf, host, valueOf } from '../../../test/support/lua-machines.ts';
import { inspectMachine } from './index.ts';

const run = await aRunner();
const input = { state: {}, variables: {}, nowMs: 0 };

describe('LuaMachine.call', () => {
  it('gives state and variables to the chunk', async () => {
    const machine = await aMachine(['return state.a + variables.b']);

    assert.equal(machine.call(0, { state: { a: 1 }, variables: { b: 2 }, nowMs: 0 }).value, 3);
  });

  it('keeps globals from one chunk to the next', async () => {
    const machine = await aMachine(['count = (count or 0) + 1', 'return count']);

    valueOf(machine, 0);
    valueOf(machine, 0);

    assert.equal(valueOf(machine, 1), 2);
  });

  it('takes code that is empty, a comment, or ends in one', () => {
    for (const code of ['', '-- lua', '-- lua\nreturn 1 -- one', 'return 1;']) run(code);
  });

  it('names chunk, line of the file, line of the code and the way there', () => {
    const code = 'local function inner()\n  return state.x.y\nend\nreturn inner()';
    const machine = host.createMachine(DEFAULT_LIMITS);
    machine.load(host.buildImage([{ name: 'greet', code, line: 40 }], { salt: 's' }));
    machine.fresh({ seed: '' });

    const error = failureOf(() => machine.call(0, input), 'LUA_RAISED');

    assert.equal(
      error.message,
      'The Lua code of "greet" raised an error: greet:41: attempt to index a nil value (field \'x\')',
    );
    const { traceback, ...place } = error.details;
    assert.deepEqual(place, { chunk: 'greet', line: 41, code_line: 2 });
    assert.match(String(traceback), /greet:41: in/);
  });

  it('names the chunk whose function raised, when another called it', async () => {
    const machine = await aMachine(['function fail()\n  error("no")\nend', '\nfail()']);
    valueOf(machine, 0);

    const { details } = failureOf(() => valueOf(machine, 1), 'LUA_RAISED');

    assert.deepEqual([details['chunk'], details['line']], ['c0', 2]);
  });

  it('goes on after an error, with the globals the code left', async () => {
    const machine = await aMachine(['x = 1 error("no")', 'return x']);
    failureOf(() => valueOf(machine, 0), 'LUA_RAISED');

    assert.equal(machine.state, 'ready');
    assert.equal(valueOf(machine, 1), 1);
  });

  it('keeps long error text short', () => {
    const { message } = failureOf(() => run('error(("é"):rep(100000))'), 'LUA_RAISED');

    assert.ok(message.length < 2200, String(message.length));
  });

  it('refuses a chunk the image does not have, and a machine that is not ready', async () => {
    const machine = await aMachine(['return 1']);
    assert.throws(() => machine.call(1, input), { code: 'BUG_INVARIANT' });

    const empty = host.createMachine(DEFAULT_LIMITS);
    assert.throws(() => empty.call(0, input), { code: 'BUG_INVARIANT' });
    assert.throws(() => empty.fresh({ seed: '' }), { code: 'BUG_INVARIANT' });
  });

  it('is refused after the machine was given up', async () => {
    const machine = await aMachine(['return 1']);
    machine[Symbol.dispose]();

    assert.throws(() => machine.call(0, input), { code: 'BUG_INVARIANT' });
    assert.throws(() => machine.fresh({ seed: '' }), { code: 'BUG_INVARIANT' });
  });
});

describe('a dead machine', () => {
  it('is replaced when it is made fresh', async () => {
    const machine = await aMachine(['return state.x']);
    // No Lua code we know traps the module, so the fault is put into its memory: the heap's first words.
    const { memory } = inspectMachine(machine);
    memory.fill(0xff, 1_083_712, 1_150_000);

    assert.throws(() => machine.call(0, { state: { x: 1 }, variables: {}, nowMs: 0 }));
    assert.equal(machine.isDead, true);
    assert.throws(() => machine.call(0, input), { code: 'BUG_INVARIANT' });

    machine.fresh({ seed: 'test' });
    assert.equal(valueOf(machine, 0, { x: 2 }), 2);
    assert.notEqual(inspectMachine(machine).memory.buffer, memory.buffer);
  });
});

describe('LuaMachine.park and resume', () => {
  it('brings globals, random numbers and coroutines back on another machine', async () => {
    const codes = [
      'x = { 1, 2 } math.random() co = coroutine.wrap(function() for i = 1, 9 do coroutine.yield(i) end end) return co()',
      'return { x, co(), math.random(1000000), tostring({}) }',
    ];
    const [one, other] = [await aMachine(codes), await aMachine(codes)];
    valueOf(one, 0);
    const parked = one.park();

    other.resume(parked);

    assert.deepEqual(valueOf(other, 1), valueOf(one, 1));
    assert.ok(parked.length < 8 * 1024, String(parked.length));
  });

  it('gives the same bytes again after it was resumed', async () => {
    const machine = await aMachine(['x = {} for i = 1, 3000 do x[i] = "item " .. i end']);
    valueOf(machine, 0);
    const parked = machine.park();
    const other = await aMachine(['x = {} for i = 1, 3000 do x[i] = "item " .. i end']);

    other.resume(parked);

    assert.deepEqual(other.park(), parked);
  });

  it('forgets what ran in between', async () => {
    const machine = await aMachine(['x = (x or 0) + 1 return x', 'y = ("z"):rep(200000) x = 100']);
    valueOf(machine, 0);
    const parked = machine.park();
    valueOf(machine, 1);

    machine.resume(parked);

    assert.equal(valueOf(machine, 0), 2);
    assert.equal(Buffer.from(inspectMachine(machine).memory.buffer).includes('zzzzzzzz'), false);
  });

  it('takes bytes at any offset', async () => {
    const machine = await aMachine(['x = (x or 0) + 1 return x']);
    valueOf(machine, 0);
    const parked = machine.park();
    const shifted = new Uint8Array(parked.length + 3).subarray(3);
    shifted.set(parked);

    machine.resume(shifted);

    assert.equal(valueOf(machine, 0), 2);
  });

  it('refuses bytes of another image, cut bytes and other bytes', async () => {
    const machine = await aMachine(['return 1']);
    const parked = machine.park();
    const stranger = await aMachine(['return 2']);

    assert.throws(() => stranger.resume(parked), { code: 'BUG_INVARIANT' });
    assert.throws(() => machine.resume(parked.subarray(0, parked.length - 4)), { code: 'BUG_INVARIANT' });
    assert.throws(() => machine.resume(new Uint8Array(0)), { code: 'BUG_INVARIANT' });
    const damaged = parked.slice();
    damaged[16] = 0xff;
    damaged[17] = 0xff;
    assert.throws(() => machine.resume(damaged), { code: 'BUG_INVARIANT' });
  });
});
