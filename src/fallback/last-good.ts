/**
 * Keeps the last good answer of each endpoint: a few in memory, all in files that outlive the process.
 *
 * Files are written whole, checked whole, and seldom, because SD cards wear out. It knows
 * nothing of HTTP or flows. Invariant: it never throws at the one who serves, and neither its
 * memory nor its folder grows past a ceiling.
 */
import { mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, hasCode, type HealthPort, type Log, MIB, MINUTE_MS, SECOND_MS, sha256Hex } from '../core/index.ts';
import { decodeEntry, encodeEntry, type StoredReply } from './entry-file.ts';
import type { Reply } from './reply.ts';

/** What an answer is kept under: one endpoint, and the input that was asked with. */
export interface LastGoodKey {
  readonly endpoint: string;
  /** Different inputs have different answers; empty for an endpoint without parameters. */
  readonly variant: string;
}

/** The last good answers. */
export interface LastGood {
  /** Keeps `reply`, unless it is too large; returns at once, the file follows. Never throws. */
  put(key: LastGoodKey, reply: Reply): void;
  /** The answer kept under `key`; undefined when there is none, it is damaged, or the disk does not answer in 1 s. Never rejects. */
  get(key: LastGoodKey): Promise<StoredReply | undefined>;
  /** Writes what waits, then writes no more. Never rejects. */
  close(): Promise<void>;
}

/** What a store of last good answers needs, and its ceilings. */
export interface LastGoodOptions {
  /** Its own folder; made when missing. */
  readonly directory: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly health: HealthPort;
  /** Larger answers are not kept; default 1 MiB. */
  readonly maxEntryBytes?: number;
  /** Files; the one written longest ago goes first; default 256. */
  readonly maxFileCount?: number;
  /** Inputs kept per endpoint; default 16. */
  readonly maxVariantCount?: number;
  /** Bodies held in memory, together; default 4 MiB. */
  readonly maxMemoryBytes?: number;
  /** An endpoint's files are written at most this often; default 1 s. */
  readonly writeEveryMs?: number;
}

const SUFFIX = '.reply';
/** A file is written again for its age alone after this time. */
const REFRESH_AGE_MS = 10 * MINUTE_MS;
const READ_TIMEOUT_MS = SECOND_MS;
const HEALTH_PART = 'fallback.last-good';

interface Kept extends StoredReply {
  readonly contentHash: string;
}

interface EndpointWrites {
  /** Answers that wait for their file, by file name; the newest of each. */
  readonly waiting: Map<string, { readonly key: LastGoodKey; readonly kept: Kept }>;
  cancelTimer: (() => void) | undefined;
  lastTickMs: number;
}

/** A store in `directory`; touches the disk only when something is kept or asked for. */
export function createLastGood(options: LastGoodOptions): LastGood {
  return new FileLastGood(options);
}

class FileLastGood implements LastGood {
  readonly #options: Required<LastGoodOptions>;
  /** Newest last. */
  readonly #memory = new Map<string, Kept>();
  #memoryBytes = 0;
  /** Files by name, written longest ago first, with what is known of their content. */
  readonly #files = new Map<string, { readonly contentHash?: string; readonly atMs: number }>();
  readonly #writes = new Map<string, EndpointWrites>();
  /** Writes are done one after the other: the disk is the narrow place anyway. */
  #lastWrite: Promise<void> = Promise.resolve();
  #opened: Promise<void> | undefined;
  #state: 'open' | 'closed' = 'open';

