/**
 * What Lua code can see, and what it cannot get at however it asks.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hasCode, type JsonValue } from '../../core/index.ts';
import { ESCAPES, MEMORY_DENIALS, TIME_DENIALS } from '../../../test/support/hostile-lua.ts';
import { aRunner, DEFAULT_LIMITS, failureOf, host, valueOf } from '../../../test/support/lua-machines.ts';
import { ALLOWED, inspectMachine, type LuaMachine } from './index.ts';
import { READ_ONLY_END } from './memory-layout.ts';

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

/** Memory a machine made fresh from an image must have: that of one on which nothing ever ran. */
const resident = host.buildImage([{ name: 'resident', code: 'return tostring({}) .. ("x"):rep(2)', line: 1 }], {
  salt: 'test',
});

function aResident(): LuaMachine {
  const machine = host.createMachine(DEFAULT_LIMITS);
  machine.load(resident);
  machine.fresh({ seed: 'test' });
  return machine;
}

const untouched = Buffer.from(inspectMachine(aResident()).memory.slice());

/** Runs `code` as a tenant, then holds the next tenant of the instance against one that came first. */
function asTenant(machine: LuaMachine, code: string): unknown {
  machine.load(host.buildImage([{ name: 'code', code, line: 1 }], { salt: 'test' }));
  machine.fresh({ seed: 'test' });
  try {
    return machine.call(0, { state: { list: [] }, variables: {}, nowMs: 0 }).value;
  } catch (error) {
    return error;
  } finally {
    assert.ok(
      untouched.subarray(0, READ_ONLY_END).equals(inspectMachine(machine).memory.subarray(0, READ_ONLY_END)),
      'it wrote where parking does not look',
    );
    machine.load(resident);
    machine.fresh({ seed: 'test' });
    const { memory } = inspectMachine(machine);
    assert.ok(untouched.equals(memory.subarray(0, untouched.length)), 'the next tenant has other memory');
    assert.ok(
      memory.subarray(untouched.length).every((byte) => byte === 0),
      'the next tenant finds bytes beyond its own',
    );
    assert.equal(valueOf(machine, 0), 'table: 1xx');
    assert.equal(Object.hasOwn(Object.prototype, 'polluted'), false);
  }
}

describe('the sandbox', () => {
  const machine = aResident();
  for (const [name, code, expected] of ESCAPES) {
    it(`holds against ${name}`, () => {
      const given = asTenant(machine, code);

      if (expected instanceof RegExp) assert.match(given instanceof Error ? given.message : String(given), expected);
      else assert.deepEqual(given, expected);
    });
  }

  for (const [name, code, endsWith] of MEMORY_DENIALS) {
    it(`ends ${name} with ${endsWith}`, () => {
      const given = asTenant(machine, code);

      assert.ok(hasCode(given, endsWith), String(given));
    });
  }

  it('is held against at least 60 attempts, no two alike', () => {
    const rows = [...ESCAPES, ...MEMORY_DENIALS, ...TIME_DENIALS];

    assert.ok(rows.length >= 60, String(rows.length));
    assert.equal(new Set(rows.map(([name]) => name)).size, rows.length);
    assert.equal(new Set(rows.map(([, code]) => code)).size, rows.length);
  });
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
