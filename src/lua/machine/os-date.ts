/**
 * `os.date` and `os.time` as Lua defines them, in UTC and from arguments alone.
 *
 * The machine has no zone of its own: what a flow shows must not depend on where it runs.
 * `time.parts` and `time.from_parts` take a zone.
 */
import { daysFromCivil, type JsonObject, partsAtOffset, SECOND_MS, utcFromParts } from '../../core/index.ts';
import { ValueProblem } from './failure.ts';

const DAY_NAMES = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const MONTH_NAMES = 'January February March April May June July August September October November December'.split(' ');
/** About the years ±270,000, as for the platform's own dates. */
const MAX_SECONDS = 8.64e12;
const MAX_FIELD = 100_000_000;
const DEFAULT_FORMAT = '%c';
const MAX_SHORT_NAME = 3;

/** Broken-down time with the names and ranges of Lua's `*t`. */
interface DateFields {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly min: number;
  readonly sec: number;
  /** 1 = Sunday. */
  readonly wday: number;
  readonly yday: number;
}

function fieldsOf(seconds: number): DateFields {
  const { year, month, day, hour, minute, second, weekday } = partsAtOffset(seconds * SECOND_MS, 0);
  const yday = daysFromCivil({ year, month, day }) - daysFromCivil({ year, month: 1, day: 1 }) + 1;
  return { year, month, day, hour, min: minute, sec: second, wday: (weekday % 7) + 1, yday };
}

function pad(value: number, length = 2, fill = '0'): string {
  return value < 0 ? `-${pad(-value, length - 1, fill)}` : String(value).padStart(length, fill);
}

/** Year and number of the ISO 8601 week: the one that holds the week's Thursday. */
function isoWeek(f: DateFields): { year: number; week: number } {
  const daysAfterMonday = (f.wday + 5) % 7;
  const thursday = daysFromCivil(f) - daysAfterMonday + 3;
  const { year } = partsAtOffset(thursday * 86_400_000, 0);
  const first = daysFromCivil({ year, month: 1, day: 1 });
  return { year, week: Math.floor((thursday - first) / 7) + 1 };
}

const dayName = (f: DateFields): string => DAY_NAMES[f.wday - 1] as string;
const monthName = (f: DateFields): string => MONTH_NAMES[f.month - 1] as string;
const time = (f: DateFields): string => `${pad(f.hour)}:${pad(f.min)}:${pad(f.sec)}`;
const date = (f: DateFields): string => `${pad(f.month)}/${pad(f.day)}/${pad(f.year % 100)}`;
const hour12 = (f: DateFields): number => ((f.hour + 11) % 12) + 1;
const half = (f: DateFields): string => (f.hour < 12 ? 'AM' : 'PM');

/** Conversion specifiers of C's `strftime` in the C locale. */
const SPECIFIERS: Readonly<Record<string, (f: DateFields) => string>> = {
  a: (f) => dayName(f).slice(0, MAX_SHORT_NAME),
  A: dayName,
  b: (f) => monthName(f).slice(0, MAX_SHORT_NAME),
  B: monthName,
  c: (f) =>
    `${dayName(f).slice(0, MAX_SHORT_NAME)} ${monthName(f).slice(0, MAX_SHORT_NAME)} ${pad(f.day, 2, ' ')} ${time(f)} ${f.year}`,
  C: (f) => pad(Math.floor(f.year / 100)),
  d: (f) => pad(f.day),
  D: date,
  e: (f) => pad(f.day, 2, ' '),
  F: (f) => `${f.year}-${pad(f.month)}-${pad(f.day)}`,
  g: (f) => pad(isoWeek(f).year % 100),
  G: (f) => String(isoWeek(f).year),
  h: (f) => monthName(f).slice(0, MAX_SHORT_NAME),
  H: (f) => pad(f.hour),
  I: (f) => pad(hour12(f)),
  j: (f) => pad(f.yday, 3),
  m: (f) => pad(f.month),
  M: (f) => pad(f.min),
  n: () => '\n',
  p: half,
  r: (f) => `${pad(hour12(f))}:${pad(f.min)}:${pad(f.sec)} ${half(f)}`,
  R: (f) => `${pad(f.hour)}:${pad(f.min)}`,
  S: (f) => pad(f.sec),
  t: () => '\t',
  T: time,
  u: (f) => String(((f.wday + 5) % 7) + 1),
  U: (f) => pad(Math.floor((f.yday + 7 - f.wday) / 7)),
  V: (f) => pad(isoWeek(f).week),
  w: (f) => String(f.wday - 1),
  W: (f) => pad(Math.floor((f.yday + 6 - ((f.wday + 5) % 7)) / 7)),
  x: date,
  X: time,
  y: (f) => pad(f.year % 100),
  Y: (f) => String(f.year),
  z: () => '+0000',
  Z: () => 'UTC',
  '%': () => '%',
};

/**
 * What `os.date(format, seconds)` answers: text, or the fields for `*t`. A leading `!` changes nothing.
 *
 * @throws ValueProblem for a specifier that C does not have, or an instant out of range
 */
export function formatDate(format: string | undefined, seconds: number): string | JsonObject {
  if (!(Math.abs(seconds) <= MAX_SECONDS)) throw new ValueProblem('os.date: the time is out of bounds');
  const fields = fieldsOf(Math.floor(seconds));
  const text = (format ?? DEFAULT_FORMAT).replace(/^!/, '');
  if (text.startsWith('*t')) return { ...fields, isdst: false };
  return text.replaceAll(/%[EO]?([\s\S]?)/g, (written, letter: string) => {
    const specifier = Object.hasOwn(SPECIFIERS, letter) ? SPECIFIERS[letter] : undefined;
    if (specifier === undefined) throw new ValueProblem(`os.date: invalid conversion specifier '${written}'`);
    return specifier(fields);
  });
}

/**
 * What `os.time(fields)` answers: seconds since 1970; fields out of range carry over.
 *
 * @throws ValueProblem when year, month or day is missing, or a field is no whole number
 */
export function timeFromFields(fields: JsonObject): number {
  const whole = (name: string, fallback?: number): number => {
    const value = fields[name] ?? fallback;
    if (value === undefined) throw new ValueProblem(`os.time: field '${name}' missing in date table`);
    const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
    if (typeof number !== 'number' || !Number.isInteger(number)) {
      throw new ValueProblem(`os.time: field '${name}' is not an integer`);
    }
    if (Math.abs(number) > MAX_FIELD) throw new ValueProblem(`os.time: field '${name}' is out of bounds`);
    return number;
  };
  const civil = { year: whole('year'), month: whole('month'), day: whole('day') };
  const clock = { hour: whole('hour', 12), minute: whole('min', 0), second: whole('sec', 0) };
  return utcFromParts({ ...civil, ...clock }) / SECOND_MS;
}
