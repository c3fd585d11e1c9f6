/**
 * JSON as a type, and the few operations on it that every folder needs.
 *
 * State, action inputs and results, events and error details are all `JsonValue`: nothing
 * else crosses a thread, a file or a wire.
 */

/** Any value that JSON text can hold. */
export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;

/** A JSON object. Prototype names (`__proto__`, `constructor`) are ordinary keys. */
export type JsonObject = { readonly [key: string]: JsonValue };

/** True for an object that is neither null nor an array. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Sets `key` as an own data property, also when it is called `__proto__`.
 *
 * Plain assignment of `__proto__` would change the prototype instead of storing data.
 */
export function setOwn(target: { [key: string]: JsonValue }, key: string, value: JsonValue): void {
  if (key === '__proto__') {
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
  } else {
    target[key] = value;
  }
}

/** The own property `key` of `object`, or undefined; never reads a prototype. */
export function getOwn(object: JsonObject, key: string): JsonValue | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

/** A new object with all keys of `base`, then those of `over`; nested objects are replaced, not merged. */
export function mergeShallow(base: JsonObject, over: JsonObject): JsonObject {
  const merged: { [key: string]: JsonValue } = {};
  for (const source of [base, over]) {
    for (const key of Object.keys(source)) setOwn(merged, key, source[key] as JsonValue);
  }
  return merged;
}

/** A deep copy that shares nothing with `value`. Cost: linear in its size. */
export function cloneJson<T extends JsonValue>(value: T): T {
  if (Array.isArray(value)) return value.map((item: JsonValue) => cloneJson(item)) as unknown as T;
  if (isJsonObject(value)) {
    const copy: { [key: string]: JsonValue } = {};
    for (const key of Object.keys(value)) setOwn(copy, key, cloneJson(value[key] as JsonValue));
    return copy as T;
  }
  return value;
}

/** The word for a value's JSON type, as error messages use it: `null`, `list`, `object`, `text`, `number`, `boolean`. */
export function jsonTypeName(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'list';
  switch (typeof value) {
    case 'string':
      return 'text';
    case 'object':
      return 'object';
    default:
      return typeof value;
  }
}
