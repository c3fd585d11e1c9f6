/** Searching gives what the engine's own search gives, for texts that are hard to search too. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Evaluation } from './evaluation.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { findLastText, findText, splitAt } from './text-search.ts';

const letters = fc.string({ unit: fc.constantFrom('a', 'a', 'a', 'b'), maxLength: 200 });
const sought = fc.string({ unit: fc.constantFrom('a', 'a', 'b'), minLength: 1, maxLength: 80 });
/** Texts in which what is sought does stand, whole and in part. */
const anyCase = fc
  .tuple(letters, sought, letters)
  .chain(([left, part, right]) =>
    fc.constantFrom(
      [left + right, part],
      [left + part + right, part],
      [part.slice(1) + left + part + part + right, part],
    ),
  );

const start = (): Evaluation => new Evaluation('', {}, DEFAULT_LIMITS);

describe('text search', () => {
  it('finds the first and the last place, and splits, as the engine does', () => {
    fc.assert(
      fc.property(anyCase, ([text, part]) => {
        assert.equal(findText(text, part, start()), text.indexOf(part));
        assert.equal(findLastText(text, part, start()), text.lastIndexOf(part));
        assert.deepEqual(splitAt(text, part, start()), text.split(part));
      }),
      { numRuns: 2_000 },
    );
  });

  it('finds a text of 1, 32, 33 and 34 characters', () => {
    for (const length of [1, 32, 33, 34]) {
      const part = `${'a'.repeat(length - 1)}b`;

      assert.equal(findText('a'.repeat(50) + part, part, start()), 50);
      assert.equal(findLastText(part + part, part, start()), length);
    }
  });

  it('looks at a text no longer than what it is searched in', () => {
    assert.equal(findText('a', 'ab', start()), -1);
    assert.equal(findLastText('a', 'b'.repeat(40), start()), -1);
  });
});
