import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JsonValue } from '../core/index.ts';
import { compileOutput, type OutputPart, renderOutput } from './output-shape.ts';

const STATE = { n: 3, text: 'hi', empty: '', none: null, no: false, list: [1, 2], word: 'false' };

function answer(...parts: readonly OutputPart[]): JsonValue {
  return renderOutput(compileOutput(parts), { state: STATE });
}

describe('renderOutput', () => {
  const ROWS: readonly (readonly [string, OutputPart, JsonValue])[] = [
    ['keeps a constant', { name: 'a', value: true }, { a: true }],
    ['keeps the type of a lone expression', { name: 'a', value: '{{ state.list }}' }, { a: [1, 2] }],
    ['renders text around expressions', { name: 'a', value: '{{ state.text }}!' }, { a: 'hi!' }],
    ['renders inside objects', { name: 'a', value: { b: ['{{ state.n }}'] } }, { a: { b: [3] } }],
    ['keeps null without a default', { name: 'a', value: '{{ state.none }}' }, { a: null }],
    ['puts the default for null', { name: 'a', value: '{{ state.gone }}', default: 7 }, { a: 7 }],
    ['puts the default for empty text', { name: 'a', value: '{{ state.empty }}', default: 'x' }, { a: 'x' }],
    ['keeps false beside a default', { name: 'a', value: '{{ state.no }}', default: 7 }, { a: false }],
    ['takes null as a default', { name: 'a', value: '', default: null }, { a: null }],
    ['leaves out what is not to be included', { name: 'a', value: 1, includeIf: 'state.n > 3' }, {}],
    ['includes what is', { name: 'a', value: 1, includeIf: '{{ state.n > 2 }}' }, { a: 1 }],
    ['reads the shorthand for a key of the state', { name: 'a', value: 1, includeIf: '!gone' }, { a: 1 }],
    ['takes the text false for false, as routes do', { name: 'a', value: 1, includeIf: 'state.word' }, {}],
    ['keeps a key named after a prototype', { name: '__proto__', value: 1 }, JSON.parse('{"__proto__": 1}')],
  ];
  for (const [rule, part, expected] of ROWS) {
    it(rule, () => {
      assert.deepEqual(answer(part), expected);
    });
  }

  it('keeps the order of the parts', () => {
    assert.deepEqual(Object.keys(answer({ name: 'z', value: 1 }, { name: 'a', value: 2 }) as object), ['z', 'a']);
  });

  it('is an empty object without parts', () => {
    assert.deepEqual(answer(), {});
  });

  it('fails for what cannot be evaluated', () => {
    assert.throws(() => answer({ name: 'a', value: '{{ state.n + state.list }}' }), { code: 'EXPR_FAILED' });
    assert.throws(() => answer({ name: 'a', value: 1, includeIf: 'state.n + state.list' }), { code: 'EXPR_FAILED' });
    assert.throws(() => compileOutput([{ name: 'a', value: '{{' }]), { code: 'SPEC_TEMPLATE' });
  });
});
