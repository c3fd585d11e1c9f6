/**
 * JSON text → the value at one place in it, small enough for a state. Pure.
 *
 * A large document is mostly read for a part of it, so the place is chosen where the document
 * is, and only that part leaves.
 */
import { formatSize, type JsonValue } from '../core/index.ts';
import { type ParsedJson, parseBoundedJson } from './bounded-json.ts';

/** What of a document is wanted. */
export interface JsonTextOptions {
  /** A JSON Pointer (RFC 6901): `/items/0/name`; empty for the whole. */
  readonly at: string;
  /** Longest text in characters. */
  readonly maxLength: number;
  /** Ceiling of what is given, as JSON. */
  readonly maxBytes: number;
}

/** The value, or why there is none: a sentence part without a stop. */
export type JsonTextResult = ParsedJson;

/** The value at `at`. */
export function parseJsonText(text: string, options: JsonTextOptions): JsonTextResult {
  const parsed = parseBoundedJson(text, options.maxLength);
  if (!parsed.ok) return parsed;
  const value = valueAt(parsed.value, options.at);
  if (value === undefined) return { ok: false, reason: `it has nothing at ${JSON.stringify(options.at.slice(0, 60))}` };
  if (new TextEncoder().encode(JSON.stringify(value)).byteLength <= options.maxBytes) return { ok: true, value };
  const size = formatSize(options.maxBytes);
  return { ok: false, reason: `it has more than ${size} as JSON, the most that is given; take a part of it with at` };
}

function valueAt(root: JsonValue, pointer: string): JsonValue | undefined {
  let value: JsonValue | undefined = root;
  const steps = pointer.split('/').slice(1);
  for (const step of steps) {
    if (typeof value !== 'object' || value === null) return undefined;
    const key = step.replaceAll('~1', '/').replaceAll('~0', '~');
    if (Array.isArray(value) && !/^(?:0|[1-9]\d{0,9})$/.test(key)) return undefined;
    value = Object.hasOwn(value, key) ? (Reflect.get(value, key) as JsonValue) : undefined;
  }
  return value;
}
