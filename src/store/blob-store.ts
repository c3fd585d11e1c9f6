/**
 * Blobs: bytes by content hash in a folder, kept while a run refers to them.
 *
 * Who refers to what is known in memory only, so what an earlier process left is removed at the
 * start. A path is made only from a hash we computed or checked. Blobs are not synced to the disk:
 * they can be fetched again, and an SD card wears.
 */
import { createHash } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { formatSize, MoonpoolError, randomHex, type RunId } from '../core/index.ts';
import type { BlobHandle, BlobStore } from '../engine/index.ts';
import { PART_SUFFIX, toStoreError } from './data-file.ts';

/** The limits of a blob store. */
export interface BlobStoreOptions {
  /** All blobs together, those being written included. */
  readonly maxTotalBytes: number;
}

const HASH = /^[0-9a-f]{64}$/;

/**
 * Opens the store in `directory`, which is made when absent; blobs of earlier processes are removed.
 *
 * @throws STORE_IO, STORE_FULL when the folder cannot be used
 */
export async function createBlobStore(directory: string, options: BlobStoreOptions): Promise<BlobStore> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    for (const name of await readdir(directory)) {
      // Other files are not ours to remove.
      if (HASH.test(name) || name.endsWith(PART_SUFFIX)) await rm(join(directory, name), { force: true });
    }
  } catch (error) {
    throw toStoreError(error, 'The blob folder');
  }
  return new FileBlobStore(directory, options.maxTotalBytes);
}

interface Kept {
  readonly bytes: number;
  readonly runs: Set<RunId>;
}

class FileBlobStore implements BlobStore {
  readonly #directory: string;
  readonly #maxTotalBytes: number;
  readonly #blobs = new Map<string, Kept>();
  #totalBytes = 0;
  /** Renames and removals happen one after the other, so that none removes what another just kept. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(directory: string, maxTotalBytes: number) {
    this.#directory = directory;
    this.#maxTotalBytes = maxTotalBytes;
  }

  async put(
    runId: RunId,
    source: AsyncIterable<Uint8Array>,
    options: { readonly type: string; readonly maxBytes: number },
  ): Promise<BlobHandle> {
    const part = join(this.#directory, `${randomHex(12)}${PART_SUFFIX}`);
    let written = 0;
    try {
      const hash = createHash('sha256');
      const file = await open(part, 'wx', 0o600);
      try {
        for await (const chunk of source) {
          this.#reserve(chunk.byteLength, written, options.maxBytes);
          written += chunk.byteLength;
          hash.update(chunk);
          await writeChunk(file, chunk);
        }
      } finally {
        await file.close();
      }
      const blob = hash.digest('hex');
      await this.#exclusive(() => this.#keep(runId, blob, part, written));
      return { blob, bytes: written, type: options.type };
    } catch (error) {
      this.#totalBytes -= written;
      await rm(part, { force: true }).catch(() => {});
      // The source's own failures (a cancelled run, a broken answer) are not the store's.
      throw isSystemError(error) ? toStoreError(error, 'A blob') : error;
    }
  }

  async read(blob: string, signal: AbortSignal): Promise<Uint8Array> {
    signal.throwIfAborted();
    if (!HASH.test(blob) || !this.#blobs.has(blob)) {
      throw new MoonpoolError(
        'FLOW_ACTION',
        'A blob handle names a blob that no run refers to; use it in the run that made it.',
      );
    }
    try {
      return await readFile(join(this.#directory, blob), { signal });
    } catch (error) {
      signal.throwIfAborted();
      throw toStoreError(error, 'A blob');
    }
  }

  async release(runId: RunId): Promise<void> {
    await this.#exclusive(async () => {
      for (const [blob, kept] of this.#blobs) {
        if (!kept.runs.delete(runId) || kept.runs.size > 0) continue;
        this.#blobs.delete(blob);
        this.#totalBytes -= kept.bytes;
        try {
          await rm(join(this.#directory, blob), { force: true });
        } catch (error) {
          throw toStoreError(error, 'A blob');
        }
      }
    });
  }

  #reserve(more: number, written: number, maxBytes: number): void {
    if (written + more > maxBytes) {
      throw new MoonpoolError(
        'CONN_TOO_LARGE',
        `A blob has more than ${formatSize(maxBytes)}; raise max_bytes if that much is expected.`,
      );
    }
    if (this.#totalBytes + more > this.#maxTotalBytes) {
      throw new MoonpoolError(
        'STORE_FULL',
        `All blobs together have more than ${formatSize(this.#maxTotalBytes)}; try again when other runs have ended.`,
      );
    }
    this.#totalBytes += more;
  }

  async #keep(runId: RunId, blob: string, part: string, bytes: number): Promise<void> {
    const known = this.#blobs.get(blob);
    if (known !== undefined) {
      await rm(part, { force: true });
      this.#totalBytes -= bytes;
      known.runs.add(runId);
      return;
    }
    await rename(part, join(this.#directory, blob));
    this.#blobs.set(blob, { bytes, runs: new Set([runId]) });
  }

  #exclusive<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#last.then(work);
    this.#last = mine.catch(() => {});
    return mine;
  }
}

async function writeChunk(file: FileHandle, chunk: Uint8Array): Promise<void> {
  for (let offset = 0; offset < chunk.byteLength; ) {
    const { bytesWritten } = await file.write(chunk, offset);
    offset += bytesWritten;
  }
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && typeof (error as { syscall?: unknown }).syscall === 'string';
}
