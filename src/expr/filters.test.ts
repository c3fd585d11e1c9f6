/** Filters and tests: a table of text and value for each, and that no other exists. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JsonValue } from '../core/index.ts';
import { FILTERS } from './filter-table.ts';
import { compileExpression, evaluateExpression, type Scope } from './index.ts';
import { VALUE_TESTS } from './value-tests.ts';

const SCOPE: Scope = {
  people: [
    { name: 'bob', age: 30, at: { city: 'Rome' } },
    { name: 'Al', age: 25, at: { city: 'Bonn' } },
    { name: 'cy', age: 30 },
  ],
  html: '<b>"x"&\'y\'</b>',
};

const ROWS: Readonly<Record<string, readonly (readonly [text: string, value: JsonValue])[]>> = {
  abs: [['-3 | abs', 3]],
  as_str: [['5 | as_str', '5']],
  attr: [
    ['{"a": 1} | attr("a")', 1],
    ['{} | attr("toString")', null],
  ],
  batch: [
    ['[1,2,3] | batch(2)', [[1, 2], [3]]],
    [
      '[1,2,3] | batch(2, 0)',
      [
        [1, 2],
        [3, 0],
      ],
    ],
  ],
  capitalize: [
    ['"hELLO world" | capitalize', 'Hello world'],
    ['"ßa" | capitalize', 'Ssa'],
    ['"" | capitalize', ''],
  ],
  center: [
    ['"ab" | center(6)', '  ab  '],
    ['"abc" | center(1)', 'abc'],
    ['"12" | center(5)', '  12 '],
    ['"😀" | center(3)', ' 😀 '],
  ],
  concat: [
    ['[1] | concat(with=[2])', [1, 2]],
    ['[1] | concat(with=2)', [1, 2]],
  ],
  count: [['[1, 2] | count', 2]],
  d: [['none | d(1)', 1]],
  default: [
    ['missing | default("x")', 'x'],
    ['missing | default', ''],
    ['0 | default("x")', 0],
    ['"" | default("x", true)', 'x'],
    ['missing | default(default_value=[1])', [1]],
    ['missing | default(value=1)', 1],
  ],
  dictsort: [
    [
      '{"b": 1, "A": 2} | dictsort',
      [
        ['A', 2],
        ['b', 1],
      ],
    ],
    [
      '{"b": 1, "a": 2} | dictsort(by="value")',
      [
        ['b', 1],
        ['a', 2],
      ],
    ],
    [
      '{"b": 1, "a": 2} | dictsort(false, "key", true)',
      [
        ['b', 1],
        ['a', 2],
      ],
    ],
  ],
  e: [
    ['html | e', '&lt;b&gt;&#34;x&#34;&amp;&#39;y&#39;&lt;/b&gt;'],
    ['"<" | e | e', '&lt;'],
  ],
  escape: [['"<" | escape', '&lt;']],
  filesizeformat: [
    ['1 | filesizeformat', '1 Byte'],
    ['999 | filesizeformat', '999 Bytes'],
    ['1000 | filesizeformat', '1.0 kB'],
    ['1048576 | filesizeformat(true)', '1.0 MiB'],
    ['"2500000" | filesizeformat', '2.5 MB'],
  ],
  first: [
    ['[1, 2] | first', 1],
    ['[] | first', null],
    ['"ab" | first', 'a'],
    ['none | first', null],
  ],
  float: [
    ['"2.50" | float', 2.5],
    ['"x" | float', 0],
    ['"x" | float(1.5)', 1.5],
    ['"1e999" | float', 0],
  ],
  forceescape: [['"<" | e | forceescape', '&amp;lt;']],
  format: [
    ['"%s-%03d" | format("a", 7)', 'a-007'],
    ['"%x %X %o %e %g %c" | format(255, 255, 8, 1500, 0.5, 65)', 'ff FF 10 1.500000e+03 0.5 A'],
  ],
  fromjson: [
    ['\'{"a": [1]}\' | fromjson', { a: [1] }],
    ['[1] | fromjson', [1]],
    ['none | fromjson', null],
    ['(\'{"__proto__": 1}\' | fromjson).__proto__', 1],
  ],
  get: [
    ['{"a": 1} | get(key="a")', 1],
    ['{} | get("b", default=2)', 2],
    ['{} | get("toString")', null],
  ],
  groupby: [
    ['people | groupby("age") | map(attribute="grouper")', [25, 30]],
    ['(people | groupby("age") | last).list | map(attribute="name")', ['bob', 'cy']],
    ['people | groupby("at.city", default="?") | map(attribute="grouper")', ['?', 'Bonn', 'Rome']],
  ],
  indent: [
    ['"a\\n\\nb" | indent(2)', 'a\n\n  b'],
    ['"a\\nb" | indent("> ", true)', '> a\n> b'],
    ['"a\\n\\nb" | indent(1, false, true)', 'a\n \n b'],
  ],
  int: [
    ['"42" | int', 42],
    ['"42.9" | int', 42],
    ['-1.5 | int', -1],
    ['"x" | int', 0],
    ['"x" | int(7)', 7],
    ['"ff" | int(0, 16)', 255],
    ['true | int', 1],
    ['none | int', 0],
  ],
  items: [
    ['{"a": 1} | items', [['a', 1]]],
    ['none | items', []],
  ],
  join: [
    ['[1, "a", none] | join("-")', '1-a-'],
    ['people | join(", ", attribute="name")', 'bob, Al, cy'],
    ['none | join', ''],
    ['[1, 2] | join(sep="+")', '1+2'],
  ],
  json: [
    ['{"a": "<b>"} | json', '{"a":"<b>"}'],
    ['[1] | json(indent=1)', '[\n 1\n]'],
  ],
  json_encode: [
    ['[1] | json_encode', '[1]'],
    ['[1] | json_encode(pretty=true)', '[\n  1\n]'],
  ],
  last: [
    ['[1, 2] | last', 2],
    ['[] | last', null],
  ],
  length: [
    ['[1, 2] | length', 2],
    ['"a😀" | length', 2],
    ['{"a": 1} | length', 1],
    ['none | length', 0],
  ],
  list: [
    ['"ab" | list', ['a', 'b']],
    ['{"a": 1} | list', ['a']],
  ],
  lower: [['"AB" | lower', 'ab']],
  map: [
    ['["a", "b"] | map("upper")', ['A', 'B']],
    ['people | map(attribute="at.city")', ['Rome', 'Bonn', null]],
    ['people | map(attribute="at.city", default="?")', ['Rome', 'Bonn', '?']],
    ['["a-b"] | map("replace", "-", "+")', ['a+b']],
    ['["a", none] | map("default", "x")', ['a', 'x']],
  ],
  max: [
    ['[1, 3, 2] | max', 3],
    ['[] | max', null],
    ['(people | max(attribute="age")).name', 'bob'],
    ['[1, none] | max', 1],
  ],
  min: [
    ['["b", "A"] | min', 'A'],
    ['["b", "A", "a"] | min(true)', 'A'],
    ['[none, 2] | min', 2],
  ],
  nth: [
    ['[1, 2] | nth(n=1)', 2],
    ['[1] | nth(n=1)', null],
  ],
  reject: [
    ['[1, 2, 3] | reject("odd")', [2]],
    ['[0, 1] | reject', [0]],
  ],
  rejectattr: [
    ['people | rejectattr("at") | map(attribute="name")', ['cy']],
    ['people | rejectattr("age", "==", 30) | map(attribute="name")', ['Al']],
  ],
  replace: [
    ['"aba" | replace("a", "xx")', 'xxbxx'],
    ['"aba" | replace("a", "", 1)', 'ba'],
    ['5 | replace("5", "6")', '6'],
    ['"a" | replace(from="a", to="b")', 'b'],
  ],
  reverse: [
    ['[1, 2] | reverse', [2, 1]],
    ['"a😀" | reverse', '😀a'],
  ],
  round: [
    ['2.5 | round', 3],
    ['-2.5 | round', -3],
    ['1.005 | round(2)', 1.01],
    ['1234 | round(-2)', 1200],
    ['2.1 | round(0, "ceil")', 3],
    ['-2.1 | round(method="ceil")', -2],
    ['-2.1 | round(method="floor")', -3],
    ['"3.7" | round', 4],
    ['1e21 | round(2)', 1e21],
    ['-0.4 | round', 0],
  ],
  safe: [
    ['"<b>" | safe', '<b>'],
    ['html | safe', '<b>"x"&\'y\'</b>'],
  ],
  select: [
    ['[1, 2, 3] | select("odd")', [1, 3]],
    ['[0, 1, ""] | select', [1]],
    ['[1, 2, 3] | select(">", 1)', [2, 3]],
  ],
  selectattr: [
    ['people | selectattr("age", "gt", 25) | map(attribute="name")', ['bob', 'cy']],
    ['people | selectattr("at.city") | map(attribute="name")', ['bob', 'Al']],
  ],
  sha256: [['"abc" | sha256', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad']],
  slice: [
    ['[1,2,3] | slice(2)', [[1, 2], [3]]],
    [
      '[1,2,3] | slice(2, 0)',
      [
        [1, 2],
        [3, 0],
      ],
    ],
    ['[1,2] | slice(2, 0)', [[1], [2]]],
  ],
  sort: [
    ['[3, 1, 2] | sort', [1, 2, 3]],
    ['["b", "A", "c"] | sort', ['A', 'b', 'c']],
    ['["b", "A"] | sort(reverse=true)', ['b', 'A']],
    ['["b", "A", "a"] | sort(case_sensitive=true)', ['A', 'a', 'b']],
    ['people | sort(attribute="age,name") | map(attribute="name")', ['Al', 'bob', 'cy']],
    ['people | sort(attribute="at.city") | map(attribute="name")', ['cy', 'Al', 'bob']],
    ['people | sort(true, attribute="age") | map(attribute="name")', ['bob', 'cy', 'Al']],
  ],
  split: [['"a,b" | split(pat=",")', ['a', 'b']]],
  string: [
    ['3 | string', '3'],
    ['none | string', ''],
    ['1.0 | string', '1'],
    ['true | string', 'true'],
    ['{"a": [1]} | string', '{"a":[1]}'],
  ],
  striptags: [
    ['"<p>a <b>b</b>\\n<!-- <c> -->c &lt; d &#100;</p>" | striptags', 'a b c < d d'],
    ['"a < b" | striptags', 'a < b'],
    ['"<!-- a" | striptags', '<!-- a'],
  ],
  sum: [
    ['[1, 2] | sum', 3],
    ['people | sum(attribute="age")', 85],
    ['[] | sum(start=5)', 5],
  ],
  title: [['"hello big-world" | title', 'Hello Big-World']],
  tojson: [
    ['html | tojson', '"\\u003cb\\u003e\\"x\\"\\u0026\\u0027y\\u0027\\u003c/b\\u003e"'],
    ['{"a": [1, none]} | tojson(indent=2)', '{\n  "a": [\n    1,\n    null\n  ]\n}'],
    ['[] | tojson(2)', '[]'],
    ['"\\u2028" | tojson', '"\\u2028"'],
  ],
  trim: [
    ['"  a " | trim', 'a'],
    ['"xax" | trim("x")', 'a'],
  ],
  trim_end: [['" a " | trim_end', ' a']],
  trim_start: [['" a " | trim_start', 'a ']],
  truncate: [
    ['"foo bar baz qux" | truncate(9)', 'foo...'],
    ['"foo bar baz qux" | truncate(9, true)', 'foo ba...'],
    ['"foo bar baz qux" | truncate(11)', 'foo bar baz qux'],
    ['"foo bar baz qux" | truncate(11, false, "...", 0)', 'foo bar...'],
    ['"😀😀😀" | truncate(2, true, "", 0)', '😀😀'],
  ],
  unique: [
    ['["a", "A", "b", 1, "1"] | unique', ['a', 'b', 1, '1']],
    ['["a", "A"] | unique(true)', ['a', 'A']],
    ['people | unique(attribute="age") | map(attribute="name")', ['bob', 'Al']],
  ],
  upper: [['"ß" | upper', 'SS']],
  urlencode: [
    ['"a b/ü?\'" | urlencode', 'a%20b/%C3%BC%3F%27'],
    ['{"a b": "c&/"} | urlencode', 'a+b=c%26%2F'],
    ['[["a", 1]] | urlencode', 'a=1'],
  ],
  wordwrap: [
    ['"the quick brown fox" | wordwrap(10)', 'the quick\nbrown fox'],
    ['"a well-known word" | wordwrap(8)', 'a well-\nknown\nword'],
    ['"a well-known word" | wordwrap(8, break_on_hyphens=false)', 'a well-k\nnown\nword'],
    ['"abcdefgh ij" | wordwrap(3, false)', 'abcdefgh\nij'],
    ['"abcdefgh" | wordwrap(3, wrapstring="/")', 'abc/def/gh'],
    ['"a\\n\\nb" | wordwrap(5)', 'a\n\nb'],
  ],
  wordcount: [
    ['" one two\\nthree " | wordcount', 3],
    ['"a-b, c" | wordcount', 3],
    ['"" | wordcount', 0],
  ],
};

describe('filters', () => {
  for (const [name, rows] of Object.entries(ROWS)) {
    for (const [text, value] of rows) {
      it(`${name}: ${text}`, () => {
        assert.deepEqual(evaluateExpression(compileExpression(text), SCOPE), value);
      });
    }
  }

  it('has a row for every filter and no other', () => {
    assert.deepEqual(Object.keys(ROWS).sort(), [...Object.keys(FILTERS), 'e', 'escape', 'forceescape', 'safe'].sort());
  });

  it('binds looser than signs and tighter than operators', () => {
    assert.equal(evaluateExpression(compileExpression('-1 | abs + 2'), {}), 3);
  });
});

const TEST_ROWS: Readonly<Record<string, readonly [yes: string, no: string]>> = {
  defined: ['1 is defined', 'missing is defined'],
  undefined: ['missing is undefined', '0 is undefined'],
  none: ['none is none', '"" is none'],
  None: ['none is None', '0 is None'],
  null: ['none is null', '"" is null'],
  string: ['"" is string', '1 is string'],
  number: ['1.5 is number', 'true is number'],
  integer: ['2 is integer', '2.5 is integer'],
  float: ['2.5 is float', '2 is float'],
  boolean: ['false is boolean', '0 is boolean'],
  True: ['true is True', '1 is True'],
  False: ['false is False', 'none is False'],
  true: ['true is true', '1 is true'],
  false: ['false is false', 'none is false'],
  mapping: ['{} is mapping', '[] is mapping'],
  sequence: ['[] is sequence', '1 is sequence'],
  iterable: ['"x" is iterable', 'none is iterable'],
  list: ['[] is list', '{} is list'],
  odd: ['-3 is odd', 'none is odd'],
  even: ['0 is even', '1.5 is even'],
  divisibleby: ['9 is divisibleby 3', '9 is divisibleby(2)'],
  lower: ['"ab1" is lower', '"1" is lower'],
  upper: ['"AB" is upper', '"Ab" is upper'],
  in: ['1 is in [1]', '1 is in [2]'],
  eq: ['1 is eq 1', '1 is eq 2'],
  equalto: ['"a" is equalto "a"', '1 is equalto(true)'],
  sameas: ['none is sameas none', '0 is sameas false'],
  ne: ['1 is ne 2', '1 is ne 1'],
  lt: ['1 is lt 2', '2 is lt 2'],
  lessthan: ['1 is lessthan 2', 'none is lessthan 2'],
  le: ['2 is le 2', '3 is le 2'],
  gt: ['3 is gt 2', '2 is gt 2'],
  greaterthan: ['3 is greaterthan 2', '2 is greaterthan none'],
  ge: ['2 is ge 2', '1 is ge 2'],
  object: ['{} is object', '[] is object'],
  starting_with: ['"ab" is starting_with("a")', '1 is starting_with("1")'],
  ending_with: ['"ab" is ending_with("b")', '"ab" is ending_with("a")'],
  containing: ['[1] is containing(1)', '"ab" is containing("c")'],
  '==': ['[1] | select("==", 1)', '[2] | select("==", 1)'],
  '!=': ['[2] | select("!=", 1)', '[1] | select("!=", 1)'],
  '<': ['[0] | select("<", 1)', '[1] | select("<", 1)'],
  '<=': ['[1] | select("<=", 1)', '[2] | select("<=", 1)'],
  '>': ['[2] | select(">", 1)', '[1] | select(">", 1)'],
  '>=': ['[1] | select(">=", 1)', '[0] | select(">=", 1)'],
};

describe('tests', () => {
  for (const [name, [yes, no]] of Object.entries(TEST_ROWS)) {
    it(`${name}: ${yes}, not ${no}`, () => {
      const holds = (text: string): boolean =>
        evaluateExpression(compileExpression(`(${text}) and true or false`), {}) as boolean;

      assert.deepEqual([holds(yes), holds(no)], [true, false]);
    });
  }

  it('has a row for every test and no other', () => {
    assert.deepEqual(Object.keys(TEST_ROWS).sort(), Object.keys(VALUE_TESTS).sort());
  });

  it('is not turns the answer around', () => {
    assert.equal(evaluateExpression(compileExpression('missing is not defined and 1 is not string'), {}), true);
  });
});
