/**
 * The typed event stream of a run: what `--stream`, SSE and listeners see.
 */
import type { JsonObject } from '../core/index.ts';

/** The kinds of event, in CONTRACT order. */
export type RunEventName =
  | 'run.started'
  | 'node.started'
  | 'node.finished'
  | 'branch.started'
  | 'branch.finished'
  | 'retry.scheduled'
  | 'effect.started'
  | 'effect.finished'
  | 'run.waiting'
  | 'run.finished';

/** One event on the wire; `seq` rises by one within a life of the process. */
export interface RunEvent {
  readonly event: RunEventName;
  readonly run_id: string;
  readonly seq: number;
  /** The instant of the outside event that led to it, so the same on replay. */
  readonly at_ms: number;
  readonly node?: string;
  /** `/`-joined path of branch names; absent on the main path. */
  readonly branch?: string;
  /** What the event tells besides; empty when there is nothing. */
  readonly data: JsonObject;
}
