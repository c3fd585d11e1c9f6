/**
 * The language between the engine and the lanes: one pure stretch of a flow, and how it ended.
 *
 * A segment begins where something came from outside (a start, an effect's result, a join) and
 * goes on through nodes and routes until the next thing only the outside can do. State crosses
 * as UTF-8 JSON bytes that the engine never needs to parse.
 */
import type { ErrorData, JsonObject, JsonValue } from '../core/index.ts';
import type { ParallelRoute } from './flow.ts';

/** Where a segment begins. `attempt` counts the tries of a node from 1. */
export type SegmentStart =
  | { readonly kind: 'entry' }
  /** At a node. `admitted` says what needs no asking any more: its condition and interrupt, or its breaker too. */
  | { readonly kind: 'node'; readonly node: string; readonly attempt?: number; readonly admitted?: Admission }
  /** A branch of the fan-out node `node`: merge `vars` (UTF-8 JSON of an object), then the body. */
  | { readonly kind: 'item'; readonly node: string; readonly vars: Uint8Array }
  /** An effect or call of `node` gave `value` (UTF-8 JSON): merge it, then route. */
  | { readonly kind: 'result'; readonly node: string; readonly attempt?: number; readonly value: Uint8Array }
  /** An effect, call or fan-out of `node` failed: apply what the node says of failures. */
  | {
      readonly kind: 'error';
      readonly node: string;
      readonly attempt?: number;
      readonly error: ErrorData;
      /** The node inside it that failed, when it is another. */
      readonly innermost?: string;
      /** Its breaker refused it: the node did not run, and its breaker learns nothing from that. */
      readonly isRefused?: true;
    }
  /** All branches came in: set `parallel_results`, then run `join`. */
  | { readonly kind: 'joined'; readonly join: string; readonly results: readonly BranchResult[] }
  /** All items of the fan-out node `node` came in. */
  | { readonly kind: 'collected'; readonly node: string; readonly results: readonly ItemResult[] }
  /** A person gave `value` (UTF-8 JSON of an object) before or after `node`: merge it, then go on. */
  | { readonly kind: 'given'; readonly node: string; readonly when: 'before' | 'after'; readonly value: Uint8Array };

/** How far a node was let in before its segment ended. */
export type Admission = 'interrupt' | 'breaker';

/** One branch's entry in `parallel_results`, its state still as bytes. */
export interface BranchResult {
  readonly branch: string;
  readonly success: boolean;
  readonly state?: Uint8Array;
  readonly error?: ErrorData & { readonly node?: string };
  readonly timing_ms: number;
  readonly attempts: number;
}

/** One item's entry in the results of a dynamic fan-out; `vars` and `state` still as bytes. */
export interface ItemResult extends Omit<BranchResult, 'branch'> {
  readonly index: number;
  /** What the branch was given: item and index, or the matrix. */
  readonly vars: Uint8Array;
}

/** One branch of a dynamic fan-out; `input` is the called flow's, when its body is a call. All UTF-8 JSON. */
export interface ItemStart {
  readonly vars: Uint8Array;
  readonly input?: Uint8Array;
}

/** A body the path is in: which iteration, and which try of its owner. */
export interface BodyFrame {
  readonly node: string;
  readonly iteration: number;
  readonly attempt: number;
}

/**
 * What a path remembers from segment to segment beside state and machine.
 *
 * The engine hands back what the last segment of the path gave it, and looks only at `frames`.
 */
export interface PathMemo {
  /** Bodies the path is in, the outermost first. */
  readonly frames: readonly BodyFrame[];
  /** State keys that expressions see as names of their own: item and index of the fan-outs around. */
  readonly itemKeys: readonly string[];
  /** In a branch of a dynamic fan-out: the state keys it has set. */
  readonly touched?: readonly string[];
}

