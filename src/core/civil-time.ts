/**
 * Civil time: dates and clock times in a named zone, and the instants they stand for.
 *
 * Stands on `Intl` for zone rules and on plain arithmetic for the rest; reads no clock and
 * never uses `Date`. Years are those of the proleptic Gregorian calendar. Invariant: what is
 * remembered per zone has a ceiling, so names from a hostile feed cannot grow memory.
 */
import { MoonpoolError } from './errors.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from './units.ts';

/** A day on the calendar. `month` and `day` count from 1. */
export interface CivilDate {
  readonly year: number;
  readonly month: number;
  readonly day: number;
}

/** A day and a clock time, in no zone yet. Absent time fields are 0. */
export interface CivilTime extends CivilDate {
  readonly hour?: number;
  readonly minute?: number;
  readonly second?: number;
}

/** What a clock on the wall of some zone shows. Field names are those of flows and Lua. */
export interface CivilParts extends CivilDate {
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  /** 1 = Monday … 7 = Sunday. */
  readonly weekday: number;
  /** Minutes ahead of UTC; has a fraction only before zones had standard time. */
  readonly offset_minutes: number;
}

/** Shortest distance between two changes of one zone's offset is about four weeks (Morocco); a week is safe. */
const CHUNK_MS = 7 * DAY_MS;
const MAX_CHUNKS_PER_ZONE = 4_096;
const MAX_ZONES = 64;
const MAX_REFUSED_NAMES = 256;
const MAX_ZONE_NAME_LENGTH = 100;
/** `Intl` refuses instants outside ±this; zone rules do not change out there. */
const MAX_INSTANT_MS = 8.64e15;

/** How the offset runs through one chunk of time: constant, or with one change in it. */
interface Chunk {
  readonly beforeMs: number;
  readonly afterMs: number;
  readonly changeAtMs: number;
}

interface Zone {
  readonly format: Intl.DateTimeFormat;
  readonly chunks: Map<number, Chunk>;
}

const zones = new Map<string, Zone>();
const refusedNames = new Set<string>();

/** Days from 1970-01-01 to the date; months and days out of range carry over. */
export function daysFromCivil(date: CivilDate): number {
  const monthIndex = date.month - 1;
  const carried = date.year + Math.floor(monthIndex / 12);
  const month = monthIndex - Math.floor(monthIndex / 12) * 12 + 1;
  // Years that begin in March put the leap day last, so that month lengths follow one line.
  const year = month <= 2 ? carried - 1 : carried;
  const era = Math.floor(year / 400);
  const yearOfEra = year - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + date.day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

/** The date that lies `days` days after 1970-01-01. */
export function civilFromDays(days: number): CivilDate {
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1_460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  return {
    year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0),
    month,
    day: dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1,
  };
}

/** The date `count` days later, or earlier when negative. */
export function addDays(date: CivilDate, count: number): CivilDate {
  return civilFromDays(daysFromCivil(date) + count);
}

/** How many days `month` has in `year`. */
export function daysInMonth(year: number, month: number): number {
  return daysFromCivil({ year, month: month + 1, day: 1 }) - daysFromCivil({ year, month, day: 1 });
}

/** 1 = Monday … 7 = Sunday. */
export function weekdayOf(date: CivilDate): number {
  return weekdayOfDays(daysFromCivil(date));
}

function weekdayOfDays(days: number): number {
  const index = (days + 3) % 7;
  return (index < 0 ? index + 7 : index) + 1;
}

/** The clock time as if its zone were UTC, in ms since 1970; fields out of range carry over. */
export function utcFromParts(time: CivilTime): number {
  return (
    daysFromCivil(time) * DAY_MS +
    (time.hour ?? 0) * HOUR_MS +
    (time.minute ?? 0) * MINUTE_MS +
    (time.second ?? 0) * SECOND_MS
  );
}

/** What a clock shows that runs `offsetMs` ahead of UTC. */
export function partsAtOffset(atMs: number, offsetMs: number): CivilParts {
  const localMs = Math.floor(atMs) + offsetMs;
  const days = Math.floor(localMs / DAY_MS);
  const rest = localMs - days * DAY_MS;
  return {
    ...civilFromDays(days),
    hour: Math.floor(rest / HOUR_MS),
    minute: Math.floor(rest / MINUTE_MS) % 60,
    second: Math.floor(rest / SECOND_MS) % 60,
    weekday: weekdayOfDays(days),
    offset_minutes: offsetMs / MINUTE_MS,
  };
}

/** True when `name` is a zone of this platform: `Europe/Berlin`, `UTC`, `+05:30`. Case does not matter. */
export function isZone(name: string): boolean {
  return findZone(name) !== undefined;
}

/**
 * How far `zone` is ahead of UTC at an instant, in ms.
 *
 * @throws EXPR_FAILED when the platform knows no such zone, or `atMs` is not a number
 */
