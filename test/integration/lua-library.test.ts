/** The door `moonpool/lua`: what whoever embeds it may rely on. */
import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { describe, it } from 'node:test';
import { hasCode, type JsonObject, LuaLanes, type LuaResult, type Metrics } from '../../src/lua/library/index.ts';

/** Compiles and calls `code` on lanes of its own. */
async function runOnce(code: string, state: JsonObject = {}): Promise<LuaResult> {
  await using lanes = new LuaLanes({ timeoutMs: 1_000 });
  const script = await lanes.compile(code);
  return await script.run(state);
}

describe('LuaScript', () => {
  it('gives what the script returned and printed', async () => {
    const result = await runOnce('print("adding", state.a) return { sum = state.a + 2 }', { a: 40 });

    assert.deepEqual(result, { updates: { sum: 42 }, logs: ['adding\t40'] });
  });

  for (const [code, updates] of [
    ['return 42', { result: 42 }],
    ['return { 1, 2 }', { result: [1, 2] }],
    ['return nil', {}],
    ['state.a = 5', {}],
    ['return { a = null }', { a: null }],
    ['return state', { a: 1, __proto__x: 2 }],
  ] as const) {
    it(`answers ${code}`, async () => {
      assert.deepEqual((await runOnce(code, { a: 1, __proto__x: 2 })).updates, updates);
    });
  }

  it('keeps __proto__ an ordinary key, both ways', async () => {
    const { updates } = await runOnce('return state', JSON.parse('{"__proto__":{"admin":true}}') as JsonObject);

    assert.deepEqual(Object.keys(updates), ['__proto__']);
    assert.equal(Object.getPrototypeOf(updates), Object.prototype);
  });

  it('runs several sources in one machine, each with the globals and the state of those before', async () => {
    await using lanes = new LuaLanes();
    const script = await lanes.compile([
      { name: 'prelude', code: 'function double(x) return 2 * x end return { base = state.base + 1, gone = 1 }' },
      { name: 'main', code: 'print("main") return { twice = double(state.base), gone = 2 }' },
    ]);

    const result = await script.run({ base: 20 });

    assert.deepEqual(result, { updates: { base: 21, gone: 2, twice: 42 }, logs: ['main'] });
  });

  it('runs sources of any name', async () => {
    await using lanes = new LuaLanes();
    const names = ['__end__', '__start__', '__proto__', 'a\0b\n', '\ud800', 'x'.repeat(200)];
    const code = 'return { count = (state.count or 0) + 1 }';
    const script = await lanes.compile(names.map((name) => ({ name, code })));

    assert.deepEqual((await script.run()).updates, { count: names.length });
  });

  it('gives every call a machine of its own, however many come at once', async () => {
    await using lanes = new LuaLanes({ lanes: 2 });
    const script = await lanes.compile(
      'local before = mine mine = state.n return { n = mine, before = before or "none" }',
    );

    const results = await Promise.all(Array.from({ length: 200 }, (_, n) => script.run({ n })));

    assert.deepEqual(
      results.map(({ updates }) => updates),
      Array.from({ length: 200 }, (_, n) => ({ n, before: 'none' })),
    );
  });

  it('spreads calls over its lanes', async () => {
    const gauges = new Map<string, () => number>();
    const metrics: Metrics = {
      counter: () => ({ add() {} }),
      histogram: () => ({ observe() {} }),
      gauge: (name, _, read) => void gauges.set(name, read),
    };
    await using lanes = new LuaLanes({ lanes: 3, metrics });
    const script = await lanes.compile('return 1');

    await Promise.all(Array.from({ length: 6 }, () => script.run()));

    assert.equal(gauges.get('moonpool_lua_lanes')?.(), 3);
  });

  it('draws the same numbers for the same seed and tells the time it is given', async () => {
    await using lanes = new LuaLanes();
    const script = await lanes.compile('return { r = math.random(1, 2^40), t = now() }');
    const call = { seed: 'a', nowMs: 1_700_000_000_000 };

    const [one, again, other, drawn] = await Promise.all([
      script.run({}, call),
      script.run({}, call),
      script.run({}, { ...call, seed: 'b' }),
      script.run({}, { nowMs: -1 }),
    ]);

    assert.deepEqual(one, again);
    assert.equal(one.updates['t'], 1_700_000_000_000);
    assert.equal(drawn.updates['t'], -1);
    assert.equal(new Set([one, other, drawn].map(({ updates }) => updates['r'])).size, 3);
  });

  it('goes through tables in the same order for the same salt', async () => {
    const orders = await Promise.all(
      ['a', 'a', 'b'].map(async (salt) => {
        await using lanes = new LuaLanes({ salt });
        const keys = Array.from({ length: 40 }, (_, at) => [`key${at}`, at]);
        const script = await lanes.compile('local s = {} for k in pairs(state) do s[#s + 1] = k end return s');
        return JSON.stringify((await script.run(Object.fromEntries(keys) as JsonObject)).updates);
      }),
    );

    assert.equal(orders[0], orders[1]);
    assert.notEqual(orders[0], orders[2]);
  });

  it('holds a call to its own limits, beside calls with larger ones', async () => {
    await using lanes = new LuaLanes({ memoryBytes: 1024 * 1024 });
    const script = await lanes.compile('return { length = #string.rep("x", 4 * 1024 * 1024) }');

    await assert.rejects(script.run(), { code: 'LUA_MEMORY' });
    assert.equal((await script.run({}, { memoryBytes: 32 * 1024 * 1024 })).updates['length'], 4_194_304);
    await assert.rejects(script.run(), { code: 'LUA_MEMORY' });
  });

  it('serves critical calls before optional ones, and groups in turn', async () => {
    await using lanes = new LuaLanes();
    const script = await lanes.compile('return state');
    const order: string[] = [];
    const call = async (name: string, options: object): Promise<void> => {
      await script.run({}, options);
      order.push(name);
    };

    await Promise.all([
      call('first', {}),
      call('optional', { priority: 'optional' }),
      call('a1', { group: 'a' }),
      call('a2', { group: 'a' }),
      call('b1', { group: 'b' }),
      call('critical', { priority: 'critical' }),
    ]);

    assert.deepEqual(order, ['first', 'critical', 'a1', 'b1', 'a2', 'optional']);
  });
});

