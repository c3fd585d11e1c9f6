import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { aCalendar, codesOf, expand, type FoundCalendar, titlesOf } from '../../test/support/calendars.ts';
import { addDays } from '../core/index.ts';

describe('rule bombs (E24)', () => {
  it('give at most 250 occurrences, and say that there are more', () => {
    const result = expand(
      aCalendar('UID:u\nDTSTART:20250101T000000Z\nRRULE:FREQ=SECONDLY', 'UID:v\nDTSTART:20250105T000000Z'),
    );

    assert.equal(result.occurrences.length, 251);
    assert.deepEqual(codesOf(result), ['rule_cut']);
  });

  it('do not reach the ceiling with exactly 250', () => {
    const rule = (count: number): FoundCalendar =>
      expand(aCalendar(`UID:u\nDTSTART:20250101T000000Z\nRRULE:FREQ=DAILY;COUNT=${count}`));

    assert.deepEqual([rule(250).occurrences.length, codesOf(rule(250))], [250, []]);
    assert.deepEqual([rule(251).occurrences.length, codesOf(rule(251))], [250, ['rule_cut']]);
  });

  it('take at most the steps they are given', () => {
    const text = aCalendar('UID:u\nDTSTART:20000101T000000Z\nRRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;COUNT=50000');

    assert.deepEqual(codesOf(expand(text, { limits: { maxStepsPerRule: 100 } })), ['rule_cut']);
  });

  for (const rule of [
    'FREQ=DAILY;BYMONTH=2;BYMONTHDAY=31',
    'FREQ=DAILY;INTERVAL=999999999',
    'FREQ=YEARLY;BYWEEKNO=20',
    'FREQ=DAILY;BYSETPOS=1;BYHOUR=1,2',
    'FREQ=HOURLY;INTERVAL=24;BYHOUR=5',
    'FREQ=DAILY;COUNT=0',
    'FREQ=DAILY;INTERVAL=0',
    'FREQ=MONTHLY;BYDAY=9MO',
  ]) {
    it(`are refused when they cannot be followed: ${rule}`, () => {
      const result = expand(aCalendar(`UID:u\nDTSTART:20250101T000000Z\nRRULE:${rule}`));

      assert.deepEqual(codesOf(result), ['event_unreadable']);
      assert.equal(result.occurrences.length, 0);
    });
  }

  it('in one series leave what replaces its slots', () => {
    const override = 'UID:u\nRECURRENCE-ID:20250311T080000Z\nDTSTART:20250311T140000Z\nSUMMARY:Kept';

    assert.deepEqual(
      titlesOf(aCalendar('UID:u\nDTSTART:20250101T000000Z\nRRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=31', override)),
      ['Kept'],
    );
  });

  it('together give the earliest occurrences, and say how many are missing', () => {
    const many = Array.from({ length: 30 }, (_, index) => `UID:${index}\nDTSTART:20250101T000000Z\nRRULE:FREQ=DAILY`);
    const result = expand(aCalendar(...many), { limits: { maxOccurrences: 100 } });

    assert.equal(result.occurrences.length, 100);
    assert.ok(result.occurrences.every(({ start_local }) => start_local.month === 1 && start_local.day <= 4));
    assert.match(result.warnings.at(-1)?.message ?? '', /Only the first 100 .* 7400 later ones/);
  });
});

describe('dates that real calendars hold', () => {
  it('include every day of a year of a daily series', () => {
    const text = aCalendar('UID:u\nDTSTART;VALUE=DATE:20000101\nRRULE:FREQ=DAILY');
    const { occurrences } = expand(text, { zone: 'UTC', limits: { maxOccurrencesPerRule: 400 } });

    let expected = { year: 2025, month: 1, day: 1 };
    for (const { start_local } of occurrences) {
      assert.deepEqual({ year: start_local.year, month: start_local.month, day: start_local.day }, expected);
      expected = addDays(expected, 1);
    }
    assert.equal(occurrences.length, 365);
  });
});
