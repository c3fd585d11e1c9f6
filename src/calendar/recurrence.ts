/**
 * RRULE → the local times at which a series begins within a window.
 *
 * `ical.js` steps through the rule; here stands what it leaves to others: where to begin so that
 * years of history cost nothing, COUNT and UNTIL to the letter, days that a month does not have,
 * and rules it is known to get wrong, which are refused. A single step can still take for ever:
 * whoever runs this must be able to end it.
 */
import ICAL from 'ical.js';
import {
  civilFromDays,
  DAY_MS,
  daysFromCivil,
  daysInMonth,
  HOUR_MS,
  MINUTE_MS,
  partsAtOffset,
  SECOND_MS,
  utcFromParts,
} from '../core/index.ts';
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

/** Which part of a series is asked for. */
export interface RuleWindow {
  readonly fromLocalMs: number;
  readonly toLocalMs: number;
  readonly maxSteps: number;
}

const STEP_MS: Readonly<Record<string, number>> = {
  SECONDLY: SECOND_MS,
  MINUTELY: MINUTE_MS,
  HOURLY: HOUR_MS,
  DAILY: DAY_MS,
  WEEKLY: 7 * DAY_MS,
};
const WEEKDAYS = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'];
const LONGEST_MONTHS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
/** `ical.js` walks through an interval day by day, so a huge one would be as slow as a bomb. */
const MAX_INTERVAL: Readonly<Record<string, number>> = { SECONDLY: 1_000_000, MINUTELY: 1_000_000, HOURLY: 1_000_000 };
const MAX_LONG_INTERVAL = 10_000;
/** 29 February is at most eight years away, or with odd steps out of reach. */
const MAX_SKIP_TRIES = 12;

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
  leaveToFilter(parts, freq);
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
  return until.isDate || start.isDate ? startOfDay(localMs) + DAY_MS - 1 : localMs;
}

function startOfDay(localMs: number): number {
  return Math.floor(localMs / DAY_MS) * DAY_MS;
}

function adaptToDays(parts: Map<string, string>, freq: string): void {
  if (freq === 'SECONDLY' || freq === 'MINUTELY' || freq === 'HOURLY') {
    throw new RuleError(`repeats an all-day event ${freq}`);
  }
  for (const name of ['BYHOUR', 'BYMINUTE', 'BYSECOND']) parts.delete(name);
}

function refuseKnownWrong(parts: ReadonlyMap<string, string>, freq: string): void {
  if (parts.has('BYWEEKNO')) throw new RuleError('uses BYWEEKNO, which cannot be followed exactly');
  const isPlacedByDay = parts.has('BYDAY') && !parts.has('BYMONTHDAY') && !parts.has('BYYEARDAY');
  const canPlace =
    isPlacedByDay && (freq === 'MONTHLY' || (freq === 'YEARLY' && /^\d+$/.test(parts.get('BYMONTH') ?? '')));
  if (parts.has('BYSETPOS') && !canPlace) throw new RuleError('uses BYSETPOS in a way that cannot be followed exactly');
  const listed = { HOURLY: 'BYHOUR', MINUTELY: 'BYMINUTE', SECONDLY: 'BYSECOND' }[freq] ?? '';
  if (parts.has(listed) && (parts.get('INTERVAL') ?? '1') !== '1') {
    throw new RuleError(`uses ${listed} with an INTERVAL in a way that cannot be followed exactly`);
  }
  const monthDays = numbersOf(parts.get('BYMONTHDAY'));
  const months = numbersOf(parts.get('BYMONTH')) ?? LONGEST_MONTHS.map((_, index) => index + 1);
  const isPossible = (day: number): boolean =>
    months.some((month) => Math.abs(day) <= (LONGEST_MONTHS[month - 1] ?? 0));
  if (monthDays !== undefined && !monthDays.some(isPossible)) throw new RuleError('names days that never come');
}

/**
 * Takes out of the rule what the filter decides as well: `ical.js` loses dates where months are
 * listed, and looks for days that never come without end. What is left are steps that are too many, never too few.
 */
