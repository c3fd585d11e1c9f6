/**
 * What the main thread and a lane say to each other, and the few words of memory they share.
 *
 * The shared words exist because a lane inside a Lua node cannot answer messages: it writes
 * where it is before each node, and main reads that while it watches the clock.
 */
import type { ErrorData } from '../../core/index.ts';
import type { Flow, PathMemo, SegmentFact, SegmentOutcome, SegmentRequest, SegmentStart } from '../../flow/index.ts';

/** Indexes into the shared `Int32Array`. */
export const SHARED = {
  /** Rises by one whenever the lane begins a segment or a node: a new value starts a new time budget. */
  progress: 0,
  /** Index of the node the lane is in, or -1 between nodes. */
  node: 1,
  /** How many node steps the current segment has begun. */
  step: 2,
  /** 1 while main wants the current segment to give way at its next node. */
  stop: 3,
  /** 1 while other segments wait for a lane. */
  othersWait: 4,
  length: 5,
} as const;

/** What a lane is started with. */
export interface LaneData {
  readonly wasm: Uint8Array;
  /** Derived from the installation; the Lua hash seed comes from it. */
  readonly salt: string;
  readonly shared: Int32Array<SharedArrayBuffer>;
}

/** A segment whose lane was ended is run again; at these steps the error stands in for the node. */
export interface Replacement {
  readonly failures: readonly LateStep[];
  /** Facts main has already passed on. */
  readonly factCount: number;
}

/** Main → lane. */
export type ToLane =
  | { readonly kind: 'learn'; readonly flow: Flow }
  | { readonly kind: 'forget'; readonly flowHash: string }
  /** Make ready what the flow's first segment needs. */
  | { readonly kind: 'prepare'; readonly flowHash: string }
  | {
      readonly kind: 'run';
      readonly request: SegmentRequest;
      readonly replacement?: Replacement;
      /** Calls into Lua that earlier parts of the segment made. */
      readonly callsBefore: number;
      /** Arms the count hook: the flow was ended before, and is to be ended softly next time. */
      readonly isSuspect: boolean;
    };

/** The step of a segment that ran past its limit. */
export interface LateStep {
  readonly step: number;
  readonly error: ErrorData;
}

/** A segment that gave way between two nodes, and what it takes to go on. */
export interface SegmentPause {
  /** Where it goes on. */
  readonly start: Extract<SegmentStart, { kind: 'node' }>;
  readonly state: Uint8Array;
  readonly memo: PathMemo;
  readonly machine?: Uint8Array;
  /** Of this part of the segment. */
  readonly steps: number;
  readonly calls: number;
}

/** Lane → main. */
export type FromLane =
  | { readonly kind: 'facts'; readonly facts: readonly SegmentFact[] }
  | { readonly kind: 'ended'; readonly outcome: SegmentOutcome }
  /** The segment held the lane for long while others waited. */
  | { readonly kind: 'paused'; readonly pause: SegmentPause }
  /** A graceful node was late: the segment is to be run again with the error in its place. */
  | { readonly kind: 'late'; readonly late: LateStep }
  /** What `prepare` asked for is done. */
  | { readonly kind: 'prepared' }
  /** Main asked the lane to stop. */
  | { readonly kind: 'stopped' };
