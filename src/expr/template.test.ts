/** Templates: statements, blanks, scopes and macros, as text in and text out. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compileTemplate, compileValue, renderTemplate, renderValue, type Scope } from './index.ts';

const SCOPE: Scope = {
  state: { x: 5, list: [1, 2, 3], empty: [], map: { a: 1, b: 2 }, name: 'Ada', flag: true, none: null },
  item: 'outer',
};

function render(text: string, scope: Scope = SCOPE): string {
  return renderTemplate(compileTemplate(text, { escape: 'none' }), scope);
}

const ROWS: readonly (readonly [about: string, text: string, output: string])[] = [
  ['fixed text', 'a { b } c', 'a { b } c'],
  ['outputs', '{{ state.x }}-{{ state.name|upper }}', '5-ADA'],
  ['null as nothing', '[{{ state.none }}{{ missing.deep }}]', '[]'],
  ['booleans in lower case', '{{ state.flag }} {{ not state.flag }}', 'true false'],
  ['whole numbers without a fraction', '{{ 4 / 2 }} {{ 0.5 }} {{ -0 }} {{ 1e21 }}', '2 0.5 0 1e+21'],
  ['lists and objects as JSON', '{{ state.list }} {{ state.map }}', '[1,2,3] {"a":1,"b":2}'],
  ['if', '{% if state.x > 3 %}big{% endif %}', 'big'],
  ['elif', '{% if state.x > 9 %}a{% elif state.x > 3 %}b{% elif true %}c{% else %}d{% endif %}', 'b'],
  ['else', '{% if state.none %}a{% else %}b{% endif %}', 'b'],
  ['for', '{% for i in state.list %}{{ i }},{% endfor %}', '1,2,3,'],
  ['for over an object', '{% for k in state.map %}{{ k }}{% endfor %}', 'ab'],
  ['for over pairs', '{% for k, v in state.map.items() %}{{ k }}={{ v }};{% endfor %}', 'a=1;b=2;'],
  ['for over text', '{% for c in "a😀" %}[{{ c }}]{% endfor %}', '[a][😀]'],
  ['for over null', '{% for i in missing %}x{% else %}none{% endfor %}', 'none'],
  [
    'for with a condition',
    '{% for i in state.list if i != 2 %}{{ loop.index }}:{{ i }}/{{ loop.length }} {% endfor %}',
    '1:1/2 2:3/2 ',
  ],
  ['for over a bare tuple', '{% for i in 1, 2 %}{{ i }}{% endfor %}', '12'],
  ['for … else', '{% for i in state.empty %}x{% else %}empty{% endfor %}', 'empty'],
  [
    'loop',
    '{% for i in state.list %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}{{ loop.last }}{{ loop.previtem }}|{{ loop.nextitem }} {% endfor %}',
    '1032truefalse|2 2121falsefalse1|3 3210falsetrue2| ',
  ],
  ['loop.cycle', '{% for i in state.list %}{{ loop.cycle("a", "b") }}{% endfor %}', 'aba'],
  [
    'nested loops',
    '{% for i in [1,2] %}{% for j in [1,2] %}{{ loop.index }}{% endfor %}{{ loop.index }};{% endfor %}',
    '121;122;',
  ],
  [
    'groups taken apart',
    '{% for age, all in [{"a":1},{"a":1}] | groupby("a") %}{{ age }}x{{ all|length }}{% endfor %}',
    '1x2',
  ],
  ['set', '{% set y = state.x + 1 %}{{ y }}', '6'],
  ['set of several names', '{% set a, b = 1, 2 %}{{ b }}{{ a }}', '21'],
  ['set in if', '{% if true %}{% set y = 1 %}{% endif %}{{ y }}', '1'],
  ['set in for, which ends there', '{% set y = 0 %}{% for i in state.list %}{% set y = i %}{% endfor %}{{ y }}', '0'],
  [
    'namespace',
    '{% set ns = namespace(n=0) %}{% for i in state.list %}{% set ns.n = ns.n + i %}{% endfor %}{{ ns.n }}',
    '6',
  ],
  ['set of a block', '{% set y %}a{{ state.x }}{% endset %}{{ y }}{{ y }}', 'a5a5'],
  ['with', '{% with a = 1, b = 2 %}{{ a }}{{ b }}{% endwith %}{{ a }}', '12'],
  ['names over those of the scope', '{{ item }}{% for item in [1] %}{{ item }}{% endfor %}{{ item }}', 'outer1outer'],
  ['macro', '{% macro f(a, b="x") %}<{{ a }}{{ b }}>{% endmacro %}{{ f(1) }}{{ f(b=2, a=3) }}', '<1x><32>'],
  ['macro before it is defined', '{{ f() }}{% macro f() %}ok{% endmacro %}', 'ok'],
  [
    'macro that calls itself',
    '{% macro f(n) %}{{ n }}{% if n > 0 %}{{ f(n - 1) }}{% endif %}{% endmacro %}{{ f(3) }}',
    '3210',
  ],
  [
    'macro and the names around it',
    '{% set t = 1 %}{% macro f() %}{{ t }}{{ i }}{% endmacro %}{% for i in [9] %}{{ f() }}{% endfor %}',
    '1',
  ],
  ['raw', '{% raw %}{{ x }} {% if %}{% endraw %}!', '{{ x }} {% if %}!'],
  ['raw with blanks taken', 'a {%- raw -%} {{ }} {%- endraw -%} b', 'a{{ }}b'],
  ['comments', 'a{# {{ x }} #}b{#- -#} c', 'abc'],
  ['blanks taken at markers', 'a \n {{- 1 -}} \n b', 'a1b'],
  ['blanks taken at statements', 'a {%- if true -%} b {%- endif -%} c', 'abc'],
  ['blanks kept elsewhere', 'a\n{% if true %}\nb\n{% endif %}\nc', 'a\n\nb\n\nc'],
  ['blanks kept at a plus', 'a {%+ if true %}b{% endif %}', 'a b'],
  ['one line end at the very end gone', 'a\n\n', 'a\n'],
  ['a minus that is an operator', '{{ 3 -1 }}{{ -1 }}', '2-1'],
  ['end words with a name', '{% macro f() %}x{% endmacro f %}{{ f() }}', 'x'],
  ['statements after names that look like markers', '{{ "%}" }}{{ "{{" }}', '%}{{'],
];

describe('a template prints', () => {
  for (const [about, text, output] of ROWS) {
    it(about, () => assert.equal(render(text), output));
  }
});

describe('a compiled template', () => {
  it('gives the same again, without a trace of the time before', () => {
    const template = compileTemplate('{% set ns = namespace(n=0) %}{% set ns.n = ns.n + 1 %}{{ ns.n }}', {
      escape: 'none',
    });

    assert.deepEqual([renderTemplate(template, {}), renderTemplate(template, {})], ['1', '1']);
  });

  it('names what it reads, without the names it sets', () => {
    const { paths } = compileTemplate(
      '{% set y = state.x %}{% for i in state.list %}{{ i.a }}{{ y }}{{ run.id }}{{ loop.index }}{% endfor %}',
    );

    assert.deepEqual(paths, [
      ['state', 'x'],
      ['state', 'list'],
      ['run', 'id'],
    ]);
  });
});

describe('a value template', () => {
  it('keeps the type of a text that is one output, and makes text of every other', () => {
    const compiled = compileValue({
      number: '{{ state.x }}',
      list: ' {{ state.list }}\n',
      text: 'x={{ state.x }}',
      pair: '{{ state.x }}{{ state.x }}',
      fixed: 'plain',
      markup: '<b>{{ "<i>" }}',
      deep: [{ a: '{{ state.map }}' }, 7, null],
      statement: '{% if state.flag %}yes{% endif %}',
    });

    assert.deepEqual(renderValue(compiled, SCOPE), {
      number: 5,
      list: [1, 2, 3],
      text: 'x=5',
      pair: '55',
      fixed: 'plain',
      markup: '<b><i>',
      deep: [{ a: { a: 1, b: 2 } }, 7, null],
      statement: 'yes',
    });
  });

  it('keeps keys as they are, __proto__ and templates included', () => {
    const source = JSON.parse('{"__proto__": "{{ 1 }}", "{{ 2 }}": "{{ 2 }}"}');
    const rendered = renderValue(compileValue(source), {}) as object;

    assert.deepEqual(Object.entries(rendered), [
      ['__proto__', 1],
      ['{{ 2 }}', 2],
    ]);
  });

  it('says whether it holds a template, and what it reads', () => {
    assert.equal(compileValue({ a: ['b', 1] }).isConstant, true);
    assert.deepEqual(compileValue({ a: '{{ state.x }} {{ env.Y }}', b: '{{ run.id }}' }).paths, [
      ['state', 'x'],
      ['env', 'Y'],
      ['run', 'id'],
    ]);
  });

  it('names the place of a text that does not compile or fails', () => {
    assert.throws(() => compileValue({ headers: ['x', { a: 'ok\n {{ 1 + }}' }] }), {
      code: 'SPEC_TEMPLATE',
      message: 'headers[1].a: Expected a value, found the end (line 2, column 9).',
      details: { path: 'headers[1].a', line: 2, column: 9 },
    });
    assert.throws(() => renderValue(compileValue({ a: { b: '{{ 1 / 0 }}' } }), {}), {
      code: 'EXPR_FAILED',
      details: { path: 'a.b', line: 1, column: 6 },
    });
  });
});
