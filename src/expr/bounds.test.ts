/** Errors name their place; limits hold against every way to make work, text or depth. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkOptions } from '../core/index.ts';
import {
  compileExpression,
  compileTemplate,
  DEFAULT_LIMITS,
  EVALUATION_LIMITS,
  evaluateExpression,
  MAX_SOURCE_LENGTH,
  renderTemplate,
  type Scope,
} from './index.ts';

interface Failure {
  readonly code: string;
  readonly message: string;
  readonly details: { readonly line: number; readonly column: number };
}

function assertFails(work: () => unknown, code: string, message: RegExp, place: readonly [number, number]): void {
  assert.throws(work, (error: Failure) => {
    assert.equal(error.code, code);
    assert.match(error.message, message);
    assert.deepEqual([error.details.line, error.details.column], place);
    return true;
  });
}

const SYNTAX: readonly (readonly [text: string, line: number, column: number, message: RegExp])[] = [
  ['', 1, 1, /found the end/],
  ['1 +', 1, 4, /Expected a value, found the end/],
  ['1 2', 1, 3, /found "2"/],
  ['(1', 1, 3, /to close the parenthesis/],
  ['[1, 2', 1, 6, /Expected "," or "\]"/],
  ['{"a" 1}', 1, 6, /Expected ":"/],
  ['"abc', 1, 1, /never closed/],
  ['a.\n  [1]', 2, 3, /after "\."/],
  ['state.x = 3', 1, 9, /Equality is written "=="/],
  ['!x.y', 1, 1, /Write "not x"/],
  ['a && b', 1, 3, /Write "and"/],
  ['a ? b : c', 1, 3, /if condition else/],
  ['$x', 1, 1, /without "\$"/],
  ['x | uper', 1, 5, /There is no filter "uper".*Did you mean "upper"/],
  ['x | toString', 1, 5, /There is no filter "toString"/],
  ['x | __proto__', 1, 5, /There is no filter/],
  ['x is defned', 1, 6, /Did you mean "defined"/],
  ['upper(x)', 1, 1, /Write "x \| upper"/],
  ['len()', 1, 1, /needs an argument/],
  ['int(x, 16)', 1, 1, /one argument without a name/],
  ['x | random', 1, 5, /something else each time/],
  ['x | xmlattr', 1, 5, /event handler/],
  ['x | pprint', 1, 5, /json\(2\)/],
  ['x | urlize', 1, 5, /Write the link out/],
  ['x is callable', 1, 6, /No value can be called/],
  ['now()', 1, 1, /recorded/],
  ['x.append(1)', 1, 3, /never changed in place; write "list \+/],
  ['range()', 1, 1, /needs the argument "start"/],
  ['foo(x)', 1, 1, /There is no function "foo"/],
  ['x.toString()', 1, 3, /There is no method "toString"/],
  ['x.constructor("a")', 1, 3, /There is no method "constructor"/],
  ['(a)(b)', 1, 2, /There is no function "a"/],
  ['a[0](b)', 1, 2, /can be called/],
  ['x | upper(1)', 1, 5, /takes at most 0 arguments, not 1/],
  ['x | replace("a")', 1, 5, /needs the argument "new"/],
  ['x | truncate(lenght=3)', 1, 14, /Did you mean "length"/],
  ['x | truncate(1, length=3)', 1, 17, /given twice/],
  ['f(a=1, a=2)', 1, 8, /given twice/],
  ['f(a=1, 2)', 1, 8, /stand before/],
  ['x[]', 1, 2, /Expected an index/],
  ['x[1:2:3:4]', 1, 2, /at most three/],
  ['in', 1, 1, /Expected a value, found "in"/],
  ['1e999', 1, 1, /too large/],
  ['"\\u12"', 1, 2, /4 hexadecimal digits/],
  ['{{ 1 }} {{ 2 }}', 1, 1, /more than one/],
  ['{{ 1 ', 1, 1, /never closed with "}}"/],
];

describe('an expression that does not parse names line and column', () => {
  for (const [text, line, column, message] of SYNTAX) {
    it(JSON.stringify(text), () => {
      assertFails(() => compileExpression(text), 'SPEC_TEMPLATE', message, [line, column]);
    });
  }
});

const TEMPLATE_SYNTAX: readonly (readonly [text: string, line: number, column: number, message: RegExp])[] = [
  ['a\n{% if x %}', 2, 1, /never closed with "\{% endif %\}"/],
  ['{% for i in x %}{% endif %}', 1, 17, /nothing open that "endif"/],
  ['{% endfor %}', 1, 1, /nothing open/],
  ['{% fro i in x %}', 1, 1, /Did you mean "for"/],
  ['{% include "x" %}', 1, 1, /does not exist here.*one text/],
  ['{% break %}', 1, 1, /does not exist here.*beforehand/],
  ['{% do x.append(1) %}', 1, 1, /does not exist here.*never changed/],
  ['{% for i in x %}{{ loop.changed(i) }}{% endfor %}', 1, 25, /previtem/],
  ['{% for i in x %}{{ loop(i) }}{% endfor %}', 1, 20, /macro that calls itself/],
  ['{{ lipsum() }}', 1, 4, /something else each time/],
  ['{{ cycler(1, 2) }}', 1, 4, /loop.cycle/],
  ['{{ }}', 1, 1, /nothing to print/],
  ['{# a', 1, 1, /comment is never closed/],
  ['{% raw %}', 1, 1, /raw block is never closed/],
  ['\n\n{{ a b }}', 3, 6, /found "b"/],
  ['{% for true in x %}{% endfor %}', 1, 8, /cannot be used as a name/],
  ['{% for a, a in x %}{% endfor %}', 1, 11, /used twice/],
  ['{% if x %}{% macro f() %}{% endmacro %}{% endif %}', 1, 11, /cannot stand inside/],
  ['{% macro f() %}{% endmacro %}{% macro f() %}{% endmacro %}', 1, 39, /two macros/],
  ['{% macro f(a) %}{% endmacro %}{{ f(b=1) }}', 1, 36, /no argument "b"/],
  ['{% set a %}{% endset %}{% set b, c %}{% endset %}', 1, 24, /one name/],
];

describe('a template that does not parse names line and column', () => {
  for (const [text, line, column, message] of TEMPLATE_SYNTAX) {
    it(JSON.stringify(text), () => {
      assertFails(() => compileTemplate(text), 'SPEC_TEMPLATE', message, [line, column]);
    });
  }
});

const FAILURES: readonly (readonly [text: string, column: number, message: RegExp])[] = [
  ['"a" * {}', 5, /Cannot multiply text and object/],
  ['1 + "a"', 3, /joined with "~"/],
  ['missing + 1', 9, /missing key is null/],
  ['1 / 0', 3, /divide by zero/],
  ['1 // 0', 3, /divide by zero/],
  ['1 % 0', 3, /divide by zero/],
  ['0 ** -1', 3, /divide by zero/],
  ['(0 - 8) ** 0.5', 9, /not a real number/],
  ['-"a"', 1, /before text/],
  ['1 < "a"', 3, /Cannot order number and text/],
  ['{} < {}', 4, /Cannot order object/],
  ['1 in "a"', 3, /in text/],
  ['1 in 2', 3, /Cannot look/],
  ['[1][{}]', 4, /as an index/],
  ['5[1:]', 2, /slice of number/],
  ['[1][::0]', 4, /step of a slice/],
  ['"a" * 1.5', 5, /Cannot repeat/],
  ['[1, "a"] | sort', 12, /Cannot order/],
  ['5 | length', 5, /has no length/],
  ['"x" | abs', 7, /"abs" of text/],
  ['"{" | fromjson', 7, /not valid JSON/],
  ['["1e999"] | map("fromjson") | list', 13, /too large/],
  ['["a"] | sum', 9, /Cannot sum text/],
  ['[1] | map("nope") | list', 7, /no filter "nope"/],
  ['[1] | map("map", "upper")', 7, /no filter "map"/],
  ['[1] | select("nope")', 7, /no test "nope"/],
  ['[1] | select("divisibleby")', 7, /needs the argument "num"/],
  ['"%d" % "x"', 6, /needs a number/],
  ['"%q" % 1', 6, /unknown directive/],
  ['"%s %s" % 1', 9, /more values than it is given/],
  ['"x" % 1', 5, /more values than it asks/],
  ['"a" | truncate(-1)', 7, /"length" must be a whole number/],
  ['[1] | round', 7, /Cannot round list/],
  ['range(1, 2, 0)', 1, /step of a range/],
  ['range("a")', 1, /whole numbers/],
  ['{"a": 1}.upper()', 10, /object has no method "upper"/],
  ['"a".split("")', 5, /empty text/],
  ['"a" | replace("", "b")', 7, /empty text/],
  ['{[]: 1}', 1, /key must be text/],
];

describe('an expression that fails names line and column', () => {
  for (const [text, column, message] of FAILURES) {
    it(text, () => {
      assertFails(() => evaluateExpression(compileExpression(`\n${text}`), {}), 'EXPR_FAILED', message, [2, column]);
    });
  }
});

const BIG: Scope = {
  text: 'x'.repeat(900_000),
  words: 'a '.repeat(40_000),
  list: Array.from({ length: 40_000 }, (_, index) => (index * 7919) % 40_009),
  deep: JSON.parse('['.repeat(5_000) + ']'.repeat(5_000)),
};

const HUGE: readonly string[] = [
  'range(1000000000)',
  'range(-9007199254740991, 9007199254740991)',
  '"a" * 1000000000',
  '"a" * 1000000000000000000000',
  '[1] * 1000000000',
  '10 ** 400',
  '1e308 * 10',
  '"x" | center(262144) ~ "x" * 1048576',
  'text | replace("x", "yyyyyyyyyy")',
  'text ~ text',
  '[text, text] | join',
  'text | indent(1000, true) ~ text',
  '("a\\n" * 200000) | indent(1000)',
  'list | sort | join ~ (list | sort | string)',
  'words.split() | map("upper") | map("lower") | map("upper") | list',
  'text | list',
  'text | tojson ~ text',
  '"%9999999s" % "a"',
  'deep | string',
  'deep == ([deep] | first | tojson | fromjson)',
  '("[" * 5000 ~ "]" * 5000) | fromjson',
  'text | e ~ text',
  '[1] | batch(1000000, 0)',
  '[1] | slice(1000000)',
  '([0] * 49999) | sum + (([1] * 49999) | sum)',
  'list | unique | list',
  'list[:] == list[:]',
];

describe('an expression that would do too much ends with EXPR_LIMIT', () => {
  for (const text of HUGE) {
    it(text, () => assert.throws(() => evaluateExpression(compileExpression(text), BIG), { code: 'EXPR_LIMIT' }));
  }
});

describe('data nested 200 deep passes, 201 deep does not', () => {
  const nest = (depth: number): Scope => ({
    a: JSON.parse('['.repeat(depth) + ']'.repeat(depth)),
    b: JSON.parse('['.repeat(depth) + ']'.repeat(depth)),
    text: '['.repeat(depth) + ']'.repeat(depth),
  });
  for (const text of ['a | string', 'a == b', 'a < b', 'text | fromjson']) {
    it(text, () => {
      const expression = compileExpression(text);

      evaluateExpression(expression, nest(200));
      assert.throws(() => evaluateExpression(expression, nest(201)), { code: 'EXPR_LIMIT', message: /200 levels/ });
    });
  }
});

describe('a text longer than allowed is refused before it is made', () => {
  for (const text of [
    '("a" * 1048577) | length',
    '("a\\n" * 5000) | indent(1000) | length',
    '("x" * 20000) | replace("x", "y" * 1000) | length',
    '"%9999999s" % "a"',
    '"x" * 600000 + "x" * 600000',
    '["x" * 600000, "x" * 600000] | join',
    '["x" * 600000, "x" * 600000] | string',
    '("é" * 300000) | urlencode',
    '"{}{}".format("x" * 600000, "x" * 600000)',
    '("<" * 300000) | e',
    '("<" * 300000) | tojson',
  ]) {
    it(text, () => {
      assert.throws(() => evaluateExpression(compileExpression(text), {}), {
        code: 'EXPR_LIMIT',
        message: /longer than 1048576/,
      });
    });
  }
});

const LOOPS: readonly string[] = [
  '{% for a in range(1000) %}{% for b in range(1000) %}{% endfor %}{% endfor %}',
  '{% for a in range(1000) %}{% for b in range(1000) %}x{% endfor %}{% endfor %}',
  '{% set ns = namespace(t="x") %}{% for i in range(100) %}{% set ns.t = ns.t ~ ns.t %}{% endfor %}',
  '{% set ns = namespace(t=[1]) %}{% for i in range(100) %}{% set ns.t = [ns.t, ns.t] %}{% endfor %}{{ ns.t }}',
  '{% set ns = namespace(t=[1]) %}{% for i in range(100) %}{% set ns.t = ns.t + ns.t %}{% endfor %}',
  '{% set ns = namespace(t={}) %}{% for i in range(60) %}{% set ns.t = {"a": ns.t, "b": ns.t} %}{% endfor %}{{ ns.t == {"a": ns.t.b, "b": 1} }}{{ ns.t | tojson }}',
  '{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}',
  '{% macro f(n) %}{{ f(n) ~ f(n) }}{% endmacro %}{{ f(1) }}',
  '{% macro f(n) %}{% if n %}{{ f(n - 1) }}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(40) }}',
  '{% for a in range(40000) %}{{ text }}{% endfor %}',
  '{% for a in range(90000) %}{% set b %}{{ text }}{% endset %}{% endfor %}',
  '{% for a in list if list | sort | first %}{% endfor %}',
];

describe('a template that would do too much ends with EXPR_LIMIT', () => {
  for (const text of LOOPS) {
    it(text, () => {
      assert.throws(() => renderTemplate(compileTemplate(text, { escape: 'none' }), BIG), { code: 'EXPR_LIMIT' });
    });
  }
});

describe('a text that is too deep or too long is refused while compiling', () => {
  const count = 10_000;
  const texts: Readonly<Record<string, string>> = {
    parentheses: `${'('.repeat(count)}1${')'.repeat(count)}`,
    brackets: '['.repeat(count),
    braces: '{"a":'.repeat(count),
    nots: `${'not '.repeat(count)}1`,
    signs: `${'- '.repeat(count)}1`,
    sums: `1${' + 1'.repeat(count)}`,
    joins: `1${' ~ 1'.repeat(count)}`,
    ands: `1${' and 1'.repeat(count)}`,
    attributes: `a${'.b'.repeat(count)}`,
    filters: `a${' | upper'.repeat(count)}`,
    calls: `a${'.upper()'.repeat(count)}`,
    tests: `a${' is defined'.repeat(count)}`,
    conditionals: `1${' if 1 else 1'.repeat(count)}`,
    'bare conditionals': `1${' if 1'.repeat(count)}`,
    arguments: `${'range('.repeat(count)}1${')'.repeat(count)}`,
    indexes: `a${'[a'.repeat(count)}${']'.repeat(count)}`,
  };
  for (const [name, text] of Object.entries(texts)) {
    it(name, () => assert.throws(() => compileExpression(text), { code: 'SPEC_TEMPLATE' }));
  }

  it('blocks', () => {
    const text = '{% if 1 %}'.repeat(5_000) + '{% endif %}'.repeat(5_000);

    assert.throws(() => compileTemplate(text), { code: 'SPEC_TEMPLATE', message: /nested deeper than 64/ });
  });

  it('64 levels of parentheses pass, 65 do not', () => {
    const nest = (levels: number): string => '('.repeat(levels) + '1' + ')'.repeat(levels);

    assert.equal(evaluateExpression(compileExpression(nest(63)), {}), 1);
    assert.throws(() => compileExpression(nest(64)), { code: 'SPEC_TEMPLATE', message: /deeper than 64 levels/ });
  });

  it('a chain of 400 passes, of 401 does not', () => {
    assert.equal(evaluateExpression(compileExpression(`1${' + 1'.repeat(399)}`), {}), 400);
    assert.throws(() => compileExpression(`1${' + 1'.repeat(400)}`), {
      code: 'SPEC_TEMPLATE',
      message: /more than 400/,
    });
  });

  it('256 Ki characters pass, one more does not', () => {
    const text = 'x'.repeat(MAX_SOURCE_LENGTH);

    assert.equal(renderTemplate(compileTemplate(text), {}), text);
    assert.throws(() => compileTemplate(`${text}x`), { code: 'SPEC_TEMPLATE', message: /262145 characters/ });
    assert.throws(() => compileExpression(`"${text}"`), { code: 'SPEC_TEMPLATE' });
  });

  it('unclosed markers in great number cost no more than linear time', () => {
    for (const text of [
      '{% raw %}'.repeat(1) + '{%'.repeat(120_000),
      '{'.repeat(250_000),
      '<'.repeat(250_000),
      "'".repeat(99_999),
    ]) {
      try {
        compileTemplate(text);
      } catch (error) {
        assert.equal((error as { code: string }).code, 'SPEC_TEMPLATE');
      }
    }
  });
});

describe('limits', () => {
  it('maxOutputBytes counts UTF-8 bytes, and the last one fits', () => {
    const template = compileTemplate('é€😀{{ "é€😀" }}');
    const bytes = 2 * (2 + 3 + 4);

    assert.equal(renderTemplate(template, {}, { ...DEFAULT_LIMITS, maxOutputBytes: bytes }), 'é€😀é€😀');
    assert.throws(() => renderTemplate(template, {}, { ...DEFAULT_LIMITS, maxOutputBytes: bytes - 1 }), {
      code: 'EXPR_LIMIT',
    });
  });

  it('maxSteps lets a bare name through at 1', () => {
    const limits = { ...DEFAULT_LIMITS, maxSteps: 1 };

    assert.equal(evaluateExpression(compileExpression('x'), { x: 2 }, limits), 2);
    assert.throws(() => evaluateExpression(compileExpression('x.y'), { x: 2 }, limits), { code: 'EXPR_LIMIT' });
  });

  it('maxDepth is how deep macros go', () => {
    const template = compileTemplate(
      '{% macro f(n) %}{% if n > 1 %}{{ f(n - 1) }}{% endif %}.{% endmacro %}{{ f(3) }}',
    );

    assert.equal(renderTemplate(template, {}, { ...DEFAULT_LIMITS, maxDepth: 3 }), '...');
    assert.throws(() => renderTemplate(template, {}, { ...DEFAULT_LIMITS, maxDepth: 2 }), { code: 'EXPR_LIMIT' });
  });

  it('macros 200 deep, each deep in itself, do not overflow the stack', () => {
    const nested = `${'{% if 1 %}'.repeat(60)}{{ ${'('.repeat(50)}f(n - 1)${' ~ ""'.repeat(300)}${')'.repeat(50)} }}${'{% endif %}'.repeat(60)}`;
    const template = compileTemplate(`{% macro f(n) %}{% if n > 1 %}${nested}{% endif %}.{% endmacro %}{{ f(199) }}`, {
      escape: 'none',
    });
    const limits = { maxSteps: 100_000_000, maxOutputBytes: 1_000_000, maxDepth: 200 };

    try {
      assert.equal(renderTemplate(template, {}, limits).length, 199);
    } catch (error) {
      assert.equal((error as { code: string }).code, 'EXPR_LIMIT');
    }
  });

  it('have a range for every option', () => {
    for (const [field, value] of [
      ['max_steps', 1],
      ['max_steps', 100_000_000],
      ['max_output', '64MiB'],
      ['max_depth', 200],
    ] as const) {
      assert.deepEqual(checkOptions('expr', EVALUATION_LIMITS, { [field]: value }).problems, []);
    }
    for (const [field, value] of [
      ['max_steps', 0],
      ['max_steps', 100_000_001],
      ['max_output', 0],
      ['max_output', '65MiB'],
      ['max_depth', 0],
      ['max_depth', 201],
    ] as const) {
      assert.equal(checkOptions('expr', EVALUATION_LIMITS, { [field]: value }).problems.length, 1);
    }
  });
});
