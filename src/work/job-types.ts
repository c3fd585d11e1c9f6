/**
 * The kinds of jobs, what goes in and what comes out; shared by both sides of the thread.
 *
 * A job's body crosses as shared memory, so that a second try needs no second copy. Its answer
 * crosses as one small result and rows in small batches: taking in a batch never holds the main
 * thread up.
 */
import type { CalendarOptions, CalendarResult, Occurrence } from '../calendar/index.ts';
import type { ErrorData, JsonValue } from '../core/index.ts';
import type { CsvFault, CsvOptions, CsvTable } from './csv-text.ts';
import type { JsonTextOptions, JsonTextResult } from './json-text.ts';

/** Every kind of job by name. A new kind is a row here, one in `JOB_HANDLERS`, one in `JOB_JOINS`. */
export interface WorkJobs {
  /** ICS text or bytes → occurrences in a window. */
  'calendar.events': { readonly input: CalendarOptions; readonly row: Occurrence; readonly result: CalendarResult };
  /** CSV text or bytes → rows. */
  'csv.parse': {
    readonly input: TextJob & { readonly csv: CsvOptions };
    readonly row: JsonValue;
    readonly result: CsvTable | CsvFault;
  };
  /** JSON text or bytes → the value at a place in it. */
  'json.parse': { readonly input: TextJob & JsonTextOptions; readonly row: never; readonly result: JsonTextResult };
}

/** How bytes become text. */
export interface TextJob {
  /** Content type the bytes came with; its charset counts. */
  readonly contentType: string;
}

/** The name of a kind of job. */
export type WorkKind = keyof WorkJobs;

/** What a caller wants done. */
export interface WorkJob<K extends WorkKind = WorkKind> {
  readonly kind: K;
  /** The text to work on; bytes are copied before `run` returns. */
  readonly body: string | Uint8Array;
  readonly input: WorkJobs[K]['input'];
}

/** How a handler in the thread sees its job. */
export interface JobContext {
  readonly body: Uint8Array;
  /** Components that were given up on in earlier tries. */
  readonly skip: ReadonlySet<number>;
  /** Says which component is next; -1 for work on the whole. */
  readonly mark: (component: number) => void;
}

/** What a handler gives: the answer without its rows, and the rows. */
export interface JobAnswer<K extends WorkKind> {
  readonly result: WorkJobs[K]['result'];
  readonly rows: readonly WorkJobs[K]['row'][];
}

/** Puts an answer and its rows together again, by kind. */
export const JOB_JOINS: { readonly [K in WorkKind]: (answer: JobAnswer<K>) => WorkJobs[K]['result'] } = {
  'calendar.events': ({ result, rows }) => (result.kind === 'calendar' ? { ...result, occurrences: rows } : result),
  'csv.parse': ({ result, rows }) => (result.ok ? { ...result, rows } : result),
  'json.parse': ({ result }) => result,
};

/** To the thread: do this. `mark` is two 32-bit numbers: the component, and a count that changes with each mark. */
export interface WorkOrder {
  readonly kind: WorkKind;
  readonly input: WorkJobs[WorkKind]['input'];
  readonly body: SharedArrayBuffer;
  readonly mark: SharedArrayBuffer;
  readonly skip: readonly number[];
}

/** From the thread. */
export type WorkMessage =
  | { readonly type: 'rows'; readonly rows: readonly WorkJobs[WorkKind]['row'][] }
  | { readonly type: 'done'; readonly result: WorkJobs[WorkKind]['result'] }
  | { readonly type: 'failed'; readonly error: ErrorData };

/** Place of the component in the mark. */
export const MARK_COMPONENT = 0;
/** Place of the count in the mark. */
export const MARK_COUNT = 1;
/** Size of the mark. */
export const MARK_BYTES = 8;
