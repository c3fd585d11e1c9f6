import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  addDays,
  civilFromDays,
  daysFromCivil,
  daysInMonth,
  instantFromParts,
  isZone,
  utcFromParts,
  weekdayOf,
  zonedParts,
  zoneOffsetMs,
} from './civil-time.ts';

const HOUR = 3_600_000;
const utc = (iso: string): number => Date.parse(iso);

describe('daysFromCivil', () => {
  it('counts from 1970-01-01', () => {
    assert.equal(daysFromCivil({ year: 1970, month: 1, day: 1 }), 0);
    assert.equal(daysFromCivil({ year: 1969, month: 12, day: 31 }), -1);
    assert.equal(daysFromCivil({ year: 2000, month: 2, day: 29 }), 11_016);
  });

  it('carries months and days out of range over', () => {
    assert.equal(daysFromCivil({ year: 2025, month: 13, day: 1 }), daysFromCivil({ year: 2026, month: 1, day: 1 }));
    assert.equal(daysFromCivil({ year: 2025, month: 0, day: 1 }), daysFromCivil({ year: 2024, month: 12, day: 1 }));
    assert.equal(daysFromCivil({ year: 2025, month: 3, day: 0 }), daysFromCivil({ year: 2025, month: 2, day: 28 }));
  });
});

describe('civilFromDays', () => {
  it('gives back the date of each day from 1599 to 2401', () => {
    for (let days = -135_500; days < 157_500; days += 1) {
      const date = civilFromDays(days);
      assert.equal(daysFromCivil(date), days);
      assert.ok(date.month >= 1 && date.month <= 12 && date.day >= 1 && date.day <= 31);
    }
  });
});

describe('dates', () => {
  it('have the weekday of the calendar, Monday first', () => {
    assert.equal(weekdayOf({ year: 2024, month: 1, day: 1 }), 1);
    assert.equal(weekdayOf({ year: 2024, month: 2, day: 29 }), 4);
    assert.equal(weekdayOf({ year: 1969, month: 12, day: 28 }), 7);
  });

  it('know the length of a leap February', () => {
    assert.equal(daysInMonth(2024, 2), 29);
    assert.equal(daysInMonth(2100, 2), 28);
    assert.equal(daysInMonth(2000, 2), 29);
    assert.equal(daysInMonth(2025, 12), 31);
  });

  it('move across month and year ends', () => {
    assert.deepEqual(addDays({ year: 2025, month: 12, day: 31 }, 1), { year: 2026, month: 1, day: 1 });
    assert.deepEqual(addDays({ year: 2024, month: 3, day: 1 }, -1), { year: 2024, month: 2, day: 29 });
  });
});

describe('isZone', () => {
  for (const name of ['Europe/Berlin', 'europe/berlin', 'UTC', 'US/Central', '+05:30']) {
    it(`accepts ${name}`, () => assert.equal(isZone(name), true));
  }
  for (const name of ['', 'W. Europe Standard Time', 'Mars/Olympus', '__proto__', 'x'.repeat(100_000)]) {
    it(`refuses ${name.slice(0, 30) || 'the empty name'}`, () => assert.equal(isZone(name), false));
  }

  it('still answers after thousands of names it does not know', () => {
    for (let i = 0; i < 3_000; i += 1) assert.equal(isZone(`Nowhere/${i}`), false);
    assert.equal(isZone('Europe/Berlin'), true);
  });
});

