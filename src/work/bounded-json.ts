/**
 * JSON text → value, within what a state can hold and a main thread can wait for.
 */
import { formatSize, type JsonObject, type JsonValue, MIB } from '../core/index.ts';

/** Longest JSON text that is parsed on the main thread. */
export const MAX_JSON_BYTES = MIB;
/** Deepest nesting, the same as between JSON and Lua. */
const MAX_DEPTH = 100;

/** The value of a text, or why it has none: a sentence part without a stop, free of the text itself. */
export type ParsedJson =
  | { readonly ok: true; readonly value: JsonValue }
  | { readonly ok: false; readonly reason: string };

/** Parses JSON of at most `maxLength` characters (default 1 Mi), 100 levels deep, with finite numbers. A byte order mark is skipped. */
export function parseBoundedJson(text: string, maxLength: number = MAX_JSON_BYTES): ParsedJson {
  if (text.length > maxLength) return { ok: false, reason: `it is longer than ${formatSize(maxLength)}` };
  let value: JsonValue;
  try {
    value = JSON.parse(text.startsWith('\uFEFF') ? text.slice(1) : text) as JsonValue;
  } catch {
    // The engine's message quotes the text, which may be secret.
    return { ok: false, reason: 'it is not JSON' };
  }
  const reason = whyUnusable(value);
  return reason === undefined ? { ok: true, value } : { ok: false, reason };
}

/** No list of what is still open: a MiB of empty objects must not hold up the main thread. */
function whyUnusable(value: JsonValue, depth = 1): string | undefined {
  if (typeof value === 'number' && !Number.isFinite(value)) return 'it has a number that is too large';
  if (typeof value !== 'object' || value === null) return undefined;
  if (depth > MAX_DEPTH) return `it is nested deeper than ${MAX_DEPTH} levels`;
  for (const part of Array.isArray(value) ? (value as readonly JsonValue[]) : Object.values(value as JsonObject)) {
    const reason = whyUnusable(part, depth + 1);
    if (reason !== undefined) return reason;
  }
  return undefined;
}
