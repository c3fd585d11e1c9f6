/**
 * One Lua machine: an instance of the WASM module that can be made afresh in microseconds.
 *
 * Loads an image, runs the image's chunks, gives values back or a `LuaError`. Does no I/O and
 * waits for nothing. Invariants: nothing of an earlier tenant survives `fresh` or `resume`; a
 * machine whose memory was refused or whose code trapped answers nothing until then; the Lua
 * stack is as deep after a call as before it.
 */
import { type JsonObject, type JsonValue, MoonpoolError } from '../../core/index.ts';
import { CallLog } from './call-log.ts';
import { CountHook, type SoftLimits, SoftStop } from './count-hook.ts';
import { ErrorTrace } from './error-trace.ts';
import { HeapRefused, LuaInstance } from './instance.ts';
import { type CallFailure, describeFailure } from './failure-report.ts';
import { RaisedStatus, ValueProblem } from './failure.ts';
import { LuaAbort } from './host-imports.ts';
import { allocateHostSlots, type CallContext, type HostSlots } from './host-functions.ts';
import { type LuaImage, openImage } from './image.ts';
import { REGISTRY, STATUS } from './lua-api.ts';
import type { MachineLimits } from './machine-limits.ts';
import { HEAP_START, PAGE_BYTES } from './memory-layout.ts';
import { type ImageWords, openParked, packMachine, toImageWords, unpackMachine } from './parked.ts';
import { writeRandomState } from './random-seed.ts';
import { TextCodec } from './text-codec.ts';
import { ValueReader } from './value-reader.ts';
import { ValueWriter } from './value-writer.ts';
import type { WasmModule } from './wasm-types.ts';
import { workspaceAt } from './workspace.ts';

/** What a chunk is called with. */
export interface LuaCallInput {
  readonly state: JsonObject;
  readonly variables: JsonObject;
  /** What `now()` answers: whole ms since 1970 UTC of the outside event that started the segment. */
  readonly nowMs: number;
}

/** What a chunk gave. */
export interface LuaCallResult {
  /** Its first return value; undefined for nil or none. See `toUpdates`. */
  readonly value: JsonValue | undefined;
  /** What it printed, a line per call of `print`. */
  readonly logs: readonly string[];
  /** True when it printed more than `logBytes`. */
  readonly logsCut: boolean;
}

/** `empty` has no machine yet; `failed` and `dead` need `fresh` or `resume` (a dead one gets a new instance there). */
export type MachineState = 'empty' | 'ready' | 'failed' | 'dead';

/** One instance with everything that is made once for it. */
export interface Engine {
  readonly instance: LuaInstance;
  readonly texts: TextCodec;
  readonly writer: ValueWriter;
  readonly reader: ValueReader;
  readonly trace: ErrorTrace;
  readonly slots: HostSlots;
  readonly hook: CountHook;
}

/** What tests may know about a machine's inside. */
export interface MachineFacts {
  /** Values on the Lua stack; one, the message handler, between calls. */
  readonly stackTop: number;
  /** Slots of the function table. */
  readonly tableSlots: number;
  /** Heap ever handed out since the machine was made afresh. */
  readonly heapBytes: number;
  /** Length of the WASM memory. */
  readonly memoryBytes: number;
  /** All of it, live. */
  readonly memory: Uint8Array;
}

const MAX_ERROR_BYTES = 4096;

function toPages(bytes: number): number {
  return Math.ceil(bytes / PAGE_BYTES) * PAGE_BYTES;
}

/** Builds an instance and what belongs to it; image builders use it too. */
export function createEngine(module: WasmModule, context: CallContext): Engine {
  const instance = new LuaInstance(module);
  const texts = new TextCodec(instance);
  const writer = new ValueWriter(instance, texts);
  const reader = new ValueReader(instance, texts);
  const trace = new ErrorTrace(instance, texts);
  const slots = allocateHostSlots({
    ...{ instance, texts, writer, reader, context },
    onError: (thread) => trace.look(thread),
  });
  return { instance, texts, writer, reader, trace, slots, hook: new CountHook(instance, trace) };
}

