/**
 * What the engine needs from outside, as types: lanes, actions, the journal. `app` plugs them in.
 */
import type { ErrorData, JsonObject, JsonValue, RunId } from '../core/index.ts';
import type {
  ActionCatalogue,
  ActionFacts,
  Flow,
  FlowSettings,
  Interrupts,
  SegmentFact,
  SegmentOutcome,
  SegmentRequest,
} from '../flow/index.ts';

export type { ActionCatalogue, ActionFacts };

/** Runs pure segments somewhere that is not the main thread. */
export interface SegmentRunner {
  /**
   * Runs one segment of `flow`.
   *
   * A limit, a guest failure or a full queue (LUA_OVERLOADED) is a `failed` end, not a rejection.
   *
   * @throws the signal's reason within 100 ms of its abort
   */
  runSegment(flow: Flow, request: SegmentRequest, options: SegmentOptions): Promise<SegmentOutcome>;
}

/** The circumstances of one segment. */
export interface SegmentOptions {
  /** Stops the segment; its lane is ended if the code there does not give way. */
  readonly signal: AbortSignal;
  /** Called with what happens, in order, while the segment runs; never after its outcome. */
  readonly onFacts: (facts: readonly SegmentFact[]) => void;
  /** More segments follow in this turn of the event loop, which may go with this one. Default false. */
  readonly isMoreComing?: boolean;
}

/** The circumstances of one action call. */
export interface ActionCall {
  readonly runId: RunId;
  readonly node: string;
  /** The flow that calls, for messages and per-flow names. */
  readonly flowName: string;
  /** The folder relative paths start from. */
  readonly flowDirectory: string;
  /** `run id/node path/iteration`: the same for every attempt and after every restart. */
  readonly idempotencyKey: string;
  /** Which try of this call it is, from 1. */
  readonly attempt: number;
  /** The instant the call was recorded, ms since 1970. */
  readonly nowMs: number;
  /** The limiters of the flow that calls, by name; absent: it has none. */
  readonly rateLimiters?: FlowSettings['rateLimiters'];
  /** Hosts it may go to, because of secrets in its input; absent: any. */
  readonly hosts?: readonly string[];
  /** Monotonic deadline of the run; no call outlives it. */
  readonly deadlineTickMs?: number;
  /** Aborts when the run is cancelled or out of time. */
  readonly signal: AbortSignal;
}

/** What a flow answers over HTTP when it says so itself (`http.respond`). */
export interface FlowResponse {
  readonly status: number;
  readonly headers: { readonly [name: string]: string };
  /** Text is sent as it is; anything else as JSON. */
  readonly body: JsonValue;
  /** Hash of the blob that is sent instead of `body`; recorded instead of its bytes. */
  readonly blob?: string;
  /** The bytes of that blob, in the outcome of a run only: its blobs are released with it. */
  readonly bytes?: Uint8Array;
}

/** What an action gives back: the node's result and, for `http.respond`, the run's answer. */
export interface ActionResult {
  readonly value: JsonValue;
  readonly response?: FlowResponse;
}

/** Something that touches the world. Built-in and operator-supplied actions look the same. */
export interface Action extends ActionFacts {
  /**
   * Does it.
   *
   * @param input passed `withSchema` already
   */
  run(input: JsonObject, call: ActionCall): Promise<ActionResult>;
}

/** The actions of one server. */
export interface ActionRegistry extends ActionCatalogue {
  /** The action of that name, or undefined. */
  find(name: string): Action | undefined;
}

/** What a call gets for a secret. */
export interface SecretUse {
  readonly value: string;
  /** Hosts it may be sent to; absent: any. */
  readonly hosts?: readonly string[];
}

/** The secrets of the operator: the only place their values are in. */
export interface SecretPort {
  /**
   * The secret `name` for a run of `flow`, the one that was started.
   *
   * @throws FLOW_SECRET when there is none or the flow may not have it; the message holds no value
   */
  use(name: string, flow: string): SecretUse;
  /** `value` with every secret's value, also in usual encodings, struck out. @throws FLOW_ACTION when it is too deep */
  strike<T extends JsonValue>(value: T): T;
}

/** How an effect ended. */
export type EffectOutcome =
  | { readonly kind: 'done'; readonly value: JsonValue; readonly response?: FlowResponse }
  | { readonly kind: 'failed'; readonly error: ErrorData };