describe('errors of moonpool/lua', () => {
  const failures: readonly [string, string, string][] = [
    ['an error', 'error("no")', 'LUA_RAISED'],
    ['an endless loop', 'while true do end', 'LUA_TIMEOUT'],
    ['an endless loop that catches', 'while true do pcall(function() while true do end end) end', 'LUA_TIMEOUT'],
    ['too much memory', 'return string.rep("x", 1e9)', 'LUA_MEMORY'],
    ['too deep a recursion', 'local function f() return 1 + f() end return f()', 'LUA_STACK'],
    ['a function as a result', 'return { f = print }', 'LUA_VALUE'],
  ];
  for (const [what, code, expected] of failures) {
    it(`have the code ${expected} for ${what}`, async () => {
      await assert.rejects(runOnce(code), (error) => hasCode(error, expected as 'LUA_RAISED'));
    });
  }

  it('name the line of the source, as its file counts', async () => {
    await using lanes = new LuaLanes();
    const script = await lanes.compile({ name: 'plugin.lua', code: 'local a = 1\nerror("no")', line: 10 });

    await assert.rejects(script.run(), (error: { code: string; details: JsonObject }) => {
      const { chunk, line, code_line } = error.details;
      assert.deepEqual({ chunk, line, code_line }, { chunk: 'plugin.lua', line: 11, code_line: 2 });
      return true;
    });
  });

  it('have the code SPEC_LUA, the source and the line when it does not compile', async () => {
    await using lanes = new LuaLanes();

    await assert.rejects(lanes.compile(['return 1', { name: 'bad', code: 'local x\nx = = 1', line: 3 }]), {
      code: 'SPEC_LUA',
      details: { chunk: 'bad', line: 4, code_line: 2 },
    });
  });

  it('run nothing while compiling', async () => {
    await using lanes = new LuaLanes({ timeoutMs: 50 });

    await lanes.compile('while true do end');
  });

  const states: readonly [string, unknown][] = [
    ['a list', []],
    ['text', 'x'],
    ['null', null],
    ['a function', () => 1],
    ['a date', new Date(0)],
    ['a bigint', { a: 1n }],
    ['a lone surrogate', { a: '\ud800' }],
  ];
  for (const [what, state] of states) {
    it(`have the code LUA_VALUE for ${what} as state`, async () => {
      await assert.rejects(runOnce('return 1', state as JsonObject), { code: 'LUA_VALUE' });
    });
  }

  it('have the code LUA_VALUE for a state that holds itself', async () => {
    const state: { self?: JsonObject } = {};
    state.self = state as JsonObject;

    await assert.rejects(runOnce('return 1', state as JsonObject), { code: 'LUA_VALUE' });
  });

  it('have the code LUA_VALUE one byte over the largest state', async () => {
    await using lanes = new LuaLanes({ stateBytes: 1_024 });
    const script = await lanes.compile('return { n = #state.a }');
    const fitting = { a: 'x'.repeat(1_000) };

    assert.equal((await script.run(fitting)).updates['n'], 1_000);
    await assert.rejects(script.run({ a: 'x'.repeat(1_017) }), {
      code: 'LUA_VALUE',
      details: { bytes: 1_025, limit: 1_024 },
    });
  });

  it('have the code LUA_OVERLOADED when too many calls wait, and the others go on', async () => {
    await using lanes = new LuaLanes({ queueCount: 1 });
    const script = await lanes.compile('return 1');

    const results = await Promise.allSettled([script.run(), script.run(), script.run()]);

    assert.deepEqual(
      results.map((result) => (result.status === 'rejected' ? (result.reason as { code: string }).code : 'ok')),
      ['ok', 'ok', 'LUA_OVERLOADED'],
    );
  });

  it('of one call leave other calls alone', async () => {
    await using lanes = new LuaLanes({ lanes: 2, timeoutMs: 200 });
    const [endless, honest] = await Promise.all([lanes.compile('while true do end'), lanes.compile('return state')]);

    const [late, ...others] = await Promise.allSettled([
      endless.run(),
      ...Array.from({ length: 100 }, (_, n) => honest.run({ n })),
    ]);

    assert.ok(late.status === 'rejected' && hasCode(late.reason, 'LUA_TIMEOUT'));
    assert.ok(others.every(({ status }) => status === 'fulfilled'));
  });
});