describe('zoneOffsetMs', () => {
  it('changes in the very millisecond the zone changes', () => {
    const change = utc('2025-03-30T01:00:00Z');

    assert.equal(zoneOffsetMs(change - 1, 'Europe/Berlin'), HOUR);
    assert.equal(zoneOffsetMs(change, 'Europe/Berlin'), 2 * HOUR);
  });

  it('follows a zone that shifts by half an hour', () => {
    assert.equal(zoneOffsetMs(utc('2025-01-01T00:00:00Z'), 'Australia/Lord_Howe'), 11 * HOUR);
    assert.equal(zoneOffsetMs(utc('2025-07-01T00:00:00Z'), 'Australia/Lord_Howe'), 10.5 * HOUR);
  });

  it('agrees with the platform in every zone at instants of many years', () => {
    for (const zone of [
      'America/St_Johns',
      'Africa/Casablanca',
      'Pacific/Apia',
      'Asia/Kathmandu',
      'America/New_York',
    ]) {
      const format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset', hour: 'numeric' });
      for (let at = utc('1975-01-01T00:00:00Z'); at < utc('2030-01-01T00:00:00Z'); at += 39.7 * HOUR) {
        const [, sign, hours, minutes] = /GMT(?:([+-])(\d\d):(\d\d))?$/.exec(format.format(at)) ?? [];
        const expected = (sign === '-' ? -1 : 1) * (Number(hours ?? 0) * HOUR + Number(minutes ?? 0) * 60_000);
        assert.equal(zoneOffsetMs(at, zone) + 0, expected + 0, `${zone} at ${at}`);
      }
    }
  });

  it('answers for instants far outside the calendar of the platform', () => {
    assert.equal(zoneOffsetMs(1e300, 'UTC'), 0);
    assert.equal(typeof zoneOffsetMs(Number.NEGATIVE_INFINITY, 'Europe/Berlin'), 'number');
  });

  it('refuses an unknown zone and a NaN', () => {
    assert.throws(() => zoneOffsetMs(0, 'Mars/Olympus'), { code: 'EXPR_FAILED' });
    assert.throws(() => zoneOffsetMs(Number.NaN, 'UTC'), { code: 'EXPR_FAILED' });
  });
});

describe('zonedParts', () => {
  it('shows what a clock on the wall shows', () => {
    assert.deepEqual(zonedParts(utc('2025-07-04T22:30:15.999Z'), 'Europe/Berlin'), {
      year: 2025,
      month: 7,
      day: 5,
      hour: 0,
      minute: 30,
      second: 15,
      weekday: 6,
      offset_minutes: 120,
    });
  });

  it('goes on before 1970 and west of Greenwich', () => {
    const parts = zonedParts(utc('1969-12-31T23:59:59Z'), 'America/New_York');

    assert.deepEqual([parts.year, parts.month, parts.day, parts.hour, parts.second], [1969, 12, 31, 18, 59]);
    assert.equal(parts.offset_minutes, -300);
  });
});

describe('instantFromParts', () => {
  const berlin = (day: number, month: number, hour: number, minute = 0): number =>
    instantFromParts({ year: 2025, month, day, hour, minute }, 'Europe/Berlin');

  it('moves a skipped hour forward by the gap', () => {
    assert.equal(berlin(30, 3, 2, 30), utc('2025-03-30T01:30:00Z'));
    assert.equal(zonedParts(berlin(30, 3, 2, 30), 'Europe/Berlin').hour, 3);
  });

  it('takes the first of a repeated hour', () => {
    assert.equal(berlin(26, 10, 2, 30), utc('2025-10-26T00:30:00Z'));
  });

  it('knows the hours around both changes', () => {
    assert.equal(berlin(30, 3, 1, 59), utc('2025-03-30T00:59:00Z'));
    assert.equal(berlin(30, 3, 3), utc('2025-03-30T01:00:00Z'));
    assert.equal(berlin(26, 10, 1, 59), utc('2025-10-25T23:59:00Z'));
    assert.equal(berlin(26, 10, 3), utc('2025-10-26T02:00:00Z'));
  });

  it('survives a day that a zone left out', () => {
    const at = instantFromParts({ year: 2011, month: 12, day: 30, hour: 12 }, 'Pacific/Apia');

    assert.equal(zonedParts(at, 'Pacific/Apia').day, 31);
  });

  it('carries fields out of range over', () => {
    assert.equal(berlin(31, 12, 24), utc('2025-12-31T23:00:00Z'));
  });

  it('gives back every instant of two years that is not in a repeated hour', () => {
    for (const zone of ['Europe/Berlin', 'America/St_Johns', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'UTC']) {
      for (let at = utc('2024-01-01T00:00:00Z'); at < utc('2026-01-01T00:00:00Z'); at += 900_000) {
        const parts = zonedParts(at, zone);
        const back = instantFromParts(parts, zone);
        const isSecondTime = back < at && zoneOffsetMs(back, zone) > zoneOffsetMs(at, zone);
        assert.ok(back === at || isSecondTime, `${zone} ${at}`);
      }
    }
  });
});

describe('utcFromParts', () => {
  it('takes absent time fields as 0', () => {
    assert.equal(utcFromParts({ year: 2025, month: 1, day: 2 }), utc('2025-01-02T00:00:00Z'));
  });
});