/** One thing that came into a run from outside, in the order it was taken. */
export type JournalEntry =
  | {
      readonly kind: 'run.started';
      readonly atMs: number;
      readonly flowHash: string;
      readonly interpreterVersion: number;
      readonly input: JsonObject;
      readonly seed: number;
      /** Allow-listed environment values as the run sees them. */
      readonly env: JsonObject;
      /** The limit of a state in force: it decides how a join ends. */
      readonly stateBytes: number;
      /** Where the run waits, beside where its flow says so. */
      readonly interrupts?: Interrupts;
    }
  | { readonly kind: 'effect.begun'; readonly step: string; readonly atMs: number }
  | {
      readonly kind: 'effect.ended';
      readonly step: string;
      readonly atMs: number;
      readonly outcome: EffectOutcome;
      /** When it began, of an effect whose beginning has no entry because it is safe. */
      readonly beganAtMs?: number;
    }
  /** A segment that ended while others were in flight, or by a limit: limits are not deterministic. */
  | {
      readonly kind: 'segment.taken';
      readonly path: string;
      /** How many segments the path began before. */
      readonly ordinal: number;
      readonly failed?: ErrorData & { readonly node: string; readonly steps: number };
    }
  | { readonly kind: 'gate.answered'; readonly step: string; readonly atMs: number; readonly error?: ErrorData }
  | { readonly kind: 'timer.fired'; readonly timer: string; readonly atMs: number }
  | { readonly kind: 'input.given'; readonly step: string; readonly atMs: number; readonly value: JsonValue }
  | {
      readonly kind: 'run.cancelled';
      readonly atMs: number;
      readonly error: ErrorData;
      /** The segment that was in flight, alone: its end was never taken. */
      readonly during?: { readonly path: string; readonly ordinal: number };
    };

/** One run in a list. */
export interface RunSummary {
  readonly id: RunId;
  readonly flow: string;
  readonly status: RunStatus;
  readonly startedAtMs: number;
  readonly endedAtMs?: number;
  readonly error?: ErrorData;
  /** What the run asks for while its status is `waiting`. */
  readonly waitingFor?: readonly WaitingFor[];
  /** UTF-8 JSON of the final state of a run that succeeded. */
  readonly state?: Uint8Array;
}

/** What a waiting path asks for. */
export interface WaitingFor {
  /** What an input names to say which of several it is for. */
  readonly step: string;
  readonly node: string;
  /** `before` or `after` an interrupted node, whose input is merged into the state; or as a node's `result`. */
  readonly when: 'before' | 'after' | 'result';
  readonly prompt?: JsonValue;
  /** JSON Schema of what is to be given; absent → any object. */
  readonly schema?: JsonValue;
}

/** Which runs a list has; what is absent lets all through. */
export interface RunFilter {
  /** Name of the flow. */
  readonly flow?: string;
  readonly status?: RunStatus;
  /** Only runs whose id sorts before this one: those that began earlier. */
  readonly after?: RunId;
}

/** How a run stands. */
export type RunStatus = 'running' | 'waiting' | 'succeeded' | 'failed' | 'cancelled';

/** A run and what came into it. */
export interface RunJournal {
  readonly summary: RunSummary;
  readonly entries: readonly JournalEntry[];
  /** Whether every value is there, so that the run can be replayed. */
  readonly isComplete: boolean;
}

/** Keeps what came into runs. Every implementation passes the same conformance kit. */
export interface RunStore {
  /** Begins a run's journal. */
  create(summary: RunSummary): Promise<void>;
  /** Adds entries; resolved means kept as well as this store can. */
  append(id: RunId, entries: readonly JournalEntry[]): Promise<void>;
  /** Says that the run waits, or goes on; nothing happens to one that ended. */
  rest(id: RunId, waitingFor: readonly WaitingFor[] | undefined): Promise<void>;
  /** Marks the run as ended. */
  finish(id: RunId, end: Pick<RunSummary, 'status' | 'endedAtMs' | 'error' | 'state'>): Promise<void>;
  /** The journal in order, or undefined for an unknown run. `isComplete` is false when values were given up. */
  read(id: RunId): Promise<RunJournal | undefined>;
  /** Those that `where` lets through, newest first, at most `limit`. */
  list(limit: number, where?: RunFilter): Promise<readonly RunSummary[]>;
}

/** Bytes that stay outside state, Lua and journal while a run refers to them. */
export interface BlobHandle {
  /** SHA-256 of the content, hex. */
  readonly blob: string;
  readonly bytes: number;
  readonly type: string;
}

/** Holds blobs by content hash in the data folder. */
export interface BlobStore {
  /**
   * Streams `source` in, under the run's name.
   *
   * @throws CONN_TOO_LARGE above `maxBytes`; STORE_FULL when the disk is full; nothing half-written stays
   */
  put(
    runId: RunId,
    source: AsyncIterable<Uint8Array>,
    options: { readonly type: string; readonly maxBytes: number },
  ): Promise<BlobHandle>;
  /** The bytes of a blob that some run still refers to. @throws FLOW_ACTION for an unknown one */
  read(blob: string, signal: AbortSignal): Promise<Uint8Array>;
  /** Forgets the run's blobs; those no other run refers to are deleted. */
  release(runId: RunId): Promise<void>;
}

/** Durable values by namespace and key. A resolved write survives a kill. */
export interface KvStore {
  /** The value, or undefined. @throws STORE_IO when the file cannot be read */
  get(namespace: string, key: string): Promise<JsonValue | undefined>;
  /** Keeps `value`. @throws STORE_FULL when a limit or the disk is reached; the value before stays */
  set(namespace: string, key: string, value: JsonValue): Promise<void>;
  /** Forgets the key; false when there was none. */
  delete(namespace: string, key: string): Promise<boolean>;
}
