/**
 * What the thread can do, by kind of job. Loaded in the thread only: the main thread never pays
 * for the libraries behind it.
 */
import { expandCalendar } from '../calendar/index.ts';
import type { JobAnswer, JobContext, WorkJobs, WorkKind } from './job-types.ts';

/** Does jobs of one kind. */
export type JobHandler<K extends WorkKind> = (input: WorkJobs[K]['input'], context: JobContext) => JobAnswer<K>;

/** The handler of each kind. */
export const JOB_HANDLERS: { readonly [K in WorkKind]: JobHandler<K> } = {
  'calendar.events': (input, { body, skip, mark }) => {
    const result = expandCalendar(body, input, { skip, onComponent: mark });
    if (result.kind !== 'calendar') return { result, rows: [] };
    return { result: { ...result, occurrences: [] }, rows: result.occurrences };
  },
};
