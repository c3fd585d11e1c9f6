/**
 * What stands behind `is`: `x is defined`, `n is divisibleby 3`.
 *
 * `defined` means "not null": a missing key and null are the same thing here.
 */
import type { JsonValue } from '../core/index.ts';
import { type ArgumentValues, type Test } from './callable.ts';
import { compareValues, contains } from './comparison.ts';
import type { CompareOperator } from './ast.ts';
import type { Evaluation } from './evaluation.ts';
import { RUST_TESTS } from './rust-dialect.ts';
import { toText } from './text-form.ts';
import { isList, isObject, typeName } from './value.ts';

function simple(holds: (value: JsonValue) => boolean): Test {
  return { parameters: [], run: (value) => holds(value) };
}

function comparison(operator: CompareOperator): Test {
  return {
    parameters: ['other'],
    required: 1,
    run: (value, args, evaluation) => compareValues(operator, value, args[0] ?? null, evaluation),
  };
}

/** Null is neither odd nor even nor divisible: the answer of every comparison with null is false. */
function remainder(value: JsonValue, divisor: JsonValue, evaluation: Evaluation): number {
  if (value === null || divisor === null) return Number.NaN;
  if (typeof value !== 'number' || typeof divisor !== 'number') {
    throw evaluation.failure(`Cannot divide ${typeName(value)} by ${typeName(divisor)}`, 'Convert it with "int".');
  }
  if (divisor === 0) throw evaluation.failure('Cannot divide by zero');
  return Math.abs(value % divisor);
}

function letterCase(convert: (text: string) => string): Test {
  return {
    parameters: [],
    run(value, _args, evaluation) {
      const text = toText(value, evaluation);
      evaluation.chargeText(text.length);
      return text === convert(text) && text.toLowerCase() !== text.toUpperCase();
    },
  };
}

function isWhole(value: JsonValue): boolean {
  return typeof value === 'number' && Number.isInteger(value);
}

const equal = comparison('==');
const defined = simple((value) => value !== null);
const mapping = simple(isObject);

/** Tests by name. */
export const VALUE_TESTS: Readonly<Record<string, Test>> = {
  ...RUST_TESTS,
  defined,
  undefined: simple((value) => value === null),
  none: simple((value) => value === null),
  None: simple((value) => value === null),
  null: simple((value) => value === null),
  string: simple((value) => typeof value === 'string'),
  number: simple((value) => typeof value === 'number'),
  integer: simple(isWhole),
  float: simple((value) => typeof value === 'number' && !Number.isInteger(value)),
  boolean: simple((value) => typeof value === 'boolean'),
  true: simple((value) => value === true),
  True: simple((value) => value === true),
  false: simple((value) => value === false),
  False: simple((value) => value === false),
  mapping,
  sequence: simple((value) => isList(value) || typeof value === 'string' || isObject(value)),
  iterable: simple((value) => isList(value) || typeof value === 'string' || isObject(value)),
  list: simple(isList),
  odd: { parameters: [], run: (value, _args, evaluation) => remainder(value, 2, evaluation) === 1 },
  even: { parameters: [], run: (value, _args, evaluation) => remainder(value, 2, evaluation) === 0 },
  divisibleby: {
    parameters: ['num'],
    aliases: { divisor: 'num' },
    required: 1,
    run: (value, args: ArgumentValues, evaluation) => remainder(value, args[0] ?? null, evaluation) === 0,
  },
  lower: letterCase((text) => text.toLowerCase()),
  upper: letterCase((text) => text.toUpperCase()),
  in: {
    parameters: ['seq'],
    required: 1,
    run: (value, args, evaluation) => contains(args[0] ?? null, value, evaluation),
  },
  eq: equal,
  equalto: equal,
  sameas: equal,
  ne: comparison('!='),
  lt: comparison('<'),
  lessthan: comparison('<'),
  le: comparison('<='),
  gt: comparison('>'),
  greaterthan: comparison('>'),
  ge: comparison('>='),
  // Only reachable as `select("==", 3)`: behind `is` stands a word.
  '==': equal,
  '!=': comparison('!='),
  '<': comparison('<'),
  '<=': comparison('<='),
  '>': comparison('>'),
  '>=': comparison('>='),
};
