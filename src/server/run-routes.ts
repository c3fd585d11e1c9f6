/**
 * The run API: start, list, show, follow, give input, cancel.
 *
 * Knows requests as plain data. Invariant: what a client waits for ends when it leaves, when its
 * time is up, or when the server stops; the run goes on.
 */
import {
  type Clock,
  type Counter,
  fromErrorData,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  jsonTypeName,
  type Metrics,
  type RunId,
  SECOND_MS,
} from '../core/index.ts';
import {
  inputProblems,
  type Run,
  type RunOptions,
  type Runner,
  type RunStore,
  type RunSummary,
} from '../engine/index.ts';
import type { Reply } from '../fallback/index.ts';
import type { Flow } from '../flow/index.ts';
import { codeOf, RequestError } from './problem.ts';
import { parseBody } from './request-body.ts';
import { inputError, problemsOf } from './request-input.ts';
import { RunEvents } from './run-events.ts';
import { LISTED_COUNT, readListQuery, readWaitQuery } from './run-query.ts';
import { toListedRun, toRunBody, toWaitingJson } from './run-record.ts';

/** What the routes stand on. */
export interface RunRoutesParts {
  readonly runner: Runner;
  readonly runs: RunStore;
  readonly clock: Clock;
  readonly metrics: Metrics;
  /** The flow of that name as it is served now. */
  readonly flowNamed: (name: string) => Flow | undefined;
}

/** One of the routes, found by its path. */
export interface RunRoute {
  readonly name: 'start' | 'list' | 'show' | 'events' | 'input' | 'cancel';
  readonly methods: readonly string[];
  /** The flow's name or the run's id; empty for the list. */
  readonly subject: string;
}

/** A request that passed the guards. */
export interface RunRequest {
  /** The text after `?`, not decoded. */
  readonly query: string;
  readonly body: Uint8Array | undefined;
  readonly lastEventId: string | undefined;
  /** Aborts when the client is gone. */
  readonly clientGone: AbortSignal;
}

/** A stream instead of a whole answer. */
export interface StreamReply {
  readonly frames: AsyncIterable<Uint8Array>;
  /** Aborts when the client is gone or the server stops. */
  readonly signal: AbortSignal;
  /** To be called with how it ended. */
  readonly onEnd: (end: string) => void;
}

