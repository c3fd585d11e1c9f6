import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { aCalendar, expand } from '../../test/support/calendars.ts';
import { civilFromDays, daysFromCivil, daysInMonth, weekdayOf } from '../core/index.ts';

const DAYS = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'];

interface Rule {
  readonly freq: 'DAILY' | 'WEEKLY' | 'MONTHLY' | 'YEARLY';
  readonly interval: number;
  readonly count: number | undefined;
  readonly byDay: readonly { readonly ordinal: number; readonly weekday: number }[];
  readonly byMonthDay: readonly number[];
  readonly byMonth: readonly number[];
}

/** Rules that calendars write; ordinals only where RFC 5545 allows them. */
const aRule: fc.Arbitrary<Rule> = fc
  .record({
    freq: fc.constantFrom('DAILY', 'WEEKLY', 'MONTHLY', 'YEARLY'),
    interval: fc.integer({ min: 1, max: 4 }),
    count: fc.option(fc.integer({ min: 1, max: 400 }), { nil: undefined }),
    weekdays: fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { maxLength: 3 }),
    ordinal: fc.constantFrom(0, 0, 1, 2, 3, 4, -1, -2),
    byMonthDay: fc.uniqueArray(fc.constantFrom(1, 2, 13, 15, 28, 29, 30, 31, -1, -2), { maxLength: 2 }),
    byMonth: fc.uniqueArray(fc.integer({ min: 1, max: 12 }), { maxLength: 2 }),
    part: fc.constantFrom('day', 'month day', 'none'),
    isInMonths: fc.boolean(),
  })
  .map(({ freq, interval, count, weekdays, ordinal, byMonthDay, byMonth, part, isInMonths }) => {
    const isLong = freq === 'MONTHLY' || freq === 'YEARLY';
    const months = isInMonths || (freq === 'YEARLY' && part !== 'none') ? byMonth : [];
    return {
      freq,
      interval,
      count,
      byDay: part === 'day' ? weekdays.map((weekday) => ({ ordinal: isLong ? ordinal : 0, weekday })) : [],
      byMonthDay: part === 'month day' && isLong ? byMonthDay : [],
      // Months narrow days and weeks in ways that leave nothing for years: another matter.
      byMonth: isLong ? months : [],
    };
  })
  .filter((rule) => rule.freq !== 'YEARLY' || rule.byDay.length === 0 || rule.byMonth.length > 0)
  // Days that never come are refused, which is a test of its own.
  .filter(({ byMonth, byMonthDay }) => byMonth.length === 0 || byMonthDay.every((day) => day <= 28));

function toText(rule: Rule): string {
  const parts = [`FREQ=${rule.freq}`, `INTERVAL=${rule.interval}`];
  if (rule.count !== undefined) parts.push(`COUNT=${rule.count}`);
  const days = rule.byDay.map(({ ordinal, weekday }) => `${ordinal === 0 ? '' : ordinal}${DAYS[weekday - 1]}`);
  if (days.length > 0) parts.push(`BYDAY=${days.join(',')}`);
  if (rule.byMonthDay.length > 0) parts.push(`BYMONTHDAY=${rule.byMonthDay.join(',')}`);
  if (rule.byMonth.length > 0) parts.push(`BYMONTH=${rule.byMonth.join(',')}`);
  return parts.join(';');
}

/** RFC 5545 read word for word: asks of each single day whether the rule names it. */
function isNamed(rule: Rule, startDay: number, day: number): boolean {
  const [start, date] = [civilFromDays(startDay), civilFromDays(day)];
  const weekday = weekdayOf(date);
  const length = daysInMonth(date.year, date.month);
  const weekOf = (days: number): number => Math.floor((days + 3) / 7);
  const periods = {
    DAILY: day - startDay,
    WEEKLY: weekOf(day) - weekOf(startDay),
    MONTHLY: (date.year - start.year) * 12 + date.month - start.month,
    YEARLY: date.year - start.year,
  }[rule.freq];
  if (periods % rule.interval !== 0) return false;
  if (rule.byMonth.length > 0 && !rule.byMonth.includes(date.month)) return false;
  if (rule.byMonthDay.length > 0) {
    return rule.byMonthDay.includes(date.day) || rule.byMonthDay.includes(date.day - length - 1);
  }
  if (rule.byDay.length > 0) {
    const nth = Math.ceil(date.day / 7);
    const nthLast = -Math.ceil((length - date.day + 1) / 7);
    return rule.byDay.some((by) => by.weekday === weekday && [0, nth, nthLast].includes(by.ordinal));
  }
  if (rule.freq === 'DAILY') return true;
  if (rule.freq === 'WEEKLY') return weekday === weekdayOf(start);
  return date.day === start.day && (rule.freq === 'MONTHLY' || rule.byMonth.length > 0 || date.month === start.month);
}

function expectedDays(rule: Rule, startDay: number, fromDay: number, toDay: number): number[] {
  const days: number[] = [];
  let counted = 0;
  for (let day = startDay; day < toDay; day += 1) {
    if (day !== startDay && !isNamed(rule, startDay, day)) continue;
    counted += 1;
    if (rule.count !== undefined && counted > rule.count) break;
    if (day >= fromDay) days.push(day);
  }
  return days;
}

describe('a series', () => {
  it('has the days that RFC 5545 names, however long ago it began', () => {
    const aStart = fc.integer({
      min: daysFromCivil({ year: 1996, month: 1, day: 1 }),
      max: daysFromCivil({ year: 2026, month: 12, day: 31 }),
    });
    fc.assert(
      fc.property(aRule, aStart, (rule, startDay) => {
        const fromDay = daysFromCivil({ year: 2025, month: 2, day: 10 });
        const { year, month, day } = civilFromDays(startDay);
        const date = [year, `${month}`.padStart(2, '0'), `${day}`.padStart(2, '0')].join('');
        const text = aCalendar(`UID:u\nDTSTART;VALUE=DATE:${date}\nRRULE:${toText(rule)}`);
        const { occurrences } = expand(text, {
          fromMs: fromDay * 86_400_000,
          toMs: (fromDay + 700) * 86_400_000,
          zone: 'UTC',
          limits: { maxOccurrencesPerRule: 800 },
        });

        const found = occurrences.map(({ start_ms }) => start_ms / 86_400_000);
        assert.deepEqual(found, expectedDays(rule, startDay, fromDay, fromDay + 700));
      }),
      { numRuns: 250 },
    );
  });
});
