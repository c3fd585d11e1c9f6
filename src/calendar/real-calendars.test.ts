import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { expandCalendar } from './index.ts';

const folder = new URL('../../../shared/data/ics/', import.meta.url);
const skip = existsSync(folder) ? false : 'skipped: no shared data';

/**
 * Per file: events in it, events left out, occurrences in the window, codes of all warnings.
 * Counted by reading the files; the windows hold every date of series that end.
 */
interface Row {
  readonly events: number;
  readonly skipped?: number;
  readonly year: number;
  readonly occurrences: number;
  readonly codes?: readonly string[];
}

const ROWS: Readonly<Record<string, Row>> = {
  // Three single events, and Thursdays and Fridays from 2 November 2020 (a Monday) to 28 August 2021: 1 + 86.
  'Office-2012-owa.ics': { events: 4, year: 2020, occurrences: 90 },
  'attendee-with-url.ics': { events: 1, skipped: 1, year: 2020, occurrences: 0, codes: ['event_unreadable'] },
  // Three endless series on weekdays: each is cut at 250.
  'badRRULE.ics': { events: 3, year: 2020, occurrences: 750, codes: ['rule_cut', 'rule_cut', 'rule_cut'] },
  'bad_custom_ms_tz.ics': {
    events: 3,
    skipped: 1,
    year: 2021,
    occurrences: 2,
    codes: ['zone_unknown', 'event_dropped'],
  },
  'bad_custom_ms_tz2.ics': {
    events: 3,
    skipped: 1,
    year: 2021,
    occurrences: 2,
    codes: ['zone_unknown', 'event_dropped'],
  },
  // 17 Tuesdays and 17 Thursdays.
  'bad_ms_tz.ics': { events: 1, year: 2020, occurrences: 34 },
  'biweekly-exdate-until.ics': { events: 2, year: 2017, occurrences: 21 + 73 },
  'daily-count-exdate-recurrence-id.ics': {
    events: 2,
    skipped: 1,
    year: 2015,
    occurrences: 7,
    codes: ['event_dropped'],
  },
  'dst-transition-rules.ics': { events: 1, year: 2022, occurrences: 1 },
  'duplicate-rrule-sequence.ics': { events: 2, year: 2024, occurrences: 5 },
  'duplicate-uid-sequence.ics': { events: 4, year: 2024, occurrences: 2 },
  'event-organizer-cn.ics': { events: 1, year: 2013, occurrences: 1 },
  'event-with-category.ics': {
    events: 5,
    skipped: 5,
    year: 2020,
    occurrences: 0,
    codes: Array(5).fill('event_unreadable'),
  },
  'event-with-valarm.ics': { events: 1, year: 2013, occurrences: 1 },
  'exchange-custom-tz.ics': { events: 1, year: 2019, occurrences: 1 },
  // Tuesdays and Thursdays from 19 February to 18 August 2026, one of them moved by a day.
  'exchange_whole_day_moved_recurrence.ics': { events: 2, year: 2026, occurrences: 52 },
  'exchange_whole_day_moved_recurrence_offset_tz.ics': { events: 2, year: 2026, occurrences: 52 },
  'floating-dtstart-custom-vtimezone.ics': { events: 1, year: 2025, occurrences: 1 },
  'germany_at_end_of_day_repeating.ics': { events: 1, year: 2024, occurrences: 4, codes: ['zone_unknown'] },
  'google-calendar-kiev-tz.ics': { events: 2, year: 2016, occurrences: 4 },
  'google-recurrence-order.ics': { events: 2, year: 2026, occurrences: 3 },
  'large-file-with-late-error.ics': {
    events: 401,
    skipped: 6,
    year: 2024,
    occurrences: 395,
    codes: Array(6).fill('event_unreadable'),
  },
  'meetup-timed-tz.ics': { events: 1, year: 2011, occurrences: 1 },
  'mixed-timezone-handling.ics': { events: 5, year: 2002, occurrences: 5 },
  'ms_timezones.ics': { events: 4, skipped: 1, year: 2020, occurrences: 137, codes: ['event_unreadable'] },
  'multi-era-vtimezone.ics': { events: 2, year: 2025, occurrences: 1 },
  'multi-event-basic.ics': { events: 9, skipped: 1, year: 2011, occurrences: 8, codes: ['event_unreadable'] },
  'music-school-weekly-until.ics': { events: 1, year: 2022, occurrences: 9 },
  'non-utc-until-ny.ics': { events: 1, year: 2024, occurrences: 15 },
  'non-utc-until.ics': { events: 1, year: 2024, occurrences: 53 },
  // Five days, two moved, and two overrides of slots that the series never had.
  'recurrence-sequence.ics': { events: 7, year: 2024, occurrences: 7 },
  'sabredav-school-holidays.ics': { events: 1, year: 2018, occurrences: 1 },
  'tentative-apple-calendar.ics': { events: 4, year: 2022, occurrences: 4 },
  'test_daily_recurring.ics': { events: 1, year: 2025, occurrences: 30 },
  'test_date_duration.ics': { events: 1, year: 2024, occurrences: 1 },
  'test_date_time_duration.ics': { events: 1, year: 2024, occurrences: 1 },
  // Saturdays from 17 October 2020 to 1 January 2022, which begins in Berlin before it does in UTC.
  'test_with_forward_TZ.ics': { events: 1, year: 2020, occurrences: 64 },
  'test_with_int_tzid.ics': { events: 2, year: 2023, occurrences: 2 },
  'test_with_multiple_tzids_in_vtimezone.ics': { events: 1, year: 2024, occurrences: 1 },
  // Ends before it begins, and its only date is excluded.
  'test_with_tz_list.ics': { events: 1, year: 2024, occurrences: 0 },
  'tv-show-episode.ics': { events: 27, year: 2011, occurrences: 26 },
  'utf8-french-calendar.ics': { events: 0, year: 2013, occurrences: 0 },
  'vfreebusy-zimbra.ics': { events: 0, year: 2014, occurrences: 0 },
  'vtimezone-year-0001-dtstart.ics': { events: 1, year: 2024, occurrences: 1 },
  'vtodo-vfreebusy.ics': { events: 3, year: 2002, occurrences: 3 },
  'whole_day_moved_over_dst_change_berlin.ics': { events: 2, year: 2024, occurrences: 3 },
  // The exceptions are nine o'clock in Los Angeles, the series is noon in New York: other instants.
  'windows-quoted-tz-rrule.ics': { events: 1, year: 2015, occurrences: 10 },
  'yearly-party.ics': { events: 2, year: 2022, occurrences: 4 },
  'yearly-recurring-unicode.ics': { events: 1, year: 2012, occurrences: 2 },
  // 127 single events; a Thursday, then 15 Fridays and 14 Mondays every fifth week.
  'festival-multiday-rrule.ics': { events: 128, year: 2011, occurrences: 127 + 30 },
  'tripit-location-escaping.ics': { events: 47, year: 2011, occurrences: 47 },
};

describe('real calendars', () => {
  for (const [file, { events, skipped = 0, year, occurrences, codes = [] }] of Object.entries(ROWS)) {
    it(`give their events: ${file}`, { skip }, () => {
      const result = expandCalendar(readFileSync(new URL(file, folder)), {
        fromMs: Date.UTC(year, 0, 1),
        toMs: Date.UTC(year + 2, 0, 1),
        zone: 'Europe/Berlin',
        limits: { includeHidden: true },
      });

      if (result.kind !== 'calendar') assert.fail(result.message);
      assert.deepEqual(result.stats, { event_count: events, skipped_count: skipped, warnings_left_out: 0 });
      assert.equal(result.occurrences.length, occurrences);
      assert.deepEqual(
        result.warnings.map(({ code }) => code),
        codes,
      );
    });
  }

  it('are all in the table', { skip }, () => {
    assert.deepEqual(
      Object.keys(ROWS).sort(),
      readdirSync(folder)
        .filter((name) => name.endsWith('.ics'))
        .sort(),
    );
  });
});