describe('a signal', () => {
  it('ends a call that runs, with its reason', async () => {
    await using lanes = new LuaLanes({ timeoutMs: 60_000 });
    const script = await lanes.compile('while true do end');
    const abort = new AbortController();
    const reason = new Error('changed my mind');
    const call = script.run({}, { signal: abort.signal });

    abort.abort(reason);

    await assert.rejects(call, reason);
  });

  it('that has aborted already stops before anything starts', async () => {
    await using lanes = new LuaLanes();
    const signal = AbortSignal.abort(new Error('over'));

    await assert.rejects(lanes.compile('return 1', { signal }), /over/);
    await assert.rejects((await lanes.compile('return 1')).run({}, { signal }), /over/);
  });

  it('that outlives calls keeps nothing of them', async () => {
    await using lanes = new LuaLanes();
    const { signal } = new AbortController();
    const script = await lanes.compile('return 1', { signal });

    for (let round = 0; round < 20; round += 1) await script.run({}, { signal });

    assert.equal(getEventListeners(signal, 'abort').length, 0);
  });
});

describe('LuaLanes', () => {
  it('refuses options it does not know', () => {
    assert.throws(() => new LuaLanes({ lane: 2 } as object), /lane: unknown option, did you mean lanes\?/);
  });

  it('fails what runs and what comes after it was closed with LUA_OVERLOADED', async () => {
    const lanes = new LuaLanes({ timeoutMs: 60_000 });
    const script = await lanes.compile('while true do end');
    const calls = [script.run(), script.run()].map((call) => assert.rejects(call, { code: 'LUA_OVERLOADED' }));

    // Both calls are on their way to a lane before the lanes are closed.
    await Promise.resolve();
    await lanes.close();
    await lanes.close();

    await Promise.all(calls);
    await assert.rejects(script.run(), { code: 'LUA_OVERLOADED' });
    await assert.rejects(lanes.compile('return 1'), { code: 'LUA_OVERLOADED' });
  });

  it('can be closed before it was used, and while it starts', async () => {
    await new LuaLanes().close();
    const lanes = new LuaLanes();
    const compiling = assert.rejects(lanes.compile('return 1'), { code: 'LUA_OVERLOADED' });

    await lanes.close();

    await compiling;
  });

  it('keeps what was compiled usable when more scripts are used than a lane keeps ready', async () => {
    await using lanes = new LuaLanes();
    const scripts = await Promise.all(Array.from({ length: 20 }, (_, n) => lanes.compile(`return { n = ${n} }`)));

    const results = await Promise.all(scripts.map((script) => script.run()));

    assert.deepEqual(
      results.map(({ updates }) => updates['n']),
      scripts.map((_, n) => n),
    );
  });
});
