/**
 * A time zone that a calendar file defines itself: VTIMEZONE → offset at an instant.
 *
 * Takes the yearly rules that exporters write ("first Sunday of November", dates) and single
 * changes; refuses the rest, because half a zone is worse than none. Cost per question is
 * bounded: a rule is worked out for the years around the instant, never from its beginning.
 */
import { DAY_MS, daysFromCivil, daysInMonth, partsAtOffset } from '../core/index.ts';
import { type ByteRange, type ContentLine, endOfLine, readContentLines } from './content-line.ts';
import { parseLocalValue, parseUtcOffset } from './time-value.ts';

/** How far a zone is ahead of UTC, in ms, at an instant. */
export type OffsetAt = (atMs: number) => number;

/** One change of offset, single or yearly. */
interface Observance {
  readonly startLocalMs: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly rule: YearlyRule | undefined;
  /** Further single changes. */
  readonly extraLocalMs: readonly number[];
}

interface YearlyRule {
  readonly month: number;
  /** 1 = Monday; undefined when only days count. */
  readonly weekday: number | undefined;
  /** 1 = first, -1 = last; 0 = any. */
  readonly ordinal: number;
  readonly monthDays: readonly number[];
  readonly untilMs: number;
}

const WEEKDAYS = ['MO', 'TU', 'WE', 'TH', 'FR', 'SA', 'SU'];
const WANTED = new Set(['DTSTART', 'TZOFFSETFROM', 'TZOFFSETTO', 'RRULE', 'RDATE']);
const MAX_OBSERVANCES = 200;
const MAX_EXTRA = 500;
const MAX_LINE_BYTES = 32_768;

/** The name and offsets of a VTIMEZONE; offsets are undefined when its rules are not understood. */
export function readCustomZone(
  bytes: Uint8Array,
  place: ByteRange,
): {
  readonly names: readonly string[];
  readonly location: string | undefined;
  readonly offsetAt: OffsetAt | undefined;
} {
  const wanted = new Set(['TZID', 'X-LIC-LOCATION']);
  const { lines } = readContentLines(bytes, place, { wanted, maxLineBytes: MAX_LINE_BYTES });
  const names = lines.filter((line) => line.name === 'TZID').map((line) => line.value);
  const location = lines.find((line) => line.name === 'X-LIC-LOCATION')?.value.trim();
  // Two names in one zone: nobody can say which rules belong to which.
  const observances = names.length === 1 ? readObservances(bytes, place) : undefined;
  return { names, location, offsetAt: observances === undefined ? undefined : (atMs) => offsetOf(observances, atMs) };
}

function readObservances(bytes: Uint8Array, place: ByteRange): readonly Observance[] | undefined {
  const observances: Observance[] = [];
  for (let at = place.from; at < place.to; ) {
    const end = endOfLine(bytes, at, place.to);
    const begin = end + 1;
    if (/^BEGIN:(STANDARD|DAYLIGHT)$/i.test(lineText(bytes, at, end))) {
      at = begin;
      while (at < place.to && !/^END:/i.test(lineText(bytes, at, endOfLine(bytes, at, place.to)))) {
        at = endOfLine(bytes, at, place.to) + 1;
      }
      const range = { from: begin, to: at };
      const found = toObservance(
        readContentLines(bytes, range, { wanted: WANTED, maxLineBytes: MAX_LINE_BYTES }).lines,
      );
      if (found === undefined || observances.length >= MAX_OBSERVANCES) return undefined;
      observances.push(found);
    } else at = begin;
  }
  return observances.length === 0 ? undefined : observances;
}

function lineText(bytes: Uint8Array, from: number, to: number): string {
  return String.fromCharCode(...bytes.subarray(from, Math.min(to, from + 20))).trim();
}

function toObservance(lines: readonly ContentLine[]): Observance | undefined {
  const valueOf = (name: string): string => lines.find((line) => line.name === name)?.value ?? '';
  const start = parseLocalValue(valueOf('DTSTART'));
  const fromMs = parseUtcOffset(valueOf('TZOFFSETFROM'));
  const toMs = parseUtcOffset(valueOf('TZOFFSETTO'));
  if (start === undefined || fromMs === undefined || toMs === undefined) return undefined;
  const ruleText = valueOf('RRULE');
  const rule = ruleText === '' ? undefined : parseYearlyRule(ruleText, start.localMs);
  if (ruleText !== '' && rule === undefined) return undefined;
  const extraLocalMs: number[] = [];
  for (const text of lines.filter((line) => line.name === 'RDATE').flatMap((line) => line.value.split(','))) {
    const extra = parseLocalValue(text);
    if (extra === undefined || extraLocalMs.length >= MAX_EXTRA) return undefined;
    extraLocalMs.push(extra.localMs);
  }
  return { startLocalMs: start.localMs, fromMs, toMs, rule, extraLocalMs };
}

