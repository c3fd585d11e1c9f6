/**
 * `a.b`, `a[b]`, `a[1:2]`, and walking over things.
 *
 * Only own keys of JSON objects are seen; nothing of the host language is reachable by any name.
 * What is not there is null, also below null. Texts are indexed by characters, not by UTF-16 units.
 */
import type { JsonValue } from '../core/index.ts';
import type { Evaluation } from './evaluation.ts';
import { characters, isList, isObject, Markup, Namespace, toJson, typeName, type Value } from './value.ts';

/** The value under `name`, or null. */
export function readMember(object: Value, name: string): Value {
  if (typeof object !== 'object' || object === null || Array.isArray(object)) return null;
  if (object instanceof Namespace) return object.values.get(name) ?? null;
  if (object instanceof Markup) return null;
  return (Object.hasOwn(object, name) ? (object as { [key: string]: JsonValue })[name] : null) ?? null;
}

/** The item at `index`, negative from the end; or the value under a key; or null. */
export function readIndex(object: Value, index: Value, evaluation: Evaluation): Value {
  const key = toJson(index);
  if (typeof key === 'string') return readMember(object, key);
  if (typeof key !== 'number') {
    if (object === null || key === null) return null;
    throw evaluation.failure(`Cannot use ${typeName(key)} as an index`, 'Use a whole number or a key.');
  }
  const value = toJson(object);
  if (isList(value)) return (Number.isInteger(key) ? value.at(key) : null) ?? null;
  if (typeof value === 'string') {
    evaluation.chargeText(value.length);
    return characters(value).at(key) ?? null;
  }
  return readMember(object, String(key));
}

/** A part of a list or text, as `[start:stop:step]` gives it in Python; null of null. */
export function readSlice(
  object: Value,
  bounds: readonly [Value, Value, Value],
  evaluation: Evaluation,
): readonly JsonValue[] | string | null {
  const value = toJson(object);
  if (value === null) return null;
  if (!isList(value) && typeof value !== 'string') {
    throw evaluation.failure(`Cannot take a slice of ${typeName(value)}`, 'Only lists and texts have slices.');
  }
  const [start, stop, step = 1] = bounds.map((bound) => readBound(bound, evaluation));
  if (step === 0) throw evaluation.failure('The step of a slice cannot be 0');
  evaluation.chargeText(value.length);
  if (typeof value === 'string') {
    const text = characters(value);
    if (step === 1 && typeof text === 'string') return text.slice(start, stop);
    const positions = slicePositions(text.length, [start, stop, step]);
    evaluation.charge(positions.length);
    return positions.map((position) => text[position] ?? '').join('');
  }
  const positions = slicePositions(value.length, [start, stop, step]);
  evaluation.charge(positions.length);
  return positions.map((position) => value[position] ?? null);
}

function readBound(bound: Value, evaluation: Evaluation): number | undefined {
  if (bound === null) return undefined;
  if (typeof bound !== 'number' || !Number.isInteger(bound)) {
    throw evaluation.failure('A slice needs whole numbers', 'Convert them with "int".');
  }
  return bound;
}

/** The positions a slice takes of something `length` long. */
function slicePositions(
  length: number,
  [start, stop, step]: readonly [number | undefined, number | undefined, number],
): readonly number[] {
  const lowest = step > 0 ? 0 : -1;
  const highest = step > 0 ? length : length - 1;
  const clamp = (bound: number | undefined, fallback: number): number =>
    bound === undefined ? fallback : Math.min(highest, Math.max(lowest, bound < 0 ? bound + length : bound));
  const from = clamp(start, step > 0 ? 0 : length - 1);
  const to = clamp(stop, step > 0 ? length : -1);
  const count = Math.max(0, Math.ceil((to - from) / step));
  return Array.from({ length: count }, (_, index) => from + index * step);
}

/**
 * What `for`, `list`, `join` and the like walk over: items of a list, keys of an object, characters of a
 * text, nothing of null.
 *
 * @throws EXPR_FAILED for numbers and booleans
 */
export function itemsOf(value: Value, evaluation: Evaluation): readonly JsonValue[] {
  const json = toJson(value);
  if (json === null) return [];
  if (isList(json)) {
    evaluation.charge(1 + json.length);
    return json;
  }
  if (typeof json === 'string') {
    evaluation.charge(1 + json.length);
    return Array.from(json);
  }
  if (isObject(json)) {
    const keys = Object.keys(json);
    evaluation.charge(1 + keys.length);
    return keys;
  }
  throw evaluation.failure(`Cannot walk over ${typeName(json)}`, 'Use a list, an object or a text.');
}

/** The value at a dotted path (`place.rooms.0`) or an index, as filters name attributes. */
export function readPath(value: JsonValue, path: JsonValue, evaluation: Evaluation): JsonValue {
  if (typeof path === 'number') return toJson(readIndex(value, path, evaluation));
  if (typeof path !== 'string') throw evaluation.failure(`Cannot use ${typeName(path)} as the name of an attribute`);
  evaluation.charge(1);
  if (!path.includes('.')) return readStep(value, path, evaluation);
  evaluation.chargeText(path.length * 8);
  let current: JsonValue = value;
  for (const part of path.split('.')) current = readStep(current, part, evaluation);
  return current;
}

function readStep(value: JsonValue, part: string, evaluation: Evaluation): JsonValue {
  const isIndex = isList(value) && /^-?\d{1,9}$/.test(part);
  return toJson(isIndex ? readIndex(value, Number(part), evaluation) : readMember(value, part));
}
