/**
 * RRULE text → a rule that `ical.js` can step through, and the filter that makes its steps right.
 *
 * `ical.js` has known faults: it loses or adds dates where months are listed, knows 29 February
 * of every year, and never ends looking for days that never come. Here is decided what it may be
 * asked; what nobody can follow exactly is refused, because a wrong date is worse than a warning.
 */
import ICAL from 'ical.js';
import { DAY_MS, daysInMonth, partsAtOffset } from '../core/index.ts';
import { parseLocalValue } from './time-value.ts';
import type { EventZone } from './zone-table.ts';

/** A rule that is refused; the message completes "its rule …". */
export class RuleError extends Error {}

/** A rule, ready to be stepped through. */
export interface SeriesRule {
  readonly recur: ICAL.Recur;
  readonly count: number | undefined;
  /** Last local time that may begin an occurrence. */
  readonly untilLocalMs: number;
  /** True when no BY part makes the steps uneven. */
  readonly isEven: boolean;
  readonly fits: (localMs: number) => boolean;
}

/** Where a rule starts, and the zone its clock runs in. */
export interface RuleStart {
  readonly localMs: number;
  readonly isDate: boolean;
  readonly zone: EventZone;
  /** For an UNTIL in UTC on a series of days. */
  readonly home: EventZone;
}

const WEEKDAYS = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'];
const LONGEST_MONTHS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
/** `ical.js` walks through an interval day by day, so a huge one would be as slow as a bomb. */
const MAX_INTERVAL: Readonly<Record<string, number>> = { SECONDLY: 1_000_000, MINUTELY: 1_000_000, HOURLY: 1_000_000 };
const MAX_LONG_INTERVAL = 10_000;

/**
 * Reads a rule that begins at `start`.
 *
 * @throws RuleError when it is none, or one that is refused
 */
export function parseRule(text: string, start: RuleStart): SeriesRule {
  const parts = readParts(text);
  const freq = parts.get('FREQ') ?? '';
  const interval = readWhole(parts.get('INTERVAL') ?? '1', 'INTERVAL');
  const count = parts.has('COUNT') ? readWhole(parts.get('COUNT') ?? '', 'COUNT') : undefined;
  const untilLocalMs = parts.has('UNTIL') ? readUntil(parts.get('UNTIL') ?? '', start) : Number.POSITIVE_INFINITY;
  if (interval > (MAX_INTERVAL[freq] ?? MAX_LONG_INTERVAL)) throw new RuleError(`has an INTERVAL of ${interval}`);
  parts.delete('COUNT');
  parts.delete('UNTIL');
  if (start.isDate) adaptToDays(parts, freq);
  refuseKnownWrong(parts, freq);
  const isEven = ![...parts.keys()].some((key) => key.startsWith('BY'));
  const fits = toFilter(parts, { freq, interval, startLocalMs: start.localMs });
  // Once whole, so that what is left out below is checked too.
  toRecur(parts);
  leaveToFilter(parts);
  const recur = toRecur(parts);
  return { recur, count, untilLocalMs, isEven, fits };
}

function toRecur(parts: ReadonlyMap<string, string>): ICAL.Recur {
  try {
    return ICAL.Recur.fromString([...parts].map(([key, value]) => `${key}=${value}`).join(';'));
  } catch (error) {
    throw new RuleError(`is not one of RFC 5545 (${String((error as Error).message).slice(0, 100)})`);
  }
}

function readParts(text: string): Map<string, string> {
  const parts = new Map<string, string>();
  for (const pair of text.toUpperCase().split(';')) {
    const at = pair.indexOf('=');
    const key = pair.slice(0, Math.max(at, 0)).trim();
    // Parts nobody knows (`X-…`, `RRULE:…`) say nothing about when.
    if (/^(FREQ|INTERVAL|COUNT|UNTIL|WKST|BY[A-Z]+)$/.test(key)) parts.set(key, pair.slice(at + 1).trim());
  }
  if (!/^(SECONDLY|MINUTELY|HOURLY|DAILY|WEEKLY|MONTHLY|YEARLY)$/.test(parts.get('FREQ') ?? '')) {
    throw new RuleError('has no FREQ that RFC 5545 knows');
  }
  return parts;
}

function readWhole(text: string, name: string): number {
  if (!/^\d{1,9}$/.test(text) || Number(text) < 1) throw new RuleError(`has ${name}=${text.slice(0, 20)}`);
  return Number(text);
}

function readUntil(text: string, start: RuleStart): number {
  const until = parseLocalValue(text);
  if (until === undefined) throw new RuleError(`has UNTIL=${text.slice(0, 20)}`);
  const zone = start.isDate ? start.home : start.zone;
  const localMs = until.isUtc ? until.localMs + zone.offsetAt(until.localMs) : until.localMs;
  // A last day means all of that day; for a series of days only the day counts.
  return until.isDate || start.isDate ? Math.floor(localMs / DAY_MS) * DAY_MS + DAY_MS - 1 : localMs;
}

