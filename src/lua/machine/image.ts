/**
 * A machine as bytes: memory after the sandbox was built and a flow's chunks were compiled.
 *
 * Plain data: can be posted to another thread or kept in shared memory. Invariant: the same
 * chunks and salt give the same bytes in every process.
 */
import { MoonpoolError, sha256Hex } from '../../core/index.ts';
import type { FunctionSlot, LuaThread, Pointer } from './lua-api.ts';
import type { MemoryContent } from './instance.ts';
import { READ_ONLY_END, STATIC_END } from './memory-layout.ts';

/** One piece of Lua code of a flow. */
export interface LuaChunk {
  /** Shown in messages, usually the node's name. */
  readonly name: string;
  readonly code: string;
  /** Line of the file that holds the code's first line, from 1. */
  readonly line: number;
}

/** Where things lie in an image's memory, and what it was made of. */
export interface ImageLayout {
  readonly thread: LuaThread;
  /** The allocator's break: what a machine uses above it counts against its limit. */
  readonly breakAt: number;
  /** 32 bytes: the state of `math.random`. */
  readonly randomState: Pointer;
  /** Scratch memory for the host: see `workspace.ts`. */
  readonly workspace: Pointer;
  readonly listMarkRef: number;
  readonly listMark: Pointer;
  /** Registry key of the function that turns error objects into text. */
  readonly describeRef: number;
  /** C functions whose errors are the code's own: `error` and `assert`. */
  readonly raisers: readonly FunctionSlot[];
  /** C functions that make coroutines: `coroutine.create` and `coroutine.wrap`. */
  readonly coroutineMakers: readonly FunctionSlot[];
  readonly chunks: readonly { readonly name: string; readonly line: number; readonly ref: number }[];
}

/** See the head of the file. */
export interface LuaImage {
  /** SHA-256 over bytes and layout, as hex; part of a run's record. */
  readonly checksum: string;
  /** Static data, then the heap up to its last byte that is not zero. */
  readonly bytes: Uint8Array;
  readonly layout: ImageLayout;
}

/** An image of what `content` holds. */
export function createImage(
  content: { readonly staticBytes: Uint8Array; readonly heapBytes: Uint8Array },
  layout: ImageLayout,
): LuaImage {
  const { staticBytes, heapBytes } = content;
  let used = heapBytes.length;
  while (used > 0 && heapBytes[used - 1] === 0) used -= 1;
  const bytes = new Uint8Array(STATIC_END + used);
  bytes.set(staticBytes);
  bytes.set(heapBytes.subarray(0, used), STATIC_END);
  return { checksum: checksumOf(bytes, layout), bytes, layout };
}

function checksumOf(bytes: Uint8Array, layout: ImageLayout): string {
  return sha256Hex(`${sha256Hex(bytes)} ${JSON.stringify(layout)}`);
}

/**
 * The stretches of memory an image describes.
 *
 * @throws BUG_INVARIANT when bytes or layout are not those the checksum was made of
 */
export function openImage(image: LuaImage): MemoryContent & { readonly constantBytes: Uint8Array } {
  if (checksumOf(image.bytes, image.layout) !== image.checksum) {
    throw new MoonpoolError('BUG_INVARIANT', 'A Lua image does not match its checksum; it was changed or damaged.');
  }
  return {
    constantBytes: image.bytes.subarray(0, READ_ONLY_END),
    variableBytes: image.bytes.subarray(READ_ONLY_END, STATIC_END),
    heapBytes: image.bytes.subarray(STATIC_END),
  };
}
