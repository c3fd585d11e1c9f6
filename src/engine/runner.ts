/**
 * Starts runs and knows which are under way. What a run does is in `active-run.ts`.
 */
import {
  type Clock,
  createRunId,
  type JsonObject,
  type Log,
  type Metrics,
  MoonpoolError,
  type Random,
  type RunId,
} from '../core/index.ts';
import type { Flow } from '../spec/index.ts';
import { ActiveRun } from './active-run.ts';
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

/** Starts runs. */
export interface Runner {
  /**
   * Starts a run of `flow`; input that does not fit the flow's schema makes it fail with FLOW_INPUT.
   *
   * @throws FLOW_CANCELLED after `drain` was called
   */
  start(flow: Flow, input: JsonObject, options?: RunOptions): Run;
  /** Resolves when no run is under way; new ones are refused from the call on. When `signal` aborts, the rest is cancelled. */
  drain(signal: AbortSignal): Promise<void>;
  /** Runs under way. */
  readonly activeCount: number;
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

/** A runner over the given ports. */
export function createRunner(ports: RunnerPorts): Runner {
  const active = new Set<ActiveRun>();
  let draining = false;
  const started = ports.metrics.counter('moonpool_runs_started_total', 'Runs started.');
  const ended = ports.metrics.counter('moonpool_runs_ended_total', 'Runs ended, by outcome.', ['outcome']);
  ports.metrics.gauge('moonpool_runs_active', 'Runs under way.', () => active.size);

  return {
    get activeCount() {
      return active.size;
    },
    start(flow, input, options = {}) {
      if (draining) throw new MoonpoolError('FLOW_CANCELLED', 'The server is stopping and takes no new runs.');
      const run = new ActiveRun(ports, { id: createRunId(ports.clock), flow, input, options });
      active.add(run);
      started.add();
      void run.outcome.then((outcome) => {
        active.delete(run);
        ended.add(1, { outcome: outcome.kind });
      });
      run.begin();
      return run;
    },
    async drain(signal) {
      draining = true;
      const cancelAll = (): void => {
        for (const run of active) run.cancel('the server is stopping');
      };
      if (signal.aborted) cancelAll();
      signal.addEventListener('abort', cancelAll, { once: true });
      await Promise.all([...active].map((run) => run.outcome));
      signal.removeEventListener('abort', cancelAll);
    },
  };
}
