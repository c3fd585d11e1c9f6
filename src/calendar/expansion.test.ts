import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { aCalendar, codesOf, expand, type FoundCalendar, onlyOf, startsOf } from '../../test/support/calendars.ts';
import { expandCalendar } from './index.ts';

const DAY = 86_400_000;
const utc = (iso: string): number => Date.parse(iso);

describe('expandCalendar', () => {
  it('gives every field of an occurrence', () => {
    const event = `UID:u1
DTSTART;TZID=America/New_York:20250310T090000
DTEND;TZID=America/New_York:20250310T100000
SUMMARY:Plan\\, then do
LOCATION:Room 4
SEQUENCE:3
STATUS:CONFIRMED`;

    const { id, ...rest } = onlyOf(aCalendar(event));

    assert.match(id, /^[0-9a-f]{24}$/);
    assert.deepEqual(rest, {
      uid: 'u1',
      title: 'Plan, then do',
      location: 'Room 4',
      join_url: '',
      description: '',
      start_ms: utc('2025-03-10T13:00:00Z'),
      end_ms: utc('2025-03-10T14:00:00Z'),
      start_local: { year: 2025, month: 3, day: 10, hour: 14, minute: 0, weekday: 1 },
      end_local: { year: 2025, month: 3, day: 10, hour: 15, minute: 0, weekday: 1 },
      all_day: false,
      zone: 'America/New_York',
      show_as: 'busy',
      status: 'confirmed',
      recurring: false,
      sequence: 3,
      original_start_ms: utc('2025-03-10T13:00:00Z'),
    });
  });

  it('reads lines folded in the middle of a character', () => {
    const bytes = new TextEncoder().encode(aCalendar('UID:u\nDTSTART:20250310T090000Z\nSUMMARY:Caf§'));
    const at = bytes.indexOf(0xc2);
    const folded = Uint8Array.from([...bytes.subarray(0, at), 0xc3, 13, 10, 32, 0xa9, ...bytes.subarray(at + 2)]);

    assert.equal(expand(folded).occurrences[0]?.title, 'Café');
  });

  it('replaces and counts bytes that are not UTF-8', () => {
    const bytes = new TextEncoder().encode(aCalendar('UID:u\nDTSTART:20250310T090000Z\nSUMMARY:Caf§'));
    bytes[bytes.indexOf(0xc2)] = 0xff;
    const result = expand(bytes);

    assert.equal(result.occurrences[0]?.title, 'Caf\uFFFD\uFFFD');
    assert.match(result.warnings[0]?.message ?? '', /^2 characters .* not UTF-8/);
  });

  it('names the calendar', () => {
    assert.equal(expand('BEGIN:VCALENDAR\r\nX-WR-CALNAME:Home\\, sweet\r\nEND:VCALENDAR\r\n').name, 'Home, sweet');
  });

  it('goes through an event at a time and leaves out the ones it is told to', () => {
    const text = aCalendar('UID:a\nDTSTART:20250310T090000Z\nSUMMARY:A', 'UID:b\nDTSTART:20250311T090000Z\nSUMMARY:B');
    const marks: number[] = [];
    const result = expandCalendar(
      text,
      { fromMs: utc('2025-01-01T00:00:00Z'), toMs: utc('2026-01-01T00:00:00Z'), zone: 'UTC' },
      { skip: new Set([1]), onComponent: (index) => marks.push(index) },
    ) as FoundCalendar;

    assert.deepEqual(marks, [-1, 0, 0]);
    assert.deepEqual(
      result.occurrences.map(({ uid }) => uid),
      ['a'],
    );
    assert.deepEqual(
      result.warnings.map(({ code, uid, line }) => [code, uid, line]),
      [['event_given_up', 'b', 8]],
    );
    assert.deepEqual(result.stats, { event_count: 2, skipped_count: 1, warnings_left_out: 0 });
  });

  for (const [what, settings] of [
    ['a zone nobody knows', { zone: 'Mars/Olympus' }],
    ['a window that ends before it begins', { fromMs: 5, toMs: 5 }],
    ['a window of 800 days and 1 ms', { fromMs: 0, toMs: 800 * DAY + 1 }],
    ['a window that is no number', { fromMs: Number.NaN }],
  ] as const) {
    it(`refuses ${what}`, () => {
      assert.throws(() => expand(aCalendar(), settings), { code: 'FLOW_ACTION' });
    });
  }

  it('takes a window of 800 days', () => {
    assert.deepEqual(startsOf(aCalendar(), { fromMs: 0, toMs: 800 * DAY }), []);
  });

  it('counts an occurrence in when it touches the window', () => {
    const text = aCalendar('UID:u\nDTSTART:20250310T090000Z\nDTEND:20250310T100000Z');
    const [nine, ten] = [utc('2025-03-10T09:00:00Z'), utc('2025-03-10T10:00:00Z')];

    assert.equal(startsOf(text, { fromMs: ten - 1, toMs: ten }).length, 1);
    assert.equal(startsOf(text, { fromMs: ten, toMs: ten + 1 }).length, 0);
    assert.equal(startsOf(text, { fromMs: nine - 1, toMs: nine }).length, 0);
    assert.equal(startsOf(text, { fromMs: nine - 1, toMs: nine + 1 }).length, 1);
  });
});

