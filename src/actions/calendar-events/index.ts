/**
 * `calendar.events`: a calendar's text → what happens in a window, expanded in the work thread.
 *
 * A text that is no calendar fails the action, so that a flow keeps what it had; a calendar with
 * unreadable events gives the others and says what was left out.
 */
import { getOwn, type JsonObject, type JsonValue, MIB } from '../../core/index.ts';
import type { Action, ActionCall, BlobStore } from '../../engine/index.ts';
import type { WorkJob, WorkJobs, WorkThread } from '../../work/index.ts';
import { actionError, jobTimeMs, readDurationMs, readText, shown } from '../action-input.ts';
import { BLOB_HANDLE, objectSchema, textOrHandle } from '../action-schema.ts';
import { readTextSource } from '../text-source.ts';

const NAME = 'calendar.events';
/** Occurrences one call gives unless asked for more: about what fits into a state of 1 MiB. */
const DEFAULT_OCCURRENCES = 1_000;
const MAX_OCCURRENCES = 5_000;
const MAX_TEXT_BYTES = 50 * MIB;

type CalendarInput = WorkJobs['calendar.events']['input'];
type CalendarResult = WorkJobs['calendar.events']['result'];
type Calendar = Exclude<CalendarResult, { kind: 'not_a_calendar' }>;

/** What `calendar.events` is built on. */
export interface CalendarEventsDeps {
  readonly blobs: BlobStore;
  readonly work: WorkThread;
  /** Reads the monotonic clock, to give a job no more time than its run has left. */
  readonly clock: { tickMs(): number };
  /** Largest state of a run: occurrences take half of it at most, so that their flow can go on with them. */
  readonly stateBytes: number;
}

const WITH_SCHEMA = objectSchema(
  {
    text: textOrHandle('The calendar (RFC 5545) as text.'),
    blob: BLOB_HANDLE,
    from_ms: { type: 'number', description: 'Start of the window, ms since 1970; what ends after it is given.' },
    to_ms: { type: 'number', description: 'End of the window, not included, at most 800 days later.' },
    zone: { type: 'string', minLength: 1, description: 'Zone of the household, such as Europe/Berlin.' },
    owner: { type: ['string', 'null'], description: 'Mail address whose declined meetings are hidden.' },
    include_hidden: { type: ['boolean', 'null'], description: 'Also give what is free, cancelled or declined.' },
    include_description: { type: ['boolean', 'null'], description: 'Give the first 1,000 characters of descriptions.' },
    max_events: {
      type: ['integer', 'null'],
      minimum: 1,
      maximum: MAX_OCCURRENCES,
      description: `Most occurrences that are given, the earliest; default ${DEFAULT_OCCURRENCES}.`,
    },
    timeout: {
      type: ['string', 'number', 'null'],
      description: 'Limit of the work; that of the work thread is the ceiling.',
    },
  },
  ['from_ms', 'to_ms', 'zone'],
);

const RESULT_SCHEMA: JsonObject = {
  type: 'object',
  properties: {
    events: { type: 'array', description: 'One object per occurrence, by start.' },
    name: { type: 'string', description: 'What the calendar calls itself.' },
    warnings: { type: 'array', description: 'What was left out or guessed, at most 100 {code, message, line?, uid?}.' },
    total: { type: 'integer', description: 'Events in the calendar, inside the window or not.' },
    skipped: { type: 'integer', description: 'Events that could not be used.' },
  },
};

/** `calendar.events` over the work thread. */
export function createCalendarEventsAction(deps: CalendarEventsDeps): Action {
  return {
    name: NAME,
    effect: 'safe',
    about: 'Reads a calendar and gives what happens in a window of time.',
    withSchema: WITH_SCHEMA,
    resultSchema: RESULT_SCHEMA,
    async run(input, call) {
      const job: WorkJob<'calendar.events'> = {
        kind: 'calendar.events',
        body: await readSource(input, call, deps.blobs),
        input: toCalendarInput(input),
      };
      const timeoutMs = jobTimeMs(call, deps.clock, readDurationMs(NAME, input, 'timeout'));
      const options = { signal: call.signal, ...(timeoutMs === undefined ? {} : { timeoutMs }) };
      return { value: toValue(await deps.work.run(job, options), Math.floor(deps.stateBytes / 2)) };
    },
  };
}

async function readSource(input: JsonObject, call: ActionCall, blobs: BlobStore): Promise<string | Uint8Array> {
  const source = readTextSource(NAME, input, { maxBytes: MAX_TEXT_BYTES });
  return source.kind === 'text' ? source.text : blobs.read(source.handle.blob, call.signal);
}

function toCalendarInput(input: JsonObject): CalendarInput {
  const owner = readText(input, 'owner');
  return {
    fromMs: readInstant(input, 'from_ms'),
    toMs: readInstant(input, 'to_ms'),
    zone: readText(input, 'zone') ?? '',
    ...(owner === undefined ? {} : { owner }),
    limits: {
      maxOccurrences: readCount(input),
      includeHidden: getOwn(input, 'include_hidden') === true,
      includeDescription: getOwn(input, 'include_description') === true,
    },
  };
}

function readInstant(input: JsonObject, key: string): number {
  const value = getOwn(input, key);
  // Beyond this, no calendar date exists for the platform.
  if (typeof value === 'number' && Math.abs(value) <= 8.64e15) return Math.floor(value);
  throw actionError(NAME, `${key} must be an instant in ms since 1970, got ${shown(value)}.`);
}

function readCount(input: JsonObject): number {
  const value = getOwn(input, 'max_events') ?? DEFAULT_OCCURRENCES;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= MAX_OCCURRENCES) return value;
  throw actionError(NAME, `max_events must be a whole number from 1 to ${MAX_OCCURRENCES}, got ${shown(value)}.`);
}

function toValue(result: CalendarResult, maxBytes: number): JsonValue {
  if (result.kind === 'not_a_calendar') {
    throw actionError(NAME, result.message, { details: { reason: result.reason } });
  }
  const { kept, warnings } = fitOccurrences(result, maxBytes);
  return {
    events: kept as unknown as JsonValue,
    name: result.name,
    warnings: warnings as unknown as JsonValue,
    total: result.stats.event_count,
    skipped: result.stats.skipped_count,
  };
}

/** The earliest occurrences that fit into `maxBytes` as JSON; what had to go is in the warnings. */
function fitOccurrences(
  { occurrences, warnings }: Calendar,
  maxBytes: number,
): { readonly kept: Calendar['occurrences']; readonly warnings: Calendar['warnings'] } {
  let bytes = 0;
  const end = occurrences.findIndex((occurrence) => {
    bytes += Buffer.byteLength(JSON.stringify(occurrence)) + 1;
    return bytes > maxBytes;
  });
  if (end === -1) return { kept: occurrences, warnings };
  const message = `Only the first ${end} occurrences fit into half a state of the flow; ask for a shorter window or raise limits.state_bytes.`;
  return { kept: occurrences.slice(0, end), warnings: [...warnings, { code: 'occurrences_cut', message }] };
}