/**
 * A tenant's limits; what is left out is the machine's.
 *
 * `instructions` and `isOverdue` arm the count hook for the tenant's calls: these end with
 * `LUA_TIMEOUT` naming the line, past `pcall` and in coroutines, and the machine is `failed` then.
 * Armed, calls and loops cost about twice as much; without them nothing. A coroutine that was
 * parked by an unarmed tenant is not counted when an armed one resumes it.
 */
export type TenantLimits = Partial<Pick<MachineLimits, 'memoryBytes' | 'stateBytes' | 'logBytes'>> & SoftLimits;

/** Complete, but that the hook may be off. */
type ResolvedTenant = Pick<MachineLimits, 'memoryBytes' | 'stateBytes' | 'logBytes'> & SoftLimits;

/** See the head of the file. */
export class LuaMachine {
  readonly #module: WasmModule;
  readonly #limits: MachineLimits;
  readonly #context: CallContext = { nowMs: 0, log: new CallLog(0), maxValueBytes: 0 };
  readonly #opened = new WeakMap<LuaImage, ImageWords>();
  #engine: Engine;
  #image: LuaImage | undefined;
  #words: ImageWords | undefined;
  #tenant: ResolvedTenant;
  #state: MachineState = 'empty';

  constructor(module: WasmModule, limits: MachineLimits) {
    this.#module = module;
    this.#limits = limits;
    this.#tenant = limits;
    this.#engine = createEngine(module, this.#context);
  }

  /** Whether it can be called, and if not, why. */
  get state(): MachineState {
    return this.#state;
  }

  /** True after a trap: the next `fresh` or `resume` makes a new instance, at about 2.5 ms. */
  get isDead(): boolean {
    return this.#state === 'dead';
  }

  /** True when its memory grew past `keepBytes`: the next `fresh` or `resume` makes a new instance. */
  get hasGrown(): boolean {
    const used = this.#image?.layout.breakAt ?? HEAP_START;
    return this.#engine.instance.memoryBytes > toPages(used + this.#limits.keepBytes);
  }

  /**
   * Chooses the image that `fresh` and `resume` use. What the machine held is gone.
   *
   * Cost: the first time an image is seen it is copied and its checksum verified.
   *
   * @throws BUG_INVARIANT when the image is damaged
   */
  load(image: LuaImage): void {
    let words = this.#opened.get(image);
    if (words === undefined) {
      const content = openImage(image);
      words = toImageWords(content);
      if (!this.#engine.instance.hasConstants(content.constantBytes)) {
        throw new MoonpoolError('BUG_INVARIANT', 'A Lua image was made with other constants than this module has.');
      }
      this.#opened.set(image, words);
    }
    this.#image = image;
    this.#words = words;
    if (!this.isDead) this.#state = 'empty';
    this.#useLayout();
  }

  /**
   * Makes the machine what the image says, as if nothing had ever run on it.
   *
   * @param options.seed   seeds `math.random`: run seed, branch path and attempt
   * @param options.limits this tenant's own limits
   */
  fresh(options: { readonly seed: string; readonly limits?: TenantLimits }): void {
    const { image, words } = this.#requireImage();
    this.#beginTenant(image, image.layout.breakAt, options.limits);
    const { instance } = this.#engine;
    instance.restore(words.content);
    writeRandomState(options.seed, instance.u32, image.layout.randomState >> 2);
    this.#state = 'ready';
  }