describe('what is no calendar', () => {
  for (const [reason, text] of [
    ['empty', ''],
    ['empty', ' \r\n\r\n'],
    ['html', '<!doctype html><title>Sign in</title>'],
    ['no_calendar', '{"error": "gone"}'],
    ['no_calendar', 'BEGIN:VCARD\r\nEND:VCARD\r\n'],
    ['truncated', aCalendar('UID:u\nDTSTART:20250310T090000Z').replace('END:VCALENDAR\r\n', '')],
    ['truncated', aCalendar('UID:u\nDTSTART:20250310T090000Z').slice(0, 60)],
  ] as const) {
    it(`is refused as ${reason}: ${JSON.stringify(text.slice(0, 20))}`, () => {
      const result = expandCalendar(text, { fromMs: 0, toMs: DAY, zone: 'UTC' });

      assert.equal(result.kind === 'not_a_calendar' && result.reason, reason);
    });
  }

  it('is anything above the size limit, to the byte', () => {
    const text = aCalendar('UID:u\nDTSTART:20250310T090000Z').padEnd(1_025, '\n');
    const kindAt = (maxFeedBytes: number): string =>
      expandCalendar(text, { fromMs: 0, toMs: DAY, zone: 'UTC', limits: { maxFeedBytes } }).kind;

    assert.equal(kindAt(1_025), 'calendar');
    assert.equal(kindAt(1_024), 'not_a_calendar');
  });

  it('is anything with more events than allowed', () => {
    const text = aCalendar('UID:a\nDTSTART:20250310T090000Z', 'UID:b\nDTSTART:20250310T090000Z');
    const kindAt = (maxEvents: number): string =>
      expandCalendar(text, { fromMs: 0, toMs: DAY, zone: 'UTC', limits: { maxEvents } }).kind;

    assert.equal(kindAt(2), 'calendar');
    assert.equal(kindAt(1), 'not_a_calendar');
  });

  it('does not include a calendar without events, blanks before it, a byte-order mark or bare line feeds', () => {
    assert.equal(expand('BEGIN:VCALENDAR\r\nEND:VCALENDAR').stats.event_count, 0);
    assert.equal(expand(`\uFEFF   ${aCalendar('UID:u\nDTSTART:20250310T090000Z')}`).occurrences.length, 1);
    assert.equal(expand(aCalendar('UID:u\nDTSTART:20250310T090000Z').replaceAll('\r', '')).occurrences.length, 1);
  });
});

