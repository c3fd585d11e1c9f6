import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { aCalendar, codesOf, expand, onlyOf, startsOf } from '../../test/support/calendars.ts';

/** The zone taken for a TZID in a calendar without definitions, with the warnings that gave. */
function zoneFor(tzid: string, lines = ''): { zone: string | undefined; codes: string[] } {
  const result = expand(aCalendar(`UID:u\nDTSTART;TZID=${tzid}:20250610T090000\n${lines}`), { zone: 'Asia/Tokyo' });
  return { zone: result.occurrences[0]?.zone, codes: codesOf(result) };
}

const CUSTOM = `BEGIN:VTIMEZONE
TZID:Customized Time Zone
BEGIN:STANDARD
DTSTART:16010101T020000
TZOFFSETFROM:-0400
TZOFFSETTO:-0500
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=1SU;BYMONTH=11
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:16010101T020000
TZOFFSETFROM:-0500
TZOFFSETTO:-0400
RRULE:FREQ=YEARLY;INTERVAL=1;BYDAY=2SU;BYMONTH=3
END:DAYLIGHT
END:VTIMEZONE
`;

/** A calendar that defines a zone itself. */
const withZone = (definition: string, ...events: string[]): string =>
  aCalendar(...events).replace('BEGIN:VEVENT', `${definition.trim().replaceAll('\n', '\r\n')}\r\nBEGIN:VEVENT`);

describe('the zone of an event (E10)', () => {
  for (const [tzid, zone] of [
    ['Europe/Berlin', 'Europe/Berlin'],
    ['"Europe/Berlin"', 'Europe/Berlin'],
    ['US/Central', 'US/Central'],
    ['W. Europe Standard Time', 'Europe/Berlin'],
    ['"W. Europe Standard Time"', 'Europe/Berlin'],
    ['Pacific Standard Time', 'America/Los_Angeles'],
    ['Eastern Daylight Time', 'America/New_York'],
    ['India Standard Time', 'Asia/Calcutta'],
    ['/mozilla.org/20050126_1/Europe/Berlin', 'Europe/Berlin'],
    ['/freeassociation.sourceforge.net/America/Argentina/Buenos_Aires', 'America/Argentina/Buenos_Aires'],
    ['TZID=Europe/Berlin', 'Europe/Berlin'],
    ['"tzone://Microsoft/Utc"', 'UTC'],
    ['"(UTC-05:00) Eastern Time (US & Canada)"', 'America/New_York'],
    ['"(UTC-05:00) Eastern Time (US and Canada)"', 'America/New_York'],
    ['"(GMT+10:00) Canberra, Melbourne, Sydney"', 'Australia/Canberra'],
    ['"Amsterdam, Belgrade, Berlin, Brussels"', 'Europe/Amsterdam'],
    ['"(UTC+07:00) Bangkok, Hanoi, Jakarta"', 'Asia/Bangkok'],
    ['"(GMT +01:00)"', '+01:00'],
    ['UTC+01', '+01:00'],
    ['GMT-0530', '-05:30'],
  ] as const) {
    it(`named ${tzid} is ${zone}`, () => assert.deepEqual(zoneFor(tzid), { zone, codes: [] }));
  }

  for (const tzid of [
    'Europe/Germany',
    'Customized Time Zone',
    '"tzone://Microsoft/Custom"',
    '"(UTC+01:00) Sydney"',
    '<script>alert(1)</script>',
    '__proto__',
    'x'.repeat(500),
  ]) {
    it(`named ${tzid.slice(0, 40)} is unknown: the zone of the household, with a warning`, () => {
      assert.deepEqual(zoneFor(tzid), { zone: 'Asia/Tokyo', codes: ['zone_unknown'] });
    });
  }

  it('that is unknown is named once, however many events use it', () => {
    const event = 'DTSTART;TZID=Nowhere:20250610T090000\nDTEND;TZID=Nowhere:20250610T100000';

    assert.deepEqual(codesOf(expand(aCalendar(`UID:a\n${event}`, `UID:b\n${event}`))), ['zone_unknown']);
  });

  it('is that of the household for floating times (E11)', () => {
    const event = 'UID:u\nDTSTART:20250610T090000';

    assert.deepEqual(startsOf(aCalendar(event)), ['2025-06-10T07:00']);
    assert.deepEqual(startsOf(aCalendar(event), { zone: 'America/New_York' }), ['2025-06-10T13:00']);
  });

  it('is that of the series for an exception without one', () => {
    const text =
      'UID:u\nDTSTART;TZID=America/New_York:20250610T090000\nRRULE:FREQ=DAILY;COUNT=2\nEXDATE:20250611T090000';

    assert.equal(startsOf(aCalendar(text)).length, 1);
  });
});

