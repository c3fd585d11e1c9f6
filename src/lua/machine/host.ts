/**
 * The door to Lua in one thread: compiles the module once, checks code, makes images and machines.
 */
import { MoonpoolError, sha256Hex } from '../../core/index.ts';
import { CallLog } from './call-log.ts';
import type { CallContext } from './host-functions.ts';
import type { LuaChunk, LuaImage } from './image.ts';
import { ImageBuilder, MAX_IMAGE_BYTES, type SyntaxProblem } from './image-builder.ts';
import type { MemoryContent } from './instance.ts';
import { compileLuaModule } from './lua-module.ts';
import { createEngine, type Engine, LuaMachine } from './machine.ts';
import type { MachineLimits } from './machine-limits.ts';
import { HEAP_START, READ_ONLY_END, STATIC_END } from './memory-layout.ts';
import type { WasmModule } from './wasm-types.ts';

/** See the head of the file. Its methods block the thread while they work. */
export class LuaHost {
  /** The compiled module; post it to another thread and make a host of it there without compiling again. */
  readonly module: WasmModule;
  readonly #context: CallContext = { nowMs: 0, log: new CallLog(0), maxValueBytes: 0 };
  #prelude: Uint8Array | undefined;
  #workshop: { readonly engine: Engine; readonly blank: MemoryContent } | undefined;

  constructor(module: WasmModule) {
    this.module = module;
  }

  /** The syntax error of a chunk's code, if it has one; lines count from 1 within `code`. Runs nothing. */
  checkChunk(code: string): SyntaxProblem | undefined {
    return this.#build((builder) => builder.check(code), 0);
  }

  /**
   * An image of the sandbox with `chunks` compiled in it.
   *
   * @param options.salt secret of the installation: seeds Lua's hashes, so outsiders cannot
   *   choose keys that collide; the same salt gives the same bytes
   * @throws SPEC_LUA for the first chunk that does not compile
   */
  buildImage(chunks: readonly LuaChunk[], options: { readonly salt: string }): LuaImage {
    for (const { name, line } of chunks) {
      if (!Number.isSafeInteger(line) || line < 1 || line > MAX_LINE) {
        throw new MoonpoolError('BUG_INVARIANT', `The Lua chunk "${name}" is said to begin at line ${line}.`);
      }
    }
    this.#prelude ??= this.#build((builder) => builder.compilePrelude(), 0);
    const prelude = this.#prelude;
    return this.#build(
      (builder) => builder.build(chunks, prelude),
      Number.parseInt(sha256Hex(options.salt).slice(0, 8), 16),
    );
  }

  /** A machine that has no image yet. Cost: about 2.5 ms. */
  createMachine(limits: MachineLimits): LuaMachine {
    return new LuaMachine(this.module, limits);
  }

  /** Runs `work` on the builder's instance, blank before and blank after. */
  #build<T>(work: (builder: ImageBuilder) => T, seed: number): T {
    const { engine, blank } = this.#openWorkshop();
    const { instance } = engine;
    // Lua takes its hash seed from C's clock, in whole seconds.
    instance.clockMs = seed * 1000;
    instance.ceilingBytes = HEAP_START + MAX_IMAGE_BYTES;
    let isIntact = false;
    try {
      const made = work(new ImageBuilder(engine));
      isIntact = true;
      return made;
    } catch (thrown) {
      isIntact = thrown instanceof MoonpoolError;
      if (!instance.wasRefused) throw thrown;
      throw new MoonpoolError(
        'LUA_MEMORY',
        `The flow's Lua code does not fit into an image of ${MAX_IMAGE_BYTES} bytes.`,
        {
          cause: thrown,
        },
      );
    } finally {
      if (isIntact && instance.memoryBytes <= HEAP_START + KEPT_BYTES) instance.restore(blank);
      else this.#workshop = undefined;
    }
  }

  #openWorkshop(): { readonly engine: Engine; readonly blank: MemoryContent } {
    if (this.#workshop === undefined) {
      const engine = createEngine(this.module, this.#context);
      const { u8, breakAt } = engine.instance;
      const blank = { variableBytes: u8.slice(READ_ONLY_END, STATIC_END), heapBytes: u8.slice(HEAP_START, breakAt) };
      this.#workshop = { engine, blank };
    }
    return this.#workshop;
  }
}

/** Lines a file may have before a chunk. */
const MAX_LINE = 1_000_000;
/** Memory an idle workshop keeps; one that grew further is dropped. */
const KEPT_BYTES = 4 * 1024 * 1024;

/**
 * A host for this thread.
 *
 * @param source the bytes of the Lua WASM file, or the `module` of another thread's host
 * @throws BUG_INVARIANT when the bytes are not those of the one file we know
 */
export async function createLuaHost(source: Uint8Array | WasmModule): Promise<LuaHost> {
  return new LuaHost(source instanceof Uint8Array ? await compileLuaModule(source) : source);
}
