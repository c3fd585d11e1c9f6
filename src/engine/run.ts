/**
 * One run as its caller sees it, and what runs are plugged into and limited by.
 */
import type { Clock, JsonObject, JsonValue, Log, Metrics, Random, RunId } from '../core/index.ts';
import type { Flow, Interrupts } from '../flow/index.ts';
import type { RunEnd } from './decision.ts';
import type { RunEvent } from './events.ts';
import type { ActionRegistry, BlobStore, RunStore, SecretPort, SegmentRunner, WaitingFor } from './ports.ts';

/** How a run ended: `state` is UTF-8 JSON of the final state. */
export type RunOutcome = RunEnd;

/** A run that goes on when somebody gives what one of these asks for. */
export interface RunWaiting {
  readonly kind: 'waiting';
  readonly waitingFor: readonly WaitingFor[];
}

/** The circumstances a run starts in. */
export interface RunOptions {
  /** Cancels the run. */
  readonly signal?: AbortSignal;
  /** Whole-run time limit in ms; the flow's own `timeout` and the configured one count too, the smallest wins. */
  readonly timeoutMs?: number;
  readonly priority?: 'critical' | 'normal' | 'optional';
  /** Nodes before and after which the run waits, beside those the flow names. */
  readonly interrupts?: Interrupts;
  /** Called with every event, in order, synchronously; must not throw. */
  readonly onEvent?: (event: RunEvent) => void;
}

/** One run under way. */
export interface Run {
  readonly id: RunId;
  readonly flow: Flow;
  /** Settles once and never rejects: failure and cancellation are outcomes. */
  readonly outcome: Promise<RunOutcome>;
  /** What the run asks for now; empty while something is in flight. */
  readonly waitingFor: readonly WaitingFor[];
  /** Resolves when the run has ended or has nothing in flight and waits for somebody. */
  untilRest(): Promise<RunOutcome | RunWaiting>;
  /**
   * Gives a waiting run what it asks for; it goes on.
   *
   * @param step which of several; may be left out when there is one
   * @throws FLOW_NOT_WAITING; FLOW_INPUT for a value that does not fit what was asked for
   */
  give(value: JsonValue, step?: string): Promise<void>;
  /** Stops everything the run has in flight; the outcome is `cancelled`. */
  cancel(reason: string): void;
}

/** Ceilings of every run; a flow may ask for less. */
export interface RunLimits {
  /** Wall clock of one Lua node, ms, when the flow does not say. */
  readonly luaTimeoutMs: number;
  /** The same for flows with an endpoint. */
  readonly luaEndpointTimeoutMs: number;
  /** The most a flow may ask for. */
  readonly maxLuaTimeoutMs: number;
  readonly luaMemoryBytes: number;
  readonly maxLuaMemoryBytes: number;
  /** Lua instructions of one node; absent or 0 → not counted. */
  readonly luaInstructions?: number;
  /** Memory of the parked Lua machines of all runs; what is beyond is made again from the journal. */
  readonly parkedBytes: number;
  /** Largest state, JSON bytes. */
  readonly stateBytes: number;
  /** Longest run, ms; time it waits for somebody does not count. */
  readonly runTimeoutMs: number;
}

/** What a runner is plugged into. */
export interface RunnerPorts {
  readonly segments: SegmentRunner;
  readonly actions: ActionRegistry;
  readonly store: RunStore;
  readonly blobs: BlobStore | undefined;
  readonly clock: Clock;
  readonly seeds: Random;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly limits: RunLimits;
  /** Absent: there are none. */
  readonly secrets?: SecretPort;
  /** Allow-listed environment values, read once at start. */
  readonly env: JsonObject;
}
