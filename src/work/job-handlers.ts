/**
 * What the thread can do, by kind of job. Loaded in the thread only: the main thread never pays
 * for the libraries behind it.
 */
import { expandCalendar } from '../calendar/index.ts';
import { decodeText } from '../core/index.ts';
import { parseCsv } from './csv-text.ts';
import type { JobAnswer, JobContext, TextJob, WorkJobs, WorkKind } from './job-types.ts';
import { parseJsonText } from './json-text.ts';

/** Does jobs of one kind. */
export type JobHandler<K extends WorkKind> = (input: WorkJobs[K]['input'], context: JobContext) => JobAnswer<K>;

/** The handler of each kind. */
export const JOB_HANDLERS: { readonly [K in WorkKind]: JobHandler<K> } = {
  'calendar.events': (input, { body, skip, mark }) => {
    const result = expandCalendar(body, input, { skip, onComponent: mark });
    if (result.kind !== 'calendar') return { result, rows: [] };
    return { result: { ...result, occurrences: [] }, rows: result.occurrences };
  },
  'csv.parse': (input, { body }) => {
    const result = parseCsv(toText(body, input), input.csv);
    return result.ok ? { result: { ...result, rows: [] }, rows: result.rows } : { result, rows: [] };
  },
  'json.parse': (input, { body }) => ({ result: parseJsonText(toText(body, input), input), rows: [] }),
};

/** Decoders refuse shared memory, so the bytes are copied once. */
function toText(body: Uint8Array, { contentType }: TextJob): string {
  return decodeText(body.slice(), contentType);
}
