/**
 * Options tables: validator, default, YAML key, documentation row and type in one place.
 *
 * A component declares one `Table`; `resolveOptions` turns what a user wrote into a complete,
 * frozen record or reports every problem at once. No field kind means "no limit".
 */
import { MoonpoolError } from './errors.ts';
import { isJsonObject, jsonTypeName, type JsonValue } from './json.ts';
import { nearestWord } from './suggest.ts';
import { formatDuration, formatSize, parseDurationMs, parseSizeBytes } from './units.ts';

/** One option: how it is written, checked, documented and what it is when absent. */
export interface Field<T> {
  readonly key: string;
  readonly kind: 'int' | 'duration' | 'bytes' | 'ratio' | 'flag' | 'choice' | 'text' | 'texts';
  readonly fallback: T;
  readonly about: string;
  /** The range in words, for messages and docs: `1–64`, `1ms to 10m`. */
  readonly range: string;
  /** The value in the unit the code uses, or undefined when it does not fit. */
  parse(value: unknown): T | undefined;
  /** The value as a user would write it. */
  format(value: T): string;
}

/** A component's options by the name its code uses. */
export type Table = { readonly [name: string]: Field<unknown> };

/** The complete options a table yields. */
export type Resolved<T extends Table> = { readonly [K in keyof T]: T[K] extends Field<infer V> ? V : never };

/** One thing wrong with what a user wrote. */
export interface OptionProblem {
  /** Dotted path: `lua.timeout`. */
  readonly path: string;
  readonly message: string;
  /** Where it was written, when that is a file; both numbers count from 1. */
  readonly place?: { readonly file: string; readonly line: number; readonly column: number };
  /** What to do about it, as a sentence. */
  readonly hint?: string;
}

interface Ranged {
  key: string;
  fallback: number;
  min: number;
  max: number;
  about: string;
}

function ranged(
  kind: Field<number>['kind'],
  spec: Ranged,
  read: (value: unknown) => number | undefined,
  format: (value: number) => string,
): Field<number> {
  return {
    key: spec.key,
    kind,
    fallback: spec.fallback,
    about: spec.about,
    range: `${format(spec.min)} to ${format(spec.max)}`,
    parse(value) {
      const number = read(value);
      return number !== undefined && number >= spec.min && number <= spec.max ? number : undefined;
    },
    format,
  };
}

/** Numbers also arrive as text from the environment. */
function readNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (typeof value === 'string' && /^-?\d{1,15}(\.\d{1,9})?$/.test(value.trim())) return Number(value);
  return undefined;
}

/** A whole number from `min` to `max`. */
export function int(spec: Ranged): Field<number> {
  const read = (value: unknown): number | undefined => {
    const number = readNumber(value);
    return number !== undefined && Number.isInteger(number) ? number : undefined;
  };
  return ranged('int', spec, read, String);
}

/** A duration from `min` to `max`, in ms inside. */
export function duration(spec: Ranged): Field<number> {
  return ranged('duration', spec, parseDurationMs, formatDuration);
}

/** A size from `min` to `max`, in bytes inside. */
export function bytes(spec: Ranged): Field<number> {
  return ranged('bytes', spec, parseSizeBytes, formatSize);
}

/** A share from 0 to 1. */
export function ratio(spec: { key: string; fallback: number; about: string }): Field<number> {
  return ranged('ratio', { ...spec, min: 0, max: 1 }, readNumber, String);
}

/** On or off. */
export function flag(spec: { key: string; fallback: boolean; about: string }): Field<boolean> {
  return {
    ...spec,
    kind: 'flag',
    range: 'true or false',
    parse(value) {
      if (typeof value === 'boolean') return value;
      if (value === 'true') return true;
      return value === 'false' ? false : undefined;
    },
    format: String,
  };
}

/** One of a few words. */
export function choice<const W extends string>(spec: {
  key: string;
  fallback: W;
  words: readonly W[];
  about: string;
}): Field<W> {
  return {
    key: spec.key,
    kind: 'choice',
    fallback: spec.fallback,
    about: spec.about,
    range: spec.words.join(', '),
    parse: (value) => spec.words.find((word) => word === value),
    format: (value) => value,
  };
}

/** Text of at most `maxLength` characters. */
export function text(spec: { key: string; fallback: string; maxLength: number; about: string }): Field<string> {
  return {
    key: spec.key,
    kind: 'text',
    fallback: spec.fallback,
    about: spec.about,
    range: `text of at most ${spec.maxLength} characters`,
    parse: (value) => (typeof value === 'string' && value.length <= spec.maxLength ? value : undefined),
    format: (value) => (value === '' ? '(empty)' : value),
  };
}

