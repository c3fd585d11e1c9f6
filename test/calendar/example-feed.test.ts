import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { expandCalendar, type Occurrence } from '../../src/calendar/index.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const bytes = readFileSync(new URL('../../examples/whats-next/feed.ics', import.meta.url));

/** What the shipped feed gives in the days after an instant. */
function after(fromMs: number, days: number): readonly Occurrence[] {
  const result = expandCalendar(bytes, { fromMs, toMs: fromMs + days * DAY, zone: 'Europe/Berlin' });
  if (result.kind !== 'calendar') assert.fail(result.message);
  assert.deepEqual(result.warnings, []);
  return result.occurrences;
}

describe('the feed of the example', () => {
  it('is written as RFC 5545 asks: CRLF, lines of at most 75 bytes', () => {
    const text = bytes.toString();

    assert.equal(text.replaceAll('\r\n', '').search(/[\r\n]/), -1);
    assert.ok(text.split('\r\n').every((line) => Buffer.byteLength(line) <= 75));
  });

  it('holds several hundred events, and what large calendars export', () => {
    const text = bytes.toString();

    assert.ok((text.match(/BEGIN:VEVENT/g) ?? []).length >= 300);
    for (const part of [
      'TZID:W. Europe Standard Time',
      'TZID:Customized Time Zone',
      'TZID:America/New_York',
      'RECURRENCE-ID;',
      'EXDATE',
      'RDATE',
      'STATUS:CANCELLED',
      'STATUS:TENTATIVE',
      'TRANSP:TRANSPARENT',
      'Microsoft Teams Meeting',
      '<script>',
      'DTSTART;VALUE=DATE',
      'DURATION:PT',
      'BYDAY=-1FR',
      '\\,',
      '\\;',
    ]) {
      assert.ok(text.includes(part), part);
    }
  });

  for (const year of [2026, 2028, 2031]) {
    it(`shows something within any fourteen hours of ${year}, every weekday at least five things`, () => {
      const from = Date.UTC(year, 0, 5);
      const counts = new Map<number, number>();
      let last = from;
      for (const { start_ms, start_local } of after(from, 60)) {
        assert.ok(start_ms - last <= 14 * HOUR, `nothing before ${new Date(start_ms).toISOString()}`);
        last = start_ms;
        const day = Math.floor(start_ms / DAY);
        if (start_local.weekday <= 5) counts.set(day, (counts.get(day) ?? 0) + 1);
      }

      assert.ok(counts.size >= 42);
      assert.ok([...counts.values()].every((count) => count >= 5));
    });
  }
});
