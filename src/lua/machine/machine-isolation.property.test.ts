/**
 * Random programs leave nothing: after any of them a fresh machine is, byte for byte, one that never ran.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { aMachine, host } from '../../../test/support/lua-machines.ts';
import { inspectMachine } from './index.ts';

const statement = fc.constantFrom(
  'g = (g or 0) + 1',
  'string.upper = nil',
  'local t = {} for i = 1, 300 do t[i] = { i, "v" .. i } end big = t',
  'setmetatable(_G, { __index = function(_, k) return k end })',
  'co = coroutine.wrap(function() while true do coroutine.yield(tostring({})) end end) co()',
  'print(("x"):rep(100), {}, null)',
  'math.randomseed(7) r = math.random()',
  'local ok, e = pcall(error, { deep = { 1 } }) last = e',
  'local function f(s) return (s:gsub(".", function(c) return c == "a" and f("b") or c end)) end out = f("banana")',
  'pcall(string.rep, "x", 1e9)',
  'local function f() return 1 + f() end pcall(f)',
  'local function f() return pcall(f) end f()',
  'j = json.decode(json.encode({ a = { 1, null, "x" } }))',
  'chunk = load("return function() return g end")()',
  'for i = 1, 20 do local _ = ("%5.3f %q %s"):format(i / 3, "q", {}) end',
  'local t = array{3, 1, 2} table.sort(t) t.x = 1 list = t',
  'state.x = state state = nil',
  'local d <close> = setmetatable({}, { __close = function() closed = true end })',
  'local s = 0 for p, c in utf8.codes("aé€😀") do s = s + c end sum = s',
  'error("on purpose")',
  'return print',
  'do return { a = { b = big } } end',
  'tbl = string.pack("i4z", 5, "text") packed = { string.unpack("i4z", tbl) }',
  'names = { tostring({}), tostring(print), os.date("%c"), now(), time.parts(0).year }',
);
const program = fc
  .array(statement, { minLength: 1, maxLength: 8 })
  .map((lines) => lines.map((line) => `do ${line} end`).join('\n'));

describe('a fresh machine', () => {
  it('is byte for byte one that never ran, after any program', async () => {
    const machine = await aMachine(['return 1'], { memoryBytes: 2 << 20 });
    fc.assert(
      fc.property(program, fc.dictionary(fc.string(), fc.string(), { maxKeys: 4 }), (code, state) => {
        const image = host.buildImage([{ name: 'p', code, line: 1 }], { salt: 'p' });
        machine.load(image);
        machine.fresh({ seed: 'same' });
        const clean = Buffer.from(inspectMachine(machine).memory.slice());
        for (let turn = 0; turn < 3 && machine.state === 'ready'; turn++) {
          try {
            machine.call(0, { state, variables: {}, nowMs: 5 });
          } catch (error) {
            assert.match((error as { code: string }).code, /^LUA_/);
          }
        }

        machine.fresh({ seed: 'same' });

        const after = Buffer.from(inspectMachine(machine).memory.buffer);
        const shared = Math.min(after.length, clean.length);
        assert.ok(after.subarray(0, shared).equals(clean.subarray(0, shared)));
        assert.ok(after.subarray(shared).every((byte) => byte === 0));
      }),
      { numRuns: 150 },
    );
  });

  it('parks and resumes to the same bytes and the same answers, after any program', async () => {
    const [one, other] = [await aMachine(['return 1']), await aMachine(['return 1'])];
    const probe = 'return { g, r, sum, tostring({}), math.random(1000), co and co(), list and #list }';
    fc.assert(
      fc.property(program, (code) => {
        const chunks = [code, probe].map((text, index) => ({ name: `p${index}`, code: text, line: 1 }));
        const image = host.buildImage(chunks, { salt: 'p' });
        for (const machine of [one, other]) machine.load(image);
        one.fresh({ seed: 'a' });
        const input = { state: {}, variables: {}, nowMs: 5 };
        const ask = (machine: typeof one, chunk: number): string => {
          try {
            return JSON.stringify(machine.call(chunk, input));
          } catch (error) {
            return (error as Error).message;
          }
        };
        ask(one, 0);
        if (one.state !== 'ready') return;
        const parked = one.park();

        other.resume(parked);

        assert.deepEqual(other.park(), parked);
        assert.equal(ask(other, 1), ask(one, 1));
      }),
      { numRuns: 100 },
    );
  });
});
