/**
 * What the Lua groups share: the built machine and lanes, the same WASM called bare, timing.
 *
 * Everything measured is `dist/`; the types are those of the source it was built from.
 */
import type * as Core from '../src/core/index.ts';
import type { Flow, SegmentEnd, SegmentRequest } from '../src/flow/index.ts';
import type * as Lanes from '../src/lua/lanes/index.ts';
import type * as Machine from '../src/lua/machine/index.ts';

const load = (file: string): Promise<unknown> => import(new URL(`../dist/${file}`, import.meta.url).href);

export const core = (await load('core/index.js')) as typeof Core;
export const { LuaLanes, LUA_OPTIONS, readWasmFile } = (await load('lua/lanes/index.js')) as typeof Lanes;
const machines = (await load('lua/machine/index.js')) as typeof Machine;
const { LuaInstance } = (await load('lua/machine/instance.js')) as {
  LuaInstance: new (module: unknown) => BareInstance;
};

export const wasm = await readWasmFile();
export const host = await machines.createLuaHost(wasm);
export const LIMITS = core.resolveOptions('lua', machines.MACHINE_LIMITS, {});

/** A machine loaded with `codes` and made fresh. */
export function aMachine(codes: readonly string[]): { machine: Machine.LuaMachine; imageBytes: number } {
  const image = host.buildImage(
    codes.map((code, index) => ({ name: `n${index}`, code, line: 1 })),
    { salt: 'bench' },
  );
  const machine = host.createMachine(LIMITS);
  machine.load(image);
  machine.fresh({ seed: 'bench' });
  return { machine, imageBytes: image.bytes.length };
}

/** What a chunk gives for a state. */
export function valueOf(machine: Machine.LuaMachine, chunk: number, state: Core.JsonObject = {}): unknown {
  return machine.call(chunk, { state, variables: {}, nowMs: 0 }).value;
}

/** An instance of the module, and of Lua's C API what is called here; pointers are numbers. */
interface BareInstance {
  ceilingBytes: number;
  readonly u8: Uint8Array;
  readonly api: {
    luaL_newstate(): number;
    luaL_openlibs(thread: number): void;
    lua_close(thread: number): void;
    luaL_loadbufferx(thread: number, text: number, length: number, name: number, mode: number): number;
    lua_pushvalue(thread: number, index: number): void;
    lua_pcallk(thread: number, args: number, results: number, handler: number, context: number, k: number): number;
    lua_tonumberx(thread: number, index: number, isNumber: number): number;
    lua_settop(thread: number, index: number): void;
  };
  allocate(bytes: number): { readonly pointer: number };
}

/** The same WASM, its C API called by hand: no sandbox, no codec, no limits. */
export class BareLua {
  readonly #instance = new LuaInstance(host.module);
  readonly #text = this.#instance.allocate(65_536).pointer;
  #thread: number | undefined;

  constructor() {
    this.#instance.ceilingBytes = 256 * 1024 * 1024;
  }

  /** A state with all libraries, in place of the one before. */
  open(): void {
    const { api } = this.#instance;
    if (this.#thread !== undefined) api.lua_close(this.#thread);
    this.#thread = api.luaL_newstate();
    api.luaL_openlibs(this.#thread);
  }

  /** Compiles `code` onto the stack. */
  load(code: string): void {
    const { api, u8 } = this.#instance;
    const { written } = new TextEncoder().encodeInto(code, u8.subarray(this.#text, this.#text + 65_535));
    u8[this.#text + written] = 0;
    if (api.luaL_loadbufferx(this.#open, this.#text, written, this.#text, 0) !== 0) throw new Error(`bare: ${code}`);
  }

  /** Calls what was loaded; it stays. */
  call(): number {
    const { api } = this.#instance;
    const thread = this.#open;
    api.lua_pushvalue(thread, -1);
    if (api.lua_pcallk(thread, 0, 1, 0, 0, 0) !== 0) throw new Error('bare: the code raised an error.');
    const value = api.lua_tonumberx(thread, -1, 0);
    api.lua_settop(thread, -2);
    return value;
  }

  get #open(): number {
    if (this.#thread === undefined) throw new Error('bare: not open.');
    return this.#thread;
  }
}

/** Microseconds of one turn of `work`, over `count` turns. */
export function microsecondsEach(count: number, work: () => void): number {
  const startedMs = performance.now();
  for (let turn = 0; turn < count; turn += 1) work();
  return ((performance.now() - startedMs) * 1000) / count;
}

/** The smallest value that `share` of `samples` do not exceed. */
export function percentile(samples: readonly number[], share: number): number {
  const sorted = samples.toSorted((left, right) => left - right);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

/** Fails the benchmark when a contestant is wrong. */
export function mustBe(who: string, given: unknown, expected: unknown): void {
  if (given !== expected) throw new Error(`${who} answered ${String(given)} instead of ${String(expected)}.`);
}

/** Lanes as a server has them. */
export function openLanes(lanes: number): Lanes.LuaLanes {
  return new LuaLanes({
    wasm,
    salt: 'bench',
    options: core.resolveOptions('lua', LUA_OPTIONS, { lanes }),
    clock: core.systemClock,
    log: core.silentLog,
    metrics: core.silentMetrics,
  });
}

/** A flow of Lua nodes that follow each other. */
export function aChain(codes: readonly string[]): Flow {
  const place = { line: 1, column: 1 };
  return {
    ...{ name: 'chain', file: 'chain.yaml', directory: '.', hash: codes.join('\n'), variables: {}, initialState: {} },
    settings: { lua: {}, maxSteps: 10_000 },
    entry: { kind: 'rules', rules: [{ to: 'n0' }] },
    nodes: codes.map((code, chunk) => ({
      ...{ name: `n${chunk}`, place, onError: { mode: 'raise' } },
      work: { kind: 'lua', code, line: 1, chunk },
      next: chunk + 1 < codes.length ? { kind: 'next', to: `n${chunk + 1}` } : { kind: 'end' },
    })),
  };
}

/** Runs a chain from its start, as one segment. */
export async function runChain(
  lanes: Lanes.LuaLanes,
  flow: Flow,
  more: Partial<Pick<SegmentRequest, 'luaTimeoutMs' | 'priority'>> = {},
): Promise<SegmentEnd> {
  const request: SegmentRequest = {
    ...{ flowHash: flow.hash, start: { kind: 'entry' }, state: new TextEncoder().encode('{}'), scope: {} },
    ...{
      nowMs: 0,
      seed: 'bench',
      runId: 'bench',
      stepsLeft: 10_000,
      luaTimeoutMs: 5_000,
      luaMemoryBytes: LIMITS.memoryBytes,
    },
    ...{ stateBytes: LIMITS.stateBytes, priority: 'normal', wantFacts: false },
    ...more,
  };
  const { signal } = new AbortController();
  return (await lanes.runSegment(flow, request, { signal, onFacts: () => {} })).end;
}
