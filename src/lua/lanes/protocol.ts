/**
 * What the main thread and a lane say to each other, and the few words of memory they share.
 *
 * The shared words exist because a lane inside a Lua node cannot answer messages: it writes
 * where it is before each node, and main reads that while it watches the clock.
 */
import type { ErrorData } from '../../core/index.ts';
import type { Flow, SegmentFact, SegmentOutcome, SegmentRequest } from '../../flow/index.ts';

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
  length: 4,
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
  readonly failures: readonly { readonly step: number; readonly error: ErrorData }[];
  /** Facts main has already passed on. */
  readonly factCount: number;
}

/** Main → lane. */
export type ToLane =
  | { readonly kind: 'learn'; readonly flow: Flow }
  | { readonly kind: 'forget'; readonly flowHash: string }
  /** Make ready what the flow's first segment needs. */
  | { readonly kind: 'prepare'; readonly flowHash: string }
  | { readonly kind: 'run'; readonly request: SegmentRequest; readonly replacement?: Replacement };

/** Lane → main. */
export type FromLane =
  | { readonly kind: 'facts'; readonly facts: readonly SegmentFact[] }
  | { readonly kind: 'ended'; readonly outcome: SegmentOutcome }
  /** Main asked the lane to give way. */
  | { readonly kind: 'stopped' };
