import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { problemsOf } from '../../test/support/flow-text.ts';

/** Each text has one character that no expression knows, `§`: the problem must stand exactly there. */
const FORMS: readonly (readonly [string, string])[] = [
  ['a plain text', 'when: state.a > §'],
  ['a plain text over two lines', 'when: state.a >\n        §'],
  ['single quotes', "when: 'state.a > §'"],
  ['single quotes with a quote inside', "when: 'state[''a''] > §'"],
  ['single quotes over lines', "when: 'state.a\n\n        > §'"],
  ['double quotes', 'when: "state.a > §"'],
  [
    'double quotes with escapes',
    'when: "state[\\"a\\"] \\x3e \\u003e \\U0001F600 §"'.replace('\\u003e \\U0001F600 ', ''),
  ],
  ['double quotes with a broken line', 'when: "state.a \\\n        > §"'],
  ['double quotes with an escaped line end', 'when: "state.a >\\n  §"'],
  ['a literal block', 'when: |\n      state.a >\n        §'],
  ['a literal block with a number for its indent', 'when: |2\n        state.a > §'],
  ['a folded block', 'when: >-\n      state.a\n      > 1 and\n\n      §'],
  ['braces', 'when: "{{ state.a > § }}"'],
  ['braces in a block', 'when: |\n      {{\n        state.a > § }}'],
  ['an astral character before it', 'when: "\'😀\' == §"'],
  ['an escaped astral character before it', 'when: "\'\\U0001F600\' == §"'],
  ['a condition as an object', 'condition: {type: expression, value: "state.a > §"}'],
];

function placeOfMark(text: string): string {
  const before = text.slice(0, text.indexOf('§')).split('\n');
  return `${before.length}:${(before.at(-1) as string).length + 1}`;
}

describe('problems inside a text stand at their exact place in', () => {
  for (const [form, edge] of FORMS) {
    it(form, () => {
      const text = `nodes:\n  - name: a\nedges:\n  - from: a\n    to: __end__\n    ${edge}\n`;

      assert.deepEqual(problemsOf(text), [`${placeOfMark(text)} SPEC_TEMPLATE`]);
    });
  }

  it('a template deep in `with`', () => {
    const text =
      'nodes:\n  - name: a\n    uses: log\n    with:\n      message:\n        - ok {{ 1 }}\n        - "a {{ § }}"\n';

    assert.deepEqual(problemsOf(text), [`${placeOfMark(text)} SPEC_TEMPLATE`]);
  });
});
