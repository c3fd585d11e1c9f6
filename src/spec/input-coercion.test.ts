import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JsonObject, JsonValue } from '../core/index.ts';
import { prepareInput } from './input-check.ts';
import { coerce } from './input-coercion.ts';

/** [type, what came, what the flow gets] */
const SCALARS: readonly (readonly [JsonValue, JsonValue, JsonValue])[] = [
  ['integer', '12', 12],
  ['integer', ' -3 ', -3],
  ['integer', '+3', 3],
  ['integer', '1e3', 1000],
  ['integer', '9007199254740991', 9007199254740991],
  ['integer', '9007199254740993', '9007199254740993'],
  ['integer', '1e999', '1e999'],
  ['integer', '0x10', '0x10'],
  ['integer', '', ''],
  ['integer', 'NaN', 'NaN'],
  ['integer', true, true],
  ['integer', 2.5, 2.5],
  ['number', '2.5', 2.5],
  ['number', '.5', '.5'],
  ['boolean', 'Yes', true],
  ['boolean', '0', false],
  ['boolean', 'maybe', 'maybe'],
  ['boolean', 1, 1],
  ['string', 5, '5'],
  ['string', false, 'false'],
  ['string', null, null],
  ['string', ['a'], ['a']],
  [['integer', 'null'], '5', 5],
  [['integer', 'null'], null, null],
  [['integer', 'string'], '5', '5'],
  ['array', '[1]', '[1]'],
  ['object', '{}', '{}'],
];

describe('coercion', () => {
  for (const [type, value, expected] of SCALARS) {
    it(`makes ${JSON.stringify(expected)} of ${JSON.stringify(value)} for ${JSON.stringify(type)}`, () => {
      assert.deepEqual(coerce({ type }, value), expected);
    });
  }

  it('reaches into objects and lists, and leaves the original as it is', () => {
    const schema = { properties: { a: { items: { properties: { n: { type: 'integer' } } } } } };
    const input = { a: [{ n: '1' }, { n: 2 }], b: '3' };

    assert.deepEqual(coerce(schema, input), { a: [{ n: 1 }, { n: 2 }], b: '3' });
    assert.deepEqual(input.a[0], { n: '1' });
  });

  it('gives the same value when nothing changes', () => {
    const input = { a: [{ n: 1 }] };

    assert.equal(coerce({ properties: { a: { items: { properties: { n: { type: 'integer' } } } } } }, input), input);
  });

  it('fills in defaults where the key is absent, and only there', () => {
    const schema = { properties: { a: { default: 1 }, b: { default: 2 }, c: { properties: { d: { default: 3 } } } } };

    assert.deepEqual(coerce(schema, { b: null, c: {} }), { b: null, c: { d: 3 }, a: 1 });
    assert.deepEqual(coerce(schema, {}), { a: 1, b: 2 });
  });

  it('takes keys of any name for data', () => {
    const schema = JSON.parse('{"properties": {"__proto__": {"type": "integer"}, "toString": {"type": "integer"}}}');
    const coerced = coerce(schema as JsonObject, JSON.parse('{"__proto__": "1"}') as JsonObject);

    assert.equal(JSON.stringify(coerced), '{"__proto__":1}');
    assert.equal(({} as { n?: number }).n, undefined);
  });
});

describe('prepareInput', () => {
  const inputSchema = {
    type: 'object',
    properties: { n: { type: 'integer', minimum: 1 }, on: { type: 'boolean' }, to: { type: 'string', default: 'x' } },
    required: ['n', 'to'],
  };

  it('gives the flow what it asks for', () => {
    assert.deepEqual(prepareInput({ inputSchema }, { n: '3', on: 'no' }), {
      input: { n: 3, on: false, to: 'x' },
      problems: [],
    });
  });

  it('names everything that does not fit', () => {
    assert.deepEqual(prepareInput({ inputSchema }, { n: '0', on: 'maybe' }).problems, [
      '`n` must be >= 1.',
      '`on` must be boolean.',
    ]);
  });

  it('takes any object for a flow without a schema', () => {
    const input = { a: '1' };

    assert.equal(prepareInput({}, input).input, input);
  });
});
