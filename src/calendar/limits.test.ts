import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkOptions } from '../core/index.ts';
import { CALENDAR_LIMITS, MAX_WINDOW_DAYS } from './index.ts';

const MIB = 1_048_576;

describe('CALENDAR_LIMITS', () => {
  for (const [key, lowest, highest] of [
    ['max_feed', 1_024, 200 * MIB],
    ['max_line', 1_000, MIB],
    ['max_events', 1, 100_000],
    ['max_occurrences_per_rule', 1, 5_000],
    ['max_occurrences', 1, 50_000],
    ['max_steps_per_rule', 100, 1_000_000],
  ] as const) {
    it(`takes ${key} from ${lowest} to ${highest}`, () => {
      const accepts = (value: number): boolean =>
        checkOptions('', CALENDAR_LIMITS, { [key]: value }).problems.length === 0;

      assert.deepEqual([lowest - 1, lowest, highest, highest + 1].map(accepts), [false, true, true, false]);
    });
  }

  it('are those the documentation promises', () => {
    const { options } = checkOptions('', CALENDAR_LIMITS, {});

    assert.deepEqual([options.maxFeedBytes, options.maxLineBytes, options.maxEvents], [50 * MIB, 32 * 1_024, 10_000]);
    assert.deepEqual([options.maxOccurrencesPerRule, MAX_WINDOW_DAYS], [250, 800]);
  });
});
