/**
 * One run as its caller sees it, and what runs are plugged into and limited by.
 */
import type { Clock, JsonObject, Log, Metrics, Random, RunId } from '../core/index.ts';
import type { RunEnd } from './decision.ts';
import type { RunEvent } from './events.ts';
import type { ActionRegistry, BlobStore, RunStore, SegmentRunner } from './ports.ts';

/** How a run ended: `state` is UTF-8 JSON of the final state. */
export type RunOutcome = RunEnd;

/** The circumstances a run starts in. */
export interface RunOptions {
  /** Cancels the run. */
  readonly signal?: AbortSignal;
  /** Whole-run time limit in ms; the flow's own `timeout` and the configured one count too, the smallest wins. */
  readonly timeoutMs?: number;
  readonly priority?: 'critical' | 'normal' | 'optional';
  /** Called with every event, in order, synchronously; must not throw. */
  readonly onEvent?: (event: RunEvent) => void;
}

/** One run under way. */
export interface Run {
  readonly id: RunId;
  /** Settles once and never rejects: failure and cancellation are outcomes. */
  readonly outcome: Promise<RunOutcome>;
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
  /** Largest state, JSON bytes. */
  readonly stateBytes: number;
  /** Longest run, ms. */
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
  /** Allow-listed environment values, read once at start. */
  readonly env: JsonObject;
}
