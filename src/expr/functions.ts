/**
 * What can be called by a bare name: `range` and `dict`. `namespace` is made by the compiler.
 */
import type { JsonValue } from '../core/index.ts';
import type { ArgumentValues } from './callable.ts';
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