  constructor(options: LastGoodOptions) {
    this.#options = {
      maxEntryBytes: MIB,
      maxFileCount: 256,
      maxVariantCount: 16,
      maxMemoryBytes: 4 * MIB,
      writeEveryMs: SECOND_MS,
      ...options,
    };
  }

  put(key: LastGoodKey, reply: Reply): void {
    if (this.#state === 'closed' || reply.body.byteLength > this.#options.maxEntryBytes) return;
    const name = fileName(key);
    const contentHash = sha256Hex(`${reply.status} ${JSON.stringify(reply.headers)} ${sha256Hex(reply.body)}`);
    const kept: Kept = { reply, atMs: this.#options.clock.nowMs(), contentHash };
    this.#remember(name, kept);
    const file = this.#files.get(name);
    if (file?.contentHash === contentHash && kept.atMs - file.atMs < REFRESH_AGE_MS && kept.atMs >= file.atMs) {
      this.#writes.get(key.endpoint)?.waiting.delete(name);
      return;
    }
    this.#schedule(key, name, kept);
  }

  async get(key: LastGoodKey): Promise<StoredReply | undefined> {
    const name = fileName(key);
    const held = this.#memory.get(name) ?? this.#writes.get(key.endpoint)?.waiting.get(name)?.kept;
    if (held !== undefined) return held;
    const stop = new AbortController();
    const cancelTimer = this.#options.clock.after(READ_TIMEOUT_MS, () => stop.abort());
    const aborted = new Promise<undefined>((resolve) => {
      stop.signal.addEventListener('abort', () => resolve(undefined), { once: true });
    });
    try {
      return await Promise.race([this.#read(key, name, stop.signal), aborted]);
    } finally {
      cancelTimer();
    }
  }

  async close(): Promise<void> {
    if (this.#state === 'closed') return this.#lastWrite;
    this.#state = 'closed';
    for (const writes of this.#writes.values()) {
      writes.cancelTimer?.();
      for (const [name, { key, kept }] of writes.waiting) this.#enqueue(key, name, kept);
      writes.waiting.clear();
    }
    await this.#lastWrite;
  }

  #remember(name: string, kept: Kept): void {
    const before = this.#memory.get(name);
    this.#memory.delete(name);
    this.#memory.set(name, kept);
    this.#memoryBytes += kept.reply.body.byteLength - (before?.reply.body.byteLength ?? 0);
    for (const [oldest, { reply }] of this.#memory) {
      if (this.#memoryBytes <= this.#options.maxMemoryBytes && this.#memory.size <= this.#options.maxFileCount) break;
      this.#memory.delete(oldest);
      this.#memoryBytes -= reply.body.byteLength;
    }
  }

  #schedule(key: LastGoodKey, name: string, kept: Kept): void {
    const { clock, writeEveryMs, maxVariantCount } = this.#options;
    let writes = this.#writes.get(key.endpoint);
    if (writes === undefined) {
      writes = { waiting: new Map(), cancelTimer: undefined, lastTickMs: Number.NEGATIVE_INFINITY };
      this.#writes.set(key.endpoint, writes);
    }
    writes.waiting.set(name, { key, kept });
    if (writes.waiting.size > maxVariantCount) writes.waiting.delete(writes.waiting.keys().next().value as string);
    if (writes.cancelTimer !== undefined) return;
    const waitMs = Math.max(0, writes.lastTickMs + writeEveryMs - clock.tickMs());
    writes.cancelTimer = clock.after(waitMs, () => this.#writeNext(key.endpoint));
  }

  #writeNext(endpoint: string): void {
    const writes = this.#writes.get(endpoint);
    if (writes === undefined || this.#state === 'closed') return;
    const { clock, writeEveryMs } = this.#options;
    writes.cancelTimer = undefined;
    writes.lastTickMs = clock.tickMs();
    const next = writes.waiting.entries().next();
    if (next.done) return;
    const [name, { key, kept }] = next.value;
    writes.waiting.delete(name);
    this.#enqueue(key, name, kept);
    if (writes.waiting.size > 0) writes.cancelTimer = clock.after(writeEveryMs, () => this.#writeNext(endpoint));
  }

  #enqueue(key: LastGoodKey, name: string, kept: Kept): void {
    this.#files.delete(name);
    this.#files.set(name, { contentHash: kept.contentHash, atMs: kept.atMs });
    this.#lastWrite = this.#lastWrite.then(() => this.#write(key, name, kept));
  }

  async #write(key: LastGoodKey, name: string, kept: Kept): Promise<void> {
    const { directory, log, health } = this.#options;
    const path = join(directory, name);
    const halfPath = `${path}.half`;
    try {
      await this.#open();
      const file = await open(halfPath, 'w', 0o600);
      try {
        await file.writeFile(encodeEntry(keyText(key), kept));
        // Without this a power cut may leave the new name on an empty file.
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(halfPath, path);
      health.report(HEALTH_PART, 'ok');
      await this.#forgetOldest(key);
    } catch (error) {
      this.#files.delete(name);
      log.warn('last_good.write_failed', { endpoint: key.endpoint, reason: reasonOf(error) });
      health.report(HEALTH_PART, 'degraded', 'The last good answers cannot be written to the data folder.');
      await rm(halfPath, { force: true }).catch(() => {
        // It will be written over by the next attempt.
      });
    }
  }

  async #forgetOldest(key: LastGoodKey): Promise<void> {
    const { directory, maxFileCount, maxVariantCount } = this.#options;
    const prefix = endpointPrefix(key.endpoint);
    const siblings = [...this.#files.keys()].filter((name) => name.startsWith(prefix));
    const surplus = siblings.slice(0, Math.max(0, siblings.length - maxVariantCount));
    const others = [...this.#files.keys()].filter((name) => !surplus.includes(name));
    surplus.push(...others.slice(0, Math.max(0, others.length - maxFileCount)));
    for (const name of surplus) {
      this.#files.delete(name);
      await rm(join(directory, name), { force: true });
    }
  }

  async #read(key: LastGoodKey, name: string, signal: AbortSignal): Promise<StoredReply | undefined> {
    const { directory, log, maxEntryBytes } = this.#options;
    const path = join(directory, name);
    try {
      const { size } = await stat(path);
      const tooLarge = size > maxEntryBytes + 64 * 1024;
      const found = tooLarge
        ? 'it is larger than any answer'
        : decodeEntry(keyText(key), await readFile(path, { signal }));
      if (typeof found !== 'string') return found;
      log.warn('last_good.damaged', { endpoint: key.endpoint, file: name, reason: found });
    } catch (error) {
      if (!hasCode(error, 'ENOENT' as never)) {
        log.warn('last_good.read_failed', { endpoint: key.endpoint, file: name, reason: reasonOf(error) });
      }
    }
    return undefined;
  }

  /** Learns what lies in the folder, so that the ceilings hold across restarts. */
  #open(): Promise<void> {
    this.#opened ??= this.#list().catch((error: unknown) => {
      this.#opened = undefined;
      throw error;
    });
    return this.#opened;
  }

  async #list(): Promise<void> {
    const { directory } = this.#options;
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const found: { name: string; atMs: number }[] = [];
    for (const name of await readdir(directory)) {
      if (name.endsWith('.half')) await rm(join(directory, name), { force: true });
      if (name.endsWith(SUFFIX) && !this.#files.has(name)) {
        found.push({ name, atMs: (await stat(join(directory, name))).mtimeMs });
      }
    }
    const newer = [...this.#files];
    this.#files.clear();
    for (const { name, atMs } of found.sort((left, right) => left.atMs - right.atMs)) this.#files.set(name, { atMs });
    for (const [name, file] of newer) this.#files.set(name, file);
  }
}

function keyText(key: LastGoodKey): string {
  return JSON.stringify([key.endpoint, key.variant]);
}

function endpointPrefix(endpoint: string): string {
  return sha256Hex(endpoint).slice(0, 20);
}

/** Hashes, so that no endpoint or input can name a path. */
function fileName(key: LastGoodKey): string {
  return `${endpointPrefix(key.endpoint)}-${sha256Hex(key.variant).slice(0, 20)}${SUFFIX}`;
}

/** A system error's code (`ENOSPC`) says enough and names no path. */
function reasonOf(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'code' in error) return String(error.code);
  return error instanceof Error ? error.name : 'unknown';
}
