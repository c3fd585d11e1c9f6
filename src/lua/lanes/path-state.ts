/**
 * The state of one path while a segment runs: merged, shown to expressions, turned into bytes.
 */
import {
  isJsonObject,
  type JsonObject,
  type JsonValue,
  mergeShallow,
  MoonpoolError,
  setOwn,
} from '../../core/index.ts';
import type { Scope } from '../../expr/index.ts';
import type { BodyFrame, Flow, PathMemo, SegmentRequest } from '../../flow/index.ts';

const encoder = new TextEncoder();
/** Room in which short texts are encoded: an array of their own from the platform costs several times as much. */
const scratch = new Uint8Array(3 * 256);

function toUtf8(text: string): Uint8Array {
  if (text.length * 3 > scratch.length) return encoder.encode(text);
  return scratch.slice(0, encoder.encodeInto(text, scratch).written);
}

const decoder = new TextDecoder();

/** What UTF-8 JSON bytes of our own making hold. */
export function parseBytes(bytes: Uint8Array): JsonValue {
  return JSON.parse(decoder.decode(bytes)) as JsonValue;
}

/** See the head of this file. */
export class PathState {
  readonly #flow: Flow;
  readonly #request: SegmentRequest;
  #value: JsonObject;
  #itemKeys: readonly string[];
  /** Keys set since the path began; only kept where the path ends with them. */
  readonly #touched: Set<string> | undefined;

  constructor(flow: Flow, request: SegmentRequest) {
    this.#flow = flow;
    this.#request = request;
    this.#value = parseObject(request.state);
    this.#itemKeys = request.memo?.itemKeys ?? [];
    const touched = request.memo?.touched;
    const isItem = touched !== undefined || request.start.kind === 'item';
    this.#touched = isItem ? new Set(touched) : undefined;
  }

  /** The state; nobody may change it in place. */
  get value(): JsonObject {
    return this.#value;
  }

  /** Keys that expressions see as names of their own. */
  get itemKeys(): readonly string[] {
    return this.#itemKeys;
  }

  /** Whether the path is a branch of a dynamic fan-out. */
  get isItem(): boolean {
    return this.#touched !== undefined;
  }

  /** Later keys win, nested objects are replaced. */
  merge(updates: JsonObject): void {
    this.#value = mergeShallow(this.#value, updates);
    if (this.#touched !== undefined) for (const key of Object.keys(updates)) this.#touched.add(key);
  }

  /** Merges what the branch is given and makes its keys names of expressions. */
  mergeItem(vars: JsonObject): void {
    this.merge(vars);
    this.#itemKeys = [...new Set([...this.#itemKeys, ...Object.keys(vars)])];
  }

  /** What expressions see; `extra` wins over everything else. */
  scope(extra?: Scope): Scope {
    const scope: Record<string, JsonValue> = {
      ...this.#request.scope,
      settings: this.#flow.settingsScope ?? {},
      variables: this.#flow.variables,
    };
    for (const key of this.#itemKeys) setOwn(scope, key, this.#value[key] ?? null);
    scope['state'] = this.#value;
    return extra === undefined ? scope : { ...scope, ...extra };
  }

  /** What the path remembers, with the bodies it is in. */
  memo(frames: readonly BodyFrame[]): PathMemo {
    const touched = this.#touched === undefined ? {} : { touched: [...this.#touched] };
    return { frames, itemKeys: this.#itemKeys, ...touched };
  }

  /** The state as bytes. @throws LUA_VALUE above the limit of a state */
  toBytes(at: string): Uint8Array {
    return this.encode(this.#value, `The state after ${at}`);
  }

  /** The state as bytes whatever its size: whether a segment gives way must not change how it ends. */
  toBytesUnchecked(): Uint8Array {
    return toUtf8(JSON.stringify(this.#value));
  }

  /** What a branch of a dynamic fan-out has set, as bytes. @throws LUA_VALUE above the limit of a state */
  touchedToBytes(at: string): Uint8Array {
    const set = [...(this.#touched ?? [])].filter((key) => Object.hasOwn(this.#value, key));
    const entries = set.map((key) => [key, this.#value[key] as JsonValue] as const);
    return this.encode(Object.fromEntries(entries), `What the branch set until ${at}`);
  }

  /** @throws LUA_VALUE above the limit of a state, which holds for what is made out of one too */
  encode(value: JsonValue, what: string): Uint8Array {
    const bytes = toUtf8(JSON.stringify(value));
    const { stateBytes } = this.#request;
    if (bytes.length > stateBytes) {
      const message = `${what} is ${bytes.length} bytes, over the limit of ${stateBytes} (limits.state_bytes). Keep large data in blobs or kv.`;
      throw new MoonpoolError('LUA_VALUE', message, { details: { bytes: bytes.length, limit: stateBytes } });
    }
    return bytes;
  }
}

/** What bytes that are an object by construction hold. */
export function parseObject(bytes: Uint8Array): JsonObject {
  const value = parseBytes(bytes);
  if (!isJsonObject(value)) throw new MoonpoolError('BUG_INVARIANT', 'The state is not an object.');
  return value;
}
