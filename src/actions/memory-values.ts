/**
 * The values of the `memory` actions: in this process only, gone when it ends, bounded in every way.
 *
 * Kept as JSON text, so that nobody changes a value that another flow reads, and so that sizes are
 * known. Nothing is thrown out to make room: a flow that needs a value would not know that it went.
 */
import { formatSize, type JsonValue, MIB, MoonpoolError } from '../core/index.ts';

/** What memory may hold. */
export interface MemoryLimits {
  /** Keys of all namespaces together. Default 10,000. */
  readonly maxEntries?: number;
  /** Keys and values of all namespaces together, as UTF-8. Default 8 MiB. */
  readonly maxBytes?: number;
}

const NAMESPACE = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;

/** Values by namespace and key. */
export class MemoryValues {
  readonly #maxEntries: number;
  readonly #maxBytes: number;
  /** Namespaces have no blank, so the first one ends them. */
  readonly #texts = new Map<string, string>();
  #bytes = 0;

  constructor(limits: MemoryLimits = {}) {
    this.#maxEntries = limits.maxEntries ?? 10_000;
    this.#maxBytes = limits.maxBytes ?? 8 * MIB;
  }

  /** How much is held. */
  get counts(): { readonly entries: number; readonly bytes: number } {
    return { entries: this.#texts.size, bytes: this.#bytes };
  }

  /** A fresh copy of the value, or undefined. @throws FLOW_ACTION for a namespace that is none */
  get(namespace: string, key: string): JsonValue | undefined {
    const text = this.#texts.get(fullKey(namespace, key));
    return text === undefined ? undefined : (JSON.parse(text) as JsonValue);
  }

  /** Keeps `value`. @throws STORE_FULL when a limit is reached; the value before stays */
  set(namespace: string, key: string, value: JsonValue): void {
    const full = fullKey(namespace, key);
    const text = JSON.stringify(value);
    const before = this.#texts.get(full);
    const bytes = this.#bytes - entryBytes(full, before) + entryBytes(full, text);
    if (before === undefined && this.#texts.size >= this.#maxEntries) {
      throw new MoonpoolError(
        'STORE_FULL',
        `Memory holds ${this.#texts.size} values already, as many as it may; delete some.`,
      );
    }
    if (bytes > this.#maxBytes) {
      const most = formatSize(this.#maxBytes);
      throw new MoonpoolError(
        'STORE_FULL',
        `All values in memory would have more than ${most}; keep less, or delete some.`,
      );
    }
    this.#texts.set(full, text);
    this.#bytes = bytes;
  }

  /** Forgets the key; false when there was none. */
  delete(namespace: string, key: string): boolean {
    const full = fullKey(namespace, key);
    this.#bytes -= entryBytes(full, this.#texts.get(full));
    return this.#texts.delete(full);
  }
}

function entryBytes(full: string, text: string | undefined): number {
  return text === undefined ? 0 : Buffer.byteLength(full) + Buffer.byteLength(text);
}

function fullKey(namespace: string, key: string): string {
  if (NAMESPACE.test(namespace)) return `${namespace} ${key}`;
  throw new MoonpoolError(
    'FLOW_ACTION',
    `${JSON.stringify(namespace.slice(0, 60))} is no namespace: use 1 to 64 letters, digits, "_", "." or "-", beginning with a letter or digit.`,
  );
}
