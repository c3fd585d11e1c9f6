/** HTML escaping: there is no way for data to become markup or code. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compileTemplate, renderTemplate, type Scope } from './index.ts';

const EVIL = '<script>alert(1)</script>"\'&';
const ESCAPED = '&lt;script&gt;alert(1)&lt;/script&gt;&#34;&#39;&amp;';
const SCOPE: Scope = { x: EVIL, url: 'javascript:alert(1)', list: [EVIL], n: 5, none: null, map: { a: EVIL } };

function render(text: string, scope: Scope = SCOPE): string {
  return renderTemplate(compileTemplate(text), scope);
}

const ROWS: readonly (readonly [about: string, text: string, output: string])[] = [
  ['text', '<p>{{ x }}</p>', `<p>${ESCAPED}</p>`],
  ['a list', '{{ list }}', `[&#34;${ESCAPED.replace('&#34;', '\\&#34;')}&#34;]`],
  ['double quotes', '<a title="{{ x }}">', `<a title="${ESCAPED}">`],
  ['single quotes', "<a title='{{ x }}'>", `<a title='${ESCAPED}'>`],
  ['a comment', '<!-- {{ "-->" }} -->', '<!-- --&gt; -->'],
  ['escape, once', '{{ x | e }}{{ x | escape | e }}', ESCAPED + ESCAPED],
  ['safe text of the author', '{{ "<b>" | safe }}{{ ("<i>" if n else "") | safe }}', '<b><i>'],
  ['safe of what is escaped', '{{ x | e | safe }}', ESCAPED],
  ['safe of null', '[{{ none | safe }}]', '[]'],
  ['author text joined with data', '{{ "<b>" | safe ~ x }}', `<b>${ESCAPED}`],
  ['author text that went through a filter', '{{ "<b>" | safe | upper }}', '&lt;B&gt;'],
  ['a macro', '{% macro m(v) %}<b>{{ v }}</b>{% endmacro %}{{ m(x) }}', `<b>${ESCAPED}</b>`],
  ['a macro given markup', '{% macro m(v) %}{{ v }}{% endmacro %}{{ m(m(x)) }}', ESCAPED],
  ['a block', '{% set y %}<b>{{ x }}{% endset %}{{ y }}', `<b>${ESCAPED}`],
  ['markup in a list', '{{ [x | e] | first }}', ESCAPED.replaceAll('&', '&amp;')],
  ['JSON in text', '{{ "<a>" | tojson }}', '&#34;\\u003ca\\u003e&#34;'],
  [
    'JSON in quotes',
    '<a data-x="{{ list | tojson }}">',
    `<a data-x="[&#34;\\u003cscript\\u003ealert(1)\\u003c/script\\u003e\\&#34;\\u0027\\u0026&#34;]">`,
  ],
  [
    'JSON in a script',
    '<script>var x = {{ "</script>" | tojson }};</script>',
    '<script>var x = "\\u003c/script\\u003e";</script>',
  ],
  [
    'JSON marked safe in a script',
    '<SCRIPT>{{ x | tojson | safe }}</SCRIPT>{{ n }}',
    '<SCRIPT>"\\u003cscript\\u003ealert(1)\\u003c/script\\u003e\\"\\u0027\\u0026"</SCRIPT>5',
  ],
  ['a number in a script', '<script>{{ list | length }}{{ n == 5 }}</script>', '<script>1true</script>'],
  [
    'JSON in a handler',
    "<b onclick='f({{ x | tojson }})'>",
    `<b onclick='f(&#34;\\u003cscript\\u003ealert(1)\\u003c/script\\u003e\\&#34;\\u0027\\u0026&#34;)'>`,
  ],
  ['a link', '<a href="{{ url }}">', '<a href="about:invalid">'],
  ['a link in parts', '<a href="{{ "java" }}{{ "script:alert(1)" }}">', '<a href="javaabout:invalid">'],
  ['a link behind a fixed part', '<a href="/x?y={{ url }}">', '<a href="/x?y=javascript:alert(1)">'],
  ['a link with blanks in its scheme', '<a href="{{ "java\\tscript:x" }}">', '<a href="about:invalid">'],
  [
    'harmless links',
    '<a href="{{ "https://x/?a&b" }}"><img src="{{ "a/b:c" }}">',
    '<a href="https://x/?a&amp;b"><img src="a/b:c">',
  ],
  ['a link of escaped text', '<a href="{{ url | e }}">', '<a href="about:invalid">'],
  ['a link of a block', '{% set u %}{{ url }}{% endset %}<a href="{{ u }}">', '<a href="about:invalid">'],
  ['a style', '<i style="width: {{ n }}%; color: {{ "#0a0" }}">', '<i style="width: 5%; color: #0a0">'],
  ['a hostile style', '<i style="color: {{ "red;background:url(//evil)" }}">', '<i style="color: ">'],
  ['a style element', '<style>p { color: {{ x }} }</style>{{ n }}', '<style>p { color:  }</style>5'],
  ['author text in a tag', '<option {{ "selected" if n == 5 }}>', '<option selected>'],
  ['branches that end alike', '<a {% if n %}class="a"{% else %}id="b"{% endif %}>', '<a class="a">'],
  ['a sign that is no tag', 'a < b {{ x }}', `a < b ${ESCAPED}`],
  ['text behind a script', '<script src="a.js"></script><p>{{ x }}', `<script src="a.js"></script><p>${ESCAPED}`],
  ['a void tag with a slash', '<br/>{{ x }}', `<br/>${ESCAPED}`],
  ['an attribute without value', '<input disabled value="{{ x }}">', `<input disabled value="${ESCAPED}">`],
];

describe('a template for HTML escapes', () => {
  for (const [about, text, output] of ROWS) it(about, () => assert.equal(render(text), output));
});

const REFUSED: readonly (readonly [about: string, text: string, sentence: RegExp])[] = [
  ['data in a script', '<script>{{ x }}</script>', /must be written as JSON/],
  ['data in an upper-case script', '<SCRIPT>{{ x }}</SCRIPT>', /must be written as JSON/],
  ['a macro in a script', '{% macro m() %}{% endmacro %}<script>{{ m() }}</script>', /must be written as JSON/],
  ['plain json in a script', '<script>{{ x | json }}</script>', /must be written as JSON/],
  ['one bare branch in a script', '<script>{{ x | tojson if n else x }}</script>', /must be written as JSON/],
  ['data in a handler', '<b onclick="{{ x }}">', /must be written as JSON/],
  ['data without quotes', '<a href={{ url }}>', /outside of quotes/],
  ['data behind an unquoted start', '<a href=/{{ x }}>', /outside of quotes/],
  ['data as an attribute', '<a {{ x }}>', /outside of quotes/],
  ['data as the name of a tag', '<{{ x }}>', /outside of quotes/],
  ['data as part of an attribute name', '<a data-{{ x }}="1">', /outside of quotes/],
  ['data as a document', '<iframe srcdoc="{{ x }}">', /cannot decide what is loaded/],
  ['data as the source of a script', '<script src="{{ url }}"></script>', /cannot decide what is loaded/],
  ['data in raw text', '<xmp>{{ x }}</xmp>', /cannot decide what is loaded/],
  [
    'branches that end differently',
    '{% if n %}<script>{% endif %}{{ x }}',
    /branches of this "if" end at different places/,
  ],
  [
    'a loop that ends elsewhere',
    '{% for i in list %}<a title="{% endfor %}',
    /body of this "for" ends at another place/,
  ],
  ['a macro that ends in a tag', '{% macro m() %}<a {% endmacro %}', /ends inside a tag/],
  ['a block that ends in a script', '{% set s %}<script>{% endset %}', /ends inside a tag, a script/],
  ['a page that ends in a tag', '<a title="', /ends inside a tag/],
];

describe('a template for HTML refuses', () => {
  for (const [about, text, sentence] of REFUSED) {
    it(about, () => assert.throws(() => compileTemplate(text), { code: 'SPEC_TEMPLATE', message: sentence }));
  }

  for (const text of [
    '{{ x | safe }}',
    '{{ map.a | safe }}',
    '{{ (x | upper) | safe }}',
    '{% set y = x %}{{ y | safe }}',
    '{{ ("<b>" ~ x) | safe }}',
  ]) {
    it(`safe on data: ${text}`, () => {
      assert.throws(() => render(text), {
        code: 'EXPR_FAILED',
        message: /"safe" is only for text written in the template/,
      });
    });
  }
});
