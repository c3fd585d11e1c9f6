/**
 * A compiled script, and one call of it on a lane.
 *
 * Knows the lanes' own language (segments, facts) so that users of the library need not.
 */
import { fromErrorData, type JsonObject, mergeShallow, MoonpoolError, randomHex } from '../../core/index.ts';
import type { Flow, SegmentFact, SegmentRequest } from '../../flow/index.ts';
import type { LuaLanes as SegmentLanes } from '../lanes/index.ts';
import { type CallDefaults, type CallSettings, type LuaCallOptions, readCallOptions } from './call-options.ts';
import { CHECK_NODE } from './source.ts';

/** What a call gave. */
export interface LuaResult {
  /**
   * What the script returned: the fields of the object it returned. Anything but an object
   * stands under `result`; nil and nothing give no fields. Of several sources, a later one's
   * fields replace those of an earlier one. Untrusted, as the script is.
   */
  readonly updates: JsonObject;
  /** What it printed, a line per `print`; of each source at most 64 KiB, further lines are dropped. */
  readonly logs: readonly string[];
}

/** What a script needs of the lanes it was compiled for. */
export interface ScriptPort {
  /** @throws LUA_OVERLOADED when the lanes are closed */
  open(): Promise<SegmentLanes>;
  readonly defaults: () => CallDefaults;
  /** A text that no other call of these lanes has. */
  readonly nextId: () => string;
}

/** How long compiling may take on a lane. */
const COMPILE_TIMEOUT_MS = 10_000;

const encoder = new TextEncoder();

/** Lua that compiled, ready to be called any number of times, also at the same time. */
export class LuaScript {
  readonly #port: ScriptPort;
  readonly #flow: Flow;

  /** Made by `LuaLanes.compile`. */
  constructor(port: ScriptPort, flow: Flow) {
    this.#port = port;
    this.#flow = flow;
  }

  /**
   * Calls the script with `state` on a lane, in a machine made fresh for this call.
   *
   * The script sees the state as `state`; nothing it does changes the caller's object. Its
   * sources run one after the other in the same machine, so a later one sees the globals of an
   * earlier one, and the state with its updates. Calls that come while all lanes are busy wait.
   *
   * Cost: one hop to a thread and back, then microseconds; the first call on a lane also
   * compiles. A lane keeps the 16 scripts it used last ready.
   *
   * @param state   crosses as JSON text: what `JSON.stringify` leaves out, the script does not see
   * @throws LUA_RAISED     when the script raised an error; `details.line` and `details.traceback` say where
   * @throws LUA_TIMEOUT    when a source ran past `timeoutMs`; seen within 100 ms, whatever the script does
   * @throws LUA_MEMORY     when it asked for more than `memoryBytes`, even if it caught that
   * @throws LUA_STACK      when it recursed too deep
   * @throws LUA_VALUE      when the state or what it returned is not JSON or larger than `stateBytes`
   * @throws LUA_OVERLOADED when `queueCount` calls already wait, or the lanes are closed
   * @throws CONFIG_INVALID naming every option that is unknown or out of range
   * @throws the reason of `signal`
   */
  async run(state: JsonObject = {}, options: LuaCallOptions = {}): Promise<LuaResult> {
    options.signal?.throwIfAborted();
    const call = readCallOptions(options, this.#port.defaults());
    const request = {
      ...{ ...this.#request(call), start: { kind: 'entry' } as const },
      state: encodeState(state, call.stateBytes),
    };
    return this.#perform(request, options.signal);
  }

  /** Compiles everything on a lane, runs nothing. @throws SPEC_LUA */
  async check(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    const call = readCallOptions({ timeoutMs: COMPILE_TIMEOUT_MS }, this.#port.defaults());
    const start = { kind: 'node', node: CHECK_NODE } as const;
    await this.#perform({ ...this.#request(call), start, state: encoder.encode('{}') }, signal);
  }

  #request(call: CallSettings): Omit<SegmentRequest, 'start' | 'state'> {
    return {
      runId: call.group === '' ? `call ${this.#port.nextId()}` : `group ${call.group}`,
      flowHash: this.#flow.hash,
      scope: {},
      nowMs: call.nowMs,
      seed: call.seed === '' ? randomHex(16) : call.seed,
      stepsLeft: this.#flow.nodes.length,
      luaTimeoutMs: call.timeoutMs,
      luaMemoryBytes: call.memoryBytes,
      stateBytes: call.stateBytes,
      priority: call.priority,
      wantFacts: true,
    };
  }

  async #perform(request: SegmentRequest, signal: AbortSignal | undefined): Promise<LuaResult> {
    const lanes = await this.#port.open();
    const logs: string[] = [];
    let updates: JsonObject = {};
    const onFacts = (facts: readonly SegmentFact[]): void => {
      for (const fact of facts) {
        if (fact.kind === 'log') logs.push(fact.text);
        else if (fact.kind === 'node.finished' && fact.updates !== undefined)
          updates = mergeShallow(updates, fact.updates);
      }
    };
    using relay = relaySignal(signal);
    const { end } = await lanes.runSegment(this.#flow, request, { signal: relay.signal, onFacts });
    if (end.kind === 'failed') throw fromErrorData(end.error);
    if (end.kind !== 'end') throw new MoonpoolError('BUG_INVARIANT', `A script ended as "${end.kind}".`);
    return { updates, logs };
  }
}

/** A signal for one call, so that nothing of the call stays on a signal that lives longer. */
function relaySignal(outer: AbortSignal | undefined): Disposable & { readonly signal: AbortSignal } {
  const controller = new AbortController();
  const pass = (): void => controller.abort(outer?.reason);
  if (outer?.aborted === true) pass();
  outer?.addEventListener('abort', pass, { once: true });
  return { signal: controller.signal, [Symbol.dispose]: () => outer?.removeEventListener('abort', pass) };
}

/** @throws LUA_VALUE when `state` is no object, cannot be written or is too large */
function encodeState(state: JsonObject, maxBytes: number): Uint8Array {
  let json: string | undefined;
  try {
    json = JSON.stringify(state);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new MoonpoolError('LUA_VALUE', `The state cannot be written as JSON: ${why}`, { cause });
  }
  // Undefined for a function; text or a list for what has a toJSON of its own.
  if (json?.startsWith('{') !== true) throw new MoonpoolError('LUA_VALUE', 'The state must be an object.');
  const bytes = encoder.encode(json);
  if (bytes.length > maxBytes) {
    const message = `The state is ${bytes.length} bytes of JSON, over the limit of ${maxBytes}. Hand over less or raise stateBytes.`;
    throw new MoonpoolError('LUA_VALUE', message, { details: { bytes: bytes.length, limit: maxBytes } });
  }
  return bytes;
}
