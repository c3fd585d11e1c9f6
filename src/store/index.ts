/** Where runs, blobs and values are kept: memory and plain files behind the engine's ports. */
export { type BlobStoreOptions, createBlobStore } from './blob-store.ts';
export { KV_OPTIONS, type KvOptions } from './kv-options.ts';
export { createKvStore, type KvStoreDeps } from './kv-store.ts';
export { createMemoryRunStore, type MemoryRunStoreOptions } from './memory-run-store.ts';
