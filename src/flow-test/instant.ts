/**
 * Instants as tests write them. Pure.
 */
import { daysInMonth, MINUTE_MS, utcFromParts } from '../core/index.ts';

const ISO = /^(\d{4})-(\d\d)-(\d\d)T([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?(?:Z|([+-])([01]\d|2[0-3]):([0-5]\d))$/;

/**
 * The instant that `text` names, ms since 1970; undefined for what is no date and time with an offset.
 *
 * @example
 * parseInstant('2026-01-05T09:00:00+01:00'); // → 1767600000000
 */
export function parseInstant(text: string): number | undefined {
  const found = ISO.exec(text);
  if (found === null) return undefined;
  const numbers = found.map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
    ...number[],
  ];
  const [, year, month, day, hour, minute, second] = numbers;
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return undefined;
  const sign = found[7] === '-' ? -1 : 1;
  const offsetMs = sign * ((numbers[8] ?? 0) * 60 + (numbers[9] ?? 0)) * MINUTE_MS;
  return utcFromParts({ year, month, day, hour, minute, second }) - offsetMs;
}
