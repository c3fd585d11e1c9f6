import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { aCalendar, BERLIN_DAILY, codesOf, expand, onlyOf, startsOf, titlesOf } from '../../test/support/calendars.ts';

const HOUR = 3_600_000;
const utc = (iso: string): number => Date.parse(iso);

describe('series', () => {
  it('lose the slots of EXDATE whatever zone, list or date it is written in (E1)', () => {
    const exceptions =
      'EXDATE:20250311T080000Z,20250312T080000Z\nEXDATE;TZID=America/New_York:20250313T040000\nEXDATE;VALUE=DATE:20250314';

    assert.deepEqual(startsOf(aCalendar(`${BERLIN_DAILY}\n${exceptions}`)), ['2025-03-10T08:00']);
  });

  it('show a moved slot once, at its new time (E2)', () => {
    const moved =
      'UID:d\nRECURRENCE-ID;TZID=Europe/Berlin:20250311T090000\nDTSTART:20250311T140000Z\nDURATION:PT10M\nSUMMARY:Moved';
    const text = aCalendar(moved, BERLIN_DAILY);

    assert.deepEqual(startsOf(text), [
      '2025-03-10T08:00',
      '2025-03-11T14:00',
      '2025-03-12T08:00',
      '2025-03-13T08:00',
      '2025-03-14T08:00',
    ]);
    assert.equal(titlesOf(text)[1], 'Moved');
  });

  it('keep the id of a slot when it is moved and renamed (E2)', () => {
    const moved = 'UID:d\nRECURRENCE-ID:20250311T080000Z\nDTSTART:20250320T140000Z\nDURATION:PT10M\nSUMMARY:Moved';
    const before = expand(aCalendar(BERLIN_DAILY)).occurrences[1];
    const after = expand(aCalendar(BERLIN_DAILY, moved)).occurrences.at(-1);

    assert.equal(after?.title, 'Moved');
    assert.equal(after?.id, before?.id);
    assert.equal(after?.original_start_ms, before?.start_ms);
  });

  it('lose only the cancelled slot (E3)', () => {
    const cancelled =
      'UID:d\nRECURRENCE-ID;TZID=Europe/Berlin:20250311T090000\nDTSTART;TZID=Europe/Berlin:20250311T090000\nSTATUS:CANCELLED\nSUMMARY:Off';

    assert.deepEqual(
      startsOf(aCalendar(BERLIN_DAILY, cancelled)).map((at) => at.slice(8, 10)),
      ['10', '12', '13', '14'],
    );
    assert.deepEqual(
      expand(aCalendar(BERLIN_DAILY, cancelled), { limits: { includeHidden: true } }).occurrences.map(
        ({ show_as }) => show_as,
      ),
      ['busy', 'cancelled', 'busy', 'busy', 'busy'],
    );
  });

  it('change from a slot on with THISANDFUTURE, except slots changed by themselves (E4)', () => {
    const later =
      'UID:d\nRECURRENCE-ID;RANGE=THISANDFUTURE;TZID=Europe/Berlin:20250312T090000\nDTSTART;TZID=Europe/Berlin:20250312T103000\nDURATION:PT1H\nSUMMARY:Later';
    const single =
      'UID:d\nRECURRENCE-ID;TZID=Europe/Berlin:20250313T090000\nDTSTART;TZID=Europe/Berlin:20250313T110000\nSUMMARY:Single';
    const { occurrences } = expand(aCalendar(BERLIN_DAILY, later, single));

    assert.deepEqual(
      occurrences.map(({ title, start_local, start_ms, end_ms }) => [
        title,
        start_local.day,
        start_local.hour * 60 + start_local.minute,
        (end_ms - start_ms) / 60_000,
      ]),
      [
        ['Daily', 10, 540, 30],
        ['Daily', 11, 540, 30],
        ['Later', 12, 630, 60],
        ['Single', 13, 660, 0],
        ['Later', 14, 630, 60],
      ],
    );
  });

  for (const [what, lines] of [
    [
      'with its own rule',
      'RECURRENCE-ID;RANGE=THISANDFUTURE:20250312T080000Z\nDTSTART:20250312T093000Z\nRRULE:FREQ=WEEKLY',
    ],
    ['from times to days', 'RECURRENCE-ID;RANGE=THISANDFUTURE:20250312T080000Z\nDTSTART;VALUE=DATE:20250312'],
    ['backwards', 'RECURRENCE-ID;RANGE=THISANDPRIOR:20250312T080000Z\nDTSTART:20250312T093000Z'],
  ] as const) {
    it(`refuse a change of many slots ${what} loudly and stay as they were (E4)`, () => {
      const result = expand(aCalendar(BERLIN_DAILY, `UID:d\nSUMMARY:Later\n${lines}`));

      assert.deepEqual(
        result.occurrences.map(({ title }) => title),
        Array(5).fill('Daily'),
      );
      assert.deepEqual(codesOf(result), ['range_refused']);
    });
  }

  it('show an override without its master as a single event (E5)', () => {
    const { title, recurring } = onlyOf(
      aCalendar('UID:d\nRECURRENCE-ID:20250311T080000Z\nDTSTART:20250311T140000Z\nSUMMARY:Alone'),
    );

    assert.deepEqual([title, recurring], ['Alone', true]);
  });

  for (const rule of [
    'DAILY',
    'WEEKLY',
    'MONTHLY',
    'YEARLY',
    'WEEKLY;INTERVAL=2;BYDAY=MO,FR',
    'MONTHLY;BYDAY=-1FR',
    'DAILY;INTERVAL=3',
  ]) {
    it(`from 1995 without end are present: ${rule} (E6)`, () => {
      const text = aCalendar(`UID:u\nDTSTART;TZID=Europe/Berlin:19950106T090000\nRRULE:FREQ=${rule}`);
      const result = expand(text, { limits: { maxStepsPerRule: 500, maxOccurrencesPerRule: 400 } });

      assert.ok(result.occurrences.length > 0);
      assert.deepEqual(codesOf(result), []);
    });
  }

  it('count COUNT from the very first slot, excluded ones included (E7)', () => {
    const text = aCalendar(`${BERLIN_DAILY}\nEXDATE:20250310T080000Z`);

    assert.deepEqual(startsOf(text, { fromMs: utc('2025-03-13T00:00:00Z') }), ['2025-03-13T08:00', '2025-03-14T08:00']);
  });

  it('count COUNT exactly over twenty years (E7)', () => {
    // 7,300 days from 2005-01-01 end on 2024-12-26, 2,000 weekdays from 2017-05-01 on 2024-12-27.
    const daily = aCalendar('UID:u\nDTSTART:20050101T090000Z\nRRULE:FREQ=DAILY;COUNT=7300');
    const weekdays = aCalendar('UID:u\nDTSTART:20170501T090000Z\nRRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;COUNT=2000');
    const from = { fromMs: utc('2024-12-20T00:00:00Z') };

    assert.equal(startsOf(daily, from).at(-1), '2024-12-26T09:00');
    assert.equal(startsOf(weekdays, from).at(-1), '2024-12-27T09:00');
  });

  for (const [until, last] of [
    ['20250312', '12'],
    ['20250312T090000', '12'],
    ['20250312T085959', '11'],
    ['20250312T080000Z', '12'],
    ['20250312T075959Z', '11'],
  ] as const) {
    it(`end with UNTIL=${until} on the ${last}th (E7)`, () => {
      const text = aCalendar(BERLIN_DAILY.replace('COUNT=5', `UNTIL=${until}`));

      assert.equal(startsOf(text).at(-1)?.slice(8, 10), last);
    });
  }

  it('of days end on the day that UNTIL names at home (E7)', () => {
    const text = aCalendar('UID:u\nDTSTART;VALUE=DATE:20250310\nRRULE:FREQ=DAILY;UNTIL=20250311T230000Z');

    assert.equal(expand(text).occurrences.at(-1)?.start_local.day, 12);
  });

  it('stay at nine by the clock across both changes of the clock (E8)', () => {
    const text = aCalendar('UID:u\nDTSTART;TZID=Europe/Berlin:20250106T090000\nRRULE:FREQ=WEEKLY');
    const { occurrences } = expand(text);

    assert.equal(occurrences.length, 52);
    assert.ok(occurrences.every(({ start_local }) => start_local.hour === 9 && start_local.weekday === 1));
    assert.equal(new Set(startsOf(text).map((at) => at.slice(11))).size, 2);
  });

  it('have one defined time in the skipped and in the repeated hour (E9)', () => {
    const text = aCalendar(
      'UID:u\nDTSTART;TZID=Europe/Berlin:20250329T023000\nRRULE:FREQ=DAILY;COUNT=3',
      'UID:v\nDTSTART;TZID=Europe/Berlin:20251026T023000',
    );

    assert.deepEqual(startsOf(text), ['2025-03-29T01:30', '2025-03-30T01:30', '2025-03-31T00:30', '2025-10-26T00:30']);
  });

  it('compare a slot written locally with an expansion in UTC (E21)', () => {
    const master = 'UID:u\nDTSTART:20250310T080000Z\nRRULE:FREQ=DAILY;COUNT=2\nSUMMARY:Utc';
    const moved = 'UID:u\nRECURRENCE-ID;TZID=Europe/Berlin:20250311T090000\nDTSTART:20250311T100000Z\nSUMMARY:Local';

    assert.deepEqual(titlesOf(aCalendar(master, moved)), ['Utc', 'Local']);
  });

  it('take the highest SEQUENCE, of masters and of overrides', () => {
    const slot = 'UID:d\nRECURRENCE-ID:20250311T080000Z\nDTSTART:20250311T080000Z';
    const text = aCalendar(
      `${slot}\nSEQUENCE:5\nSUMMARY:New slot`,
      `${slot}\nSEQUENCE:1\nSUMMARY:Old slot`,
      `${BERLIN_DAILY}\nSEQUENCE:2`,
      `${BERLIN_DAILY.replace('Daily', 'Old')}\nSEQUENCE:1`,
    );

    assert.deepEqual(titlesOf(text), ['Daily', 'New slot', 'Daily', 'Daily', 'Daily']);
  });

  it('say so when two masters share a UID and neither is newer', () => {
    const result = expand(
      aCalendar('UID:u\nDTSTART:20250310T080000Z\nSUMMARY:A', 'UID:u\nDTSTART:20250311T080000Z\nSUMMARY:B'),
    );

    assert.deepEqual(
      result.occurrences.map(({ title }) => title),
      ['B'],
    );
    assert.deepEqual(codesOf(result), ['duplicate_uid']);
  });

  it('gain the dates and periods of RDATE', () => {
    const text = aCalendar(
      'UID:u\nDTSTART:20250310T080000Z\nDURATION:PT1H\nRDATE:20250312T080000Z\nRDATE;VALUE=PERIOD:20250314T080000Z/PT2H',
    );
    const { occurrences } = expand(text);

    assert.deepEqual(
      startsOf(text).map((at) => at.slice(8, 10)),
      ['10', '12', '14'],
    );
    assert.equal((occurrences[2]?.end_ms ?? 0) - (occurrences[2]?.start_ms ?? 0), 2 * HOUR);
  });

  it('keep a slot empty when its replacement cannot be read', () => {
    const broken = 'UID:d\nRECURRENCE-ID:20250311T080000Z\nDTSTART:20250311T140000Z\nDTEND:20250311T130000Z';

    assert.deepEqual(
      startsOf(aCalendar(BERLIN_DAILY, broken)).map((at) => at.slice(8, 10)),
      ['10', '12', '13', '14'],
    );
  });

  it('lead an override into the window from a slot outside it', () => {
    const moved = 'UID:d\nRECURRENCE-ID:20250311T080000Z\nDTSTART:20251111T080000Z\nSUMMARY:Far';

    assert.deepEqual(titlesOf(aCalendar(BERLIN_DAILY, moved), { fromMs: utc('2025-11-01T00:00:00Z') }), ['Far']);
  });
});

