import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { longestSafeText } from './pattern-cost.ts';

/** [pattern, longest text it may be tried on] */
const ROWS: readonly (readonly [string, number | undefined])[] = [
  ['^[a-z0-9-]+$', 65_536],
  ['^abc$', 65_536],
  ['abc', 65_536],
  ['a+', 4_096],
  ['^\\d{4}-\\d{2}-\\d{2}$', 65_536],
  ['^(?:abc)+$', 65_536],
  ['^\\w+@\\w+$', 4_096],
  ['^a*b*c*$', 256],
  ['^(?<year>\\d{4})(?:-\\d\\d)?$', 65_536],
  ['^a*b*c*d*$', 64],
  ['^a*b*c*d*e*$', undefined],
  ['(a+)+', undefined],
  ['(a|b)*', undefined],
  ['(a?)*', undefined],
  ['((a{1,9}){1,9}){1,9}', undefined],
  ['(\\w+\\s?)*$', undefined],
  ['(a)\\1', undefined],
  [`${'a?'.repeat(30)}${'a'.repeat(30)}`, undefined],
  ['a{1,2000}', undefined],
  ['[(+*]+', 4_096],
  ['\\(\\)+', 4_096],
  ['x'.repeat(201), undefined],
];

describe('longestSafeText', () => {
  for (const [pattern, longest] of ROWS) {
    it(`gives ${longest} for ${pattern.slice(0, 40)}`, () => assert.equal(longestSafeText(pattern), longest));
  }
});