/** The parts of a rule that are understood, and how they must be written. */
const RULE_PARTS: ReadonlyMap<string, RegExp> = new Map([
  ['FREQ', /^YEARLY$/],
  ['INTERVAL', /^1$/],
  ['BYMONTH', /^([1-9]|1[0-2]|0[1-9])$/],
  ['BYDAY', /^([+-]?[1-5])?(MO|TU|WE|TH|FR|SA|SU)$/],
  ['BYMONTHDAY', /^([1-9]|[12]\d|3[01])(,([1-9]|[12]\d|3[01])){0,30}$/],
  ['UNTIL', /^\d/],
  ['WKST', /^[A-Z]{2}$/],
]);

function parseYearlyRule(text: string, startLocalMs: number): YearlyRule | undefined {
  const parts = readRuleParts(text);
  if (parts?.get('FREQ') === undefined) return undefined;
  const start = partsAtOffset(startLocalMs, 0);
  const untilMs = parts.has('UNTIL') ? parseLocalValue(parts.get('UNTIL') ?? '')?.localMs : Number.POSITIVE_INFINITY;
  if (untilMs === undefined) return undefined;
  const month = Number(parts.get('BYMONTH') ?? start.month);
  const byDay = parts.get('BYDAY');
  const monthDays = parts.get('BYMONTHDAY')?.split(',').map(Number);
  if (byDay === undefined) {
    return { month, weekday: undefined, ordinal: 0, monthDays: monthDays ?? [start.day], untilMs };
  }
  const weekday = WEEKDAYS.indexOf(byDay.slice(-2)) + 1;
  return { month, weekday, ordinal: Number(byDay.slice(0, -2)), monthDays: monthDays ?? [], untilMs };
}

/** The parts of a rule, or undefined when one of them is not understood. */
function readRuleParts(text: string): ReadonlyMap<string, string> | undefined {
  const parts = new Map<string, string>();
  for (const pair of text.toUpperCase().split(';')) {
    const [key = '', value = ''] = pair.split('=');
    if (key === '') continue;
    if (RULE_PARTS.get(key)?.test(value) !== true) return undefined;
    parts.set(key, value);
  }
  return parts;
}

function offsetOf(observances: readonly Observance[], atMs: number): number {
  let latestMs = Number.NEGATIVE_INFINITY;
  let offsetMs: number | undefined;
  let first: Observance | undefined;
  for (const observance of observances) {
    if (first === undefined || observance.startLocalMs < first.startLocalMs) first = observance;
    const onsetMs = latestOnset(observance, atMs);
    if (onsetMs !== undefined && onsetMs >= latestMs) {
      latestMs = onsetMs;
      offsetMs = observance.toMs;
    }
  }
  return offsetMs ?? first?.fromMs ?? 0;
}

/** The last instant up to `atMs` at which the observance began. */
function latestOnset(observance: Observance, atMs: number): number | undefined {
  const { startLocalMs, fromMs, rule, extraLocalMs } = observance;
  let latest = startLocalMs - fromMs <= atMs ? startLocalMs - fromMs : undefined;
  for (const localMs of extraLocalMs) {
    const onset = localMs - fromMs;
    if (onset <= atMs && (latest === undefined || onset > latest)) latest = onset;
  }
  if (rule === undefined || latest === undefined) return latest;
  const lastMs = Math.min(atMs, rule.untilMs);
  const year = partsAtOffset(lastMs, fromMs).year;
  for (const candidate of [year, year - 1]) {
    const day = ruleDay(rule, candidate);
    if (day === undefined) continue;
    const onset =
      daysFromCivil({ year: candidate, month: rule.month, day }) * DAY_MS + timeOfDay(startLocalMs) - fromMs;
    if (onset <= lastMs && onset > latest) return onset;
  }
  return latest;
}

function timeOfDay(localMs: number): number {
  return localMs - Math.floor(localMs / DAY_MS) * DAY_MS;
}

/** The day of the rule's month on which it falls in a year. */
function ruleDay(rule: YearlyRule, year: number): number | undefined {
  const length = daysInMonth(year, rule.month);
  const firstWeekday = partsAtOffset(daysFromCivil({ year, month: rule.month, day: 1 }) * DAY_MS, 0).weekday;
  const matching: number[] = [];
  for (let day = 1; day <= length; day += 1) {
    const weekday = ((firstWeekday + day - 2) % 7) + 1;
    const fitsDay = rule.monthDays.length === 0 || rule.monthDays.includes(day);
    if (fitsDay && (rule.weekday === undefined || rule.weekday === weekday)) matching.push(day);
  }
  if (rule.ordinal === 0) return matching[0];
  return matching.at(rule.ordinal > 0 ? rule.ordinal - 1 : rule.ordinal);
}
