/**
 * Lanes for whoever has untrusted Lua to run and no flows: options with defaults, compile, close.
 *
 * Puts the parts together that `app` puts together for flows. Holds no state outside its
 * instances, reads nothing but the Lua WASM file.
 */
import { MoonpoolError, randomHex, resolveOptions, silentLog, silentMetrics, systemClock } from '../../core/index.ts';
import { LUA_OPTIONS, readWasmFile, LuaLanes as SegmentLanes } from '../lanes/index.ts';
import { type LanesSettings, type LuaLanesOptions, readLanesOptions } from './call-options.ts';
import { LuaScript, type ScriptPort } from './lua-script.ts';
import { type LuaSource, readSources, toFlow } from './source.ts';

/**
 * Worker threads that run untrusted Lua under limits that code in them cannot dodge.
 *
 * Threads start when they are first needed and stop when they have nothing to do; an idle lane
 * does not keep the process alive. A script that misses its time limit costs its lane: the
 * thread is ended, other calls go on, and the next one gets a new thread.
 */
export class LuaLanes {
  readonly #settings: LanesSettings;
  readonly #hooks: Pick<LuaLanesOptions, 'log' | 'metrics'>;
  #opened: Promise<SegmentLanes> | undefined;
  #isClosed = false;
  #callCount = 0;

  /**
   * Starts nothing yet.
   *
   * @throws CONFIG_INVALID naming every option that is unknown or out of range
   */
  constructor(options: LuaLanesOptions = {}) {
    this.#settings = readLanesOptions(options);
    this.#hooks = options;
  }

  /**
   * Compiles Lua on a lane, without running any of it.
   *
   * Several sources make one script: they run one after the other in one machine. The parser
   * too is kept away from the caller's thread. Cost: the first time, the start of a thread.
   *
   * @param sources        at most 256, with at most 1,048,576 characters together
   * @param options.signal stops waiting and compiling
   * @throws SPEC_LUA       for the first source that does not compile; `details.chunk` is its name, `details.line` the line
   * @throws LUA_MEMORY     when the compiled code is larger than a machine's image may be
   * @throws LUA_OVERLOADED when `queueCount` calls already wait, or the lanes are closed
   * @throws CONFIG_INVALID when `sources` is not Lua text
   * @throws the reason of `signal`
   */
  async compile(
    sources: LuaSource | readonly LuaSource[],
    options: { readonly signal?: AbortSignal } = {},
  ): Promise<LuaScript> {
    const { timeoutMs, memoryBytes, stateBytes } = this.#settings;
    const port: ScriptPort = {
      open: () => this.#open(),
      defaults: () => ({ timeoutMs, memoryBytes, stateBytes, nowMs: systemClock.nowMs() }),
      nextId: () => String((this.#callCount += 1)),
    };
    const script = new LuaScript(port, toFlow(readSources(sources)));
    await script.check(options.signal);
    return script;
  }

  /** Ends all threads. Calls that wait or run fail with LUA_OVERLOADED, as do later ones. Harmless when called again. */
  async close(): Promise<void> {
    this.#isClosed = true;
    // Whoever opened them was told when that failed.
    const lanes = await this.#opened?.catch(() => undefined);
    await lanes?.close();
  }

  /** The same as {@link LuaLanes.close}, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #open(): Promise<SegmentLanes> {
    if (!this.#isClosed) {
      this.#opened ??= this.#start().catch((error: unknown) => {
        // A file that could not be read now may be read by the next call.
        this.#opened = undefined;
        throw error;
      });
      const lanes = await this.#opened;
      if (!this.#isClosed) return lanes;
    }
    throw new MoonpoolError('LUA_OVERLOADED', 'The Lua lanes are closed.');
  }

  async #start(): Promise<SegmentLanes> {
    const { lanes, timeoutMs, memoryBytes, queueCount, laneIdleMs, laneHeapBytes, salt } = this.#settings;
    const { log = silentLog, metrics = silentMetrics } = this.#hooks;
    const chosen = { lanes, timeoutMs, memoryBytes, queueCount, laneIdleMs, laneHeapBytes };
    return new SegmentLanes({
      wasm: await readWasmFile(),
      salt: salt === '' ? randomHex(16) : salt,
      options: { ...resolveOptions('lua', LUA_OPTIONS), ...chosen },
      ...{ clock: systemClock, log, metrics },
    });
  }
}
