/**
 * The count hook: ends a call softly, at a line, for flows that were ended the hard way before.
 *
 * Armed only for a tenant that asks; a machine without it pays nothing. Lua calls it every
 * so many instructions of each coroutine, and a coroutine is charged that many when it is
 * made, so short ones are not free. C functions that loop count as one instruction: the lane's
 * deadline stands behind this. Invariant: outside a call the main coroutine has no hook.
 */
import { allocateHookSlot, toTableFunction } from './bridge.ts';
import type { CodePlace, ErrorTrace } from './error-trace.ts';
import type { LuaInstance } from './instance.ts';
import type { FunctionSlot, LuaThread } from './lua-api.ts';

/** When a call is ended softly. Either one arms the hook. */
export interface SoftLimits {
  /** Instructions of one call, a whole number from 1; the call ends within the next 1,000. */
  readonly instructions?: number;
  /** Asked every 1,000 instructions of a coroutine, and when one is made; true ends the call. Must not throw. */
  readonly isOverdue?: () => boolean;
}

/** Which of them did it. */
export type SoftLimit = 'instructions' | 'deadline';

/** Ends a call from inside the hook, past every `pcall`: it is no Lua error. Never leaves the folder. */
export class SoftStop extends Error {
  override readonly name = 'SoftStop';
  readonly limit: SoftLimit;
  readonly place: CodePlace | undefined;

  constructor(limit: SoftLimit, place: CodePlace | undefined) {
    super('A Lua call was ended by the count hook.');
    this.limit = limit;
    this.place = place;
  }
}

const MASK_COUNT = 8;
const INSTRUCTIONS_PER_HOOK = 1000;

/** See the head of the file. One per instance. */
export class CountHook {
  readonly #instance: LuaInstance;
  readonly #trace: ErrorTrace;
  readonly #slot: FunctionSlot;
  /** `coroutine.create` and `coroutine.wrap` as they are, and charging. */
  readonly #makers = new Map<FunctionSlot, { readonly plain: unknown; readonly charging: unknown }>();
  #limits: SoftLimits | undefined;
  #count = INSTRUCTIONS_PER_HOOK;
  #used = 0;

  constructor(instance: LuaInstance, trace: ErrorTrace) {
    this.#instance = instance;
    this.#trace = trace;
    // Taken at once, so that it has the same number in every instance: parked coroutines hold it.
    this.#slot = allocateHookSlot(instance.api, (thread) => this.#onCount(thread));
  }

  /** Begins to count the instructions of a call on `thread`. */
  arm(thread: LuaThread, limits: SoftLimits, makers: readonly FunctionSlot[]): void {
    this.#limits = limits;
    this.#count = Math.min(INSTRUCTIONS_PER_HOOK, limits.instructions ?? INSTRUCTIONS_PER_HOOK);
    this.#used = 0;
    const { api } = this.#instance;
    for (const slot of makers) api.__indirect_function_table.set(slot, this.#makerAt(slot).charging);
    api.lua_sethook(thread, this.#slot, MASK_COUNT, this.#count);
  }

  /** Leaves `thread` and the table as they were before {@link CountHook.arm}; coroutines disarm when next they count. */
  disarm(thread: LuaThread): void {
    this.#limits = undefined;
    const { api } = this.#instance;
    for (const [slot, { plain }] of this.#makers) api.__indirect_function_table.set(slot, plain);
    api.lua_sethook(thread, 0 as FunctionSlot, 0, 0);
  }

  #makerAt(slot: FunctionSlot): { readonly plain: unknown; readonly charging: unknown } {
    let maker = this.#makers.get(slot);
    if (maker === undefined) {
      const plain = this.#instance.api.__indirect_function_table.get(slot) as (thread: LuaThread) => number;
      const charging = toTableFunction('i:i', (thread) => {
        this.#charge(thread);
        return plain(thread);
      });
      maker = { plain, charging };
      this.#makers.set(slot, maker);
    }
    return maker;
  }

  #onCount(thread: LuaThread): void {
    // A coroutine made by an armed call and resumed by an unarmed one.
    if (this.#limits === undefined) this.#instance.api.lua_sethook(thread, 0 as FunctionSlot, 0, 0);
    else this.#charge(thread);
  }

  #charge(thread: LuaThread): void {
    const { instructions, isOverdue } = this.#limits ?? {};
    this.#used += this.#count;
    if (instructions !== undefined && this.#used > instructions) {
      throw new SoftStop('instructions', this.#trace.placeOf(thread, 0));
    }
    if (isOverdue?.() === true) throw new SoftStop('deadline', this.#trace.placeOf(thread, 0));
  }
}