/** What a lane needs to run one segment. */
export interface SegmentRequest {
  /** Segments of one run are served in their order, runs in turn. */
  readonly runId: string;
  readonly flowHash: string;
  readonly start: SegmentStart;
  /** UTF-8 JSON of an object. */
  readonly state: Uint8Array;
  /** Absent when the path begins on the run's or a called flow's main path. */
  readonly memo?: PathMemo;
  /** Name of the node whose body the path began in; absent at the top. What the path does not own, it does not leave. */
  readonly root?: string;
  /** Set inside a static branch: reaching this node ends the segment. */
  readonly join?: string;
  /** Scopes beside `state` and `variables`: `run`, `env`. */
  readonly scope: JsonObject;
  /** Nodes at which the run waits, beside those the flow names. */
  readonly interrupts?: Interrupts;
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

/** Names of nodes before and after which a run waits. */
export interface Interrupts {
  readonly before: readonly string[];
  readonly after: readonly string[];
}

/** What happened inside a segment, in order. */
export type SegmentFact =
  | { readonly kind: 'node.started'; readonly node: string }
  | {
      readonly kind: 'node.finished';
      readonly node: string;
      readonly updates?: JsonObject;
      readonly error?: ErrorData;
      /** More to tell: `skipped`, or `exit_reason` and `iterations` of a loop. */
      readonly notes?: JsonObject;
    }
  /** The attempt before failed; `attempt` is the number of the next. */
  | { readonly kind: 'retry.scheduled'; readonly node: string; readonly attempt: number; readonly delayMs: number }
  | { readonly kind: 'log'; readonly node: string; readonly text: string };

/** What every end that is gone on from carries. */
interface Continuation {
  readonly node: string;
  readonly state: Uint8Array;
  readonly memo: PathMemo;
  readonly machine?: Uint8Array;
}

/** How a segment ended. */
export type SegmentEnd =
  | { readonly kind: 'end'; readonly state: Uint8Array }
  /** The branch reached its join, or its own end. Of an item: what it set, not what it was given. */
  | { readonly kind: 'joined'; readonly state: Uint8Array }
  | (Continuation & {
      readonly kind: 'action';
      readonly attempt: number;
      readonly uses: string;
      /** UTF-8 JSON of an object: as objects, a state's worth of small values would hold main up on arrival. */
      readonly with: Uint8Array;
    })
  /** A static fan-out; `node` is the node whose route it is, `__start__` for the entry. */
  | (Continuation & { readonly kind: 'parallel'; readonly route: ParallelRoute; readonly branchMemo: PathMemo })
  /** A dynamic fan-out of at least one item. */
  | (Continuation & {
      readonly kind: 'each';
      readonly attempt: number;
      readonly items: readonly ItemStart[];
      readonly branchMemo: PathMemo;
    })
  /** A call of another flow with `input` (UTF-8 JSON of an object). */
  | (Continuation & {
      readonly kind: 'call';
      readonly attempt: number;
      readonly flow: string;
      readonly input: Uint8Array;
    })
  /** Somebody must give something: before the node, after it, or as its result. */
  | (Continuation & {
      readonly kind: 'wait';
      readonly attempt: number;
      readonly when: 'before' | 'after' | 'result';
      readonly prompt?: JsonValue;
      readonly schema?: JsonObject;
    })
  /** The node failed and is tried again after a while. */
  | (Continuation & { readonly kind: 'retry'; readonly attempt: number; readonly delayMs: number })
  /** The node has a breaker, which must be asked before it runs. */
  | (Continuation & { readonly kind: 'gate'; readonly attempt: number })
  | { readonly kind: 'failed'; readonly node: string; readonly error: ErrorData };

/** A segment's end, how many node steps it took, and how guarded nodes went. */
export interface SegmentOutcome {
  readonly end: SegmentEnd;
  readonly steps: number;
  /** Nodes with a breaker that ran to an end here, in order; actions and fan-outs excepted. */
  readonly guarded?: readonly { readonly node: string; readonly success: boolean }[];
}