/** A word that may stand for a value, and is what it is when absent. */
function orWord<T, const W extends JsonValue>(field: Field<T>, word: string, meaning: W): Field<T | W> {
  return {
    ...field,
    fallback: meaning,
    range: `${field.range}, or ${word}`,
    parse: (value) => (value === word || value === meaning ? meaning : field.parse(value)),
    format: (value) => (value === meaning ? word : field.format(value as T)),
  };
}

/** What `field` takes, or `off`, the default: then it is `false`. */
export function orOff<T>(field: Field<T>): Field<T | false> {
  return orWord(field, 'off', false);
}

/** What `field` takes, or `auto`, the default: its user then finds the value. */
export function orAuto<T>(field: Field<T>): Field<T | 'auto'> {
  return orWord(field, 'auto', 'auto');
}

/** A list of at most `maxCount` texts; from the environment, comma-separated. */
export function texts(spec: {
  key: string;
  fallback: readonly string[];
  maxCount: number;
  about: string;
}): Field<readonly string[]> {
  return {
    key: spec.key,
    kind: 'texts',
    fallback: spec.fallback,
    about: spec.about,
    range: `list of at most ${spec.maxCount} texts`,
    parse(value) {
      const list = typeof value === 'string' ? value.split(',').flatMap((item) => item.trim() || []) : value;
      if (!Array.isArray(list) || list.length > spec.maxCount) return undefined;
      return list.every((item) => typeof item === 'string') ? Object.freeze([...list]) : undefined;
    },
    format: (value) => (value.length === 0 ? '(none)' : value.join(', ')),
  };
}

const KIND_WORDS = {
  int: 'a whole number from ',
  duration: 'a duration from ',
  bytes: 'a size from ',
  ratio: 'a share from ',
  choice: 'one of ',
  flag: '',
  text: '',
  texts: 'a ',
} as const;

/** What a field takes, as a phrase: `a whole number from 1 to 64`. */
export function describeRange(field: Pick<Field<unknown>, 'kind' | 'range'>): string {
  return KIND_WORDS[field.kind] + field.range;
}

function show(value: unknown): string {
  const shown = typeof value === 'string' ? value : (JSON.stringify(value) ?? jsonTypeName(value));
  return shown.length > 60 ? `${shown.slice(0, 57)}...` : shown;
}

/** What `input` gives for `table`, and everything that is wrong with it. Never throws. */
export function checkOptions<T extends Table>(
  prefix: string,
  table: T,
  input: JsonValue | undefined,
): { readonly options: Resolved<T>; readonly problems: readonly OptionProblem[] } {
  const problems: OptionProblem[] = [];
  const resolved: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(table)) resolved[name] = field.fallback;
  if (input !== undefined && !isJsonObject(input)) {
    problems.push({ path: prefix, message: `must be an object, got ${jsonTypeName(input)}` });
  } else if (input !== undefined) {
    const byKey = new Map(Object.entries(table).map(([name, field]) => [field.key, { name, field }]));
    for (const [key, value] of Object.entries(input)) {
      const path = prefix === '' ? key : `${prefix}.${key}`;
      const entry = byKey.get(key);
      if (entry === undefined) {
        const near = nearestWord(key, byKey.keys());
        problems.push({
          path,
          message: near === undefined ? 'unknown option' : `unknown option, did you mean ${near}?`,
        });
        continue;
      }
      const parsed = entry.field.parse(value);
      if (parsed === undefined) {
        problems.push({ path, message: `must be ${describeRange(entry.field)}, got ${show(value)}` });
      } else {
        resolved[entry.name] = parsed;
      }
    }
  }
  return { options: Object.freeze(resolved) as Resolved<T>, problems };
}

/** Raised with every problem of a configuration at once. */
export class ConfigError extends MoonpoolError {
  override readonly name = 'ConfigError';
  readonly problems: readonly OptionProblem[];

  constructor(problems: readonly OptionProblem[]) {
    super(
      'CONFIG_INVALID',
      problems.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('\n'),
    );
    this.problems = problems;
  }
}

/**
 * The complete, frozen options for `table`.
 *
 * @throws CONFIG_INVALID with all problems, each with its path
 */
export function resolveOptions<T extends Table>(prefix: string, table: T, input?: JsonValue): Resolved<T> {
  const { options, problems } = checkOptions(prefix, table, input);
  if (problems.length > 0) throw new ConfigError(problems);
  return options;
}
