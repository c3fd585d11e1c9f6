/**
 * What the process holds, seen from outside the code under test: threads, WASM memories, buffers.
 *
 * Every lane is a thread of this process, so the kernel's own tables show each lane's machine and
 * every byte in it. Linux only: see {@link SKIP_UNSEEN}.
 */
import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** For `skip`: false where the kernel shows a process its own memory, else why the test is left out. */
export const SKIP_UNSEEN: string | false =
  existsSync('/proc/self/maps') && existsSync('/proc/self/task')
    ? false
    : 'the memory of a process is seen on Linux only';

/** A memory of WASM reserves at least this much behind what it uses. */
const RESERVED_BYTES = 0x1_0000_0000n;
const READ_BYTES = 1 << 20;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Bytes in buffers that the main thread holds, after its garbage is collected. */
export async function heldBufferBytes(): Promise<number> {
  // Twice, with a turn between: what finalisers and finished promises let go of falls in the second.
  collect();
  await new Promise((resolve) => setImmediate(resolve));
  collect();
  return process.memoryUsage().arrayBuffers;
}

/** Bytes of live objects of the main thread, after its garbage is collected. */
export async function heldHeapBytes(): Promise<number> {
  await heldBufferBytes();
  return process.memoryUsage().heapUsed;
}

/** Threads of this process, the runtime's own included. */
export function countThreads(): number {
  return readdirSync('/proc/self/task').length;
}

interface Region {
  readonly from: bigint;
  readonly to: bigint;
  readonly mode: string;
}

function readRegions(): readonly Region[] {
  return readFileSync('/proc/self/maps', 'utf8')
    .split('\n')
    .flatMap((line) => {
      const [, from, to, mode] = /^([0-9a-f]+)-([0-9a-f]+) (\S+)/.exec(line) ?? [];
      if (from === undefined || to === undefined || mode === undefined) return [];
      return [{ from: BigInt(`0x${from}`), to: BigInt(`0x${to}`), mode }];
    });
}

/** The part in use of each WASM memory: writable, with gigabytes behind it that nothing may touch. */
function wasmMemories(): readonly Region[] {
  const regions = readRegions();
  return regions.filter((region, at) => {
    const next = regions[at + 1];
    const isReserved = next?.mode === '---p' && next.from === region.to && next.to - next.from >= RESERVED_BYTES;
    return region.mode === 'rw-p' && isReserved;
  });
}

/** WASM memories of all threads of this process, those of collected instances not counted. */
export function countWasmMemories(): number {
  return wasmMemories().length;
}

/** How often `text` stands in the WASM memories of all threads. */
export function countInWasmMemories(text: string): number {
  const file = openSync('/proc/self/mem', 'r');
  try {
    return wasmMemories().reduce((sum, { from, to }) => sum + countIn(readRange(file, from, to), text), 0);
  } finally {
    closeSync(file);
  }
}

function readRange(file: number, from: bigint, to: bigint): Buffer {
  const bytes = Buffer.alloc(Number(to - from));
  let at = 0;
  while (at < bytes.length) {
    const count = readSync(file, bytes, at, Math.min(READ_BYTES, bytes.length - at), from + BigInt(at));
    if (count === 0) break;
    at += count;
  }
  return bytes;
}

function countIn(bytes: Buffer, text: string): number {
  let count = 0;
  for (let at = bytes.indexOf(text); at !== -1; at = bytes.indexOf(text, at + 1)) count += 1;
  return count;
}