describe('all-day events', () => {
  for (const zone of ['Pacific/Kiritimati', 'Pacific/Pago_Pago', 'Europe/Berlin', 'UTC']) {
    it(`keep their dates in ${zone} (E12)`, () => {
      const event = onlyOf(aCalendar('UID:u\nDTSTART;VALUE=DATE:20250330\nDTEND;VALUE=DATE:20250402'), { zone });
      const shown = [event.start_local, event.end_local].map(({ month, day, hour }) => [month, day, hour]);

      assert.deepEqual(shown, [
        [3, 30, 0],
        [4, 2, 0],
      ]);
      assert.equal(event.all_day, true);
    });
  }

  it('last from midnight to midnight at home, also when the clock changes', () => {
    const { start_ms, end_ms } = onlyOf(aCalendar('UID:u\nDTSTART;VALUE=DATE:20250330'));

    assert.equal(end_ms - start_ms, 23 * HOUR);
  });

  it('begin at the first moment of a day that has no midnight', () => {
    const event = onlyOf(aCalendar('UID:u\nDTSTART;VALUE=DATE:20250330'), { zone: 'Asia/Beirut' });

    assert.equal(event.start_ms, utc('2025-03-29T22:00:00Z'));
    assert.equal(event.start_local.hour, 0);
  });

  it('on 29 February come every leap year (E13)', () => {
    const text = aCalendar('UID:u\nDTSTART;VALUE=DATE:20000229\nRRULE:FREQ=YEARLY');
    const years = [2023, 2025, 2027].map((year) =>
      expand(text, { fromMs: Date.UTC(year, 5, 1), toMs: Date.UTC(year + 2, 5, 1) }),
    );

    assert.deepEqual(
      years.flatMap(({ occurrences }) => occurrences.map(({ start_local }) => Object.values(start_local).slice(0, 3))),
      [
        [2024, 2, 29],
        [2028, 2, 29],
      ],
    );
  });

  it('find their slots by day, whatever zone Exchange writes them in', () => {
    const master = 'UID:u\nDTSTART;VALUE=DATE:20260219\nRRULE:FREQ=WEEKLY;COUNT=3\nSUMMARY:Day';
    const moved =
      'UID:u\nRECURRENCE-ID;TZID=W. Europe Standard Time:20260226T000000\nDTSTART;VALUE=DATE:20260227\nSUMMARY:Moved';
    const result = expand(aCalendar(`${master}\nEXDATE:20260304T230000Z`, moved), {
      fromMs: utc('2026-01-01T00:00:00Z'),
      toMs: utc('2026-06-01T00:00:00Z'),
    });

    assert.deepEqual(
      result.occurrences.map(({ title, start_local }) => [title, start_local.day]),
      [
        ['Day', 19],
        ['Moved', 27],
      ],
    );
  });
});
