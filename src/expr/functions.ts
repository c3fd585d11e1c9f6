/**
 * What can be called by a bare name: `range`, and functions that are another spelling of a filter.
 * `dict` and `namespace` are made by the compiler.
 */
import type { JsonValue } from '../core/index.ts';
import type { Arguments, Expr } from './ast.ts';
import type { ArgumentValues, CallSite } from './callable.ts';
import { syntaxError } from './error.ts';
import type { Evaluation } from './evaluation.ts';
import { typeName } from './value.ts';

function wholeBound(value: JsonValue | undefined, fallback: number, evaluation: Evaluation): number {
  if (value === undefined) return fallback;
  if (typeof value === 'number' && Number.isSafeInteger(value)) return value;
  throw evaluation.failure(`range needs whole numbers, not ${typeof value === 'number' ? value : typeName(value)}`);
}

/**
 * `range(stop)`, `range(start, stop)`, `range(start, stop, step)` as a list.
 *
 * @throws EXPR_LIMIT before a list longer than the steps left is made
 */
export function range(args: ArgumentValues, evaluation: Evaluation): readonly number[] {
  const first = wholeBound(args[0], 0, evaluation);
  const [start, stop] = args[1] === undefined ? [0, first] : [first, wholeBound(args[1], 0, evaluation)];
  const step = wholeBound(args[2], 1, evaluation);
  if (step === 0) throw evaluation.failure('The step of a range cannot be 0');
  const count = Math.max(0, Math.ceil((stop - start) / step));
  evaluation.charge(1 + count);
  return Array.from({ length: count }, (_, index) => start + index * step);
}

const FILTER_FOR_FUNCTION: ReadonlyMap<string, string> = new Map([
  ['len', 'length'],
  ['str', 'string'],
  ['int', 'int'],
  ['float', 'float'],
  ['bool', 'bool'],
  ['list', 'list'],
  ['sorted', 'sort'],
  ['reversed', 'reverse'],
  ['abs', 'abs'],
  ['round', 'round'],
  ['min', 'min'],
  ['max', 'max'],
  ['sum', 'sum'],
]);

/** What can be called by its bare name. */
export const FUNCTION_NAMES: readonly string[] = ['range', 'dict', 'namespace', ...FILTER_FOR_FUNCTION.keys()];

/**
 * The call of a Python function with the filter that does the same: `len(x)` is `x | length`,
 * `max(a, b)` is `[a, b] | max`, `bool(x)` is `not not x`. Undefined for any other function.
 *
 * @throws SPEC_TEMPLATE without an argument, or with positions that the filter understands differently
 */
export function spellFunction(name: string, args: Arguments, site: CallSite): Expr | undefined {
  const filter = FILTER_FOR_FUNCTION.get(name);
  if (filter === undefined) return undefined;
  const { at, text, what } = site;
  const [first, ...others] = args.positional;
  if (first === undefined) throw syntaxError(text, at, `The ${what} needs an argument`);
  const { depth } = first;
  if ((name === 'min' || name === 'max') && others.length > 0) {
    const operand: Expr = { kind: 'list', items: args.positional, at, depth };
    return { kind: 'filter', operand, name, args: { positional: [], named: args.named }, at, depth };
  }
  if (others.length > (name === 'round' ? 1 : 0)) {
    throw syntaxError(text, at, `The ${what} takes one argument without a name`);
  }
  if (name !== 'bool') {
    return { kind: 'filter', operand: first, name: filter, args: { positional: others, named: args.named }, at, depth };
  }
  if (args.named.length > 0) throw syntaxError(text, at, `The ${what} takes no argument with a name`);
  const operand: Expr = { kind: 'unary', operator: 'not', operand: first, at, depth };
  return { kind: 'unary', operator: 'not', operand, at, depth };
}
