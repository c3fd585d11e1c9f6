/**
 * What filters, tests, functions, methods and macros have in common: parameters that arguments are bound to.
 *
 * Binding happens while compiling, so a wrong name or too many arguments are errors of the text.
 */
import type { JsonValue } from '../core/index.ts';
import { nearestWord } from '../core/index.ts';
import type { Arguments, Expr } from './ast.ts';
import { syntaxError } from './error.ts';
import type { Evaluation } from './evaluation.ts';
import { type NameKind, reasonAgainst } from './refusals.ts';
import { typeName } from './value.ts';

/** The parameters of something that takes arguments. */
export interface Signature {
  readonly parameters: readonly string[];
  /** How many of them, from the first, must be given. Default 0. */
  readonly required?: number;
  /** Other names for parameters, as the Rust engine of the original calls them. */
  readonly aliases?: Readonly<Record<string, string>>;
  /** True when more arguments may follow, without names. */
  readonly isVariadic?: boolean;
}

/** Arguments by parameter position; undefined where none was given. */
export type ArgumentValues = readonly (JsonValue | undefined)[];

/** A filter: a value and arguments to a value. Inputs are JSON, never markup. */
export interface Filter extends Signature {
  readonly run: (value: JsonValue, args: ArgumentValues, evaluation: Evaluation) => JsonValue;
}

/** A test: what stands behind `is`. */
export interface Test extends Signature {
  readonly run: (value: JsonValue, args: ArgumentValues, evaluation: Evaluation) => boolean;
}

/** Where and what is called, for messages. */
export interface CallSite {
  readonly text: string;
  readonly at: number;
  /** `filter "join"`. */
  readonly what: string;
}

/**
 * The expressions for each parameter, in order; those of a variadic signature follow.
 *
 * @throws SPEC_TEMPLATE for an unknown name, too many arguments, or a missing one
 */
export function bindArguments(signature: Signature, args: Arguments, site: CallSite): (Expr | undefined)[] {
  const { parameters, required = 0, isVariadic = false } = signature;
  const bound: (Expr | undefined)[] = [...args.positional];
  if (bound.length > parameters.length && !isVariadic) {
    const sentence = `The ${site.what} takes at most ${parameters.length} arguments, not ${bound.length}`;
    throw syntaxError(site.text, site.at, sentence);
  }
  while (bound.length < parameters.length) bound.push(undefined);
  bindNamed(bound, signature, args, site);
  const missing = parameters.slice(0, required).find((_, index) => bound[index] === undefined);
  if (missing !== undefined) throw syntaxError(site.text, site.at, `The ${site.what} needs the argument "${missing}"`);
  return bound;
}

function bindNamed(
  bound: (Expr | undefined)[],
  { parameters, aliases = {} }: Signature,
  { named }: Arguments,
  site: CallSite,
): void {
  if (named.length === 0) return;
  const positions = new Map(parameters.map((name, index) => [name, index]));
  for (const { name, value, at } of named) {
    const index =
      positions.get(name) ?? positions.get((Object.hasOwn(aliases, name) ? aliases[name] : undefined) ?? '');
    if (index === undefined) {
      const near = nearestWord(name, parameters);
      const known = parameters.length === 0 ? 'It takes none.' : `It has: ${parameters.join(', ')}.`;
      const hint = near === undefined ? known : `Did you mean "${near}"?`;
      throw syntaxError(site.text, at, `The ${site.what} has no argument "${name}"`, hint);
    }
    if (bound[index] !== undefined) throw syntaxError(site.text, at, `The argument "${name}" is given twice`);
    bound[index] = value;
  }
}

/** The error for an unknown name, with the nearest known one. */
export function unknownName(site: CallSite, kind: NameKind, known: Iterable<string>, name: string) {
  const near = nearestWord(name, known);
  const hint = reasonAgainst(kind, name) ?? (near === undefined ? undefined : `Did you mean "${near}"?`);
  return syntaxError(site.text, site.at, `There is no ${kind} "${shorten(name)}"`, hint);
}

const LONGEST_QUOTE = 40;

/** A name as messages quote it: long ones, which data may bring, are cut. */
export function shorten(name: string): string {
  return name.length <= LONGEST_QUOTE ? name : `${name.slice(0, LONGEST_QUOTE)}…`;
}

/** A text argument; numbers are taken as text, null and absent as `fallback`. */
export function textArgument(value: JsonValue | undefined, fallback: string, name: string, evaluation: Evaluation) {
  if (value === undefined || value === null) return fallback;
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  throw evaluation.failure(`The argument "${name}" must be text, not ${typeName(value)}`);
}

/** What a whole number may be, and what it is when absent. */
export interface WholeRange {
  readonly fallback: number;
  readonly min: number;
  readonly max: number;
}

/** A whole number within `range`; null and absent are its fallback. */
export function wholeArgument(
  value: JsonValue | undefined,
  name: string,
  { fallback, min, max }: WholeRange,
  evaluation: Evaluation,
): number {
  if (value === undefined || value === null) return fallback;
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
  const found = typeof value === 'number' ? value : typeName(value);
  throw evaluation.failure(`The argument "${name}" must be a whole number from ${min} to ${max}, not ${found}`);
}

/** A yes or no; absent is `fallback`. */
export function flagArgument(value: JsonValue | undefined, fallback: boolean, evaluation: Evaluation): boolean {
  return value === undefined ? fallback : evaluation.isTrue(value);
}
