/**
 * The one Lua machine of a lane, lent to one path at a time.
 *
 * Builds and keeps the images of known flows. Invariant: a path gets a machine made fresh from
 * its flow's image, or its own parked one; never what another path left.
 */
import { type JsonObject, MIB, MoonpoolError, systemClock } from '../../core/index.ts';
import type { Flow, SegmentRequest } from '../../flow/index.ts';
import {
  createLuaHost,
  type LuaChunk,
  type LuaHost,
  type LuaImage,
  type LuaMachine,
  toUpdates,
} from '../machine/index.ts';
import type { MachineFigures } from './protocol.ts';
import type { PathMachine } from './surroundings.ts';

/** Text a node may print, and memory an idle machine keeps beyond its image. */
const LOG_BYTES = 64 * 1024;
const KEEP_BYTES = 4 * MIB;

/** See the head of this file. Loads the WASM module when the first path asks for it. */
export class LaneMachine {
  readonly #wasm: Uint8Array;
  readonly #salt: string;
  readonly #images = new Map<string, LuaImage>();
  #freshCount = 0;
  #freshMs = 0;
  #starting: Promise<LuaHost> | undefined;
  #host: LuaHost | undefined;
  #machine: LuaMachine | undefined;

  constructor(wasm: Uint8Array, salt: string) {
    this.#wasm = wasm;
    this.#salt = salt;
  }

  /** True once {@link ready} has resolved. */
  get isReady(): boolean {
    return this.#host !== undefined;
  }

  /** What it holds now, and what it did since the last call. */
  takeFigures(): MachineFigures {
    const figures = { images: this.#images.size, freshCount: this.#freshCount, freshMs: this.#freshMs };
    this.#freshCount = 0;
    this.#freshMs = 0;
    return figures;
  }

  /** Makes the lane able to run Lua; a few milliseconds the first time. */
  async ready(): Promise<void> {
    this.#starting ??= createLuaHost(this.#wasm);
    this.#host = await this.#starting;
  }

  /** Makes the image of a flow; {@link ready} must have resolved. @throws SPEC_LUA for a chunk that does not compile */
  prepare(flow: Flow): void {
    if (this.#host !== undefined) this.#imageOf(this.#host, flow);
  }

  /** Drops the image of a flow that main no longer sends. */
  forget(flowHash: string): void {
    this.#images.delete(flowHash);
  }

  /** The machine as the path of `request` sees it; made fresh or resumed when first called. A suspect's calls are ended softly at their limit. */
  forPath(flow: Flow, request: SegmentRequest, how: { callsBefore: number; isSuspect: boolean }): PathMachine {
    const isPerNode = flow.settings.lua.scope === 'node';
    let machine: LuaMachine | undefined;
    let calls = 0;
    let overdueTickMs = 0;
    const isOverdue = (): boolean => systemClock.tickMs() >= overdueTickMs;
    const begin = (): LuaMachine => {
      const begun = machine ?? this.#load(flow, request);
      const { luaInstructions: instructions } = request;
      const soft = how.isSuspect ? { isOverdue } : {};
      const counted = instructions === undefined ? {} : { instructions };
      const limits = { memoryBytes: request.luaMemoryBytes, stateBytes: request.stateBytes, ...counted, ...soft };
      if (machine === undefined && request.machine !== undefined && !isPerNode) {
        begun.resume(request.machine, limits);
      } else if (machine === undefined || isPerNode || begun.state !== 'ready') {
        const startTickMs = systemClock.tickMs();
        begun.fresh({ seed: isPerNode ? `${request.seed}#${how.callsBefore + calls}` : request.seed, limits });
        this.#freshMs += systemClock.tickMs() - startTickMs;
        this.#freshCount += 1;
      }
      calls += 1;
      machine = begun;
      return begun;
    };
    return {
      call(chunk: number, state: JsonObject) {
        const begun = begin();
        overdueTickMs = systemClock.tickMs() + request.luaTimeoutMs;
        const called = begun.call(chunk, { state, variables: flow.variables, nowMs: request.nowMs });
        return { updates: toUpdates(called.value), logs: called.logs };
      },
      get callCount() {
        return calls;
      },
      park() {
        if (isPerNode) return undefined;
        // A machine that failed is never resumed: what a failure left behind is not the path's.
        return machine?.state === 'ready' ? machine.park() : machine === undefined ? request.machine : undefined;
      },
    };
  }

  #load(flow: Flow, request: SegmentRequest): LuaMachine {
    const host = this.#host;
    if (host === undefined) throw new MoonpoolError('BUG_INVARIANT', 'A lane was used before it was ready.');
    this.#machine ??= host.createMachine({
      memoryBytes: request.luaMemoryBytes,
      stateBytes: request.stateBytes,
      logBytes: LOG_BYTES,
      keepBytes: KEEP_BYTES,
    });
    this.#machine.load(this.#imageOf(host, flow));
    return this.#machine;
  }

  #imageOf(host: LuaHost, flow: Flow): LuaImage {
    let image = this.#images.get(flow.hash);
    if (image === undefined) {
      const chunks: LuaChunk[] = flow.nodes.flatMap(({ name, work }) =>
        work.kind === 'lua' ? [{ name, code: work.code, line: work.line }] : [],
      );
      image = host.buildImage(chunks, { salt: this.#salt });
      this.#images.set(flow.hash, image);
    }
    return image;
  }
}
