/**
 * JSON text → value, within what a state can hold and a main thread can wait for.
 */
import { formatSize, type JsonValue, MIB } from '../core/index.ts';

/** Longest JSON text that is parsed on the main thread. */
export const MAX_JSON_BYTES = MIB;
/** Deepest nesting, the same as between JSON and Lua. */
const MAX_DEPTH = 100;

/** The value of a text, or why it has none: a sentence part without a stop, free of the text itself. */
export type ParsedJson =
  | { readonly ok: true; readonly value: JsonValue }
  | { readonly ok: false; readonly reason: string };

/** Parses JSON of at most 1 MiB, 100 levels deep, with finite numbers. A byte order mark is skipped. */
export function parseBoundedJson(text: string): ParsedJson {
  if (text.length > MAX_JSON_BYTES) return { ok: false, reason: `it is longer than ${formatSize(MAX_JSON_BYTES)}` };
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

function whyUnusable(value: JsonValue): string | undefined {
  const open: { readonly value: JsonValue; readonly depth: number }[] = [{ value, depth: 1 }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (typeof next.value === 'number' && !Number.isFinite(next.value)) return 'it has a number that is too large';
    if (typeof next.value !== 'object' || next.value === null) continue;
    if (next.depth > MAX_DEPTH) return `it is nested deeper than ${MAX_DEPTH} levels`;
    for (const part of Object.values(next.value)) open.push({ value: part as JsonValue, depth: next.depth + 1 });
  }
  return undefined;
}
