/**
 * printf-style formatting: `"%05.2f" % x` and the `format` filter.
 *
 * Knows `%s %r %d %i %f %e %g %x %X %o %c %%` with flags `-+0 ` and `#`, width and precision, and `%(name)s`.
 */
import { getOwn, type JsonValue } from '../core/index.ts';
import type { Evaluation } from './evaluation.ts';
import { toText, writeJson } from './text-form.ts';
import { isObject, typeName } from './value.ts';

const DIRECTIVE = /%(?:\(([^)]{1,64})\))?([-+ 0#]{0,5})(\d{1,7})?(?:\.(\d{1,3}))?([a-zA-Z%])/y;
const MAX_PRECISION = 100;

interface Directive {
  readonly name: string | undefined;
  readonly flags: string;
  readonly width: number;
  readonly precision: number | undefined;
  readonly letter: string;
}

/** Hands out the values of a format: in order, or by name from the only one, an object. */
class FormatValues {
  readonly #values: readonly JsonValue[];
  readonly #evaluation: Evaluation;
  #usedCount = 0;

  constructor(values: readonly JsonValue[], evaluation: Evaluation) {
    this.#values = values;
    this.#evaluation = evaluation;
  }

  take(name: string | undefined): JsonValue {
    if (name !== undefined) {
      const [holder = null] = this.#values;
      this.#usedCount = this.#values.length;
      return isObject(holder) ? (getOwn(holder, name) ?? null) : null;
    }
    const value = this.#values[this.#usedCount];
    if (value === undefined) throw this.#evaluation.failure('The format asks for more values than it is given');
    this.#usedCount += 1;
    return value;
  }

  checkAllUsed(): void {
    if (this.#usedCount >= this.#values.length) return;
    throw this.#evaluation.failure('The format is given more values than it asks for');
  }
}

/**
 * `pattern` with its directives filled from `values` in order, or from the object `values[0]` by name.
 *
 * @throws EXPR_FAILED when a directive is unknown, or there are too few or too many values
 */
export function formatText(pattern: string, values: readonly JsonValue[], evaluation: Evaluation): string {
  const source = new FormatValues(values, evaluation);
  let result = '';
  let position = 0;
  evaluation.chargeText(pattern.length);
  for (let start = pattern.indexOf('%'); start !== -1; start = pattern.indexOf('%', position)) {
    const { directive, end } = readDirective(pattern, start, evaluation);
    const isPercent = directive.letter === '%';
    const piece = isPercent ? '%' : formatOne(directive, source.take(directive.name), evaluation);
    evaluation.checkLength(result.length + (start - position) + piece.length);
    evaluation.chargeText(piece.length);
    result += pattern.slice(position, start) + piece;
    position = end;
  }
  source.checkAllUsed();
  evaluation.checkLength(result.length + pattern.length - position);
  return result + pattern.slice(position);
}

function readDirective(pattern: string, start: number, evaluation: Evaluation): { directive: Directive; end: number } {
  DIRECTIVE.lastIndex = start;
  const match = DIRECTIVE.exec(pattern);
  if (match === null) {
    const found = JSON.stringify(pattern.slice(start, start + 12));
    throw evaluation.failure(`The format has no directive at ${found}`, 'Write "%%" for a percent sign.');
  }
  const precision = match[4] === undefined ? undefined : Number(match[4]);
  if (precision !== undefined && precision > MAX_PRECISION) {
    throw evaluation.failure(`A format has at most ${MAX_PRECISION} digits, not ${precision}`);
  }
  const directive: Directive = {
    name: match[1],
    flags: match[2] ?? '',
    width: Number(match[3] ?? 0),
    precision,
    letter: match[5] ?? '',
  };
  return { directive, end: DIRECTIVE.lastIndex };
}

function formatOne(directive: Directive, value: JsonValue, evaluation: Evaluation): string {
  const { flags, width } = directive;
  const writer = NUMBER_WRITERS.get(directive.letter);
  const isNumeric = writer !== undefined;
  const text =
    writer !== undefined
      ? formatNumber(directive, writer, value, evaluation)
      : formatAsText(directive, value, evaluation);
  evaluation.chargeNewText(Math.max(width, text.length));
  if (text.length >= width) return text;
  if (flags.includes('-')) return text.padEnd(width);
  if (!flags.includes('0') || !isNumeric) return text.padStart(width);
  const sign = /^[-+ ]?/.exec(text)?.[0] ?? '';
  return sign + text.slice(sign.length).padStart(width - sign.length, '0');
}

function formatAsText(directive: Directive, value: JsonValue, evaluation: Evaluation): string {
  const { letter, precision } = directive;
  if (letter === 'c') return typeof value === 'number' ? codePointText(value, evaluation) : toText(value, evaluation);
  const text = letter === 's' ? toText(value, evaluation) : letter === 'r' ? writeJson(value, evaluation) : undefined;
  if (text === undefined) throw evaluation.failure(`The format has an unknown directive %${letter}`);
  return precision === undefined ? text : text.slice(0, precision);
}

function codePointText(code: number, evaluation: Evaluation): string {
  if (!Number.isInteger(code) || code < 0 || code > 0x10ffff) throw evaluation.failure(`${code} is no character`);
  return String.fromCodePoint(code);
}

function formatNumber(directive: Directive, write: NumberWriter, value: JsonValue, evaluation: Evaluation): string {
  if (typeof value !== 'number') {
    throw evaluation.failure(
      `%${directive.letter} needs a number, not ${typeName(value)}`,
      'Convert it with "int" or "float".',
    );
  }
  const digits = write(Math.abs(value), directive.precision, directive.flags.includes('#'));
  if (value < 0) return `-${digits}`;
  return directive.flags.includes('+') ? `+${digits}` : directive.flags.includes(' ') ? ` ${digits}` : digits;
}

type NumberWriter = (value: number, precision: number | undefined, hasPrefix: boolean) => string;

function writeExponent(value: number, precision: number | undefined): string {
  return value.toExponential(precision ?? 6).replace(/e([-+])(\d)$/, 'e$10$2');
}

function inBase(base: number, prefix: string): NumberWriter {
  return (value, _precision, hasPrefix) => (hasPrefix ? prefix : '') + Math.trunc(value).toString(base);
}

function writeWhole(value: number, precision: number | undefined): string {
  return BigInt(Math.trunc(value))
    .toString()
    .padStart(precision ?? 0, '0');
}

function writeFixed(value: number, precision: number | undefined): string {
  return value.toFixed(precision ?? 6);
}

function writeShort(value: number, precision: number | undefined): string {
  return String(Number(value.toPrecision(Math.max(1, precision ?? 6))));
}

const NUMBER_WRITERS: ReadonlyMap<string, NumberWriter> = new Map<string, NumberWriter>([
  ['f', writeFixed],
  ['F', writeFixed],
  ['e', writeExponent],
  ['E', (value, precision) => writeExponent(value, precision).toUpperCase()],
  ['g', writeShort],
  ['G', writeShort],
  ['x', inBase(16, '0x')],
  ['X', (value, _precision, hasPrefix) => (hasPrefix ? '0X' : '') + Math.trunc(value).toString(16).toUpperCase()],
  ['o', inBase(8, '0o')],
  ['d', writeWhole],
  ['i', writeWhole],
  ['u', writeWhole],
]);
