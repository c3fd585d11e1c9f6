/**
 * Cron patterns read in a zone: which instant comes next.
 *
 * The pattern is matched against a clock without jumps, and what it finds is placed in the zone
 * here. Invariant: ticks that a clock change skips come once, at the change; a named hour that
 * a clock change repeats counts the first time only.
 */
import { Cron } from 'croner';
import { HOUR_MS, instantFromLocal, isZone, MoonpoolError, partsAtOffset, zoneOffsetMs } from '../core/index.ts';

/** A pattern that was read once. */
export interface CronPattern {
  /** The first instant after `atMs` at which the pattern holds, or undefined when there is none any more. */
  nextAfter(atMs: number): number | undefined;
}

const MAX_PATTERN_LENGTH = 200;
/** The longest stretch that any zone's clock shows twice. */
const MAX_REPEATED_MS = 3 * HOUR_MS;

type OffsetAt = (atMs: number) => number;

/**
 * What is wrong with a pattern or its zone, as a sentence; undefined when it can be used.
 *
 * Five fields (minute hour day month weekday), six with seconds in front, or `@daily` and its like.
 */
export function checkCron(pattern: string, zone: string): string | undefined {
  if (!isZone(zone)) return `There is no time zone "${zone.slice(0, 60)}"; use a name like Europe/Berlin or UTC.`;
  const shown = pattern.length > 60 ? `${pattern.slice(0, 57)}...` : pattern;
  const fields = pattern.trim().split(/\s+/);
  const hasShape =
    pattern.length <= MAX_PATTERN_LENGTH && (/^@[a-z]+$/i.test(pattern.trim()) || [5, 6].includes(fields.length));
  if (!hasShape) {
    return `"${shown}" is not a cron pattern; it needs five fields: minute hour day month weekday.`;
  }
  try {
    const cron = readPattern(pattern);
    if (cron.nextRun(clockText(0)) === null) return `The cron pattern "${shown}" names no date that exists.`;
    return undefined;
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/^CronPattern: /, '') : 'it cannot be read';
    return `"${shown}" is not a cron pattern: ${why.slice(0, 120)}`;
  }
}

/**
 * Reads a pattern.
 *
 * @throws CONFIG_INVALID with the sentence of {@link checkCron}
 */
export function parseCron(pattern: string, zone: string): CronPattern {
  const problem = checkCron(pattern, zone);
  if (problem !== undefined) throw new MoonpoolError('CONFIG_INVALID', problem);
  const cron = readPattern(pattern);
  const namesHour = namesItsHour(pattern);
  const offsetAt: OffsetAt = (atMs) => zoneOffsetMs(atMs, zone);
  const nextLocal = (localMs: number): number | undefined => cron.nextRun(clockText(localMs))?.getTime();

  return {
    nextAfter(atMs) {
      const offsetMs = offsetAt(atMs);
      if (namesHour) {
        const localMs = nextLocal(latestShown(atMs, offsetAt));
        return localMs === undefined ? undefined : toInstant(localMs, offsetAt);
      }
      const localMs = nextLocal(atMs + offsetMs);
      if (localMs === undefined) return undefined;
      const firstAtMs = toInstant(localMs, offsetAt);
      const dueAtMs = firstAtMs > atMs ? firstAtMs : localMs - offsetMs;
      if (offsetAt(atMs + MAX_REPEATED_MS) >= offsetMs) return dueAtMs;
      const changeAtMs = findChange(atMs, atMs + MAX_REPEATED_MS, offsetAt);
      const againOffsetMs = offsetAt(changeAtMs);
      const againLocalMs = nextLocal(changeAtMs + againOffsetMs - 1);
      return againLocalMs === undefined ? dueAtMs : Math.min(dueAtMs, againLocalMs - againOffsetMs);
    },
  };
}

/** Croner computes on a clock without jumps, so the zone it sees is always UTC. */
function readPattern(pattern: string): Cron {
  return new Cron(pattern.trim(), { timezone: 'UTC', paused: true });
}

/** A clock's time as croner reads it: `2026-01-05T08:00:00`. */
function clockText(localMs: number): string {
  const { year, month, day, hour, minute, second } = partsAtOffset(localMs, 0);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}:${two(second)}`;
}

/** `*` in the hour field means "all the time": such a pattern goes on through a repeated hour. */
function namesItsHour(pattern: string): boolean {
  const fields = pattern.trim().split(/\s+/);
  if (fields.length === 1) return fields[0]?.toLowerCase() !== '@hourly';
  return fields[fields.length - 4] !== '*';
}

/** The latest time a clock has shown up to `atMs`; ahead of what it shows now inside a repeated hour. */
function latestShown(atMs: number, offsetAt: OffsetAt): number {
  const localMs = atMs + offsetAt(atMs);
  const earlierOffsetMs = offsetAt(atMs - MAX_REPEATED_MS);
  if (earlierOffsetMs <= offsetAt(atMs)) return localMs;
  const changeAtMs = findChange(atMs - MAX_REPEATED_MS, atMs, offsetAt);
  return Math.max(localMs, changeAtMs + earlierOffsetMs - 1);
}

/** The instant a clock first shows `localMs`, or the end of the gap when it never does. */
function toInstant(localMs: number, offsetAt: OffsetAt): number {
  const atMs = instantFromLocal(localMs, offsetAt);
  const offsetMs = offsetAt(atMs);
  if (atMs + offsetMs === localMs) return atMs;
  return findChange(localMs - offsetMs, atMs, offsetAt);
}

/** The first ms in (`fromMs`, `toMs`] with another offset than `fromMs`; there must be one. */
function findChange(fromMs: number, toMs: number, offsetAt: OffsetAt): number {
  const before = offsetAt(fromMs);
  let low = fromMs;
  let high = toMs;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetAt(middle) === before) low = middle;
    else high = middle;
  }
  return high;
}
