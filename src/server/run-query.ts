/**
 * The query parameters of the run API, all problems at once.
 */
import { MINUTE_MS, nearestWord, parseDurationMs, type RunId } from '../core/index.ts';
import type { RunFilter, RunStatus } from '../engine/index.ts';
import { type InputProblem, RequestError } from './problem.ts';

/** Runs in a list unless asked for otherwise. */
export const LISTED_COUNT = 20;
/** The most that are listed at once. */
export const MAX_LISTED_COUNT = 100;
/** The longest a client may wait for a run. */
export const MAX_WAIT_MS = MINUTE_MS;

/** How runs stand, as `status=` names them. */
export const RUN_STATUSES: readonly RunStatus[] = ['running', 'waiting', 'succeeded', 'failed', 'cancelled'];

/**
 * How long to wait, in ms; undefined: not at all.
 *
 * @throws HTTP_REQUEST
 */
export function readWaitQuery(query: string): number | undefined {
  const values = readQuery(query, ['wait']);
  const text = values.get('wait');
  if (text === undefined) return undefined;
  const waitMs = parseDurationMs(text);
  if (waitMs !== undefined && waitMs <= MAX_WAIT_MS) return waitMs;
  throw queryError([problem('wait', 'must be a duration of at most 60s, such as 30s')]);
}

/**
 * Which runs to list. An empty value counts as not given.
 *
 * @throws HTTP_REQUEST
 */
export function readListQuery(query: string): RunFilter & { readonly limit?: number } {
  const values = readQuery(query, ['flow', 'status', 'after', 'limit']);
  const problems: InputProblem[] = [];
  const limit = Number(values.get('limit') ?? LISTED_COUNT);
  if (!/^\d{1,4}$/.test(values.get('limit') ?? '1') || limit < 1 || limit > MAX_LISTED_COUNT) {
    problems.push(problem('limit', `must be a whole number from 1 to ${MAX_LISTED_COUNT}`));
  }
  const asked = values.get('status');
  const status = RUN_STATUSES.find((known) => known === asked);
  if (asked !== undefined && status === undefined) {
    problems.push(problem('status', `must be one of ${RUN_STATUSES.join(', ')}`));
  }
  if (problems.length > 0) throw queryError(problems);
  const flow = values.get('flow');
  const after = values.get('after') as RunId | undefined;
  return {
    limit,
    ...(flow === undefined ? {} : { flow }),
    ...(status === undefined ? {} : { status }),
    ...(after === undefined ? {} : { after }),
  };
}

function readQuery(query: string, known: readonly string[]): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  const problems: InputProblem[] = [];
  for (const [name, value] of new URLSearchParams(query)) {
    const near = nearestWord(name, known);
    const meant = near === undefined ? '' : `, did you mean ${near}?`;
    if (!known.includes(name)) problems.push(problem(name.slice(0, 40), `is not known here${meant}`));
    else if (values.has(name)) problems.push(problem(name, 'must be given once'));
    else values.set(name, value);
  }
  if (problems.length > 0) throw queryError(problems);
  return new Map([...values].filter(([, value]) => value !== ''));
}

function problem(name: string, message: string): InputProblem {
  return { in: 'query', name, message };
}

function queryError(problems: readonly InputProblem[]): RequestError {
  const sentence = problems.map(({ name, message }) => `query ${name} ${message}`).join('; ');
  return new RequestError('HTTP_REQUEST', `The request does not fit: ${sentence}.`, {
    details: { errors: problems.map((one) => ({ ...one })) },
  });
}
