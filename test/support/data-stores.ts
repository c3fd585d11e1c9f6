/**
 * Real stores over a folder of their own, for tests of what uses them.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resolveOptions, silentLog } from '../../src/core/index.ts';
import type { BlobStore, KvStore } from '../../src/engine/index.ts';
import { createBlobStore, createKvStore, KV_OPTIONS } from '../../src/store/index.ts';

/** A throw-away folder; the stores opened over it again see what was kept. */
export interface DataStores {
  readonly directory: string;
  openBlobs(): Promise<BlobStore>;
  openKv(): Promise<KvStore>;
  /** Removes the folder. */
  remove(): Promise<void>;
}

/** A new folder. Blobs have 1 MB in all; values the default limits. */
export async function createDataStores(): Promise<DataStores> {
  const directory = await mkdtemp(join(tmpdir(), 'moonpool-stores-'));
  return {
    directory,
    openBlobs: () => createBlobStore(join(directory, 'blobs'), { maxTotalBytes: 1_000_000 }),
    openKv: () => createKvStore(join(directory, 'kv'), resolveOptions('kv', KV_OPTIONS), { log: silentLog }),
    remove: () => rm(directory, { recursive: true }),
  };
}
