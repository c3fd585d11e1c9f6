/**
 * printf-style formatting: `"%05.2f" % x` and the `format` filter.
 *
 * Knows `%s %r %d %i %f %e %g %x %X %o %c %%` with flags `-+0 ` and `#`, width and precision, and `%(name)s`.
 */
import { getOwn, type JsonObject, type JsonValue } from '../core/index.ts';
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

/**
 * `pattern` with its directives filled from `values` in order, or from the object `values[0]` by name.
 *
 * @throws EXPR_FAILED when a directive is unknown, or there are too few or too many values
 */
export function formatText(pattern: string, values: readonly JsonValue[], evaluation: Evaluation): string {
  let result = '';
  let position = 0;
  let used = 0;
  const names: JsonObject | undefined =
    values.length === 1 && isObject(values[0] ?? null) ? (values[0] as JsonObject) : undefined;
  for (;;) {
    const start = pattern.indexOf('%', position);
    if (start === -1) break;
    const { directive, end } = readDirective(pattern, start, evaluation);
    let piece = '%';
    if (directive.letter !== '%') {
      let value: JsonValue;
      if (directive.name !== undefined) {
        value = names === undefined ? null : (getOwn(names, directive.name) ?? null);
        used = values.length;
      } else {
        if (used >= values.length) throw evaluation.failure('The format asks for more values than it is given');
        value = values[used] ?? null;
        used += 1;
      }
      piece = formatOne(directive, value, evaluation);
    }
    evaluation.chargeNewText(result.length + (start - position) + piece.length);
    result += pattern.slice(position, start) + piece;
    position = end;
  }
  if (used < values.length) throw evaluation.failure('The format is given more values than it asks for');
  evaluation.chargeNewText(result.length + pattern.length - position);
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
  const isNumeric = 'diufFeEgGxXo'.includes(directive.letter);
  const text = isNumeric ? formatNumber(directive, value, evaluation) : formatAsText(directive, value, evaluation);
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

function formatNumber(directive: Directive, value: JsonValue, evaluation: Evaluation): string {
  if (typeof value !== 'number') {
    throw evaluation.failure(
      `%${directive.letter} needs a number, not ${typeName(value)}`,
      'Convert it with "int" or "float".',
    );
  }
  const digits = numberDigits(directive, Math.abs(value));
  if (value < 0) return `-${digits}`;
  return directive.flags.includes('+') ? `+${digits}` : directive.flags.includes(' ') ? ` ${digits}` : digits;
}

function numberDigits({ letter, precision, flags }: Directive, value: number): string {
  const prefix = flags.includes('#');
  switch (letter) {
    case 'f':
    case 'F':
      return value.toFixed(precision ?? 6);
    case 'e':
    case 'E': {
      const text = value.toExponential(precision ?? 6).replace(/e([-+])(\d)$/, 'e$10$2');
      return letter === 'E' ? text.toUpperCase() : text;
    }
    case 'g':
    case 'G':
      return String(Number(value.toPrecision(Math.max(1, precision ?? 6))));
    case 'x':
      return (prefix ? '0x' : '') + Math.trunc(value).toString(16);
    case 'X':
      return (prefix ? '0X' : '') + Math.trunc(value).toString(16).toUpperCase();
    case 'o':
      return (prefix ? '0o' : '') + Math.trunc(value).toString(8);
    default: {
      const whole = BigInt(Math.trunc(value)).toString();
      return whole.padStart(precision ?? 0, '0');
    }
  }
}
