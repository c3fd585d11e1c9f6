/**
 * The durable key-value store over one atomic JSON file per namespace.
 *
 * Meant for the small things flows remember: a view, an ETag, a list of skipped meetings. A file
 * name is made only from a checked namespace, never from a key. One process owns the folder.
 */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { formatSize, type JsonValue, type Log, MoonpoolError } from '../core/index.ts';
import type { KvStore } from '../engine/index.ts';
import { prepareFolder, toStoreError } from './data-file.ts';
import { KvNamespace } from './kv-namespace.ts';
import type { KvOptions } from './kv-options.ts';

/** What the store is built on. */
export interface KvStoreDeps {
  readonly log: Log;
  /** Called when a damaged file was set aside, so that health can say so. */
  readonly onDamaged?: (namespace: string, fileName: string) => void;
}

const NAMESPACE = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/;
const MAX_KEY_LENGTH = 256;
const SUFFIX = '.json';

/**
 * Opens the store in `directory`, which is made when absent; unfinished files in it are removed.
 *
 * @throws STORE_IO, STORE_FULL when the folder cannot be used
 */
export async function createKvStore(directory: string, options: KvOptions, deps: KvStoreDeps): Promise<KvStore> {
  try {
    await prepareFolder(directory);
    const files = (await readdir(directory)).filter((name) => name.endsWith(SUFFIX));
    return new FileKvStore(directory, options, deps, new Set(files));
  } catch (error) {
    throw toStoreError(error, 'The key-value folder');
  }
}

/** Upper case and dots are written as `%41`, because some file systems fold case and hide dot files. */
function toFileName(namespace: string): string {
  const encoded = namespace.replace(/[A-Z.]/g, (letter) => `%${letter.charCodeAt(0).toString(16)}`);
  return `${encoded}${SUFFIX}`;
}

class FileKvStore implements KvStore {
  readonly #directory: string;
  readonly #options: KvOptions;
  readonly #deps: KvStoreDeps;
  /** Names of namespace files that exist or are about to. */
  readonly #files: Set<string>;
  /** Least recently used first. */
  readonly #open = new Map<string, KvNamespace>();

  constructor(directory: string, options: KvOptions, deps: KvStoreDeps, files: Set<string>) {
    this.#directory = directory;
    this.#options = options;
    this.#deps = deps;
    this.#files = files;
  }

  async get(namespace: string, key: string): Promise<JsonValue | undefined> {
    checkKey(key);
    // What has no file has no values, and asking for it must not use up memory.
    if (!this.#files.has(checkNamespace(namespace))) return undefined;
    return this.#namespace(namespace).get(key);
  }

  async set(namespace: string, key: string, value: JsonValue): Promise<void> {
    checkKey(key);
    const fileName = checkNamespace(namespace);
    const text = JSON.stringify(value);
    const bytes = Buffer.byteLength(text);
    if (bytes > this.#options.maxValueBytes) {
      throw new MoonpoolError(
        'STORE_FULL',
        `A value of ${bytes} bytes does not fit under the key ${shown(key)}: at most ${formatSize(this.#options.maxValueBytes)}; keep less or raise kv.value_bytes.`,
      );
    }
    if (!this.#files.has(fileName) && this.#files.size >= this.#options.maxNamespaceCount) {
      throw new MoonpoolError(
        'STORE_FULL',
        `There are ${this.#files.size} namespaces already, as many as kv.namespaces allows; use one of them.`,
      );
    }
    this.#files.add(fileName);
    await this.#namespace(namespace).change(key, text);
  }

  async delete(namespace: string, key: string): Promise<boolean> {
    checkKey(key);
    if (!this.#files.has(checkNamespace(namespace))) return false;
    return this.#namespace(namespace).change(key, undefined);
  }

  #namespace(name: string): KvNamespace {
    const known = this.#open.get(name);
    if (known !== undefined) {
      this.#open.delete(name);
      this.#open.set(name, known);
      this.#trim();
      return known;
    }
    const namespace = new KvNamespace({
      name,
      path: join(this.#directory, toFileName(name)),
      maxBytes: this.#options.maxNamespaceBytes,
      onDamaged: (fileName) => {
        this.#deps.log.error('kv.damaged', { namespace: name, file: fileName });
        this.#deps.onDamaged?.(name, fileName);
      },
    });
    this.#open.set(name, namespace);
    this.#trim();
    return namespace;
  }

  /** Drops the least recently used namespaces from memory until the rest fits; the newest stays. */
  #trim(): void {
    let bytes = 0;
    for (const namespace of this.#open.values()) bytes += namespace.bytes;
    for (const [name, namespace] of this.#open) {
      if (bytes <= this.#options.maxMemoryBytes || this.#open.size === 1) return;
      if (namespace.isBusy) continue;
      this.#open.delete(name);
      bytes -= namespace.bytes;
    }
  }
}

function shown(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 57)}...` : text);
}

function checkNamespace(namespace: string): string {
  if (NAMESPACE.test(namespace)) return toFileName(namespace);
  throw new MoonpoolError(
    'FLOW_ACTION',
    `${shown(namespace)} is no namespace: use 1 to 64 letters, digits, "_", "." or "-", beginning with a letter or digit.`,
  );
}

function checkKey(key: string): void {
  if (key.length >= 1 && key.length <= MAX_KEY_LENGTH && key.isWellFormed()) return;
  throw new MoonpoolError('FLOW_ACTION', `${shown(key)} is no key: use text of 1 to ${MAX_KEY_LENGTH} characters.`);
}
