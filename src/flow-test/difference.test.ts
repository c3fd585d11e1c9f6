/** Where a value is not what a test expects. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JsonValue } from '../core/index.ts';
import { readYaml } from '../spec/index.ts';
import { type Closeness, differencesOf } from './difference.ts';

function compare(expected: string, got: JsonValue | undefined, closeness: Closeness) {
  const { root } = readYaml(expected, 'x.test.yaml');
  assert.ok(root);
  return differencesOf(root, got, { what: 'state', closeness });
}

describe('differencesOf', () => {
  for (const [expected, got, closeness] of [
    ['{ a: 1, b: [x, { c: null }] }', { b: ['x', { c: null }], a: 1 }, 'whole'],
    ['{ a: 1.0 }', { a: 1 }, 'whole'],
    ['{ a: { b: 1 } }', { a: { b: 1, c: 2 }, d: 3 }, 'part'],
    ['{ a: null }', {}, 'part'],
    ['[]', [], 'part'],
    ['{ __proto__: 1 }', JSON.parse('{ "__proto__": 1 }') as JsonValue, 'whole'],
  ] as const) {
    it(`finds none between ${expected} and ${JSON.stringify(got)} as ${closeness}`, () => {
      assert.deepEqual(compare(expected, got, closeness), []);
    });
  }

  it('names the place of each value that differs', () => {
    assert.deepEqual(compare('{ a: 1, b: [x, { c: 2 }] }', { a: 1, b: ['y', { c: 3 }] }, 'part'), [
      { at: 12, what: 'state.b[0]', expected: 'x', got: 'y' },
      { at: 20, what: 'state.b[1].c', expected: 2, got: 3 },
    ]);
  });

  it('tells of keys that are missing and, for the whole, of those that are too many', () => {
    const got = { 'odd key': 1 };

    assert.deepEqual(compare('{ a: 1 }', got, 'part'), [{ at: 5, what: 'state.a', expected: 1 }]);
    assert.deepEqual(compare('{ a: 1 }', got, 'whole'), [
      { at: 5, what: 'state.a', expected: 1 },
      { at: 0, what: 'state."odd key"', got: 1 },
    ]);
    assert.deepEqual(compare('{ a: null }', {}, 'whole'), [{ at: 5, what: 'state.a', expected: null }]);
  });

  it('shows lists of another length, and values of another type, as a whole', () => {
    assert.deepEqual(compare('[1, 2]', [1], 'part'), [{ at: 0, what: 'state', expected: [1, 2], got: [1] }]);
    assert.deepEqual(compare('{ a: 1 }', '1', 'part'), [{ at: 0, what: 'state', expected: { a: 1 }, got: '1' }]);
    assert.deepEqual(compare('"1"', 1, 'part'), [{ at: 0, what: 'state', expected: '1', got: 1 }]);
    assert.deepEqual(compare('[]', undefined, 'whole'), [{ at: 0, what: 'state', expected: [] }]);
  });

  it('does not take what a prototype has for what is there', () => {
    assert.deepEqual(compare('{ constructor: 1 }', {}, 'part'), [{ at: 15, what: 'state.constructor', expected: 1 }]);
  });
});