function adaptToDays(parts: Map<string, string>, freq: string): void {
  if (freq === 'SECONDLY' || freq === 'MINUTELY' || freq === 'HOURLY') {
    throw new RuleError(`repeats an all-day event ${freq}`);
  }
  for (const name of ['BYHOUR', 'BYMINUTE', 'BYSECOND']) parts.delete(name);
}

function refuseKnownWrong(parts: ReadonlyMap<string, string>, freq: string): void {
  if (parts.has('BYWEEKNO')) throw new RuleError('uses BYWEEKNO, which cannot be followed exactly');
  if (parts.has('BYSETPOS') && !canPlace(parts, freq)) {
    throw new RuleError('uses BYSETPOS in a way that cannot be followed exactly');
  }
  const listed = { HOURLY: 'BYHOUR', MINUTELY: 'BYMINUTE', SECONDLY: 'BYSECOND' }[freq] ?? '';
  if (parts.has(listed) && (parts.get('INTERVAL') ?? '1') !== '1') {
    throw new RuleError(`uses ${listed} with an INTERVAL in a way that cannot be followed exactly`);
  }
  const monthDays = numbersOf(parts.get('BYMONTHDAY')) ?? [1];
  const longest = Math.max(...(numbersOf(parts.get('BYMONTH')) ?? [1]).map((month) => LONGEST_MONTHS[month - 1] ?? 0));
  if (monthDays.every((day) => Math.abs(day) > longest)) throw new RuleError('names days that never come');
}

/** BYSETPOS counts within one month of weekdays only. */
function canPlace(parts: ReadonlyMap<string, string>, freq: string): boolean {
  if (!parts.has('BYDAY') || parts.has('BYMONTHDAY') || parts.has('BYYEARDAY')) return false;
  return freq === 'MONTHLY' || (freq === 'YEARLY' && /^\d+$/.test(parts.get('BYMONTH') ?? ''));
}

/** Parts that only narrow what a frequency gives, and that the filter decides as well. */
const NARROWING: Readonly<Record<string, readonly string[]>> = {
  DAILY: ['BYMONTH', 'BYMONTHDAY', 'BYDAY'],
  WEEKLY: ['BYMONTH'],
  MONTHLY: ['BYMONTH'],
};

/**
 * Takes out of the rule what the filter decides as well: `ical.js` loses dates where months are
 * listed, and looks without end for days that never come. What is left gives too many dates, never too few.
 */
function leaveToFilter(parts: Map<string, string>): void {
  const hasMonths = parts.has('BYMONTH') || parts.has('BYMONTHDAY');
  if (parts.get('FREQ') === 'YEARLY' && hasMonths && !parts.has('BYYEARDAY')) {
    parts.set('FREQ', 'MONTHLY').delete('INTERVAL');
  }
  for (const name of NARROWING[parts.get('FREQ') ?? ''] ?? []) parts.delete(name);
  const hasPlainDays = /^[A-Z,]*$/.test(parts.get('BYDAY') ?? '');
  if (hasPlainDays && parts.has('BYMONTHDAY')) parts.delete('BYDAY');
}

function numbersOf(text: string | undefined): readonly number[] | undefined {
  return text?.split(',').map(Number);
}

/** What every date of the rule must satisfy; `ical.js` lets 29 February of other years become 1 March. */
function toFilter(
  parts: ReadonlyMap<string, string>,
  rule: { readonly freq: string; readonly interval: number; readonly startLocalMs: number },
): (localMs: number) => boolean {
  const { freq, interval, startLocalMs } = rule;
  const start = partsAtOffset(startLocalMs, 0);
  const isLong = freq === 'MONTHLY' || freq === 'YEARLY';
  const hasDayPart = parts.has('BYDAY') || parts.has('BYMONTHDAY') || parts.has('BYYEARDAY');
  const impliedDays = isLong && !hasDayPart ? [start.day] : undefined;
  const impliedMonths = freq === 'YEARLY' && !hasDayPart ? [start.month] : undefined;
  const monthDays = numbersOf(parts.get('BYMONTHDAY')) ?? impliedDays;
  const months = numbersOf(parts.get('BYMONTH')) ?? impliedMonths;
  const weekdays = parts
    .get('BYDAY')
    ?.split(',')
    .map((day) => WEEKDAYS.indexOf(day.slice(-2)) + 1);
  return (localMs) => {
    const date = partsAtOffset(localMs, 0);
    const fromEnd = date.day - daysInMonth(date.year, date.month) - 1;
    const monthsOn = (date.year - start.year) * 12 + date.month - start.month;
    return (
      (freq !== 'MONTHLY' || monthsOn % interval === 0) &&
      (freq !== 'YEARLY' || (date.year - start.year) % interval === 0) &&
      (months === undefined || months.includes(date.month)) &&
      (monthDays === undefined || monthDays.includes(date.day) || monthDays.includes(fromEnd)) &&
      (weekdays === undefined || weekdays.includes(date.weekday))
    );
  };
}
