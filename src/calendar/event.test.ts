import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { aCalendar, codesOf, expand, onlyOf, titlesOf } from '../../test/support/calendars.ts';

const HOUR = 3_600_000;

describe('lengths (E14)', () => {
  const minutes = (lines: string): number => {
    const { start_ms, end_ms } = onlyOf(aCalendar(`UID:u\n${lines}`));
    return (end_ms - start_ms) / 60_000;
  };

  for (const [lines, expected] of [
    ['DTSTART:20250310T080000Z', 0],
    ['DTSTART:20250310T080000Z\nDTEND:20250310T080000Z', 0],
    ['DTSTART:20250310T080000Z\nDURATION:PT1H15M', 75],
    ['DTSTART:20250310T080000Z\nDURATION:P1W', 7 * 1_440],
    ['DTSTART;TZID=Europe/Berlin:20250329T120000\nDURATION:P1D', 23 * 60],
    ['DTSTART;TZID=Europe/Berlin:20250329T120000\nDURATION:PT24H', 24 * 60],
    ['DTSTART;VALUE=DATE:20250310', 1_440],
    ['DTSTART;VALUE=DATE:20250310\nDTEND;VALUE=DATE:20250310', 1_440],
    ['DTSTART;VALUE=DATE:20250310\nDURATION:PT1W', 7 * 1_440],
    ['DTSTART;VALUE=DATE:20250310T080000\nDTEND;VALUE=DATE:20250310T083000', 30],
  ] as const) {
    it(`are ${expected} minutes for ${lines.replace('\n', ' ')}`, () => assert.equal(minutes(lines), expected));
  }

  for (const end of ['DTEND:20250310T075959Z', 'DURATION:-PT1S']) {
    it(`below nothing drop the event with a warning: ${end}`, () => {
      const result = expand(aCalendar(`UID:u\nDTSTART:20250310T080000Z\n${end}`));

      assert.equal(result.occurrences.length, 0);
      assert.deepEqual(codesOf(result), ['event_dropped']);
    });
  }

  it('stay exact for each of a series with DTEND', () => {
    const text = aCalendar(
      'UID:u\nDTSTART;TZID=Europe/Berlin:20250328T220000\nDTEND;TZID=Europe/Berlin:20250329T060000\nRRULE:FREQ=DAILY;COUNT=3',
    );

    assert.ok(expand(text).occurrences.every(({ start_ms, end_ms }) => end_ms - start_ms === 8 * HOUR));
  });
});

