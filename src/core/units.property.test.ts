import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { formatDuration, formatSize, parseDurationMs, parseSizeBytes } from './units.ts';

describe('durations and sizes', () => {
  it('come back from how they are written', () => {
    fc.assert(
      fc.property(fc.nat({ max: 1e12 }), (number) => {
        assert.equal(parseDurationMs(formatDuration(number)), number);
        assert.equal(parseSizeBytes(formatSize(number)), number);
      }),
    );
  });

  it('are whole and not negative, or refused, whatever is written', () => {
    const written = fc.oneof(
      fc.string(),
      fc.double(),
      fc.stringMatching(/^\d{1,12}\.\d{1,6}(?:ms|s|m|h|d|B|KB|MB|KiB|MiB)$/),
    );
    fc.assert(
      fc.property(written, (value) => {
        for (const number of [parseDurationMs(value), parseSizeBytes(value)]) {
          assert.ok(number === undefined || (Number.isInteger(number) && number >= 0), `${value} gave ${number}`);
        }
      }),
    );
  });
});
