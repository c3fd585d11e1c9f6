/**
 * The order of keys in objects that come out of Lua, whose tables have none of their own.
 *
 * Keys the code was given come first, in the order it was given them; new keys follow, sorted
 * by their UTF-8 bytes. So equal results are equal text, wherever and however often they are
 * computed.
 */
import { isJsonObject, type JsonObject, type JsonValue } from '../../core/index.ts';

/** Negative, zero or positive as `a` sorts before, with or after `b` by UTF-8 bytes. */
function compareBytewise(a: string, b: string): number {
  const shared = Math.min(a.length, b.length);
  for (let at = 0; at < shared; at++) {
    const x = a.charCodeAt(at);
    const y = b.charCodeAt(at);
    if (x === y) continue;
    // UTF-16 puts surrogates (code points above U+FFFF) before U+E000–U+FFFF, UTF-8 after them.
    const xHigh = x >= 0xd800 && x < 0xe000;
    const yHigh = y >= 0xd800 && y < 0xe000;
    return xHigh === yHigh ? x - y : xHigh ? 1 : -1;
  }
  return a.length - b.length;
}

/** What the code was given at the same place, if that was an object. */
export function givenAt(given: JsonValue | undefined, step: string | number): JsonValue | undefined {
  if (typeof given !== 'object' || given === null) return undefined;
  if (Array.isArray(given)) return typeof step === 'number' ? (given as readonly JsonValue[])[step - 1] : undefined;
  const object = given as JsonObject;
  return typeof step === 'string' && Object.hasOwn(object, step) ? object[step] : undefined;
}

/** Up to this many keys a search beats building a map. */
const FEW_KEYS = 12;

/**
 * Indices into `keys` in the order the object gets them.
 *
 * @param given the object that stood at the same place in the state, if any
 */
export function orderKeys(keys: readonly string[], given: JsonValue | undefined): number[] {
  const known = isJsonObject(given) ? Object.keys(given) : [];
  const indexOf = keys.length <= FEW_KEYS ? (key: string): number => keys.indexOf(key) : indexByMap(keys);
  const order: number[] = [];
  const isPlaced = new Array<boolean>(keys.length).fill(false);
  for (const key of known) {
    const index = indexOf(key);
    if (index < 0) continue;
    order.push(index);
    isPlaced[index] = true;
    if (order.length === keys.length) return order;
  }
  const added: number[] = [];
  for (let index = 0; index < keys.length; index++) if (isPlaced[index] === false) added.push(index);
  if (added.length > 1) added.sort((a, b) => compareBytewise(keys[a] as string, keys[b] as string));
  return order.length === 0 ? added : order.concat(added);
}

function indexByMap(keys: readonly string[]): (key: string) => number {
  const indices = new Map(keys.map((key, index) => [key, index]));
  return (key) => indices.get(key) ?? -1;
}
