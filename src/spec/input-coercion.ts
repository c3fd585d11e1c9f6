/**
 * Makes input fit its schema where that takes no guess: texts become the number or flag they
 * spell, absent values get their default.
 *
 * Follows `properties` and `items`; what stands under `anyOf`, `$ref` and the like is left as it is.
 */
import { isJsonObject, type JsonObject, type JsonValue, setOwn } from '../core/index.ts';

const FLAGS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['1', true],
  ['yes', true],
  ['false', false],
  ['0', false],
  ['no', false],
]);

/** `value` with what `schema` says of it; `value` itself when nothing changes. */
export function coerce(schema: JsonValue | undefined, value: JsonValue): JsonValue {
  if (!isJsonObject(schema)) return value;
  if (Array.isArray(value)) return coerceList(schema, value as readonly JsonValue[]);
  if (isJsonObject(value)) return coerceObject(schema, value);
  return coerceScalar(typesOf(schema), value);
}

function typesOf({ type }: JsonObject): readonly JsonValue[] {
  if (typeof type === 'string') return [type];
  return Array.isArray(type) ? (type as readonly JsonValue[]) : [];
}

function coerceScalar(types: readonly JsonValue[], value: JsonValue): JsonValue {
  const [type, ...others] = types.filter((name) => name !== 'null');
  // Of several types nobody can say which one is meant.
  if (others.length > 0 || value === null) return value;
  if (type === 'string') return typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;
  if (typeof value !== 'string') return value;
  if (type === 'boolean') return FLAGS.get(value.trim().toLowerCase()) ?? value;
  return type === 'integer' || type === 'number' ? numberIn(value) : value;
}

/** The number that `text` spells as JSON spells numbers, a plus sign allowed; else the text. */
function numberIn(text: string): JsonValue {
  const trimmed = text.trim();
  if (!/^[+-]?\d{1,400}(?:\.\d{1,400})?(?:[eE][+-]?\d{1,4})?$/.test(trimmed)) return text;
  const number = Number(trimmed);
  const isExact = Number.isFinite(number) && (!Number.isInteger(number) || Number.isSafeInteger(number));
  return isExact ? number : text;
}

function coerceList(schema: JsonObject, list: readonly JsonValue[]): JsonValue {
  const { items } = schema;
  if (!isJsonObject(items)) return list;
  const coerced = list.map((item) => coerce(items, item));
  return coerced.some((item, index) => item !== list[index]) ? coerced : list;
}

function coerceObject({ properties }: JsonObject, object: JsonObject): JsonObject {
  if (!isJsonObject(properties)) return object;
  let changed: { [key: string]: JsonValue } | undefined;
  for (const [key, schema] of Object.entries(properties)) {
    const before = Object.hasOwn(object, key) ? object[key] : undefined;
    const after = before === undefined ? defaultOf(schema) : coerce(schema, before);
    if (after === undefined || after === before) continue;
    changed ??= copyOf(object);
    setOwn(changed, key, after);
  }
  return changed ?? object;
}

function defaultOf(schema: JsonValue): JsonValue | undefined {
  return isJsonObject(schema) && Object.hasOwn(schema, 'default') ? schema['default'] : undefined;
}

function copyOf(object: JsonObject): { [key: string]: JsonValue } {
  const copy: { [key: string]: JsonValue } = {};
  for (const [key, value] of Object.entries(object)) setOwn(copy, key, value);
  return copy;
}