function leaveToFilter(parts: Map<string, string>, freq: string): void {
  const isOfMonths = freq === 'YEARLY' && !parts.has('BYYEARDAY') && (parts.has('BYMONTH') || parts.has('BYMONTHDAY'));
  if (isOfMonths) parts.set('FREQ', 'MONTHLY').delete('INTERVAL');
  if (freq === 'MONTHLY' || freq === 'WEEKLY' || freq === 'DAILY' || isOfMonths) parts.delete('BYMONTH');
  if (freq === 'DAILY') parts.delete('BYMONTHDAY');
  const hasPlainDays = /^[A-Z,]*$/.test(parts.get('BYDAY') ?? '');
  if (hasPlainDays && (freq === 'DAILY' || parts.has('BYMONTHDAY'))) parts.delete('BYDAY');
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

/**
 * Walks through the starts of the series within the window, DTSTART always among them.
 *
 * @returns true when `maxSteps` ended the walk before the window was through
 * @throws RuleError when the rule turns out to be one that cannot be followed
 */
export function* walkRule(rule: SeriesRule, start: RuleStart, window: RuleWindow): Generator<number, boolean, void> {
  if (start.localMs >= window.fromLocalMs && start.localMs < window.toLocalMs) yield start.localMs;
  const skipped = skipAhead(rule, start.localMs, window.fromLocalMs);
  // DTSTART is the first of COUNT even where the rule itself would not give it.
  let counted = Math.max(skipped.count, 1);
  if (skipped.localMs >= window.toLocalMs) return false;
  const iterator = stepsOf(rule.recur, toIcalTime(skipped.localMs, start.isDate));
  for (let step = 0; step < window.maxSteps; step += 1) {
    const next = nextOf(iterator);
    if (next === undefined || next >= window.toLocalMs || next > rule.untilLocalMs) return false;
    if (next <= start.localMs || !rule.fits(next)) continue;
    counted += 1;
    if (rule.count !== undefined && counted > rule.count) return false;
    if (next >= window.fromLocalMs) yield next;
  }
  return true;
}

function stepsOf(recur: ICAL.Recur, start: ICAL.Time): ICAL.RecurIterator {
  return orRuleError(() => recur.iterator(start));
}

function nextOf(iterator: ICAL.RecurIterator): number | undefined {
  const next = orRuleError<ICAL.Time | null>(() => iterator.next());
  return next === null ? undefined : utcFromParts(next);
}

function orRuleError<T>(fn: () => T): T {
  try {
    return fn();
  } catch (error) {
    throw new RuleError(`cannot be followed (${String((error as Error).message).slice(0, 100)})`);
  }
}

function toIcalTime(localMs: number, isDate: boolean): ICAL.Time {
  const { year, month, day, hour, minute, second } = partsAtOffset(localMs, 0);
  return isDate
    ? new ICAL.Time({ year, month, day, isDate }, ICAL.Timezone.localTimezone)
    : new ICAL.Time({ year, month, day, hour, minute, second, isDate }, ICAL.Timezone.localTimezone);
}

/** A later start from which the rule gives the same times, and how many it gave before. */
function skipAhead(rule: SeriesRule, startLocalMs: number, fromLocalMs: number): { localMs: number; count: number } {
  const none = { localMs: startLocalMs, count: 0 };
  const stepMs = STEP_MS[rule.recur.freq];
  if (rule.count !== undefined && !(rule.isEven && stepMs !== undefined)) return none;
  if (stepMs === undefined) return { localMs: skipMonths(rule, startLocalMs, fromLocalMs), count: 0 };
  const periodMs = stepMs * rule.recur.interval;
  // One period is left over: a week may begin before the day that DTSTART falls on.
  const periods = Math.floor((fromLocalMs - startLocalMs) / periodMs) - 1;
  return periods <= 0 ? none : { localMs: startLocalMs + periods * periodMs, count: periods };
}

/** Whole months or years on, to a month that has the day. */
function skipMonths(rule: SeriesRule, startLocalMs: number, fromLocalMs: number): number {
  const { recur } = rule;
  const start = civilFromDays(Math.floor(startLocalMs / DAY_MS));
  const to = partsAtOffset(fromLocalMs, 0);
  const stepMonths = recur.freq === 'YEARLY' ? recur.interval * 12 : recur.interval;
  const monthsOn = (to.year - start.year) * 12 + to.month - start.month;
  // Where the rule itself names days, that of DTSTART has no say after the first month.
  const isDayNamed = recur.freq === 'MONTHLY' && ('BYDAY' in recur.parts || 'BYMONTHDAY' in recur.parts);
  const day = isDayNamed ? 1 : start.day;
  const first = Math.floor(monthsOn / stepMonths) - 1;
  for (let periods = first; periods > 0 && first - periods < MAX_SKIP_TRIES; periods -= 1) {
    const { year, month } = civilFromDays(
      daysFromCivil({ year: start.year, month: start.month + periods * stepMonths, day: 1 }),
    );
    if (day > daysInMonth(year, month)) continue;
    return utcFromParts({ year, month, day }) + (startLocalMs - startOfDay(startLocalMs));
  }
  return startLocalMs;
}