export function zoneOffsetMs(atMs: number, zone: string): number {
  const found = findZone(zone);
  if (found === undefined) {
    throw new MoonpoolError('EXPR_FAILED', `There is no time zone "${zone.slice(0, MAX_ZONE_NAME_LENGTH)}".`);
  }
  if (Number.isNaN(atMs)) throw new MoonpoolError('EXPR_FAILED', 'An instant must be a number of ms, got NaN.');
  const insideMs = Math.min(Math.max(atMs, -MAX_INSTANT_MS), MAX_INSTANT_MS);
  const chunk = chunkAt(found, Math.floor(insideMs / CHUNK_MS));
  return insideMs < chunk.changeAtMs ? chunk.beforeMs : chunk.afterMs;
}

/**
 * What a clock in `zone` shows at an instant.
 *
 * @throws EXPR_FAILED when the platform knows no such zone
 */
export function zonedParts(atMs: number, zone: string): CivilParts {
  return partsAtOffset(atMs, zoneOffsetMs(atMs, zone));
}

/**
 * The instant at which a clock in `zone` shows `time`, in ms since 1970.
 *
 * A time the clock shows twice is the first of the two; a time it skips moves forward by the
 * length of the gap (RFC 5545, 3.3.5), so the answer is the same every time. Fields out of
 * range carry over.
 *
 * @throws EXPR_FAILED when the platform knows no such zone
 */
export function instantFromParts(time: CivilTime, zone: string): number {
  return instantFromLocal(utcFromParts(time), (atMs) => zoneOffsetMs(atMs, zone));
}

/**
 * The same rule for any source of offsets, such as a zone that a calendar file defines itself.
 *
 * @param localMs what the clock shows, as {@link utcFromParts} gives it
 */
export function instantFromLocal(localMs: number, offsetAt: (atMs: number) => number): number {
  const before = offsetAt(localMs - DAY_MS);
  const after = offsetAt(localMs + DAY_MS);
  if (before === after) return localMs - before;
  const early = localMs - Math.max(before, after);
  const late = localMs - Math.min(before, after);
  if (offsetAt(early) === localMs - early) return early;
  if (offsetAt(late) === localMs - late) return late;
  return localMs - before;
}

function findZone(name: string): Zone | undefined {
  const known = zones.get(name);
  if (known !== undefined) return known;
  if (name === '' || name.length > MAX_ZONE_NAME_LENGTH || refusedNames.has(name)) return undefined;
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat('en-US', { timeZone: name, timeZoneName: 'longOffset', hour: 'numeric' });
  } catch {
    if (refusedNames.size >= MAX_REFUSED_NAMES) refusedNames.clear();
    refusedNames.add(name);
    return undefined;
  }
  // A Map keeps the order of insertion: the first key is the zone that was met first.
  const oldest = zones.keys().next();
  if (zones.size >= MAX_ZONES && !oldest.done) zones.delete(oldest.value);
  const zone: Zone = { format, chunks: new Map() };
  zones.set(name, zone);
  return zone;
}

function chunkAt(zone: Zone, index: number): Chunk {
  const known = zone.chunks.get(index);
  if (known !== undefined) return known;
  if (zone.chunks.size >= MAX_CHUNKS_PER_ZONE) zone.chunks.clear();
  const fromMs = Math.max(index * CHUNK_MS, -MAX_INSTANT_MS);
  const toMs = Math.min((index + 1) * CHUNK_MS, MAX_INSTANT_MS);
  const beforeMs = readOffsetMs(zone.format, fromMs);
  const afterMs = readOffsetMs(zone.format, toMs);
  const changeAtMs = beforeMs === afterMs ? toMs : findChange(zone.format, fromMs, toMs, beforeMs);
  const chunk = { beforeMs, afterMs, changeAtMs };
  zone.chunks.set(index, chunk);
  return chunk;
}

/** The first whole second in the chunk at which the offset is no longer `beforeMs`. */
function findChange(format: Intl.DateTimeFormat, fromMs: number, toMs: number, beforeMs: number): number {
  let low = Math.floor(fromMs / SECOND_MS);
  let high = Math.ceil(toMs / SECOND_MS);
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (readOffsetMs(format, middle * SECOND_MS) === beforeMs) low = middle;
    else high = middle;
  }
  return high * SECOND_MS;
}

function readOffsetMs(format: Intl.DateTimeFormat, atMs: number): number {
  // `9 AM GMT-03:30`; `GMT-00:44:30` before zones had standard time; plain `GMT` for none.
  const match = /GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/.exec(format.format(atMs));
  if (match?.[1] === undefined) return 0;
  const size = Number(match[2]) * HOUR_MS + Number(match[3]) * MINUTE_MS + Number(match[4] ?? 0) * SECOND_MS;
  return match[1] === '-' ? -size : size;
}