describe('what is shown', () => {
  const event = (lines: string): string => aCalendar(`UID:u\nDTSTART:20250310T080000Z\n${lines}`);

  for (const [lines, expected] of [
    ['SUMMARY:x', 'busy'],
    ['STATUS:TENTATIVE', 'tentative'],
    ['STATUS:CANCELLED', 'cancelled'],
    ['TRANSP:TRANSPARENT', 'free'],
    ['X-MICROSOFT-CDO-BUSYSTATUS:FREE', 'free'],
    ['X-MICROSOFT-CDO-BUSYSTATUS:TENTATIVE\nSTATUS:CONFIRMED', 'tentative'],
    ['X-MICROSOFT-CDO-BUSYSTATUS:OOF\nTRANSP:TRANSPARENT', 'busy'],
    ['X-MICROSOFT-CDO-BUSYSTATUS:BUSY\nSTATUS:TENTATIVE', 'busy'],
    ['X-MICROSOFT-CDO-BUSYSTATUS:SOMETHING\nSTATUS:TENTATIVE', 'tentative'],
    ['X-OUTLOOK-DELETED:TRUE\nX-MICROSOFT-CDO-BUSYSTATUS:BUSY', 'free'],
    ['STATUS:TENTATIVE\nTRANSP:TRANSPARENT', 'tentative'],
    ['ATTENDEE;PARTSTAT=DECLINED:mailto:Me@Example.com', 'declined'],
    ['ATTENDEE;PARTSTAT=DECLINED:mailto:other@example.com', 'busy'],
    ['ATTENDEE;PARTSTAT=TENTATIVE:mailto:me@example.com', 'tentative'],
  ] as const) {
    it(`counts ${lines.replace('\n', ' ')} as ${expected} (E15)`, () => {
      const shown = expand(event(lines), { owner: 'me@example.com' }).occurrences;
      const all = expand(event(lines), { owner: 'me@example.com', limits: { includeHidden: true } }).occurrences;

      assert.equal(all[0]?.show_as, expected);
      assert.equal(shown.length, expected === 'busy' || expected === 'tentative' ? 1 : 0);
    });
  }

  it('is in order of start, all-day first, then title, and the same every time (E18)', () => {
    const events = [
      'B\nDTSTART:20250310T080000Z',
      'A\nDTSTART:20250310T080000Z',
      'Z\nDTSTART;VALUE=DATE:20250310',
      'C\nDTSTART:20250309T230000Z',
    ];
    const lines = events.map((text, index) => `UID:${index}\nSUMMARY:${text}`);

    assert.deepEqual(titlesOf(aCalendar(...lines)), ['Z', 'C', 'A', 'B']);
    assert.deepEqual(titlesOf(aCalendar(...lines.reverse())), ['Z', 'C', 'A', 'B']);
  });

  it('has another id for every odd UID, and none that disturbs (E20)', () => {
    const uids = [
      'a_b',
      'a::b',
      'a b',
      'ä',
      '__proto__',
      'constructor',
      'a/20250310T080000Z',
      'x'.repeat(300),
      `${'x'.repeat(300)}y`,
    ];
    const { occurrences } = expand(
      aCalendar(...uids.map((uid) => `UID:${uid}\nDTSTART:20250310T080000Z\nRRULE:FREQ=DAILY;COUNT=2`)),
    );

    assert.equal(new Set(occurrences.map(({ id }) => id)).size, 2 * uids.length);
  });

  it('gives events without UID ids that stay', () => {
    const text = aCalendar('DTSTART:20250310T080000Z\nSUMMARY:A', 'DTSTART:20250310T080000Z\nSUMMARY:B');
    const ids = expand(text).occurrences.map(({ id }) => id);

    assert.equal(new Set(ids).size, 2);
    assert.deepEqual(
      expand(text).occurrences.map(({ id }) => id),
      ids,
    );
  });

  it('has texts without control characters, direction overrides and half characters', () => {
    const { title } = onlyOf(event(`SUMMARY:a\u202Eb\u0007c\\nd  ${'😀'.repeat(400)}`));

    assert.ok(title.startsWith('a b c d 😀'));
    assert.ok(title.length <= 500 && title.isWellFormed());
  });

  it('keeps markup in a title as the text it is', () => {
    assert.equal(onlyOf(event('SUMMARY:<script>alert(1)</script>')).title, '<script>alert(1)</script>');
  });

  it('has descriptions only when asked for, cut to 1,000 characters', () => {
    const text = event(`DESCRIPTION:${'x'.repeat(2_000)}`);

    assert.equal(onlyOf(text).description, '');
    assert.equal(onlyOf(text, { limits: { includeDescription: true } }).description.length, 1_000);
  });

  const teams = 'https://teams.microsoft.com/l/meetup-join/19%3ameeting_x/0?context=%7b%7d';
  for (const [lines, location, joinUrl] of [
    [`LOCATION:Microsoft Teams Meeting\nDESCRIPTION:Join: <${teams}>\\nBye`, '', teams],
    [`LOCATION:Room 4\\; Microsoft Teams-Besprechung\nX-MICROSOFT-SKYPETEAMSMEETINGURL:${teams}`, 'Room 4', teams],
    ['LOCATION:https://visio.example.org/room', '', 'https://visio.example.org/room'],
    [
      'LOCATION:Room 4\nX-GOOGLE-CONFERENCE:https://meet.google.com/abc-defg-hij',
      'Room 4',
      'https://meet.google.com/abc-defg-hij',
    ],
    [
      'LOCATION:Room 4\nX-GOOGLE-CONFERENCE:javascript:alert(1)\nDESCRIPTION:see https://example.org/agenda',
      'Room 4',
      '',
    ],
    ['DESCRIPTION:https://us02web.zoom.us/j/123?pwd=x', '', 'https://us02web.zoom.us/j/123?pwd=x'],
  ] as const) {
    it(`names the place and the way in for ${lines.slice(0, 60).replace('\n', ' ')} (E27)`, () => {
      const event_ = onlyOf(event(lines));

      assert.deepEqual([event_.location, event_.join_url], [location, joinUrl]);
    });
  }
});
