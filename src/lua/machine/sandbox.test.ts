/**
 * What Lua code can see, and what it cannot get at however it asks.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JsonValue } from '../../core/index.ts';
import { aRunner, failureOf, host } from '../../../test/support/lua-machines.ts';
import { ALLOWED } from './index.ts';

const run = await aRunner();

describe('the allow list', () => {
  const tables = [...new Set(ALLOWED.map(({ table }) => table))];
  for (const table of tables) {
    it(`is exactly what ${table} holds`, () => {
      const listed = ALLOWED.filter((group) => group.table === table).flatMap(({ names }) => names);
      const { value } = run(
        `local names = array{} for name in pairs(${table}) do names[#names + 1] = name end return names`,
      );

      assert.deepEqual((value as string[]).toSorted(), listed.toSorted());
    });
  }

  it('gives a reason for every group', () => {
    for (const { names, why } of ALLOWED) assert.ok(why.length > 10, names.join());
  });

  const absent =
    'io debug package require loadfile dofile collectgarbage warn string.dump os.execute os.exit os.getenv os.remove ' +
    'os.rename os.tmpname os.setlocale os.difftime coroutine.nothing';
  for (const name of absent.split(' ')) {
    it(`has no ${name}`, () => assert.equal(run(`return ${name} == nil`).value, true));
  }
});

/** Code that must not get anywhere: it gives what is expected, or raises what is expected. */
const escapes: readonly [string, string, JsonValue | RegExp][] = [
  ['bytecode by load', 'return (load("\\27Lua")) == nil', true],
  ['bytecode by load with mode b', 'return select("#", load("\\27Lua", "x", "b")) ', 2],
  ['bytecode by load with mode bt', 'return (select(2, load("\\27Lua", "x", "bt")))', /binary chunk \(mode is 't'\)/],
  ['bytecode by loadstring', 'return (select(2, loadstring("\\27Lua")))', /binary chunk/],
  [
    'bytecode by a reader function',
    'local n = 0 return (select(2, load(function() n = n + 1 return n == 1 and "\\27Lua" or nil end)))',
    /binary/,
  ],
  ['dumping a function', 'return string.dump ~= nil or ("").dump ~= nil', false],
  ['load keeps to its env', 'return load("return print", "x", "t", {})() == nil', true],
  ['load with a nil env has no globals', 'local ok = pcall(load("return print.x", "x", "t", nil)) return ok', false],
  ['load without env has the same globals', 'x = 5 return load("return x")()', 5],
  ['the metatable of text', 'return getmetatable("") == false', true],
  ['writing to the metatable of text', 'getmetatable("").__index = nil', /attempt to index a boolean/],
  ['setting the metatable of text', 'setmetatable("", {})', /table expected/],
  ['rawset on the metatable of text', 'rawset(getmetatable(""), "__index", 1)', /table expected/],
  ['finalisers', 'setmetatable({}, { __gc = print })', /__gc is not available/],
  ['a finaliser that is false', 'setmetatable({}, { __gc = false })', /__gc is not available/],
  [
    'a finaliser set later never runs',
    'local m = {} x = 0 do setmetatable({}, m) end m.__gc = function() x = 1 end for i = 1, 50000 do local _ = { i } end return x',
    0,
  ],
  ['a protected metatable', 'return pcall(setmetatable, setmetatable({}, { __metatable = 1 }), {})', false],
  ['the list mark', 'return getmetatable(state.list) == nil and getmetatable(array{}) == nil', true],
  [
    'the list mark by an __eq',
    'local seen local m = setmetatable({}, { __eq = function(_, b) seen = b end }) getmetatable(setmetatable({}, m)) return seen == nil',
    true,
  ],
  ['the globals’ metatable', 'return getmetatable(_G) == nil', true],
  ['addresses by tostring', 'return tostring({}):match("0x") == nil and tostring(print):match("0x") == nil', true],
  ['addresses by format', 'return string.format("%s %s", {}, print)', 'table: 1 function: 2'],
  ['addresses by %p', 'return string.format("%p", {})', /%p is not available/],
  ['addresses by %p with flags', 'return ("%-20p"):format("x")', /%p is not available/],
  ['addresses by %p after %%', 'return ("%%%p"):format("x")', /%p is not available/],
  ['a percent before p', 'return ("100%%p %s"):format(1)', '100%p 1'],
  ['addresses by __name', 'return tostring(setmetatable({}, { __name = "my" }))', 'my: 1'],
  ['addresses by concat', 'return pcall(table.concat, { {} })', false],
  ['addresses by an error object', 'error({ f = print })', /raised an error: table: 1$/],
  ['addresses by print', 'print({}, print) return 1', 1],
  [
    'an error object whose __tostring raises',
    'error(setmetatable({}, { __tostring = function() error("again") end }))',
    /cannot be turned into text/,
  ],
  [
    'an error object whose __tostring gives no text',
    'error(setmetatable({}, { __tostring = function() return {} end }))',
    /cannot be turned into text/,
  ],
  ['an error object that is nil', 'error()', /raised an error: nil/],
  ['a handler that raises', 'return (xpcall(error, function(e) error(e) end))', false],
  ['a handler that yields', 'return (coroutine.wrap(function() return xpcall(error, coroutine.yield) end)())', false],
  ['yielding out of the chunk', 'coroutine.yield()', /attempt to yield from outside a coroutine/],
  ['closing the running coroutine', 'return pcall(coroutine.close, coroutine.running())', false],
  [
    '__close that raises',
    'do local x <close> = setmetatable({}, { __close = function() error("closed") end }) end',
    /closed/,
  ],
  ['upvalues of the sandbox', 'tostring = nil return ("%s"):format({})', 'table: 1'],
  ['a replaced type', 'type = function() return "number" end return ("%s"):format({})', 'table: 1'],
  ['a replaced pcall', 'pcall = nil error({ a = 1 })', /{"a":1}/],
  ['a replaced rawget', 'rawget = function() end setmetatable({}, { __gc = print })', /__gc is not available/],
  ['the environment of a function', 'local _ENV = {} return print', { absent: true } as JsonValue],
  [
    'require by another name',
    'for k, v in pairs(_G) do if k == "require" or k == "package" then return k end end return "none"',
    'none',
  ],
  ['the host table', 'return host == nil and _G.host == nil', true],
  ['numbers of tables start anew', 'return tostring({})', 'table: 1'],
];

