/**
 * A machine set aside: the blocks of its memory that differ from its image.
 *
 * Layout, little-endian 32-bit words: format, first 8 digits of the image's checksum, break,
 * number of blocks, block numbers; then the blocks, 64 bytes each. Self-contained but for the image.
 */
import { MoonpoolError } from '../../core/index.ts';
import type { LuaInstance, MemoryContent } from './instance.ts';
import { HEAP_START, READ_ONLY_END, STATIC_END } from './memory-layout.ts';

const FORMAT = 0x3150_4d4c;
const HEADER_WORDS = 4;
/** Divides READ_ONLY_END, STATIC_END and HEAP_START. */
const BLOCK_BYTES = 64;
const BLOCK_WORDS = BLOCK_BYTES / 4;

/** Words of an image, for comparing. */
export interface ImageWords {
  readonly content: MemoryContent;
  /** Static data that C may write. */
  readonly staticWords: Uint32Array;
  /** The image's heap, padded with zeros to whole blocks. */
  readonly heapWords: Uint32Array;
}

/** Private, aligned copies of an image's content. */
export function toImageWords(content: MemoryContent): ImageWords {
  const variableBytes = Uint8Array.from(content.variableBytes);
  const padded = new Uint8Array(Math.ceil(content.heapBytes.length / BLOCK_BYTES) * BLOCK_BYTES);
  padded.set(content.heapBytes);
  return {
    content: { variableBytes, heapBytes: padded },
    staticWords: new Uint32Array(variableBytes.buffer),
    heapWords: new Uint32Array(padded.buffer),
  };
}

function markOf(checksum: string): number {
  return Number.parseInt(checksum.slice(0, 8), 16);
}

/** Adds the numbers of blocks in memory from byte `from` to `to` that differ from `image`. */
function findChanged(
  changed: number[],
  memory: Uint32Array,
  image: Uint32Array,
  range: { from: number; to: number },
): void {
  const first = range.from / BLOCK_BYTES;
  const last = Math.ceil(range.to / BLOCK_BYTES);
  const inBoth = Math.min(last, first + image.length / BLOCK_WORDS);
  for (let block = first; block < inBoth; block++) {
    if (isBlockOther(memory, block * BLOCK_WORDS, image, (block - first) * BLOCK_WORDS)) changed.push(block);
  }
  for (let block = inBoth; block < last; block++) {
    if (isBlockOther(memory, block * BLOCK_WORDS, ZERO_BLOCK, 0)) changed.push(block);
  }
}

const ZERO_BLOCK = new Uint32Array(BLOCK_WORDS);

/** Compares half a block at a time: a branch for each word costs twice as much. */
function isBlockOther(memory: Uint32Array, at: number, image: Uint32Array, imageAt: number): boolean {
  for (let word = 0; word < BLOCK_WORDS; word += 8) {
    const here = at + word;
    const there = imageAt + word;
    const low =
      ((memory[here] as number) ^ (image[there] as number)) |
      ((memory[here + 1] as number) ^ (image[there + 1] as number)) |
      ((memory[here + 2] as number) ^ (image[there + 2] as number)) |
      ((memory[here + 3] as number) ^ (image[there + 3] as number));
    const high =
      ((memory[here + 4] as number) ^ (image[there + 4] as number)) |
      ((memory[here + 5] as number) ^ (image[there + 5] as number)) |
      ((memory[here + 6] as number) ^ (image[there + 6] as number)) |
      ((memory[here + 7] as number) ^ (image[there + 7] as number));
    if ((low | high) !== 0) return true;
  }
  return false;
}

/** The bytes of the machine in `instance`, against the image it came from. Cost: one pass over its memory. */
export function packMachine(instance: LuaInstance, image: ImageWords, checksum: string): Uint8Array {
  const changed: number[] = [];
  const breakAt = instance.breakAt;
  findChanged(changed, instance.u32, image.staticWords, { from: READ_ONLY_END, to: STATIC_END });
  findChanged(changed, instance.u32, image.heapWords, { from: HEAP_START, to: breakAt });
  const dataAt = (HEADER_WORDS + changed.length) * 4;
  const packed = new Uint8Array(dataAt + changed.length * BLOCK_BYTES);
  const words = new Uint32Array(packed.buffer);
  words.set([FORMAT, markOf(checksum), breakAt, changed.length]);
  words.set(changed, HEADER_WORDS);
  let to = dataAt >> 2;
  for (const block of changed) {
    const from = block * BLOCK_WORDS;
    for (let word = 0; word < BLOCK_WORDS; word++) words[to + word] = instance.u32[from + word] as number;
    to += BLOCK_WORDS;
  }
  return packed;
}

/** Parked bytes, checked and ready to be laid over an image. */
export interface PackedMachine {
  readonly breakAt: number;
  readonly blocks: Uint32Array;
  readonly data: Uint32Array;
}

/**
 * Opens what {@link packMachine} made.
 *
 * @throws BUG_INVARIANT when the bytes are damaged or belong to another image
 */
export function openParked(bytes: Uint8Array, checksum: string): PackedMachine {
  const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice();
  const words = new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.length >> 2);
  const count = words[3] ?? 0;
  const fits = words.length === HEADER_WORDS + count * (1 + BLOCK_WORDS);
  if (words[0] !== FORMAT || words[1] !== markOf(checksum) || !fits) {
    throw new MoonpoolError('BUG_INVARIANT', 'Parked bytes of a Lua machine do not belong to its image.');
  }
  const blocks = words.subarray(HEADER_WORDS, HEADER_WORDS + count);
  const breakAt = words[2] as number;
  const isInside = blocks.every((block) => {
    const at = block * BLOCK_BYTES;
    return (at >= READ_ONLY_END && at < STATIC_END) || (at >= HEAP_START && at < breakAt);
  });
  if (!isInside) throw new MoonpoolError('BUG_INVARIANT', 'Parked bytes of a Lua machine are damaged.');
  return { breakAt, blocks, data: words.subarray(HEADER_WORDS + count) };
}

/** Lays parked blocks over memory that was just restored from the image and is long enough. */
export function unpackMachine(instance: LuaInstance, packed: PackedMachine): void {
  const { u32 } = instance;
  let from = 0;
  for (const block of packed.blocks) {
    const to = block * BLOCK_WORDS;
    for (let word = 0; word < BLOCK_WORDS; word++) u32[to + word] = packed.data[from + word] as number;
    from += BLOCK_WORDS;
  }
}
