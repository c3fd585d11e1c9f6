import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { matchesWildcard } from './wildcard.ts';

describe('matchesWildcard', () => {
  for (const [pattern, name, fits] of [
    ['*', '', true],
    ['*', 'a.txt', true],
    ['*.txt', 'a.txt', true],
    ['*.txt', 'a.txt.bak', false],
    ['a*b*c', 'aXbYbc', true],
    ['a*b*c', 'aXcYb', false],
    ['?.txt', 'a.txt', true],
    ['?.txt', '.txt', false],
    ['', '', true],
    ['', 'a', false],
    ['a', '', false],
    ['**', 'a', true],
    ['a.c', 'abc', false],
    ['[a]', 'a', false],
    ['*a', 'aaa', true],
  ] as const) {
    it(`says ${fits} for ${JSON.stringify(pattern)} and ${JSON.stringify(name)}`, () => {
      assert.equal(matchesWildcard(pattern, name), fits);
    });
  }

  it('answers at once for stars that could be tried in very many ways', () => {
    assert.equal(matchesWildcard(`${'*a'.repeat(120)}b`, 'a'.repeat(255)), false);
  });
});
