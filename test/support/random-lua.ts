/**
 * Random small Lua programs that end: statements that use and abuse globals, libraries,
 * metatables, coroutines and memory. The same numbers give the same program. Used by tests only.
 */
import type { Random } from '../../src/core/index.ts';

const NAMES = ['a', 'b', 'c', 'd', 'e'];
const LIBRARY_FIELDS = ['string.upper', 'string.rep', 'table.concat', 'math.floor', 'tostring', 'pcall', 'json.encode'];

type Maker = (lua: RandomLua, depth: number) => string;

const EXPRESSIONS: readonly Maker[] = [
  (lua) => String(lua.below(2000) - 1000),
  (lua) => String(lua.below(1000) / 8),
  (lua) => `"v${lua.below(50)}"`,
  () => 'state.mark',
  () => '(state.mark .. "-own")',
  (lua) => lua.name(),
  () => 'tostring({})',
  () => 'math.random(1000)',
  () => 'null',
  (lua) => `(not ${lua.name()})`,
  (lua, depth) =>
    `(${lua.expression(depth)} ${lua.pick(['+', '*', '..', '==', '<', '//', 'and', 'or'])} ${lua.expression(depth)})`,
  (lua, depth) => `{ ${lua.expression(depth)}, x = ${lua.expression(depth)} }`,
  (lua, depth) => `array{ ${lua.expression(depth)}, ${lua.expression(depth)} }`,
  (lua, depth) => `#tostring(${lua.expression(depth)})`,
  (lua, depth) => `select(2, pcall(function() return ${lua.expression(depth)} end))`,
  (lua, depth) => `(function(...) return select("#", ...) end)(${lua.expression(depth)}, nil)`,
  (lua, depth) => `("%s|%5.2f"):format(${lua.expression(depth)}, ${lua.below(100)} / 7)`,
  (lua, depth) => `json.encode(${lua.expression(depth)})`,
  (lua, depth) => `coroutine.wrap(function() return ${lua.expression(depth)} end)()`,
];

const STATEMENTS: readonly Maker[] = [
  (lua, depth) => `${lua.name()} = ${lua.expression(depth)}`,
  (lua, depth) => `local l = ${lua.expression(depth)} ${lua.name()} = l`,
  (lua, depth) => `if ${lua.expression(depth)} then ${lua.statement(depth)} else ${lua.statement(depth)} end`,
  (lua, depth) => `for i = 1, ${lua.below(12)} do ${lua.statement(depth)} end`,
  (lua, depth) =>
    `local t = {} for i = 1, ${lua.below(200)} do t[i] = state.mark .. i end ${lua.name()} = t ${lua.statement(depth)}`,
  (lua, depth) =>
    `local n = ${lua.expression(depth)} ${lua.name()} = function() n = n and tostring(n) .. "!" return n end`,
  (lua) => `${lua.name()}()`,
  (lua, depth) => `${lua.name()}.x = ${lua.expression(depth)}`,
  (lua) => `${lua.name()} = (state.mark):rep(${lua.below(3000)})`,
  (lua) => `${lua.pick(LIBRARY_FIELDS)} = ${lua.pick(['nil', 'print', 'function(...) return ... end'])}`,
  (lua) => `setmetatable(_G, { __index = function(_, k) return k .. ${lua.below(9)} end })`,
  (lua, depth) =>
    `${lua.name()} = setmetatable({}, { __tostring = function() return "t" .. ${lua.expression(depth)} end })`,
  (lua) =>
    `local co = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(state.mark .. i) end end) co() ${lua.name()} = co`,
  (lua, depth) => `print(${lua.expression(depth)}, ${lua.expression(depth)})`,
  (lua) => `math.randomseed(${lua.below(1000)})`,
  (lua) =>
    `local t = {} for i = 1, ${lua.below(60)} do t[i] = math.random(99) end table.sort(t) ${lua.name()} = table.concat(t, ",")`,
  (lua) => `${lua.name()} = (("${'ab'.repeat(8)}"):gsub("a", state.mark))`,
  (lua, depth) => `local x <close> = setmetatable({}, { __close = function() ${lua.statement(depth)} end })`,
  (lua, depth) => `error(${lua.expression(depth)})`,
  (lua) =>
    `local function f(n) return n == 0 and state.mark or f(n - 1) .. "" end ${lua.name()} = f(${lua.below(150)})`,
  (lua) =>
    `local function f(s) return (s:gsub(".", function(c) return c == "n" and f("b") or c end)) end ${lua.name()} = f("banana")`,
  (lua) =>
    `${lua.name()} = load("return " .. ${lua.below(99)} .. " + #state_mark", "c", "t", { state_mark = state.mark })()`,
  (lua) => `state.${lua.name()} = state state = ${lua.pick(['nil', 'state', '{ mark = "other" }'])}`,
  (lua) => `local function f(n) return n == 0 and 1 or 1 + f(n - 1) end pcall(f, ${lua.pick([20, 50, 200, 1000, -1])})`,
  (lua) => `local t = {} for i = 1, ${lua.below(10)} * 100 do t[i] = { i, state.mark .. i } end kept = t`,
];

/** See the head of the file. */
export class RandomLua {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  /** A whole number from 0 to below `count`. */
  below(count: number): number {
    return Math.floor(this.#random.next() * count);
  }

  /** One of `items`, which must not be empty. */
  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }

  name(): string {
    return this.pick(NAMES);
  }

  expression(depth: number): string {
    // The first ten need no further expression.
    const makers = depth <= 0 ? EXPRESSIONS.slice(0, 10) : EXPRESSIONS;
    return this.pick(makers)(this, depth - 1);
  }

  /** One statement, in a block of its own, mostly protected so that the next one runs too. */
  statement(depth: number): string {
    if (depth <= 0) return `${this.name()} = ${this.expression(0)}`;
    const text = this.pick(STATEMENTS)(this, depth - 1);
    return this.below(4) === 0 ? `do ${text} end` : `guard(function() ${text} end)`;
  }

  /** A program of 2 to 8 statements. It begins and ends by showing what globals hold, its own or a former tenant's. */
  program(): string {
    const show = `{ ${NAMES.map((name) => `show(rawget(_G, "${name}"))`).join(', ')}, show(kept), math.random(10 ^ 6) }`;
    const body = Array.from({ length: 2 + this.below(7) }, () => this.statement(3));
    return [
      'local show, guard, random = tostring, pcall, math.random',
      'local rawget, _G, math = rawget, _G, { random = random }',
      `local before = ${show}`,
      'do local math = _G.math',
      ...body,
      'end',
      `return { before = before, after = ${show}, upper = ("x"):upper() }`,
    ].join('\n');
  }
}
