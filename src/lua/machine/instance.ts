/**
 * One instance of the Lua WASM module: its memory, its heap ceiling, its function slots.
 *
 * Knows memory and C, nothing of images, sandboxes or values. Invariant: `u8`, `u32` and `f64`
 * always view the memory as it is now, because memory grows only in `growHeap`.
 */
import { MoonpoolError } from '../../core/index.ts';
import { allocateSlot, type Bridge, createBridge } from './bridge.ts';
import { createImports } from './host-imports.ts';
import type { FunctionSlot, LuaApi, LuaThread, Pointer } from './lua-api.ts';
import { BREAK_ADDRESS, HEAP_START, PAGE_BYTES, READ_ONLY_END, STATIC_END } from './memory-layout.ts';
import { wasm, type WasmModule } from './wasm-types.ts';

/** Thrown when the host itself needed heap and the ceiling refused it. Never leaves the folder. */
export class HeapRefused extends Error {
  override readonly name = 'HeapRefused';
}

/** Bytes on the module's heap, given back by `using`. */
export interface HeapBytes extends Disposable {
  readonly pointer: Pointer;
}

/** Stretches of memory that make a machine: C's variables and the heap from its start. */
export interface MemoryContent {
  /** From `READ_ONLY_END` to `STATIC_END`. What lies below is the module's own and the same in every instance. */
  readonly variableBytes: Uint8Array;
  readonly heapBytes: Uint8Array;
}

/** What the allocator takes for itself before the first allocation. */
const ALLOCATOR_BYTES = 48;

/** See the head of the file. Cost: about 2.5 ms and 16 MiB or less of address space that is touched only as used. */
export class LuaInstance {
  readonly api: LuaApi;
  readonly bridge: Bridge;
  /** Memory as bytes, as 32-bit words, as doubles. */
  u8: Uint8Array<ArrayBuffer>;
  u32: Uint32Array<ArrayBuffer>;
  f64: Float64Array<ArrayBuffer>;
  /** What C's clock answers; the run's time, never the machine's. */
  clockMs = 0;
  /** The heap may reach this address. */
  ceilingBytes: number;
  /** True since the heap was refused room; cleared by whoever starts afresh. */
  wasRefused = false;

  constructor(module: WasmModule) {
    // Imports read `api` when called, after this assignment; the constructors of C data run below.
    this.api = new wasm.Instance(module, createImports(this)).exports as unknown as LuaApi;
    this.u8 = new Uint8Array(this.api.memory.buffer);
    this.u32 = new Uint32Array(this.api.memory.buffer);
    this.f64 = new Float64Array(this.api.memory.buffer);
    this.ceilingBytes = this.u8.length;
    this.api.__wasm_call_ctors();
    this.bridge = createBridge(this.api);
    const isAsKnown = this.breakAt === HEAP_START + ALLOCATOR_BYTES && this.api.stackSave() === HEAP_START;
    if (!isAsKnown) {
      throw new MoonpoolError('BUG_INVARIANT', 'The memory of the Lua module is not laid out as expected.');
    }
  }

  /** The first byte of memory that was never handed out since the content was last restored. */
  get breakAt(): number {
    return this.u32[BREAK_ADDRESS >> 2] as number;
  }

  /** Length of the memory in bytes; never shrinks. */
  get memoryBytes(): number {
    return this.u8.length;
  }

  /** Whether the module's constants, all below `READ_ONLY_END`, are these. */
  hasConstants(bytes: Uint8Array): boolean {
    return bytes.length === READ_ONLY_END && bytes.every((byte, at) => byte === this.u8[at]);
  }

  /** See `ImportHost`. Grows by whole pages to just what is needed. */
  growHeap(bytes: number): boolean {
    if (bytes > this.ceilingBytes) {
      this.wasRefused = true;
      return false;
    }
    const pages = Math.ceil((bytes - this.u8.length) / PAGE_BYTES);
    if (pages > 0) {
      try {
        this.api.memory.grow(pages);
      } catch {
        // The platform has no memory left: to Lua that is the same as its own ceiling.
        this.wasRefused = true;
        return false;
      }
      this.u8 = new Uint8Array(this.api.memory.buffer);
      this.u32 = new Uint32Array(this.api.memory.buffer);
      this.f64 = new Float64Array(this.api.memory.buffer);
    }
    return true;
  }

  /** `bytes` bytes of the module's heap. Throws {@link HeapRefused} above the ceiling. */
  allocate(bytes: number): HeapBytes {
    const pointer = this.api.malloc(bytes);
    if ((pointer as number) === 0) throw new HeapRefused('The heap of the Lua machine is full.');
    return { pointer, [Symbol.dispose]: () => this.api.free(pointer) };
  }

  /** Makes `fn` callable from Lua as a C function, for as long as the instance lives. */
  allocateSlot(fn: (thread: LuaThread) => number): FunctionSlot {
    return allocateSlot(this.api, fn);
  }

  /**
   * Makes memory what `content` says, and every other byte zero: nothing of before survives.
   * C's constants are left alone, because nothing writes there; tests hold their checksum.
   *
   * The memory must be long enough. Cost: a copy of `content`, and zeroing what the last tenant
   * used beyond it.
   */
  restore(content: MemoryContent): void {
    const usedTo = this.breakAt;
    const heapEnd = HEAP_START + content.heapBytes.length;
    this.u8.set(content.variableBytes, READ_ONLY_END);
    this.u8.set(content.heapBytes, HEAP_START);
    if (usedTo > heapEnd) this.u8.fill(0, heapEnd, Math.min(usedTo, this.u8.length));
    this.api.stackRestore(HEAP_START);
    this.bridge.clear_down(HEAP_START, STATIC_END);
    this.wasRefused = false;
  }
}
