/**
 * Carries out what `decide` commands: sends segments to lanes, calls actions, keeps the journal.
 */
import type { ErrorData, JsonObject, RunId } from '../core/index.ts';
import type { Flow } from '../spec/index.ts';
import type { RunEvent } from './events.ts';
import type { FlowResponse } from './ports.ts';

/** How a run ended. */
export type RunOutcome =
  /** `state` is UTF-8 JSON of the final state. */
  | { readonly kind: 'succeeded'; readonly state: Uint8Array; readonly response?: FlowResponse }
  | { readonly kind: 'failed'; readonly error: ErrorData; readonly node?: string }
  | { readonly kind: 'cancelled'; readonly error: ErrorData };

/** The circumstances a run starts in. */
export interface RunOptions {
  /** Cancels the run. */
  readonly signal?: AbortSignal;
  /** Whole-run time limit in ms; the flow's own `timeout` counts too, the smaller wins. */
  readonly timeoutMs?: number;
  readonly priority?: 'critical' | 'normal' | 'optional';
  /** Called with every event, in order, synchronously; must not throw. */
  readonly onEvent?: (event: RunEvent) => void;
}

/** One run under way. */
export interface Run {
  readonly id: RunId;
  /** Settles once, never rejects for a failed flow. */
  readonly outcome: Promise<RunOutcome>;
  /** Stops everything the run has in flight; the outcome is `cancelled`. */
  cancel(reason: string): void;
}

/** Starts runs. */
export interface Runner {
  /**
   * Starts a run of `flow`.
   *
   * @throws FLOW_INPUT when `input` does not fit the flow's input schema
   */
  start(flow: Flow, input: JsonObject, options?: RunOptions): Run;
  /** Resolves when no run is under way; new ones are refused from the call on. */
  drain(signal: AbortSignal): Promise<void>;
  /** Runs under way. */
  readonly activeCount: number;
}
