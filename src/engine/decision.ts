/**
 * The words of `decide`: what can happen to a run, and what it can ask for.
 */
import type { ErrorData, JsonObject } from '../core/index.ts';
import type { SegmentFact, SegmentOutcome, SegmentStart } from '../flow/index.ts';
import type { RunEvent } from './events.ts';
import type { EffectOutcome, FlowResponse } from './ports.ts';

/** One thing that happened, in the order it was taken. */
export type Happening =
  | {
      readonly kind: 'started';
      readonly atMs: number;
      readonly state: Uint8Array;
      readonly input: JsonObject;
      /** Most that the states of all branches of one fan-out may have together. */
      readonly stateBytes: number;
    }
  | { readonly kind: 'segment_reported'; readonly path: string; readonly facts: readonly SegmentFact[] }
  | { readonly kind: 'segment_ended'; readonly path: string; readonly outcome: SegmentOutcome }
  | { readonly kind: 'effect_begun'; readonly step: string; readonly atMs: number }
  | { readonly kind: 'effect_ended'; readonly step: string; readonly atMs: number; readonly outcome: EffectOutcome }
  /** Somebody cancelled the run, or its time was up: `error` says which. */
  | { readonly kind: 'stopped'; readonly atMs: number; readonly error: ErrorData };

/** An event before the runner numbers it and gives it its data. */
export type UnnumberedEvent = Omit<RunEvent, 'run_id' | 'seq' | 'data'> & Partial<Pick<RunEvent, 'data'>>;

/** What the runner is to do. */
export type Command =
  | {
      readonly kind: 'run_segment';
      readonly path: string;
      readonly start: SegmentStart;
      readonly state: Uint8Array;
      readonly machine?: Uint8Array;
      readonly join?: string;
      readonly nowMs: number;
      readonly stepsLeft: number;
    }
  | {
      readonly kind: 'run_effect';
      readonly path: string;
      /** `path/node/iteration`: with the run's id, the idempotency key. */
      readonly step: string;
      readonly node: string;
      readonly uses: string;
      /** UTF-8 JSON of an object. */
      readonly with: Uint8Array;
    }
  /** End whatever these paths have in flight; nothing of them is taken any more. */
  | { readonly kind: 'abandon'; readonly paths: readonly string[] }
  | { readonly kind: 'publish'; readonly event: UnnumberedEvent }
  | { readonly kind: 'finish'; readonly end: RunEnd };

/** How a run ended. */
export type RunEnd =
  | { readonly kind: 'succeeded'; readonly state: Uint8Array; readonly response?: FlowResponse }
  | { readonly kind: 'failed'; readonly error: ErrorData; readonly node?: string }
  | { readonly kind: 'cancelled'; readonly error: ErrorData };
