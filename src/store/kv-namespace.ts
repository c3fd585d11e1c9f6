/**
 * One namespace of the key-value store: one JSON file, changed one batch at a time.
 *
 * Changes that come while a write is under way go into the next write together, so a burst costs
 * two writes, not hundreds. Invariant: readers see only what is on the disk; a change that could
 * not be written never happened.
 */
import { readFile, rename, stat } from 'node:fs/promises';
import { formatSize, isJsonObject, type JsonObject, type JsonValue, MoonpoolError } from '../core/index.ts';
import { systemCode, toStoreError, writeWhole } from './data-file.ts';

/** A value as the text that is written, and never parsed before somebody asks. */
type Entries = ReadonlyMap<string, string>;

interface Change {
  readonly key: string;
  /** JSON text, or undefined to forget the key. */
  readonly text: string | undefined;
  resolve(existed: boolean): void;
  reject(error: unknown): void;
}

/** What a namespace needs to know. */
export interface NamespaceContext {
  readonly name: string;
  readonly path: string;
  readonly maxBytes: number;
  /** Called when a damaged file was set aside, with its new file name. */
  readonly onDamaged: (fileName: string) => void;
}

/** Damaged files kept per namespace; the last name is used again. */
const MAX_DAMAGED = 9;

/** The values of one namespace. */
export class KvNamespace {
  readonly #context: NamespaceContext;
  #entries: Entries | undefined;
  #loading: Promise<Entries> | undefined;
  readonly #pending: Change[] = [];
  #isWriting = false;
  #bytes = 0;

  constructor(context: NamespaceContext) {
    this.#context = context;
  }

  /** Bytes of the file, about what it takes in memory. */
  get bytes(): number {
    return this.#bytes;
  }

  /** True while it may not be dropped from memory. */
  get isBusy(): boolean {
    return this.#isWriting || this.#pending.length > 0 || this.#loading !== undefined;
  }

  /** A fresh copy of the value. @throws STORE_IO, STORE_FULL when the file is larger than it may be */
  async get(key: string): Promise<JsonValue | undefined> {
    const text = (await this.#load()).get(key);
    return text === undefined ? undefined : (JSON.parse(text) as JsonValue);
  }

  /** Applies a change durably; resolves with whether the key existed before. */
  change(key: string, text: string | undefined): Promise<boolean> {
    return new Promise((resolve, reject) => {
      this.#pending.push({ key, text, resolve, reject });
      if (!this.#isWriting) void this.#writeAll();
    });
  }

  async #writeAll(): Promise<void> {
    this.#isWriting = true;
    while (this.#pending.length > 0) await this.#writeBatch(this.#pending.splice(0));
    this.#isWriting = false;
  }

  async #writeBatch(batch: readonly Change[]): Promise<void> {
    const accepted: (() => void)[] = [];
    const taken: Change[] = [];
    try {
      const entries = new Map(await this.#load());
      let bytes = encodedBytes(entries);
      for (const change of batch) {
        const before = entries.get(change.key);
        const delta = entryBytes(change.key, change.text) - entryBytes(change.key, before);
        if (delta > 0 && bytes + delta > this.#context.maxBytes) {
          change.reject(this.#fullError());
          continue;
        }
        bytes += delta;
        if (change.text === undefined) entries.delete(change.key);
        else entries.set(change.key, change.text);
        taken.push(change);
        accepted.push(() => change.resolve(before !== undefined));
      }
      if (taken.some((change) => change.text !== undefined) || entries.size !== this.#entries?.size) {
        await writeWhole(this.#context.path, encode(entries));
        this.#entries = entries;
        this.#bytes = bytes;
      }
      for (const accept of accepted) accept();
    } catch (error) {
      const failure = toStoreError(error, `The values of ${this.#context.name}`);
      for (const change of taken.length > 0 ? taken : batch) change.reject(failure);
    }
  }

  async #load(): Promise<Entries> {
    if (this.#entries !== undefined) return this.#entries;
    this.#loading ??= this.#read().finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  async #read(): Promise<Entries> {
    let text: string;
    try {
      const { size } = await stat(this.#context.path);
      if (size > this.#context.maxBytes) throw this.#fullError();
      text = await readFile(this.#context.path, 'utf8');
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw toStoreError(error, `The values of ${this.#context.name}`);
      text = '{}';
    }
    const values = parseObject(text);
    if (values === undefined) await this.#setAside();
    const entries = new Map<string, string>();
    for (const [key, value] of Object.entries(values ?? {})) entries.set(key, JSON.stringify(value));
    this.#entries = entries;
    this.#bytes = encodedBytes(entries);
    return entries;
  }

  /** Keeps a damaged file for a person and starts empty. */
  async #setAside(): Promise<void> {
    const { path, name } = this.#context;
    try {
      let number = 1;
      while (number < MAX_DAMAGED && (await exists(`${path}.damaged-${number}`))) number += 1;
      await rename(path, `${path}.damaged-${number}`);
      this.#context.onDamaged(`${path.slice(path.lastIndexOf('/') + 1)}.damaged-${number}`);
    } catch (error) {
      throw toStoreError(error, `The damaged values of ${name}`);
    }
  }

  #fullError(): MoonpoolError {
    const { name, maxBytes } = this.#context;
    return new MoonpoolError(
      'STORE_FULL',
      `The namespace ${name} has no room: at most ${formatSize(maxBytes)}; delete keys or raise kv.namespace_bytes.`,
    );
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return false;
    throw error;
  }
}

function parseObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    // Not JSON: the caller sets the file aside.
    return undefined;
  }
}

/** Bytes of `"key":value,` in the file. */
function entryBytes(key: string, text: string | undefined): number {
  return text === undefined ? 0 : Buffer.byteLength(JSON.stringify(key)) + Buffer.byteLength(text) + 3;
}

function encodedBytes(entries: Entries): number {
  let bytes = 4;
  for (const [key, text] of entries) bytes += entryBytes(key, text);
  return bytes;
}

function encode(entries: Entries): string {
  const lines = [...entries].map(([key, text]) => `${JSON.stringify(key)}:${text}`);
  return `{\n${lines.join(',\n')}\n}`;
}
