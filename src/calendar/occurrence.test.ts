import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { aCalendar, expand } from '../../test/support/calendars.ts';
import { mergeOccurrences } from './index.ts';

const occurrencesOf = (...events: string[]) => expand(aCalendar(...events)).occurrences;

describe('mergeOccurrences', () => {
  it('takes an event that is in two calendars from the first (E19)', () => {
    const first = occurrencesOf('UID:u\nDTSTART:20250310T090000Z\nSUMMARY:First');
    const second = occurrencesOf('UID:u\nDTSTART;TZID=Europe/Berlin:20250310T100000\nSUMMARY:Second');

    assert.deepEqual(
      mergeOccurrences([first, second]).map(({ title }) => title),
      ['First'],
    );
  });

  it('keeps two events that only look the same, in order (E19)', () => {
    const first = occurrencesOf('UID:a\nDTSTART:20250311T090000Z\nSUMMARY:Same');
    const second = occurrencesOf('UID:b\nDTSTART:20250311T090000Z\nSUMMARY:Same', 'UID:c\nDTSTART:20250310T090000Z');

    assert.deepEqual(
      mergeOccurrences([first, second]).map(({ start_local }) => start_local.day),
      [10, 11, 11],
    );
  });
});
