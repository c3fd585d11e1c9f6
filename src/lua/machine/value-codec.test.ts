/**
 * The value codec, row by row of its table, both ways.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JsonObject, JsonValue } from '../../core/index.ts';
import { toUpdates } from './index.ts';
import { aMachine, aRunner, failureOf } from '../../../test/support/lua-machines.ts';

const run = await aRunner();

describe('values into Lua', () => {
  const rows: readonly [string, JsonObject, string, JsonValue][] = [
    ['null as an object value is absent', { x: null }, 'return state.x == nil', true],
    ['null in a list is the constant', { x: [1, null, 3] }, 'return state.x[2] == null', true],
    ['null in a list keeps the length', { x: [1, null] }, 'return #state.x', 2],
    ['ipairs goes over null', { x: [null, null] }, 'local n = 0 for _ in ipairs(state.x) do n = n + 1 end return n', 2],
    ['true and false', { t: true, f: false }, 'return state.t == true and state.f == false', true],
    ['a safe integer is an integer', { x: 9007199254740991 }, 'return math.type(state.x)', 'integer'],
    ['a negative safe integer is exact', { x: -9007199254740991 }, 'return state.x == -(2^53 - 1) // 1 | 0', true],
    ['a number beyond is a float', { x: 2 ** 53 }, 'return math.type(state.x)', 'float'],
    ['a fraction is a float', { x: 0.5 }, 'return math.type(state.x)', 'float'],
    ['minus zero is the integer 0', { x: -0 }, 'return math.type(state.x) .. state.x', 'integer0'],
    ['text keeps a NUL', { x: 'a\0b' }, 'return #state.x', 3],
    ['text is its UTF-8 bytes', { x: 'é€😀' }, 'return #state.x', 9],
    ['an empty text', { x: '' }, 'return state.x == ""', true],
    ['a list can be grown', { x: [1] }, 'table.insert(state.x, 2) return #state.x', 2],
    ['a list has no metatable to see', { x: [1] }, 'return getmetatable(state.x) == nil', true],
    [
      'prototype names are plain keys',
      JSON.parse('{"__proto__": 1, "constructor": 2}'),
      'return state.__proto__ + state.constructor',
      3,
    ],
    ['digits stay text as keys', { '1': 'a' }, 'return state[1] == nil and state["1"] == "a"', true],
  ];
  for (const [name, state, code, expected] of rows) {
    it(name, () => assert.deepEqual(run(code, state).value, expected));
  }

  for (const key of ['\ud800', 'a\udc00']) {
    it(`refuses half a surrogate pair, ${JSON.stringify(key)}`, () => {
      assert.match(
        failureOf(() => run('return 1', { a: { b: [key] } }), 'LUA_VALUE').message,
        /state\.a\.b\[0\] is text with half/,
      );
      assert.match(failureOf(() => run('return 1', { [key]: 1 }), 'LUA_VALUE').message, /half a surrogate pair/);
    });
  }

  it('takes 100 levels and refuses 101', () => {
    const nested = (levels: number): JsonObject => {
      let value: JsonValue = 1;
      for (let level = 1; level < levels; level++) value = [value];
      return { x: value };
    };

    assert.equal(run('return type(state.x)', nested(100)).value, 'table');
    assert.match(failureOf(() => run('return 1', nested(101)), 'LUA_VALUE').message, /nested deeper than 100 levels/);
  });
});

describe('values out of Lua', () => {
  const rows: readonly [string, string, JsonValue | undefined][] = [
    ['nil is absent', 'return nil', undefined],
    ['nothing is absent', 'local x = 1', undefined],
    ['null is null', 'return null', null],
    ['null in a table is null', 'return { x = null }', { x: null }],
    ['booleans', 'return { true, false }', [true, false]],
    ['the largest safe integer', 'return 9007199254740991', 9007199254740991],
    ['the smallest safe integer', 'return -9007199254740991', -9007199254740991],
    ['a float that is integral is a number', 'return 3.0', 3],
    ['a large float is a number', 'return 2.0^60', 2 ** 60],
    ['minus zero is zero', 'return -0.0', 0],
    ['text with NUL', 'return "a\\0b"', 'a\0b'],
    ['text with a byte order mark', 'return "\\u{feff}x"', '\ufeffx'],
    ['long text', 'return ("é"):rep(5000)', 'é'.repeat(5000)],
    ['keys 1 to n are a list', 'return { 1, 2, 3 }', [1, 2, 3]],
    [
      'keys 1 to n set backwards are a list',
      'local t = {} for i = 9, 1, -1 do t[i] = i end return t',
      [1, 2, 3, 4, 5, 6, 7, 8, 9],
    ],
    ['a gap is null while half is filled', 'return { 1, nil, 3 }', [1, null, 3]],
    [
      'a list less than half filled is an object',
      'return { [1] = "a", [4] = "b", [9] = "c" }',
      { 1: 'a', 4: 'b', 9: 'c' },
    ],
    ['an empty table is an object', 'return { x = {} }', { x: {} }],
    ['array{} is a list', 'return { x = array{} }', { x: [] }],
    ['array() is a list', 'return array()', []],
    ['a mark says list, not length', 'local t = array{} t[3] = 1 t[2] = 1 return t', [null, 1, 1]],
    ['a mark does not outlive text keys', 'local t = array{1} t.x = 2 return t', { 1: 1, x: 2 }],
    ['mixed keys become text', 'return { "a", x = 1 }', { 1: 'a', x: 1 }],
    ['a fraction as key becomes text', 'return { [1.5] = 1 }', { '1.5': 1 }],
    ['a boolean as key becomes text', 'return { [true] = 1 }', { true: 1 }],
    ['zero as key is no list', 'return { [0] = "a", "b" }', { 0: 'a', 1: 'b' }],
    ['prototype names are plain keys', 'return { constructor = 1 }', { constructor: 1 }],
    ['the first of several values counts', 'return 1, 2', 1],
    [
      'metamethods do not run',
      'return setmetatable({}, { __index = function() error("no") end, __pairs = error })',
      {},
    ],
  ];
  for (const [name, code, expected] of rows) {
    it(name, () => assert.deepEqual(run(code).value, expected));
  }

  it('gives __proto__ as data', () => {
    const value = run('return { __proto__ = { x = 1 } }').value as JsonObject;

    assert.deepEqual(Object.keys(value), ['__proto__']);
    assert.equal(Object.getPrototypeOf(value), Object.prototype);
  });

  const refused: readonly [string, string, RegExp][] = [
    ['an integer beyond 2^53', 'return { a = { 1, math.maxinteger } }', /result\.a\[2\] is an integer beyond/],
    ['2^53 itself as an integer', 'return 1 << 53', /result is an integer beyond/],
    ['the smallest integer', 'return math.mininteger', /beyond/],
    ['infinity', 'return { x = 1/0 }', /result\.x is Infinity/],
    ['not a number', 'return { x = 0/0 }', /result\.x is NaN/],
    ['bytes that are not UTF-8', 'return { x = "\\xff" }', /result\.x is text that is not valid UTF-8/],
    ['an encoded surrogate', 'return "\\xed\\xa0\\x80"', /not valid UTF-8/],
    ['an overlong encoding', 'return "\\xc0\\x80"', /not valid UTF-8/],
    [
      'a key that is not UTF-8',
      'return { a = { ["\\xff"] = 1 } }',
      /result\.a has a key that is text that is not valid/,
    ],
    [
      'two keys that become one',
      'return { [1] = "a", ["1"] = "b", x = 1 }',
      /result has two keys that both become "1"/,
    ],
    ['a table as key', 'return { [{}] = 1 }', /has a key that is a table/],
    ['null as key', 'return { [null] = 1 }', /has a key that is a userdata/],
    ['a function', 'return { f = print }', /result\.f is a function/],
    ['a thread', 'return { { coroutine.create(print) } }', /result\[1\]\[1\] is a thread/],
    ['a cycle', 'local t = { x = {} } t.x.y = t return t', /result\.x\.y contains itself/],
    ['an odd key in a path', 'return { ["a b"] = print }', /result\["a b"\] is a function/],
    ['an infinite key', 'return { [1/0] = 1 }', /key Infinity/],
  ];
  for (const [name, code, message] of refused) {
    it(`refuses ${name}, naming the path`, () =>
      assert.match(failureOf(() => run(code), 'LUA_VALUE').message, message));
  }

  it('gives 100 levels and refuses 101', () => {
    const code = (levels: number): string => `local t = {} for _ = 2, ${levels} do t = { t } end return t`;

    assert.equal(Array.isArray(run(code(100)).value), true);
    assert.match(failureOf(() => run(code(101)), 'LUA_VALUE').message, /nested deeper than 100 levels/);
  });

  it('gives the same table twice when it is in two places', () => {
    assert.deepEqual(run('local t = { 1 } return { a = t, b = t }').value, { a: [1], b: [1] });
  });

  it('goes on after a refused value', () => {
    assert.equal(failureOf(() => run('return print'), 'LUA_VALUE').details['chunk'], 'code');
    assert.equal(run('return 1').value, 1);
  });
});

describe('size of values', () => {
  it('lets a state of the limit in and refuses one byte more', async () => {
    const machine = await aMachine(['return #state.x'], { stateBytes: 1024 });
    // A frame of 2 for the object, 1 + 2 for the key, 2 for the text; 2 for the empty variables are their own.
    const fits = 'x'.repeat(1024 - 7);

    assert.equal(machine.call(0, { state: { x: fits }, variables: {}, nowMs: 0 }).value, fits.length);
    const call = (): unknown => machine.call(0, { state: { x: `${fits}x` }, variables: {}, nowMs: 0 });
    assert.match(failureOf(call, 'LUA_VALUE').message, /state\.x makes the whole larger than the limit of 1KiB/);
  });

  it('lets a result of the limit out and refuses one byte more', async () => {
    const machine = await aMachine(['return ("x"):rep(1022)', 'return ("x"):rep(1023)'], { stateBytes: 1024 });
    const call = (chunk: number): JsonValue | undefined =>
      machine.call(chunk, { state: {}, variables: {}, nowMs: 0 }).value;

    assert.equal(call(0), 'x'.repeat(1022));
    failureOf(() => call(1), 'LUA_VALUE');
  });

  for (const [what, value, lua, fits] of [
    // 1024 less 2 for the list: a number counts 8 and 2, everything else that is no text 4 and 2.
    ['integers', 7, '7', 102],
    ['floats', 0.5, '0.5', 102],
    ['booleans', true, 'true', 170],
    ['nulls', null, 'null', 170],
  ] as const) {
    it(`lets ${fits} ${what} in and out at a limit of 1 KiB, and not one more`, async () => {
      const code = `local list = array{} for i = 1, state do list[i] = ${lua} end return list`;
      const machine = await aMachine([code, 'return #state'], { stateBytes: 1024 });
      const call = (chunk: number, state: JsonValue): JsonValue | undefined =>
        machine.call(chunk, { state: state as JsonObject, variables: {}, nowMs: 0 }).value;

      assert.deepEqual(call(0, fits), new Array(fits).fill(value));
      assert.equal(call(1, new Array(fits).fill(value)), fits);
      failureOf(() => call(0, fits + 1), 'LUA_VALUE');
      failureOf(() => call(1, new Array(fits + 1).fill(value)), 'LUA_VALUE');
    });
  }

  it('refuses more than 1,000,000 values', async () => {
    const machine = await aMachine(['return #state.x'], {
      stateBytes: 16 * 1024 * 1024,
      memoryBytes: 64 * 1024 * 1024,
    });
    const state = (count: number): JsonObject => ({ x: new Array<JsonValue>(count).fill(true) });

    assert.equal(machine.call(0, { state: state(999_998), variables: {}, nowMs: 0 }).value, 999_998);
    const call = (): unknown => machine.call(0, { state: state(999_999), variables: {}, nowMs: 0 });
    assert.match(failureOf(call, 'LUA_VALUE').message, /one value more than the 1000000/);
  });
});

describe('order of keys', () => {
  const orderOf = (code: string, state: JsonObject): string => JSON.stringify(run(code, state).value);

  it('keeps what was given in its order, new keys after it by bytes', () => {
    assert.equal(orderOf('state.b2 = 1 state.a2 = 2 return state', { z: 1, a: 2 }), '{"z":1,"a":2,"a2":2,"b2":1}');
  });

  it('holds inside objects and lists', () => {
    const state = { list: [{ z: 1, a: 2 }], o: { y: 1, b: 2 } };

    assert.equal(
      orderOf('state.list[1].m = 3 return state', state),
      '{"list":[{"z":1,"a":2,"m":3}],"o":{"y":1,"b":2}}',
    );
  });

  it('sorts by UTF-8 bytes, not by UTF-16 units', () => {
    assert.equal(
      orderOf('return { ["\\u{ff5a}"] = 1, ["\\u{1f600}"] = 2, a = 3, B = 4 }', {}),
      '{"B":4,"a":3,"ｚ":1,"😀":2}',
    );
  });

  it('holds for many keys', () => {
    const keys = Array.from({ length: 300 }, (_, index) => `k${(index * 7919) % 300}`);
    const state = Object.fromEntries(keys.map((key) => [key, 1]));

    assert.deepEqual(Object.keys(run('state.extra = 1 return state', state).value as JsonObject), [...keys, 'extra']);
  });
});

describe('toUpdates', () => {
  const rows: readonly [string, JsonValue | undefined, JsonObject][] = [
    ['nothing changes nothing', undefined, {}],
    ['an empty object changes nothing', {}, {}],
    ['an object is merged', { a: 1 }, { a: 1 }],
    ['a list becomes the result', [1], { result: [1] }],
    ['an empty list becomes the result', [], { result: [] }],
    ['text becomes the result', 'x', { result: 'x' }],
    ['false becomes the result', false, { result: false }],
    ['null becomes the result', null, { result: null }],
  ];
  for (const [name, value, expected] of rows) it(name, () => assert.deepEqual(toUpdates(value), expected));
});
