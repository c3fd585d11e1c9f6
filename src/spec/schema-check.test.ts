import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { flowOf } from '../../test/support/flow-text.ts';
import type { JsonObject, JsonValue } from '../core/index.ts';
import { prepareInput } from './input-check.ts';
import { compileSchema, whySchemaUnusable } from './schema-check.ts';

/** [what, schema, value, problems] */
const ROWS: readonly (readonly [string, JsonObject, JsonValue, readonly string[]])[] = [
  ['nothing to say', { type: 'object' }, {}, []],
  [
    'every problem',
    { required: ['a'], properties: { b: { type: 'integer' }, c: { enum: [1, 'x'] } }, additionalProperties: false },
    { b: 'x', c: 2, d: 1 },
    ['needs `a`.', 'has `d`, which is not known.', '`b` must be integer.', '`c` must be one of 1, "x".'],
  ],
  ['a path', { properties: { a: { items: { type: 'string' } } } }, { a: ['x', 1] }, ['`a.1` must be string.']],
  ['a key with a slash', { properties: { 'a/b~c': { const: 1 } } }, { 'a/b~c': 2 }, ['`a/b~c` must be 1.']],
  ['several types', { type: ['string', 'null'] }, 1, ['must be string or null.']],
  [
    'draft 2020-12',
    { prefixItems: [{ type: 'string' }], items: false },
    ['a', 1],
    ['must NOT have more than 1 items.'],
  ],
  ['a pattern', { pattern: '^a+$' }, 'b', ['must match the pattern `^a+$`.']],
  [
    'two patterns',
    { properties: { a: { pattern: '^x' }, b: { pattern: '^y' } } },
    { a: 'x', b: 'x' },
    ['`b` must match the pattern `^y`.'],
  ],
  [
    'a local reference',
    { $defs: { s: { type: 'string' } }, properties: { a: { $ref: '#/$defs/s' } } },
    { a: 1 },
    ['`a` must be string.'],
  ],
  ['an unknown format', { format: 'unheard-of' }, 'x', []],
];

describe('compileSchema', () => {
  for (const [what, schema, value, problems] of ROWS) {
    it(`tells ${what}`, () => assert.deepEqual(compileSchema(schema)(value), problems));
  }

  it('tells at most 50 problems', () => {
    const check = compileSchema({ items: { type: 'string' } });

    assert.equal(check(Array(60).fill(1)).length, 50);
    assert.equal(check(Array(100_000).fill(1)).length, 1);
  });

  it('takes two schemas of the same $id', () => {
    assert.deepEqual(compileSchema({ $id: 'x', type: 'string' })('a'), []);
    assert.deepEqual(compileSchema({ $id: 'x', type: 'number' })(1), []);
  });

  it('says so when a value is longer than a pattern can be tried on', () => {
    assert.match(compileSchema({ pattern: 'a+b' })('a'.repeat(100_000))[0] ?? '', /is longer than the 4096 characters/);
  });

  it('follows a schema into itself', () => {
    const check = compileSchema({ type: 'object', properties: { next: { $ref: '#' } } });

    assert.deepEqual(check({ next: { next: {} } }), []);
    assert.deepEqual(check({ next: { next: 1 } }), ['`next.next` must be object.']);
  });

  it('answers for a schema without end', () => {
    assert.deepEqual(compileSchema({ $ref: '#' })(1), ['is nested too deep to check.']);
  });

  const UNUSABLE: readonly (readonly [string, JsonObject, RegExp])[] = [
    ['an unknown type', { type: 'strnig' }, /type/],
    ['a remote reference', { $ref: 'http://127.0.0.1/x' }, /resolve/],
    ['the $id of the draft itself', { $id: 'https://json-schema.org/draft/2020-12/schema' }, /taken/],
    ['another draft', { $schema: 'http://json-schema.org/draft-04/schema#' }, /schema/],
    ['a check that answers later', { $async: true, type: 'string' }, /async/],
    ['a pattern of 201 characters', { pattern: 'a'.repeat(201) }, /longer than 200/],
    ['no regular expression', { pattern: '(' }, /not a regular expression/],
    ['a pattern that tries without end', { properties: { a: { pattern: '^(a+)+$' } } }, /try without end/],
    ['such a pattern for keys', { patternProperties: { '(a|a)*$': {} } }, /try without end/],
    ['unique items without a bound', { uniqueItems: true }, /maxItems/],
    ['unique items with a high bound', { uniqueItems: true, maxItems: 1_001 }, /maxItems/],
  ];
  for (const [what, schema, reason] of UNUSABLE) {
    it(`refuses a schema with ${what}`, () => {
      assert.match(whySchemaUnusable(schema) ?? '', reason);
      assert.throws(() => compileSchema(schema), { code: 'SPEC_INVALID' });
    });
  }

  it('takes unique items with a bound of 1000', () => {
    assert.equal(whySchemaUnusable({ uniqueItems: true, maxItems: 1_000 }), undefined);
  });
});

describe('prepareInput', () => {
  it('holds input against the schema of the flow', () => {
    const flow = flowOf('input_schema: {required: [n]}\nnodes: [{name: a}]\n');

    assert.deepEqual(prepareInput(flow, {}).problems, ['needs `n`.']);
    assert.deepEqual(prepareInput(flow, { n: 1 }).problems, []);
  });

  it('takes anything without a schema', () => {
    assert.deepEqual(prepareInput(flowOf('nodes: [{name: a}]\n'), { x: 1 }).problems, []);
  });
});
