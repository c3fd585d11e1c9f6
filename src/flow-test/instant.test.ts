/** Instants as tests write them. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseInstant } from './instant.ts';

describe('parseInstant', () => {
  for (const [text, atMs] of [
    ['2026-01-05T08:00:00Z', 1_767_600_000_000],
    ['2026-01-05T08:00Z', 1_767_600_000_000],
    ['2026-01-05T09:00:00+01:00', 1_767_600_000_000],
    ['2026-01-04T22:30:00-09:30', 1_767_600_000_000],
    ['1970-01-01T00:00:00Z', 0],
  ] as const) {
    it(`reads ${text}`, () => assert.equal(parseInstant(text), atMs));
  }

  for (const text of [
    '',
    '2026-01-05',
    '2026-01-05T08:00:00',
    '2026-02-30T08:00:00Z',
    '2026-13-01T08:00:00Z',
    '2026-01-00T08:00:00Z',
    '2026-01-05T24:00:00Z',
  ]) {
    it(`refuses ${JSON.stringify(text)}`, () => assert.equal(parseInstant(text), undefined));
  }
});
