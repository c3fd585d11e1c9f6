/** The finder of faults against the parser itself. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { findJsonFault } from './json-fault.ts';

describe('findJsonFault', () => {
  it('agrees with JSON.parse on what is JSON', () => {
    const nearJson = fc
      .tuple(fc.json(), fc.nat(), fc.constantFrom('', ',', ':', '{', '}', '[', ']', '"', '1', '-', ' ', 'x', '\\'))
      .map(([text, at, extra]) => text.slice(0, at % (text.length + 1)) + extra + text.slice(at % (text.length + 1)));
    fc.assert(
      fc.property(nearJson, (text) => {
        let isJson = true;
        try {
          JSON.parse(text);
        } catch {
          isJson = false;
        }
        assert.equal(findJsonFault(text) === undefined, isJson, text);
      }),
      { numRuns: 500 },
    );
  });
});