describe('a broken event', () => {
  const good = 'UID:good\nDTSTART:20250310T090000Z\nSUMMARY:Good';
  for (const [what, lines] of [
    ['without DTSTART', 'UID:x\nSUMMARY:Bad'],
    ['with a start that is no date', 'UID:x\nDTSTART:Next Year\nSUMMARY:Bad'],
    ['on 30 February', 'UID:x\nDTSTART:20250230T090000Z\nSUMMARY:Bad'],
    ['with an open quote', 'UID:x\nDTSTART;TZID="Europe/Berlin:20250310T090000\nSUMMARY:Bad'],
    ['with a rule that is none', 'UID:x\nDTSTART:20250310T090000Z\nSUMMARY:Bad\nRRULE:FREQ=SOMETIMES'],
    ['with an impossible rule part', 'UID:x\nDTSTART:20250310T090000Z\nSUMMARY:Bad\nRRULE:FREQ=DAILY;BYMONTH=13'],
    ['with a broken EXDATE', 'UID:x\nDTSTART:20250310T090000Z\nSUMMARY:Bad\nRRULE:FREQ=DAILY\nEXDATE:tomorrow'],
    ['with a broken DURATION', 'UID:x\nDTSTART:20250310T090000Z\nSUMMARY:Bad\nDURATION:long'],
    ['with an EXRULE', 'UID:x\nDTSTART:20250310T090000Z\nSUMMARY:Bad\nEXRULE:FREQ=DAILY'],
    [
      'with a rule line longer than allowed',
      `UID:x\nDTSTART:20250310T090000Z\nSUMMARY:Bad\nRRULE:FREQ=DAILY;X=${'y'.repeat(33_000)}`,
    ],
  ] as const) {
    it(`${what} is named with its line, and the others are kept`, () => {
      const result = expand(aCalendar(lines, good));

      assert.deepEqual(
        result.occurrences.map(({ title }) => title),
        ['Good'],
      );
      assert.deepEqual(codesOf(result), ['event_unreadable']);
      assert.match(result.warnings[0]?.message ?? '', /The event "Bad" on line 3 was left out/);
      assert.equal(result.stats.skipped_count, 1);
    });
  }

  it('without END is named, and the others are kept', () => {
    const result = expand(aCalendar('UID:x\nDTSTART:20250310T090000Z', good).replace('END:VEVENT\r\n', ''));

    assert.deepEqual(
      result.occurrences.map(({ title }) => title),
      ['Good'],
    );
    assert.deepEqual(codesOf(result), ['event_unreadable']);
    assert.deepEqual(result.stats, { event_count: 2, skipped_count: 1, warnings_left_out: 0 });
  });

  it('may have broken lines that nobody needs', () => {
    const text = aCalendar(
      'UID:u\nORGANIZER="mailto:a@example.com"\nDTSTART:20250310T090000Z\nNONSENSE\nCREATED:never',
    );

    assert.deepEqual(codesOf(expand(text)), []);
    assert.equal(startsOf(text).length, 1);
  });

  it('keeps its event when only a text is too long', () => {
    const title = onlyOf(aCalendar(`UID:u\nDTSTART:20250310T090000Z\nSUMMARY:${'ä'.repeat(40_000)}`)).title;

    assert.equal(title, 'ä'.repeat(500));
  });

  it('is counted when the list of warnings is full', () => {
    const { warnings, stats } = expand(aCalendar(...Array.from({ length: 130 }, () => 'UID:x\nSUMMARY:Bad')));

    assert.equal(warnings.length, 100);
    assert.deepEqual(stats, { event_count: 130, skipped_count: 130, warnings_left_out: 30 });
  });

  it('with NULs, an endless fold or a line inside an alarm harms nobody', () => {
    const fold = `DESCRIPTION:x${'\n  y'.repeat(20_000)}`;
    const alarm = 'BEGIN:VALARM\nDTSTART:nonsense\nSUMMARY:Alarm\nEND:VALARM';
    const { title } = onlyOf(aCalendar(`UID:u\n${fold}\n${alarm}\nDTSTART:20250310T090000Z\nSUMMARY:a\0b`));

    assert.equal(title, 'a b');
  });
});
