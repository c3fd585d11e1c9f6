/**
 * Equality, order and membership.
 *
 * Null is in no order with anything: `null < 3` and `null >= null` are false. Values of different
 * types are never equal (1 is not true, 1 is not "1") and cannot be ordered.
 */
import type { JsonObject, JsonValue } from '../core/index.ts';
import type { CompareOperator } from './ast.ts';
import type { Evaluation } from './evaluation.ts';
import { MAX_DATA_DEPTH } from './limits.ts';
import { holdsText } from './text-search.ts';
import { isList, isObject, toJson, typeName, type Value } from './value.ts';

function checkDepth(depth: number, evaluation: Evaluation): void {
  if (depth < MAX_DATA_DEPTH) return;
  throw evaluation.exceeded(`Values nested deeper than ${MAX_DATA_DEPTH} levels cannot be compared`);
}

/** Deep equality of JSON. Cost charged: one step per pair of values compared. */
export function areEqual(left: JsonValue, right: JsonValue, evaluation: Evaluation, depth = 0): boolean {
  if (typeof left === 'string' && typeof right === 'string') {
    if (left.length !== right.length) return false;
    evaluation.chargeText(left.length);
    return left === right;
  }
  if (left === right) return true;
  const isLeftList = isList(left);
  if (isLeftList !== isList(right)) return false;
  checkDepth(depth, evaluation);
  if (isLeftList) return areListsEqual(left, right as readonly JsonValue[], evaluation, depth);
  return isObject(left) && isObject(right) && areObjectsEqual(left, right, evaluation, depth);
}

function areListsEqual(
  left: readonly JsonValue[],
  right: readonly JsonValue[],
  evaluation: Evaluation,
  depth: number,
): boolean {
  if (left.length !== right.length) return false;
  evaluation.charge(1 + left.length);
  return left.every((item, index) => areEqual(item, right[index] ?? null, evaluation, depth + 1));
}

function areObjectsEqual(left: JsonObject, right: JsonObject, evaluation: Evaluation, depth: number): boolean {
  const count = evaluation.countKeys(left);
  if (count !== evaluation.countKeys(right)) return false;
  evaluation.charge(1 + count);
  const keys = Object.keys(left);
  return keys.every(
    (key) => Object.hasOwn(right, key) && areEqual(left[key] ?? null, right[key] ?? null, evaluation, depth + 1),
  );
}

/** Negative, zero or positive as `left` stands before, with or behind `right`; neither may be null. */
function compareOrder(left: JsonValue, right: JsonValue, evaluation: Evaluation, depth = 0): number {
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  if (typeof left === 'string' && typeof right === 'string') {
    evaluation.chargeText(Math.min(left.length, right.length));
    return left < right ? -1 : left > right ? 1 : 0;
  }
  if (typeof left === 'boolean' && typeof right === 'boolean') return Number(left) - Number(right);
  if (isList(left) && isList(right)) return compareLists(left, right, evaluation, depth);
  throw evaluation.failure(
    `Cannot order ${typeName(left)} and ${typeName(right)}`,
    'Convert one with "int" or "string".',
  );
}

function compareLists(
  left: readonly JsonValue[],
  right: readonly JsonValue[],
  evaluation: Evaluation,
  depth: number,
): number {
  checkDepth(depth, evaluation);
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index += 1) {
    evaluation.charge(1);
    const order = compareForSort(left[index] ?? null, right[index] ?? null, evaluation, depth + 1);
    if (order !== 0) return order;
  }
  return left.length - right.length;
}

/** {@link compareOrder} for sorting, where null stands before everything else. */
export function compareForSort(left: JsonValue, right: JsonValue, evaluation: Evaluation, depth = 0): number {
  if (left === null || right === null) return left === right ? 0 : left === null ? -1 : 1;
  return compareOrder(left, right, evaluation, depth);
}

/** `needle in haystack`: part of a text, item of a list, key of an object; nothing is in null. */
export function contains(haystack: Value, needle: Value, evaluation: Evaluation): boolean {
  const within = toJson(haystack);
  const sought = toJson(needle);
  if (within === null) return false;
  if (isList(within)) {
    evaluation.charge(within.length);
    return within.some((item) => areEqual(item, sought, evaluation));
  }
  if (typeof within === 'string') {
    if (sought === null) return false;
    if (typeof sought !== 'string') {
      throw evaluation.failure(`Cannot look for ${typeName(sought)} in text`, 'Convert it with "string".');
    }
    return holdsText(within, sought, evaluation);
  }
  if (isObject(within)) return typeof sought === 'string' && Object.hasOwn(within, sought);
  throw evaluation.failure(
    `Cannot look for something in ${typeName(within)}`,
    'Right of "in" stands text, a list or an object.',
  );
}

/** The result of one comparison. */
export function compareValues(operator: CompareOperator, left: Value, right: Value, evaluation: Evaluation): boolean {
  switch (operator) {
    case 'in':
      return contains(right, left, evaluation);
    case 'not in':
      return !contains(right, left, evaluation);
    case '==':
      return areEqual(toJson(left), toJson(right), evaluation);
    case '!=':
      return !areEqual(toJson(left), toJson(right), evaluation);
    default:
      break;
  }
  if (left === null || right === null) return false;
  const order = compareOrder(toJson(left), toJson(right), evaluation);
  switch (operator) {
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
  }
}
