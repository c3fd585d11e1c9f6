/**
 * A rule → the local times at which its series begins within a window.
 *
 * `ical.js` steps through the rule; here stands where to begin so that years of history cost
 * nothing, and COUNT and UNTIL to the letter. A single step can still take for ever: whoever
 * runs this must be able to end it.
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
import { RuleError, type RuleStart, type SeriesRule } from './rule-text.ts';

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
/** 29 February is at most eight years away, or with odd steps out of reach. */
const MAX_SKIP_TRIES = 12;

/**
 * Walks through the starts of the series within the window, DTSTART always among them.
 *
 * @returns true when `maxSteps` ended the walk before the window was through
 * @throws RuleError when the rule turns out to be one that cannot be followed
 */
export function* walkRule(rule: SeriesRule, start: RuleStart, window: RuleWindow): Generator<number, boolean, void> {
  if (start.localMs >= window.fromLocalMs && start.localMs < window.toLocalMs) yield start.localMs;
  const skipped = skipAhead(rule, start.localMs, window.fromLocalMs);
  const lastLocalMs = Math.min(window.toLocalMs, rule.untilLocalMs + 1);
  // DTSTART is the first of COUNT even where the rule itself would not give it.
  let counted = Math.max(skipped.count, 1);
  const iterator = stepsOf(rule.recur, toIcalTime(skipped.localMs, start.isDate));
  for (let step = 0; step < window.maxSteps; step += 1) {
    const next = nextOf(iterator);
    if (next === undefined || next >= lastLocalMs) return false;
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

function startOfDay(localMs: number): number {
  return Math.floor(localMs / DAY_MS) * DAY_MS;
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