/** A cancelled run has ended within 100 ms; whoever asked is not kept for longer than this. */
const CANCEL_WAIT_MS = 5 * SECOND_MS;
/** Streams at once. */
const MAX_STREAMS = 64;
const JSON_HEADERS = { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' };
const READ = ['GET', 'HEAD'];

/** The route at a path as it stands in the request line; undefined when the path is none of the run API's. */
export function findRunRoute(path: string): RunRoute | undefined {
  const [, area, subject = '', rest] = /^\/api\/(flows|runs)(?:\/([^/]+)(?:\/([a-z]+))?)?$/.exec(path) ?? [];
  if (area === undefined) return undefined;
  if (area === 'flows') return rest === 'runs' ? { name: 'start', methods: ['POST'], subject } : undefined;
  if (subject === '') return { name: 'list', methods: READ, subject };
  switch (rest) {
    case undefined:
      return { name: 'show', methods: READ, subject };
    case 'events':
      return { name: 'events', methods: ['GET'], subject };
    case 'input':
    case 'cancel':
      return { name: rest, methods: ['POST'], subject };
    default:
      return undefined;
  }
}

/** See the head of this file. */
export class RunRoutes {
  readonly #parts: RunRoutesParts;
  readonly #events: RunEvents;
  readonly #closing = new AbortController();
  readonly #cuts: Counter;
  #streamCount = 0;

  constructor(parts: RunRoutesParts) {
    const { metrics } = parts;
    this.#parts = parts;
    this.#events = new RunEvents(parts);
    metrics.gauge('moonpool_event_streams', 'Clients that follow the events of a run.', () => this.#streamCount);
    this.#cuts = metrics.counter('moonpool_event_streams_ended_total', 'Streams of events that ended, by how.', [
      'how',
    ]);
  }

  /** Ends all streams and all waiting for runs; the answers still go out. */
  close(): void {
    this.#closing.abort();
  }

  /** The answer. @throws what `problemOf` makes an answer of */
  answer(route: RunRoute, request: RunRequest): Promise<Reply | StreamReply> {
    const subject = decodeURIComponent(route.subject);
    switch (route.name) {
      case 'start':
        return this.#start(subject, request);
      case 'list':
        return this.#list(request);
      case 'show':
        return this.#show(subject as RunId, 200);
      case 'events':
        return this.#follow(subject as RunId, request);
      case 'input':
        return this.#give(subject as RunId, request);
      case 'cancel':
        return this.#cancel(subject as RunId, request);
    }
  }

  async #start(flowName: string, request: RunRequest): Promise<Reply> {
    const { flowNamed } = this.#parts;
    const waitMs = readWaitQuery(request.query);
    const flow = flowNamed(flowName);
    if (flow === undefined) throw new RequestError('HTTP_NOT_FOUND', 'No flow of this name is served.');
    const { input = {} } = readBody(request.body, ['input']);
    if (!isJsonObject(input)) throw bodyError('input', `must be an object, got ${jsonTypeName(input)}`);
    const problems = inputProblems(flow, input);
    if (problems.length > 0) throw inputError(problems.map((message) => ({ in: 'body', name: 'input', message })));
    const priority = flow.endpoint?.priority;
    const run = this.#begin(flow, input, priority === undefined ? {} : { priority });
    if (waitMs !== undefined) await this.#within(waitMs, run.untilRest(), request);
    const summary = await this.#summaryOf(run);
    const location = { location: `/api/runs/${run.id}` };
    const { status, waitingFor } = summary;
    if (hasEnded(summary) && waitMs !== undefined) {
      return { status: 200, headers: { ...JSON_HEADERS, ...location }, body: toRunBody(summary) };
    }
    const waiting = status === 'waiting' ? { waiting_for: toWaitingJson(waitingFor) } : {};
    return jsonReply(202, { id: run.id, status, ...waiting }, location);
  }

  async #list({ query }: RunRequest): Promise<Reply> {
    const { limit = LISTED_COUNT, ...where } = readListQuery(query);
    // One more than is shown tells whether there is a next page.
    const found = await this.#parts.runs.list(limit + 1, where);
    const shown = found.slice(0, limit);
    const next = found.length > limit ? (shown.at(-1)?.id ?? null) : null;
    return jsonReply(200, { runs: shown.map(toListedRun), next });
  }

  async #show(id: RunId, status: number): Promise<Reply> {
    const journal = await this.#parts.runs.read(id);
    if (journal === undefined) throw unknownRun();
    return { status, headers: JSON_HEADERS, body: toRunBody(journal.summary) };
  }

  async #follow(id: RunId, { lastEventId, clientGone }: RunRequest): Promise<Reply | StreamReply> {
    const isFull = (): boolean => this.#streamCount >= MAX_STREAMS;
    const refusal = new RequestError('ADMIT_FULL', `${MAX_STREAMS} clients follow runs, as many as may at once.`);
    if (isFull()) throw refusal;
    const signal = AbortSignal.any([clientGone, this.#closing.signal]);
    const afterSeq = /^\d{1,15}$/.test(lastEventId ?? '') ? Number(lastEventId) : undefined;
    const frames = await this.#events.follow(id, afterSeq, signal);
    // The word of the standard for: there is nothing more, do not ask again.
    if (frames === undefined) return { status: 204, headers: { 'cache-control': 'no-store' }, body: new Uint8Array() };
    if (isFull()) throw refusal;
    this.#streamCount += 1;
    return {
      frames,
      signal,
      onEnd: (how) => {
        this.#streamCount -= 1;
        this.#cuts.add(1, { how });
      },
    };
  }

  async #give(id: RunId, request: RunRequest): Promise<Reply> {
    const { input, step } = readBody(request.body, ['input', 'step']);
    if (input === undefined) throw bodyError('input', 'is required');
    if (step !== undefined && typeof step !== 'string')
      throw bodyError('step', `must be a text, got ${jsonTypeName(step)}`);
    const run = this.#parts.runner.find(id);
    if (run === undefined) {
      if ((await this.#parts.runs.read(id)) === undefined) throw unknownRun();
      throw new RequestError('FLOW_NOT_WAITING', 'This run has ended, so it takes no input.');
    }
    try {
      await run.give(input, step);
    } catch (error) {
      throw refusalOf(error);
    }
    return this.#show(id, 202);
  }

  async #cancel(id: RunId, request: RunRequest): Promise<Reply> {
    readBody(request.body, []);
    const run = this.#parts.runner.find(id);
    if (run === undefined) return this.#show(id, 200);
    run.cancel('a client asked for it');
    await this.#within(CANCEL_WAIT_MS, run.outcome, request);
    const summary = await this.#summaryOf(run);
    return { status: hasEnded(summary) ? 200 : 202, headers: JSON_HEADERS, body: toRunBody(summary) };
  }

  #begin(flow: Flow, input: JsonObject, options: RunOptions): Run {
    try {
      return this.#events.start(flow, input, options);
    } catch (error) {
      if (codeOf(error) !== 'FLOW_CANCELLED') throw error;
      throw new RequestError('HTTP_UNAVAILABLE', 'The server is stopping and takes no new runs.');
    }
  }

  /** Waits for something of a run, at most so long, while there is somebody to answer. */
  async #within(waitMs: number, work: Promise<unknown>, { clientGone }: RunRequest): Promise<void> {
    const { promise: over, resolve } = Promise.withResolvers<void>();
    const onAbort = (): void => resolve();
    const cancelTimer = this.#parts.clock.after(waitMs, onAbort);
    const stop = AbortSignal.any([clientGone, this.#closing.signal]);
    stop.addEventListener('abort', onAbort, { once: true });
    if (stop.aborted) onAbort();
    try {
      await Promise.race([work, over]);
    } finally {
      cancelTimer();
      stop.removeEventListener('abort', onAbort);
    }
  }

  /** What is known of a run. @throws its error when the store refused to begin its journal */
  async #summaryOf(run: Run): Promise<RunSummary> {
    const journal = await this.#parts.runs.read(run.id);
    if (journal !== undefined) return journal.summary;
    const outcome = await run.outcome;
    throw outcome.kind === 'succeeded' ? unknownRun() : fromErrorData(outcome.error);
  }
}

