/**
 * The values an expression works on: JSON, finished markup, and the one mutable thing, `namespace()`.
 *
 * Invariant: lists and objects hold JSON only, never markup, so what leaves the evaluator is JSON
 * and data from outside can never be taken for markup.
 */
import { isJsonObject, type JsonObject, type JsonValue, jsonTypeName, setOwn } from '../core/index.ts';

/** Text that was escaped or written by the template's author; printed as it is. Only this folder can make one. */
export class Markup {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  get text(): string {
    return this.#text;
  }
}

/** What `namespace()` makes: names that `{% set ns.name = … %}` may change from within a loop. */
export class Namespace {
  readonly values = new Map<string, Value>();
}

/** Anything an expression can come to. */
export type Value = JsonValue | Markup | Namespace;

/** The value as JSON: markup becomes its text, a namespace an object. Cost: constant for JSON. */
export function toJson(value: Value): JsonValue {
  if (value instanceof Markup) return value.text;
  if (!(value instanceof Namespace)) return value;
  const object: { [key: string]: JsonValue } = {};
  for (const [key, held] of value.values) {
    // A namespace that holds a namespace could hold itself; JSON cannot.
    setOwn(object, key, held instanceof Namespace ? null : toJson(held));
  }
  return object;
}

/** The word for a value's type in messages. */
export function typeName(value: Value): string {
  if (value instanceof Markup) return 'text';
  return value instanceof Namespace ? 'namespace' : jsonTypeName(value);
}

/** True for a JSON list. */
export function isList(value: Value): value is readonly JsonValue[] {
  return Array.isArray(value);
}

/** True for a JSON object that is neither markup nor a namespace. */
export function isObject(value: Value): value is JsonObject {
  return isJsonObject(value) && !(value instanceof Markup) && !(value instanceof Namespace);
}

/**
 * Whether a value counts as true in `if`, `and`, `or`, `not`.
 *
 * False are: false, null, 0, "", [], {}. Everything else is true, the text "false" included.
 */
export function isTrue(value: JsonValue): boolean {
  return isTrueValue(value);
}

/** {@link isTrue} for everything an expression can come to. */
export function isTrueValue(value: Value): boolean {
  if (value === null || value === undefined) return false;
  switch (typeof value) {
    case 'boolean':
      return value;
    case 'number':
      return value !== 0;
    case 'string':
      return value !== '';
    default:
      if (Array.isArray(value)) return value.length > 0;
      if (value instanceof Markup) return value.text !== '';
      if (value instanceof Namespace) return true;
      return isObject(value) && hasKeys(value);
  }
}

/** True at the first own key; a list of all keys would cost their number. */
function hasKeys(object: JsonObject): boolean {
  for (const key in object) if (Object.hasOwn(object, key)) return true;
  return false;
}

const LONGEST_FALSE_WORD = 5;
const FALSE_ROUTE_WORDS: ReadonlySet<string> = new Set(['', 'false', '0', 'no', 'none']);

/**
 * Whether a value counts as true where a flow decides its way (`when`, `condition`, `if` of a goto).
 *
 * As {@link isTrue}, and false also for the texts "false", "0", "no", "none" and blank text, in any
 * case and with blanks around them: Lua and templates hand on booleans as text (`False`, `no\n`).
 */
export function isRouteTrue(value: JsonValue): boolean {
  if (typeof value !== 'string') return isTrue(value);
  const word = value.trim();
  return word.length > LONGEST_FALSE_WORD || !FALSE_ROUTE_WORDS.has(word.toLowerCase());
}

/** The UTF-8 length of `text`, an unpaired surrogate counted as its replacement (3 bytes). */
export function utf8Length(text: string): number {
  let bytes = text.length;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit < 0x80) continue;
    bytes += 1;
    if (unit < 0x800) continue;
    bytes += 1;
    // A pair is 4 bytes: 2 units, and one more for each beyond the first two counted here.
    const isPair = unit >= 0xd800 && unit <= 0xdbff && (text.charCodeAt(index + 1) & 0xfc00) === 0xdc00;
    if (isPair) index += 1;
  }
  return bytes;
}

const SURROGATE = /[\ud800-\udfff]/;

/** `text` as characters that can be indexed: itself when each is one unit, else a list of code points. */
export function characters(text: string): string | readonly string[] {
  return SURROGATE.test(text) ? Array.from(text) : text;
}
