/**
 * Any JSON goes into Lua and comes back as it was, but for nulls in objects.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { JsonObject, JsonValue } from '../../core/index.ts';
import { aMachine } from '../../../test/support/lua-machines.ts';

const json = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    fc.constant(null),
    fc.boolean(),
    fc.integer(),
    fc.maxSafeInteger(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.string({ unit: 'binary', maxLength: 100 }),
    fc.array(tie('value'), { maxLength: 8 }),
    fc.dictionary(fc.string({ unit: 'binary', maxLength: 20 }), tie('value'), { maxKeys: 8, noNullPrototype: true }),
  ),
})).value;
const state = fc.dictionary(fc.string({ unit: 'binary', maxLength: 20 }), json, { maxKeys: 6, noNullPrototype: true });

/** What the codec gives back: no null in objects, no minus zero. Same order of keys. */
function expected(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map((item: JsonValue) => expected(item));
  if (typeof value === 'object' && value !== null) {
    const kept: [string, JsonValue][] = [];
    for (const [key, item] of Object.entries(value)) if (item !== null) kept.push([key, expected(item)]);
    return Object.fromEntries(kept);
  }
  return Object.is(value, -0) ? 0 : value;
}

describe('the value codec', () => {
  it('gives back what it was given, in the same order', async () => {
    const machine = await aMachine(['return state']);
    fc.assert(
      fc.property(state, (given) => {
        const { value } = machine.call(0, { state: given, variables: {}, nowMs: 0 });
        assert.equal(JSON.stringify(value), JSON.stringify(expected(given)));
      }),
      { numRuns: 1000 },
    );
  });

  it('encodes and decodes JSON text to the same value', async () => {
    const machine = await aMachine(['return json.decode(json.encode(state))']);
    fc.assert(
      fc.property(state, (given) => {
        const { value } = machine.call(0, { state: given, variables: {}, nowMs: 0 });
        assert.deepEqual(value, expected(given as JsonObject));
      }),
      { numRuns: 300 },
    );
  });

  it('gives the same result for the same input on any machine', async () => {
    const [one, other] = [await aMachine(['return state']), await aMachine(['return state'])];
    fc.assert(
      fc.property(state, (given) => {
        const input = { state: given, variables: {}, nowMs: 0 };
        one.fresh({ seed: 'x' });
        other.fresh({ seed: 'y' });
        assert.equal(JSON.stringify(one.call(0, input)), JSON.stringify(other.call(0, input)));
      }),
      { numRuns: 200 },
    );
  });
});