describe('the sandbox', () => {
  for (const [name, code, expected] of escapes) {
    it(`holds against ${name}`, () => {
      const state = { list: [] };
      if (expected instanceof RegExp) {
        let text: unknown;
        try {
          text = run(code, state).value;
        } catch (error) {
          text = (error as Error).message;
        }
        assert.match(String(text), expected);
      } else if (typeof expected === 'object' && expected !== null && 'absent' in expected) {
        assert.equal(run(code, state).value, undefined);
      } else {
        assert.deepEqual(run(code, state).value, expected);
      }
    });
  }
});

describe('ours in the sandbox', () => {
  const rows: readonly [string, string, JsonValue][] = [
    ['now() is what the call says', 'return now()', 1_700_000_000_123],
    ['os.time() is now in seconds', 'return os.time()', 1_700_000_000],
    ['os.clock() is now in seconds, with its fraction', 'return os.clock()', 1_700_000_000.123],
    ['os.time of fields', 'return os.time{ year = 2024, month = 2, day = 29, hour = 0 }', 1_709_164_800],
    ['os.time takes noon when nothing is said', 'return os.time{ year = 1970, month = 1, day = 1 }', 43_200],
    ['os.time carries over', 'return os.time{ year = 2023, month = 14, day = 29, hour = 0 }', 1_709_164_800],
    ['os.date of now', 'return os.date("!%Y-%m-%dT%H:%M:%SZ")', '2023-11-14T22:13:20Z'],
    [
      'os.date as C writes it',
      'return os.date("%c|%x|%X|%p|%I|%j|%U|%W|%V|%G|%a %A %b %B", 0)',
      'Thu Jan  1 00:00:00 1970|01/01/70|00:00:00|AM|12|001|00|00|01|1970|Thu Thursday Jan January',
    ],
    [
      'os.date *t',
      'local t = os.date("*t", 86399) return { t.year, t.month, t.day, t.hour, t.min, t.sec, t.wday, t.yday, t.isdst }',
      [1970, 1, 1, 23, 59, 59, 5, 1, false],
    ],
    [
      'os.date in the last week of a year',
      'return os.date("%G-%V", os.time{ year = 2024, month = 12, day = 30 })',
      '2025-01',
    ],
    ['os.date before 1970', 'return os.date("%F %T", -1)', '1969-12-31 23:59:59'],
    [
      'time.parts in a zone',
      'local p = time.parts(0, "Europe/Berlin") return { p.hour, p.weekday, p.offset_minutes }',
      [1, 4, 60],
    ],
    ['time.parts in UTC', 'return time.parts(now()).minute', 13],
    [
      'time.from_parts',
      'return time.from_parts{ year = 2024, month = 6, day = 1, zone = "Europe/Berlin" }',
      1_717_192_800_000,
    ],
    ['json.encode sorts keys', 'return json.encode{ b = 1, a = { true, null } }', '{"a":[true,null],"b":1}'],
    [
      'json.decode',
      'local v = json.decode(\'{"a":[1,null],"b":{}}\') return v.a[1] == 1 and v.a[2] == null and next(v.b) == nil',
      true,
    ],
    ['math.pow', 'return math.pow(2, 10)', 1024],
    ['unpack', 'return select("#", unpack({ 1, 2, 3 }))', 3],
    ['loadstring', 'return loadstring("return 1 + 1")()', 2],
    ['math.randomseed takes a fraction', 'math.randomseed(1.5) return true', true],
    ['tostring(null)', 'return tostring(null)', 'null'],
    [
      'tostring counts in order of asking',
      'local a, b = {}, {} return tostring(b) .. " " .. tostring(a) .. " " .. tostring(b)',
      'table: 1 table: 2 table: 1',
    ],
    [
      'tostring asks __tostring',
      'return tostring(setmetatable({}, { __tostring = function() return "me" end }))',
      'me',
    ],
    [
      'tostring of plain values',
      'return tostring(1) .. tostring(1.5) .. tostring(true) .. tostring(nil) .. tostring("x")',
      '11.5truenilx',
    ],
    ['format of many', 'return ("%d %s %s %s"):format(1, "a", {}, 2.5)', '1 a table: 1 2.5'],
  ];
  for (const [name, code, expected] of rows) {
    it(name, () => assert.deepEqual(run(code, {}, 1_700_000_000_123).value, expected));
  }

  const refused: readonly [string, RegExp][] = [
    ['json.decode("[1,")', /code:1: json\.decode: the text is not valid JSON/],
    ['json.decode(5)', /json\.decode: expected text/],
    ['json.encode(print)', /json\.encode: value is a function/],
    ['json.encode({ x = 1/0 })', /value\.x is Infinity/],
    ['time.parts("x")', /must be a number/],
    ['time.parts(0, "Mars/Base")', /Mars\/Base/],
    ['time.from_parts{ year = 1 }', /month must be a number/],
    ['time.from_parts(1)', /expected a table/],
    ['os.time{ year = 1 }', /field 'month' missing/],
    ['os.time{ year = 1, month = 1.5, day = 1 }', /not an integer/],
    ['os.time(5)', /expected a table/],
    ['os.date("%Q")', /invalid conversion specifier '%Q'/],
    ['os.date("%c", 1e18)', /out of bounds|within/],
    ['array(5)', /expected a table, got number/],
    ['array(setmetatable({}, {}))', /already has a metatable/],
    ['tostring()', /value expected/],
    ['print(setmetatable({}, { __tostring = function() return {} end }))', /must return a string/],
  ];
  for (const [code, message] of refused) {
    it(`${code} raises`, () => assert.match(failureOf(() => run(code), 'LUA_RAISED').message, message));
  }

  it('math.random is seeded by the machine', () => {
    const image = host.buildImage(
      [
        {
          name: 'r',
          code: 'return { tostring(math.random(0)), math.random(10 ^ 9 // 1 | 0), math.random() }',
          line: 1,
        },
      ],
      { salt: 'a' },
    );
    using machine = host.createMachine({
      memoryBytes: 1 << 20,
      stateBytes: 1 << 20,
      logBytes: 1024,
      keepBytes: 1 << 20,
    });
    machine.load(image);
    const draw = (seed: string): string => {
      machine.fresh({ seed });
      return JSON.stringify(machine.call(0, { state: {}, variables: {}, nowMs: 0 }).value);
    };

    const seeds = ['', 'a', 'b', 'run/0/1', 'run/1/0', 'run/01', '1', '2'];
    assert.equal(new Set(seeds.map(draw)).size, seeds.length);
    assert.equal(draw('a'), draw('a'));
  });

  it('print is kept line by line and cut at its limit', async () => {
    const { logs, logsCut } = run('print("a", 1, nil) print() print("b")');

    assert.deepEqual(logs, ['a\t1\tnil', '', 'b']);
    assert.equal(logsCut, false);
    const small = await aRunner({ logBytes: 1024 });
    const cut = small('for i = 1, 1000 do print(("x"):rep(63)) end');
    assert.equal(cut.logs.length, 16);
    assert.equal(cut.logsCut, true);
  });

  it('what was printed before an error is in the error', () => {
    assert.deepEqual(failureOf(() => run('print("here") error("x")'), 'LUA_RAISED').logs, ['here']);
  });
});
