/**
 * Values of RFC 5545, 3.3: dates, times, durations and offsets as numbers.
 *
 * Takes what real exporters write (a time behind `VALUE=DATE`, `PT1W`), refuses what is no date
 * (`20250230`). Knows nothing about zones: a local time is ms since 1970 as a clock without a
 * zone would count them.
 */
import { civilFromDays, DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, utcFromParts } from '../core/index.ts';

/** A date, or a clock time that is either UTC or in a zone named elsewhere. */
export interface LocalValue {
  readonly isDate: boolean;
  readonly isUtc: boolean;
  readonly localMs: number;
}

/** A length: whole days by the calendar, and a rest by the clock. */
export interface DurationValue {
  readonly days: number;
  readonly restMs: number;
}

/** `20250131`, `20250131T090000`, `20250131T090000Z`; undefined when it is neither. */
export function parseLocalValue(text: string): LocalValue | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)?(Z)?)?$/.exec(text.trim().toUpperCase());
  if (match === null) return undefined;
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])];
  const [hour, minute] = [Number(match[4] ?? 0), Number(match[5] ?? 0)];
  // Second 60 is a leap second: nobody's calendar is that exact.
  const second = Math.min(Number(match[6] ?? 0), 59);
  const dateMs = utcFromParts({ year, month, day });
  const back = civilFromDays(dateMs / DAY_MS);
  const isReal = back.month === month && back.day === day && hour <= 24 && minute <= 59 && Number(match[6] ?? 0) <= 60;
  if (!isReal) return undefined;
  const localMs = dateMs + hour * HOUR_MS + minute * MINUTE_MS + second * SECOND_MS;
  return { isDate: match[4] === undefined, isUtc: match[7] !== undefined, localMs };
}

/** Longest duration that is taken, in days; longer ones are typing errors or attacks. */
const MAX_DURATION_DAYS = 3_660;

/** `PT1H30M`, `P1D`, `-P1W`; undefined when it is none or longer than ten years. */
export function parseDuration(text: string): DurationValue | undefined {
  const match = /^([+-]?)P((?:T?\d{1,9}[WDHMS])+)$/.exec(text.trim().toUpperCase());
  if (match === null) return undefined;
  let days = 0;
  let restMs = 0;
  for (const [, count, unit] of (match[2] ?? '').matchAll(/(\d+)([WDHMS])/g)) {
    if (unit === 'W') days += 7 * Number(count);
    else if (unit === 'D') days += Number(count);
    else if (unit === 'H') restMs += Number(count) * HOUR_MS;
    else if (unit === 'M') restMs += Number(count) * MINUTE_MS;
    else restMs += Number(count) * SECOND_MS;
  }
  if (days * DAY_MS + restMs > MAX_DURATION_DAYS * DAY_MS) return undefined;
  return match[1] === '-' ? { days: -days, restMs: -restMs } : { days, restMs };
}

/** `+0100`, `-033000`: an offset from UTC in ms. */
export function parseUtcOffset(text: string): number | undefined {
  const match = /^([+-])(\d\d):?(\d\d)(?::?(\d\d))?$/.exec(text.trim());
  if (match === null) return undefined;
  const size = Number(match[2]) * HOUR_MS + Number(match[3]) * MINUTE_MS + Number(match[4] ?? 0) * SECOND_MS;
  if (size > 26 * HOUR_MS) return undefined;
  return match[1] === '-' ? -size : size;
}
