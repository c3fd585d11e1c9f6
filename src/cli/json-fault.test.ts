/** Where JSON stops being JSON. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findJsonFault, placeOf } from './json-fault.ts';

describe('findJsonFault', () => {
  const CASES: readonly (readonly [string, number | undefined])[] = [
    ['{}', undefined],
    [' {"a": [1, -2.5e3, "x\\u00e9", true, null]} ', undefined],
    ['', 0],
    ['{', 1],
    ['{"a"', 4],
    ['{"a":', 5],
    ['{"a":1', 6],
    ['{a: 1}', 1],
    ["{'a': 1}", 1],
    ['{"a": 1,}', 8],
    ['[1,]', 3],
    ['[1 2]', 3],
    ['{"a": tru}', 6],
    ['{"a": 01}', 7],
    ['{"a": "x\ny"}', 6],
    ['{} x', 3],
    ['[}', 1],
    ['{"a": 1]', 7],
    ['undefined', 0],
    ['{"a": NaN}', 6],
  ];
  for (const [text, offset] of CASES) {
    it(`finds ${offset ?? 'none'} in ${JSON.stringify(text)}`, () => {
      assert.equal(findJsonFault(text), offset);
    });
  }
});

describe('placeOf', () => {
  it('counts lines and columns from 1', () => {
    assert.deepEqual(placeOf('', 0), { line: 1, column: 1 });
    assert.deepEqual(placeOf('ab\ncd', 4), { line: 2, column: 2 });
    assert.deepEqual(placeOf('ab\n', 3), { line: 2, column: 1 });
  });
});