function hasEnded({ status }: RunSummary): boolean {
  return status !== 'running' && status !== 'waiting';
}

function unknownRun(): RequestError {
  return new RequestError('HTTP_NOT_FOUND', 'No run has this id; runs that ended are forgotten after a while.');
}

/** Refusals of the engine are written for whoever gives input; anything else stays between us and the log. */
function refusalOf(error: unknown): unknown {
  const code = codeOf(error);
  if (!(error instanceof Error)) return error;
  if (code === 'FLOW_NOT_WAITING') return new RequestError(code, error.message);
  if (code !== 'FLOW_INPUT') return error;
  const { details } = error as { readonly details?: JsonObject };
  return inputError(problemsOf(details, error.message).map((problem) => ({ ...problem, name: 'input' })));
}

function bodyError(name: string, message: string): RequestError {
  return inputError([{ in: 'body', name, message }]);
}

/** The members of a body; an unknown one is a typing error that would otherwise do nothing. */
function readBody(bytes: Uint8Array | undefined, known: readonly string[]): { readonly [key: string]: JsonValue } {
  const body = parseBody(bytes);
  const problems = Object.keys(body)
    .filter((key) => !known.includes(key))
    .map((key) => ({ in: 'body' as const, name: key.slice(0, 40), message: `is not known here${listed(known)}` }));
  if (problems.length > 0) throw inputError(problems);
  return body;
}

function listed(known: readonly string[]): string {
  return known.length === 0 ? '; the body is empty' : `; the body has ${known.join(' and ')}`;
}

function jsonReply(status: number, body: JsonValue, headers: Reply['headers'] = {}): Reply {
  return { status, headers: { ...JSON_HEADERS, ...headers }, body: Buffer.from(`${JSON.stringify(body)}\n`) };
}
