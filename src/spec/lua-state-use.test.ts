import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findStateUse } from './lua-state-use.ts';
import { tokenizeLua } from './lua-tokens.ts';

/** [code, keys read, keys returned]; `?` stands for "not known". */
const ROWS: readonly (readonly [string, string, string])[] = [
  ['return { a = state.x }', 'x', 'a'],
  ['return { ["a b"] = state["x y"], c = 1 }', 'x y', 'a b c'],
  ["return { a = state['x'].y.z }", 'x', 'a'],
  ['return { a = { b = 1, c = 2 }, d = f(g, { e = 1 }) }', '', 'a d'],
  ['if state.x then return { a = 1 } end return { b = 2; c = 3 }', 'x', 'a b c'],
  ['if x then return end while y do return nil end', '', ''],
  ['local function f(n) return n + 1 end return { a = f(state.x) }', 'x', 'a'],
  ['local f = function(n) if n then return n end return 1 end return { a = f(1) }', '', 'a'],
  ['for i = 1, 3 do print(i) end repeat local q = 1 until q return { a = 1 }', '', 'a'],
  ['-- state.x\n--[[ return q ]] return { a = "state.y" } --[==[ ]] ]==]', '', 'a'],
  ['return { a = [[ state.x ]] .. [==[ return ]] ]==] }', '', 'a'],
  ['return { a = t.state.x, b = t.state }', '', 'a b'],
  ['return { a = "\\" .. state.x" }', '', 'a'],
  ['return {}', '', ''],
  ['', '', ''],
  ['return { a = state }', '?', 'a'],
  ['return { a = state[k] }', '?', 'a'],
  ['return { a = state["x" .. k] }', '?', 'a'],
  ['for k, v in pairs(state) do end', '?', ''],
  ['local s = state return { a = s.x }', '?', 'a'],
  ['local s = _G.state', '?', ''],
  ['return { a = load("return state.x")() }', '?', 'a'],
  ['state.x = 1 return { a = 2 }', '?', 'a'],
  ['state["x"] = 1', '?', ''],
  ['return state', '?', '?'],
  ['local t = {} t.a = 1 return t', '', '?'],
  ['return { [k] = 1 }', '', '?'],
  ['return { 1, 2 }', '', '?'],
  ['return { a = 1, f() }', '', '?'],
  ['return { a = function() return { b = 1 } end }', '', '?'],
  ['return f()', '', '?'],
  ['return "text"', '', '?'],
  ['return {', '', '?'],
];

describe('findStateUse', () => {
  for (const [code, reads, writes] of ROWS) {
    it(`finds what ${JSON.stringify(code)} reads and returns`, () => {
      const use = findStateUse(code);
      const words = (keys: ReadonlyMap<string, number> | undefined): string =>
        keys === undefined ? '?' : [...keys.keys()].join(' ');

      assert.equal(words(use.reads), reads);
      assert.equal(words(use.writes), writes);
    });
  }

  it('says where', () => {
    const { reads, writes } = findStateUse('local n = state.x + state.x\nreturn { y = n }');

    assert.deepEqual([...(reads ?? [])], [['x', 16]]);
    assert.deepEqual([...(writes ?? [])], [['y', 37]]);
  });
});

describe('tokenizeLua', () => {
  it('takes time that grows with the text', () => {
    for (const piece of ['"', '[', '[=', '[[', '--[==[', "'\\", '"\\', '--', '{', 'x', '1e']) {
      assert.ok(tokenizeLua(piece.repeat(200_000)).length <= 400_000);
    }
  });

  it('gives every sign that is no blank its place', () => {
    const code = 'a.b[ "c" ] ~= 0x1F .. [[d]]';

    assert.deepEqual(
      tokenizeLua(code).map(({ value, at }) => `${at} ${value}`),
      ['0 a', '1 .', '2 b', '3 [', '5 c', '9 ]', '11 ~=', '14 0x1F', '19 ..', '22 d'],
    );
  });
});
