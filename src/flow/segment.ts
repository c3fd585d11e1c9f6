/**
 * The language between the engine and the lanes: one pure stretch of a flow, and how it ended.
 *
 * A segment begins where something came from outside (a start, an effect's result, a join) and
 * goes on through nodes and routes until the next thing only the outside can do. State crosses
 * as UTF-8 JSON bytes that the engine never needs to parse.
 */
import type { ErrorData, JsonObject } from '../core/index.ts';
import type { ParallelRoute } from './flow.ts';

/** Where a segment begins. */
export type SegmentStart =
  | { readonly kind: 'entry' }
  /** A branch: at its first node. */
  | { readonly kind: 'node'; readonly node: string }
  /** An effect of `node` gave `value` (UTF-8 JSON): merge it, then route. */
  | { readonly kind: 'result'; readonly node: string; readonly value: Uint8Array }
  /** An effect of `node` failed: apply the node's `on_error`. */
  | { readonly kind: 'error'; readonly node: string; readonly error: ErrorData }
  /** All branches came in: set `parallel_results`, then run `join`. */
  | { readonly kind: 'joined'; readonly join: string; readonly results: readonly BranchResult[] };

/** One branch's entry in `parallel_results`, its state still as bytes. */
export interface BranchResult {
  readonly branch: string;
  readonly success: boolean;
  readonly state?: Uint8Array;
  readonly error?: ErrorData & { readonly node?: string };
  readonly timing_ms: number;
  readonly attempts: number;
}

/** What a lane needs to run one segment. */
export interface SegmentRequest {
  /** Segments of one run are served in their order, runs in turn. */
  readonly runId: string;
  readonly flowHash: string;
  readonly start: SegmentStart;
  /** UTF-8 JSON of an object. */
  readonly state: Uint8Array;
  /** Set inside a branch: reaching this node ends the segment. */
  readonly join?: string;
  /** Scopes beside `state` and `variables`: `run`, `env`, `settings`. */
  readonly scope: JsonObject;
  /** What `now()` answers: the instant of the outside event that started the segment. */
  readonly nowMs: number;
  /** Seeds the machine: run seed, branch path, attempt. */
  readonly seed: string;
  /** The path's parked machine; absent → fresh. */
  readonly machine?: Uint8Array;
  /** Node steps the run may still take. */
  readonly stepsLeft: number;
  readonly luaTimeoutMs: number;
  readonly luaMemoryBytes: number;
  /** Lua instructions one node may execute; absent: as many as its time allows. */
  readonly luaInstructions?: number;
  /** Largest state in bytes, both ways. */
  readonly stateBytes: number;
  readonly priority: 'critical' | 'normal' | 'optional';
  /** Whether facts are wanted as they happen; text that nodes print is always reported. */
  readonly wantFacts: boolean;
}

/** What happened inside a segment, in order. */
export type SegmentFact =
  | { readonly kind: 'node.started'; readonly node: string }
  | { readonly kind: 'node.finished'; readonly node: string; readonly updates?: JsonObject; readonly error?: ErrorData }
  | { readonly kind: 'log'; readonly node: string; readonly text: string };

/** How a segment ended. */
export type SegmentEnd =
  | { readonly kind: 'end'; readonly state: Uint8Array }
  /** The branch reached its join, or its own end. */
  | { readonly kind: 'joined'; readonly state: Uint8Array }
  | {
      readonly kind: 'action';
      readonly node: string;
      readonly uses: string;
      /** UTF-8 JSON of an object: as objects, a state's worth of small values would hold main up on arrival. */
      readonly with: Uint8Array;
      readonly state: Uint8Array;
      readonly machine?: Uint8Array;
    }
  | {
      readonly kind: 'parallel';
      /** The node whose route fans out; `__start__` for the entry. */
      readonly node: string;
      readonly route: ParallelRoute;
      readonly state: Uint8Array;
      readonly machine?: Uint8Array;
    }
  | { readonly kind: 'failed'; readonly node: string; readonly error: ErrorData };

/** A segment's end and how many node steps it took. */
export interface SegmentOutcome {
  readonly end: SegmentEnd;
  readonly steps: number;
}