describe('a zone that the calendar defines (E10)', () => {
  it('follows its yearly rules in summer and winter, to the hour of the change', () => {
    const times = [
      '20250115T120000',
      '20250309T013000',
      '20250309T033000',
      '20250710T120000',
      '20251102T003000',
      '20251102T033000',
    ];
    const events = times.map((time, index) => `UID:${index}\nDTSTART;TZID=Customized Time Zone:${time}`);
    const newYork = events.map((event) => event.replace('Customized Time Zone', 'America/New_York'));

    assert.deepEqual(startsOf(withZone(CUSTOM, ...events)), startsOf(aCalendar(...newYork)));
    assert.deepEqual(codesOf(expand(withZone(CUSTOM, ...events))), []);
  });

  it('agrees with the platform on every day of two years', () => {
    const event = (zone: string): string => `UID:u\nDTSTART;TZID=${zone}:20250101T120000\nRRULE:FREQ=DAILY`;
    const options = {
      fromMs: Date.UTC(2025, 0, 1),
      toMs: Date.UTC(2027, 0, 1),
      limits: { maxOccurrencesPerRule: 800 },
    };

    assert.deepEqual(
      startsOf(withZone(CUSTOM, event('Customized Time Zone')), options),
      startsOf(aCalendar(event('America/New_York')), options),
    );
  });

  it('may stand after the events that use it, with a blank in its name', () => {
    const text = aCalendar('UID:u\nDTSTART;TZID= 1:20250710T120000');
    const definition = CUSTOM.replace('Customized Time Zone', ' 1').replaceAll('\n', '\r\n');

    assert.deepEqual(startsOf(text.replace('END:VCALENDAR', `${definition}END:VCALENDAR`)), ['2025-07-10T16:00']);
  });

  it('has one offset when it never changes', () => {
    const fixed = CUSTOM.replace(/RRULE.*\n/g, '').replace(/TZOFFSET(FROM|TO):.*/g, 'TZOFFSET$1:+0545');

    assert.deepEqual(startsOf(withZone(fixed, 'UID:u\nDTSTART;TZID=Customized Time Zone:20250710T120000')), [
      '2025-07-10T06:15',
    ]);
  });

  it('gives way to the platform where that knows the name', () => {
    const wrong = CUSTOM.replace('Customized Time Zone', 'Europe/Berlin');

    assert.equal(onlyOf(withZone(wrong, 'UID:u\nDTSTART;TZID=Europe/Berlin:20250710T120000')).start_local.hour, 12);
  });

  it('is found by its X-LIC-LOCATION', () => {
    const text = withZone(
      CUSTOM.replace('BEGIN:STANDARD', 'X-LIC-LOCATION:Europe/Paris\nBEGIN:STANDARD'),
      'UID:u\nDTSTART;TZID=Customized Time Zone:20250710T120000',
    );

    assert.equal(onlyOf(text).zone, 'Europe/Paris');
  });

  for (const [what, rule] of [
    ['a rule that is not yearly', 'FREQ=MONTHLY;BYDAY=1SU'],
    ['a rule every other year', 'FREQ=YEARLY;INTERVAL=2;BYDAY=1SU;BYMONTH=11'],
    ['month 13', 'FREQ=YEARLY;BYDAY=1SU;BYMONTH=13'],
    ['a rule with BYSETPOS', 'FREQ=YEARLY;BYDAY=SU;BYMONTH=11;BYSETPOS=1'],
  ] as const) {
    it(`with ${what} is unknown, never half right`, () => {
      const text = withZone(
        CUSTOM.replace(/RRULE:.*11\n/, `RRULE:${rule}\n`),
        'UID:u\nDTSTART;TZID=Customized Time Zone:20250710T120000',
      );

      assert.deepEqual(codesOf(expand(text)), ['zone_unknown']);
      assert.equal(onlyOf(text).start_local.hour, 12);
    });
  }
});
