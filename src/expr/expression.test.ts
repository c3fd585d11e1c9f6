/** Expressions: every operator, literal and access, as tables of text, scope and value. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import type { JsonValue } from '../core/index.ts';
import {
  compileCondition,
  compileExpression,
  evaluateCondition,
  evaluateExpression,
  isRouteTrue,
  isTrue,
  type Scope,
} from './index.ts';
import { METHOD_NAMES } from './methods.ts';

const SCOPE: Scope = {
  state: {
    x: 5,
    name: 'Ada',
    tags: ['a', 'b', 'c'],
    nested: { deep: { value: 7 } },
    items: [1, 2],
    get: 'data',
    none: null,
    zero: 0,
    emoji: 'a😀b',
  },
  item: { id: 1 },
  ns: JSON.parse('{"__proto__": "own", "constructor": "data", "length": 9}') as JsonValue,
};

function evaluate(text: string, scope: Scope = SCOPE): JsonValue {
  return evaluateExpression(compileExpression(text), scope);
}

type Row = readonly [text: string, value: JsonValue];

function table(name: string, rows: readonly Row[]): void {
  describe(name, () => {
    for (const [text, value] of rows) {
      it(`${text} → ${JSON.stringify(value)}`, () => {
        assert.deepEqual(evaluate(text), value);
      });
    }
  });
}

table('literals', [
  ['1', 1],
  ['1_000', 1000],
  ['2.5', 2.5],
  ['1e3', 1000],
  ['2.5E-1', 0.25],
  ['"text"', 'text'],
  ["'it\\'s\\n\\x41\\u00e9\\U0001F600'", "it's\nAé😀"],
  ["'keeps \\q'", 'keeps \\q'],
  ['"one " "two"', 'one two'],
  ['true', true],
  ['True', true],
  ['false', false],
  ['none', null],
  ['None', null],
  ['null', null],
  ['[]', []],
  ['[1, "a", [2],]', [1, 'a', [2]]],
  ['(1, 2)', [1, 2]],
  ['(1,)', [1]],
  ['()', []],
  ['(1)', 1],
  ['{}', {}],
  ['{"a": 1, 2: {"b": []}}', { a: 1, 2: { b: [] } }],
]);

table('arithmetic', [
  ['1 + 2', 3],
  ['5 - 7', -2],
  ['2 * 3.5', 7],
  ['4 / 2', 2],
  ['7 // 2', 3],
  ['-7 // 2', -4],
  ['7 % 3', 1],
  ['-7 % 3', 2],
  ['7 % -3', -2],
  ['2 ** 10', 1024],
  ['-2 ** 2', 4],
  ['1 + 2 * 3', 7],
  ['(1 + 2) * 3', 9],
  ['10 - 3 - 2', 5],
  ['-state.x', -5],
  ['+state.x', 5],
  ['"a" + "b"', 'ab'],
  ['[1] + [2]', [1, 2]],
  ['"ab" * 3', 'ababab'],
  ['2 * [1, 2]', [1, 2, 1, 2]],
  ['"ab" * -1', ''],
  ['"a" ~ 1 ~ none ~ true ~ [1]', 'a1true[1]'],
  ['1 ~ 2 * 3', '16'],
  ['"%s is %d, %05.1f%%" % ["x", 3.9, 2.25]', 'x is 3, 002.3%'],
  ['"%(name)s" % {"name": "Ada"}', 'Ada'],
]);

table('comparisons', [
  ['1 < 2', true],
  ['2 <= 2', true],
  ['3 > 4', false],
  ['"b" >= "a"', true],
  ['1 == 1.0', true],
  ['1 == "1"', false],
  ['1 == true', false],
  ['[1, {"a": 2}] == [1, {"a": 2}]', true],
  ['{"a": 1} != {"a": 2}', true],
  ['1 < 2 < 3', true],
  ['1 < 3 < 2', false],
  ['[1, 2] < [1, 3]', true],
  ['none == state.missing', true],
  ['none < 1', false],
  ['none >= none', false],
  ['1 > state.missing.deep', false],
  ['false < true', true],
  ['"a" in "cat"', true],
  ['"a" in state.tags', true],
  ['"x" not in state.tags', true],
  ['"name" in state', true],
  ['"toString" in state', false],
  ['1 in none', false],
  ['none in "abc"', false],
  ['[1] in [[1]]', true],
]);

table('logic', [
  ['true and false', false],
  ['1 and "x"', 'x'],
  ['0 or "x"', 'x'],
  ['not 0', true],
  ['not not 1', true],
  ['not 1 == 2', true],
  ['true or false and false', true],
  ['1 if state.x > 3 else 2', 1],
  ['1 if false', null],
  ['1 if false else 2 if false else 3', 3],
  ['[] or {} or ""', ''],
  ['none and 1 / 0', null],
]);

table('access', [
  ['state.x', 5],
  ['state["x"]', 5],
  ['state.nested.deep.value', 7],
  ['state.missing', null],
  ['state.missing.deep["er"][0].still', null],
  ['missing', null],
  ['missing.deep', null],
  ['state.x.y', null],
  ['state.name.length', null],
  ['state.tags.length', null],
  ['state.tags[0]', 'a'],
  ['state.tags[-1]', 'c'],
  ['state.tags.1', 'b'],
  ['[[1, 2], [3]].0.1', 2],
  ['state.tags[9]', null],
  ['state.tags[0.5]', null],
  ['state.tags[none]', null],
  ['state.tags[1:]', ['b', 'c']],
  ['state.tags[:-1]', ['a', 'b']],
  ['state.tags[::-1]', ['c', 'b', 'a']],
  ['state.tags[::2]', ['a', 'c']],
  ['state.tags[5:]', []],
  ['state.name[0]', 'A'],
  ['state.name[1:]', 'da'],
  ['state.emoji[1]', '😀'],
  ['state.emoji[::-1]', 'b😀a'],
  ['none[1:]', null],
  ['{"1": "one"}[1]', 'one'],
  ['state.items', [1, 2]],
  ['state.get', 'data'],
  ['ns.__proto__', 'own'],
  ['ns.constructor', 'data'],
  ['ns.length', 9],
  ['state.constructor', null],
  ['state.__proto__', null],
  ['state["__proto__"]["constructor"]', null],
  ['"x".constructor', null],
  ['[].constructor', null],
  ['toString', null],
  ['__proto__', null],
]);

table('methods', [
  ['state.get("x", 1)', 5],
  ['state.get("nope", 1)', 1],
  ['state.get("nope")', null],
  ['state.get("constructor")', null],
  ['none.get("a", 2)', 2],
  ['state.missing.items()', []],
  ['state.missing.upper()', null],
  ['{"a": 1}.items()', [['a', 1]]],
  ['{"a": 1}.keys()', ['a']],
  ['{"a": 1}.values()', [1]],
  ['" Ab ".strip()', 'Ab'],
  ['"xxaxx".strip("x")', 'a'],
  ['" a ".lstrip()', 'a '],
  ['" a ".rstrip()', ' a'],
  ['"ab".upper()', 'AB'],
  ['"AB".lower()', 'ab'],
  ['"ab,cd\'s".title()', "Ab,Cd'S"],
  ['"ab".capitalize()', 'Ab'],
  ['"a,b,c".split(",")', ['a', 'b', 'c']],
  ['"a,b,c".split(",", 1)', ['a', 'b,c']],
  ['" a  b ".split()', ['a', 'b']],
  ['"".split()', []],
  ['"a\\nb\\n".splitlines()', ['a', 'b']],
  ['"abc".startswith("ab")', true],
  ['"abc".endswith(["x", "bc"])', true],
  ['"aXa".replace("a", "$&")', '$&X$&'],
  ['"aaa".replace("a", "b", 2)', 'bba'],
  ['", ".join([1, 2])', '1, 2'],
  ['"abc".find("c")', 2],
  ['"aba".count("a")', 2],
  ['[1, 1, 2].count(1)', 2],
  ['[1, 2].index(2)', 1],
  ['"12".isdigit()', true],
  ['"12".isdecimal()', true],
  ['"½".isnumeric()', true],
  ['"aé".isalpha()', true],
  ['"a1".isalpha()', false],
  ['"a1".isalnum()', true],
  ['" \\n".isspace()', true],
  ['"".isdigit()', false],
  ['"AB1".isupper()', true],
  ['"ab1".islower()', true],
  ['"1".islower()', false],
  ['"aBc".swapcase()', 'AbC'],
  ['"aB".casefold()', 'ab'],
  ['"a,b,c".rsplit(",", 1)', ['a,b', 'c']],
  ['"a=b=c".partition("=")', ['a', '=', 'b=c']],
  ['"a=b=c".rpartition("=")', ['a=b', '=', 'c']],
  ['"a".partition("=")', ['a', '', '']],
  ['"a".rpartition("=")', ['', '', 'a']],
  ['"abab".rfind("ab")', 2],
  ['"aaa".rfind("aa")', 1],
  ['"abab".rfind("x")', -1],
  ['"abc".index("c")', 2],
  ['"v1.2".removeprefix("v")', '1.2'],
  ['"a.ics".removesuffix(".ics")', 'a'],
  ['"a".ljust(3, ".")', 'a..'],
  ['"a".rjust(3)', '  a'],
  ['"a".center(4, "-")', '-a--'],
  ['"-7".zfill(4)', '-007'],
  ['[1].copy()', [1]],
  ['{"a": 1}.copy()', { a: 1 }],
  ['"{name} is {0:>4}|{1:<4}|{age:.1f}".format(1, "b", name="Al", age=3)', 'Al is    1|b   |3.0'],
  ['"{} {1} {{x}} {:.1f}".format("a", 2.0)', 'a 2 {x} 2.0'],
]);

table('functions', [
  ['range(3)', [0, 1, 2]],
  ['range(1, 4)', [1, 2, 3]],
  ['range(5, 0, -2)', [5, 3, 1]],
  ['range(0)', []],
  ['dict(a=1, b="x")', { a: 1, b: 'x' }],
  ['namespace(a=1).a', 1],
  ['len([1, 2])', 2],
  ['len(state.missing)', 0],
  ['str(5) ~ str(none)', '5'],
  ['int("42")', 42],
  ['float("2.5")', 2.5],
  ['bool("")', false],
  ['bool([0])', true],
  ['list("ab")', ['a', 'b']],
  ['sorted([2, 1], reverse=True)', [2, 1]],
  ['reversed([1, 2])', [2, 1]],
  ['abs(-2)', 2],
  ['round(2.345, 2)', 2.35],
  ['min(2, 1)', 1],
  ['max([1, 3])', 3],
  ['sum([1, 2])', 3],
  ['namespace(a=1)', { a: 1 }],
]);

table('braces', [
  ['{{ state.x }}', 5],
  ['  {{ state.x + 1 }}\n', 6],
  ['{{ {"a": {"b": 1}} }}', { a: { b: 1 } }],
  ['{{- state.x -}}', 5],
  ['{{ "}}" }}', '}}'],
]);

describe('methods', () => {
  it('have a row each', () => {
    const source = readFileSync(import.meta.filename, 'utf8');
    const untested = [...METHOD_NAMES].filter((name) => !source.includes(`.${name}(`));

    assert.deepEqual(untested, []);
  });
});

describe('an object literal', () => {
  it('keeps __proto__ as data', () => {
    const value = evaluate('{"__proto__": {"polluted": true}}') as object;

    assert.deepEqual(Object.keys(value), ['__proto__']);
    assert.equal(({} as { polluted?: boolean }).polluted, undefined);
  });
});

describe('a number', () => {
  for (const text of ['0 * -1', '-0', '-(0)', '-0.4 | round', '"-0" | int', '"-0" | float']) {
    it(`${text} is zero, not minus zero`, () => assert.ok(Object.is(evaluate(text), 0)));
  }
});

describe('paths', () => {
  it('names what is read from the scope', () => {
    const { paths } = compileExpression('state.a.b + variables["c"] + item[state.i].x + run.id | default(env.D)');

    assert.deepEqual(paths, [
      ['state', 'a', 'b'],
      ['variables', 'c'],
      ['item'],
      ['state', 'i'],
      ['run', 'id'],
      ['env', 'D'],
    ]);
  });
});

describe('isTrue', () => {
  for (const value of [false, null, 0, '', [], {}]) {
    it(`${JSON.stringify(value)} is false`, () => assert.equal(isTrue(value), false));
  }
  for (const value of [true, 1, -1, 'false', '0', ' ', [0], { a: null }]) {
    it(`${JSON.stringify(value)} is true`, () => assert.equal(isTrue(value), true));
  }
});

describe('isRouteTrue', () => {
  for (const value of ['false', 'False', ' NO\n', '0', 'none', '', '  ', 0, null, []]) {
    it(`${JSON.stringify(value)} is false`, () => assert.equal(isRouteTrue(value), false));
  }
  for (const value of ['true', 'yes', '00', 'null', 'nonesuch', 1, [0]]) {
    it(`${JSON.stringify(value)} is true`, () => assert.equal(isRouteTrue(value), true));
  }
});

describe('a condition', () => {
  const rows: readonly (readonly [string, boolean])[] = [
    ['state.x > 3', true],
    ['{{ state.x > 9 }}', false],
    ['x', true],
    ['!x', false],
    ['missing', false],
    ['!missing', true],
    ['zero', false],
    ['item', true],
    ['secrets', false],
    ['true', true],
    ['False', false],
    ['{% if state.x > 3 %}yes{% endif %}', true],
    ['{% if state.x > 9 %}yes{% endif %}\n', false],
    ['{% if true %}no{% endif %}', false],
    ['"false"', false],
    ['constructor', false],
  ];
  for (const [text, holds] of rows) {
    it(`${text} is ${holds}`, () => assert.equal(evaluateCondition(compileCondition(text), SCOPE), holds));
  }
});
