/**
 * The language of decisions: what happens to a run, and what is to be done about it.
 */
import type { ErrorData, JsonObject } from '../core/index.ts';
import type { Breaker, Flow, Interrupts, PathMemo, SegmentFact, SegmentOutcome, SegmentStart } from '../flow/index.ts';
import type { RunEvent } from './events.ts';
import type { EffectOutcome, FlowResponse, WaitingFor } from './ports.ts';

/** Something that came into a run, in the order it was taken. */
export type Happening =
  | {
      readonly kind: 'started';
      readonly atMs: number;
      readonly state: Uint8Array;
      readonly input: JsonObject;
      /** Most that the states of all branches of one fan-out may have together. */
      readonly stateBytes: number;
      /** Where the run waits, beside where its flow says so. */
      readonly interrupts?: Interrupts;
    }
  | { readonly kind: 'segment_reported'; readonly path: string; readonly facts: readonly SegmentFact[] }
  | {
      readonly kind: 'segment_ended';
      readonly path: string;
      readonly outcome: SegmentOutcome;
      /** The outcome's machine was too much to keep. */
      readonly isMachineDropped?: boolean;
    }
  | { readonly kind: 'effect_begun'; readonly step: string; readonly atMs: number }
  | { readonly kind: 'effect_ended'; readonly step: string; readonly atMs: number; readonly outcome: EffectOutcome }
  /** A breaker answered: `error` when it is open. */
  | { readonly kind: 'gate_answered'; readonly step: string; readonly atMs: number; readonly error?: ErrorData }
  /** The input of a called flow was checked. */
  | { readonly kind: 'call_begun'; readonly path: string; readonly state: Uint8Array }
  | { readonly kind: 'call_refused'; readonly path: string; readonly error: ErrorData }
  | { readonly kind: 'timer_fired'; readonly timer: string; readonly atMs: number }
  /** A person gave `value`, UTF-8 JSON that was checked. */
  | { readonly kind: 'input_given'; readonly step: string; readonly atMs: number; readonly value: Uint8Array }
  /** Somebody cancelled the run, or its time was up: `error` says which. */
  | { readonly kind: 'stopped'; readonly atMs: number; readonly error: ErrorData };

/** An event before the runner numbers it and gives it its data. */
export type UnnumberedEvent = Omit<RunEvent, 'run_id' | 'seq' | 'data'> & Partial<Pick<RunEvent, 'data'>>;

/** What the runner is to do. */
export type Command =
  | {
      readonly kind: 'run_segment';
      readonly path: string;
      /** How many segments the path began before. */
      readonly ordinal: number;
      readonly flow: Flow;
      readonly start: SegmentStart;
      readonly state: Uint8Array;
      readonly memo?: PathMemo;
      readonly machine?: Uint8Array;
      /** The machine is to be made again from the journal first. */
      readonly isMachineDropped: boolean;
      readonly root?: string;
      readonly join?: string;
      readonly interrupts?: Interrupts;
      readonly nowMs: number;
      readonly stepsLeft: number;
    }
  | {
      readonly kind: 'run_effect';
      readonly path: string;
      readonly flow: Flow;
      /** `path/node/iteration`: with the run's id, the idempotency key. */
      readonly step: string;
      readonly node: string;
      /** Which try of this step it is, whatever was tried again: the node, a body, a branch. */
      readonly attempt: number;
      readonly uses: string;
      /** UTF-8 JSON of an object. */
      readonly with: Uint8Array;
      /** Wall clock of this attempt, when the node has one. */
      readonly timeoutMs?: number;
      readonly breaker?: BreakerUse;
    }
  /** Ask a breaker whether what it guards may be tried. */
  | { readonly kind: 'ask_breaker'; readonly path: string; readonly step: string; readonly breaker: BreakerUse }
  /** Tell a breaker how it went. */
  | { readonly kind: 'tell_breaker'; readonly breaker: BreakerUse; readonly success: boolean }
  /** Check the input of a called flow and make its first state. */
  | { readonly kind: 'begin_call'; readonly path: string; readonly flow: Flow; readonly input: Uint8Array }
  | { readonly kind: 'start_timer'; readonly timer: string; readonly path: string; readonly delayMs: number }
  | { readonly kind: 'stop_timer'; readonly timer: string }
  /** End whatever these paths have in flight; nothing of it is taken any more. */
  | { readonly kind: 'abandon'; readonly paths: readonly string[] }
  /** Nothing is in flight: the run goes on when somebody gives what one of these asks for. */
  | { readonly kind: 'wait'; readonly waitingFor: readonly WaitingFor[] }
  | { readonly kind: 'publish'; readonly event: UnnumberedEvent }
  | { readonly kind: 'finish'; readonly end: RunEnd };

/** A breaker by the name all runs of the process share. */
export interface BreakerUse {
  readonly name: string;
  readonly settings: Breaker;
}

/** How a run ended. */
export type RunEnd =
  | { readonly kind: 'succeeded'; readonly state: Uint8Array; readonly response?: FlowResponse }
  | { readonly kind: 'failed'; readonly error: ErrorData; readonly node?: string }
  | { readonly kind: 'cancelled'; readonly error: ErrorData };
