/**
 * What the main thread and a lane say to each other, and the few words of memory they share.
 *
 * The shared words exist because a lane inside a Lua node cannot answer messages: it writes
 * where it is before each node, and main reads that while it watches the clock. Segments are
 * given to a lane several at a time; each has a slot, whose claim says whose it is.
 */
import type { ErrorData } from '../../core/index.ts';
import type { Flow, PathMemo, SegmentFact, SegmentOutcome, SegmentRequest, SegmentStart } from '../../flow/index.ts';

/** Slots of a lane, used in turn: more than segments it is ever given, those taken back included. */
export const SLOT_COUNT = 256;

/** Indexes into the shared `Int32Array`. */
export const SHARED = {
  /** Rises by one whenever the lane begins a segment or a node: a new value starts a new time budget. */
  progress: 0,
  /** Slot of the segment that runs, or -1. */
  slot: 1,
  /** Index of the node the lane is in, or -1 between nodes. */
  node: 2,
  /** How many node steps the current segment has begun. */
  step: 3,
  /** 1 while other segments wait for a lane. */
  othersWait: 4,
  /** The claim of slot 0; the others follow. */
  claims: 5,
  length: 5 + SLOT_COUNT,
} as const;

/** Whose a segment is. Both threads change it by compare-and-exchange only, so neither is ever in doubt. */
export const CLAIM = {
  /** Given to the lane, not begun. */
  waiting: 0,
  /** The lane's: it runs or has run. */
  begun: 1,
  /** Main took it back before it began. */
  takenBack: 2,
  /** Begun, and asked to stop at its next node. */
  stop: 3,
} as const;

/** What a lane is started with. */
export interface LaneData {
  readonly wasm: Uint8Array;
  /** Derived from the installation; the Lua hash seed comes from it. */
  readonly salt: string;
  readonly shared: Int32Array<SharedArrayBuffer>;
}

/** What a segment that is run again needs to come out as it did before its lane was lost. */
export interface Replacement {
  /** At these steps the error stands in for the node. */
  readonly failures: readonly LateStep[];
  /** Facts main has already passed on. */
  readonly factCount: number;
}

/** What a segment is run with, beside its request. */
export interface SegmentContext {
  readonly replacement?: Replacement;
  /** Calls into Lua that earlier parts of the segment made. */
  readonly callsBefore: number;
  /** Arms the count hook: the flow was ended before, and is to be ended softly next time. */
  readonly isSuspect: boolean;
}

/** Where a byte array lies: a place in the message's bundle, or the array itself. */
export type Piece = number | Uint8Array;

/** An object: what of it holds no bytes, then name and content of each property that does. */
export type PackedObject = readonly [rest: object, ...parts: (string | Piece | readonly PackedObject[])[]];

/** What the segments of one run have in common, sent once. */
export type SharedPart = Omit<SegmentRequest, 'start' | 'seed' | 'state' | 'machine'>;

/** Index of the shared part, seed, state, machine, start, and context where that is not the usual. */
export type PackedRequest = readonly [
  number,
  string,
  Piece,
  Piece | undefined,
  PackedObject,
  SegmentContext | undefined,
];

/** Requests of one message. */
export interface PackedRequests {
  readonly bytes: Uint8Array;
  readonly shared: readonly SharedPart[];
  readonly own: readonly PackedRequest[];
}

/** A result: its kind, then what that has. */
export type PackedResult =
  | readonly ['ended', number, SegmentOutcome['guarded'], PackedObject]
  | readonly ['paused', PackedObject]
  | readonly ['late', LateStep]
  | readonly ['stopped'];

/** Main → lane. */
export type ToLane =
  | { readonly kind: 'learn'; readonly flow: Flow }
  | { readonly kind: 'forget'; readonly flowHash: string }
  /** Make ready what the flow's first segment needs. */
  | { readonly kind: 'prepare'; readonly flowHash: string }
  /** Segments in order, in slots that follow each other. */
  | { readonly kind: 'run'; readonly firstSlot: number; readonly requests: PackedRequests };

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
  /** Nodes with a breaker that ran to an end in this part. */
  readonly guarded: NonNullable<SegmentOutcome['guarded']>;
}

/** How a lane's use for one segment ended. */
export type SegmentResult =
  | { readonly kind: 'ended'; readonly outcome: SegmentOutcome }
  /** The segment held the lane for long while others waited. */
  | { readonly kind: 'paused'; readonly pause: SegmentPause }
  /** A graceful node was late: the segment is to be run again with the error in its place. */
  | { readonly kind: 'late'; readonly late: LateStep }
  /** Main asked it to stop. */
  | { readonly kind: 'stopped' };

/** What happened to the segment in a slot, in order; a result is its last. */
export type ReportEntry = readonly [slot: number, facts: readonly SegmentFact[] | undefined, result?: PackedResult];

/** What a lane's machine holds, and how often and for how long it was made fresh since the last report. */
export interface MachineFigures {
  readonly images: number;
  readonly freshCount: number;
  readonly freshMs: number;
}

/** Lane → main. */
export type FromLane =
  | {
      readonly kind: 'report';
      readonly entries: readonly ReportEntry[];
      /** Holds the bytes of the results. */
      readonly bytes: Uint8Array;
      /** Every slot up to this one is done with, or was skipped because main took it back. */
      readonly passed: number | undefined;
      readonly figures: MachineFigures;
    }
  /** What `prepare` asked for is done. */
  | { readonly kind: 'prepared' };