  /**
   * The machine's bytes that differ from its image. The machine stays as it is.
   *
   * @throws BUG_INVARIANT unless the machine is ready
   */
  park(): Uint8Array {
    const { image, words } = this.#requireReady();
    return packMachine(this.#engine.instance, words, image.checksum);
  }

  /**
   * Makes the machine what it was when it was parked, here or in another thread with the same image.
   *
   * @throws BUG_INVARIANT when the bytes belong to another image or are damaged
   */
  resume(parked: Uint8Array, limits?: TenantLimits): void {
    const { image, words } = this.#requireImage();
    const packed = openParked(parked, image.checksum);
    this.#beginTenant(image, packed.breakAt, limits);
    this.#engine.instance.restore(words.content);
    unpackMachine(this.#engine.instance, packed);
    this.#state = 'ready';
  }

  /**
   * Runs a chunk of the image to its end.
   *
   * After `LUA_RAISED`, `LUA_VALUE` and a Lua stack overflow the machine is as the code left it;
   * after `LUA_MEMORY`, `LUA_TIMEOUT` and a trap it needs `fresh` or `resume`.
   *
   * @throws LUA_RAISED when the code raised an error
   * @throws LUA_MEMORY when it asked for more than its memory, even if it caught that
   * @throws LUA_STACK  when it recursed too deep
   * @throws LUA_VALUE  when the state or the result cannot cross
   * @throws LUA_TIMEOUT when the tenant's count hook ended it; see {@link TenantLimits}
   */
  call(chunkIndex: number, input: LuaCallInput): LuaCallResult {
    const { image } = this.#requireReady();
    const chunk = image.layout.chunks[chunkIndex];
    if (chunk === undefined) throw new MoonpoolError('BUG_INVARIANT', `The Lua image has no chunk ${chunkIndex}.`);
    const context = this.#context;
    context.log = new CallLog(this.#tenant.logBytes);
    context.maxValueBytes = this.#tenant.stateBytes;
    context.nowMs = Math.trunc(input.nowMs);
    this.#engine.instance.clockMs = context.nowMs;
    this.#engine.trace.clear();
    let value: JsonValue | undefined;
    try {
      value = this.#run(image, chunk.ref, input);
    } catch (thrown) {
      throw this.#toLuaError(image, chunkIndex, thrown);
    }
    return { value, logs: context.log.lines, logsCut: context.log.wasCut };
  }

  /** Gives the instance up. The machine cannot be used afterwards. */
  [Symbol.dispose](): void {
    this.#state = 'dead';
    this.#image = undefined;
    this.#words = undefined;
  }

  /** For leak tests: see {@link inspectMachine}. */
  inspect(): MachineFacts {
    const { instance } = this.#engine;
    const thread = this.#image?.layout.thread;
    return {
      stackTop: thread === undefined ? 0 : instance.api.lua_gettop(thread),
      tableSlots: instance.api.__indirect_function_table.length,
      heapBytes: instance.breakAt - HEAP_START,
      memoryBytes: instance.memoryBytes,
      memory: instance.u8,
    };
  }

  #run(image: LuaImage, ref: number, input: LuaCallInput): JsonValue | undefined {
    const { instance, writer, reader } = this.#engine;
    const { thread } = image.layout;
    const maxBytes = this.#tenant.stateBytes;
    const { api } = instance;
    instance.bridge.raw_get_index(thread, REGISTRY, ref);
    writer.push(thread, input.state, { root: 'state', maxBytes });
    writer.push(thread, input.variables, { root: 'variables', maxBytes });
    const status = this.#callProtected(image, 2, 1);
    if (instance.wasRefused) throw new HeapRefused('The heap of the Lua machine is full.');
    if (status !== STATUS.ok) throw new RaisedStatus(status);
    const value = reader.read(thread, { root: 'result', maxBytes, given: input.state });
    api.lua_settop(thread, 1);
    return value;
  }

  /** `lua_pcallk` for one result, with the count hook where the tenant has one. */
  #callProtected(image: LuaImage, args: number, handlerIndex: number): number {
    const { instance, hook } = this.#engine;
    const { thread, coroutineMakers } = image.layout;
    if (this.#tenant.instructions === undefined && this.#tenant.isOverdue === undefined) {
      return instance.api.lua_pcallk(thread, args, 1, handlerIndex, 0, 0);
    }
    hook.arm(thread, this.#tenant, coroutineMakers);
    try {
      return instance.api.lua_pcallk(thread, args, 1, handlerIndex, 0, 0);
    } finally {
      hook.disarm(thread);
    }
  }

  /** What `call` throws, and the state the machine is in then. */
  #toLuaError(image: LuaImage, chunkIndex: number, thrown: unknown): unknown {
    const { instance } = this.#engine;
    const report = { image, chunkIndex, logs: this.#context.log.lines, memoryBytes: this.#tenant.memoryBytes };
    try {
      const failure = this.#toFailure(image, thrown);
      instance.api.lua_settop(image.layout.thread, 1);
      return describeFailure(report, failure);
    } catch (fault) {
      // The instance was left in the middle of something: no more calls into it.
      if (fault instanceof SoftStop) {
        this.#state = 'failed';
        return describeFailure(report, { kind: 'stopped', limit: fault.limit, at: fault.place });
      }
      const isRefusal = fault instanceof HeapRefused || (fault instanceof LuaAbort && instance.wasRefused);
      this.#state = isRefusal ? 'failed' : 'dead';
      return describeFailure(report, isRefusal ? { kind: 'memory' } : { kind: 'trap', thrown: fault });
    }
  }

  /** Throws on what is no failure of the code alone: a refused heap, a trap, a fault of ours. */
  #toFailure(image: LuaImage, thrown: unknown): CallFailure {
    if (thrown instanceof ValueProblem) return { kind: 'value', text: thrown.message };
    if (!(thrown instanceof RaisedStatus)) throw thrown;
    const text = this.#errorText(image);
    if (this.#engine.instance.wasRefused) throw new HeapRefused('The heap of the Lua machine is full.');
    return { kind: 'raised', status: thrown.status, text, at: this.#engine.trace.last };
  }

  /** The text of the error object on top of the stack, made in a protected call: it may have a `__tostring`. */
  #errorText(image: LuaImage): string {
    const { instance, texts } = this.#engine;
    const { api } = instance;
    const { thread, describeRef } = image.layout;
    instance.bridge.raw_get_index(thread, REGISTRY, describeRef);
    api.lua_rotate(thread, -2, 1);
    if (this.#callProtected(image, 1, 0) !== STATUS.ok) return '(an error object that cannot be turned into text)';
    return texts.readAt(thread, -1, MAX_ERROR_BYTES);
  }

  #beginTenant(image: LuaImage, breakAt: number, limits: TenantLimits = {}): void {
    const tenant = { ...this.#limits, ...limits };
    const ceiling = toPages(image.layout.breakAt + tenant.memoryBytes);
    const { instance } = this.#engine;
    // Memory never shrinks, so an instance longer than this tenant's ceiling could not enforce it.
    if (this.isDead || this.hasGrown || instance.memoryBytes > ceiling) {
      this.#engine = createEngine(this.#module, this.#context);
      this.#useLayout();
    }
    this.#tenant = tenant;
    this.#engine.instance.ceilingBytes = ceiling;
    if (!this.#engine.instance.growHeap(Math.min(breakAt, ceiling))) {
      throw new MoonpoolError('LUA_MEMORY', 'There is no memory for another Lua machine.');
    }
  }

  #useLayout(): void {
    const layout = this.#image?.layout;
    if (layout === undefined) return;
    const { texts, writer, reader, trace } = this.#engine;
    const workspace = workspaceAt(layout.workspace);
    texts.scratch = workspace.scratch;
    writer.listMarkRef = layout.listMarkRef;
    reader.listMark = layout.listMark;
    trace.use(workspace, layout.raisers);
  }

  #requireImage(): { image: LuaImage; words: ImageWords } {
    if (this.#image === undefined || this.#words === undefined) {
      throw new MoonpoolError('BUG_INVARIANT', 'A Lua machine was used before an image was loaded.');
    }
    return { image: this.#image, words: this.#words };
  }

  #requireReady(): { image: LuaImage; words: ImageWords } {
    if (this.#state !== 'ready') {
      throw new MoonpoolError('BUG_INVARIANT', `A Lua machine was used while ${this.#state}; make it fresh first.`);
    }
    return this.#requireImage();
  }
}

/** The one hole for tests: stack depth, table slots, heap and memory of a machine. */
export function inspectMachine(machine: LuaMachine): MachineFacts {
  return machine.inspect();
}
