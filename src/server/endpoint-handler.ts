/**
 * Answers requests to endpoint flows: a turn, a run, an answer; and the ladder down when that fails.
 *
 * Knows requests as plain data, so that it stands apart from the HTTP server. Invariant: it
 * always answers, and by the endpoint's own time limit at the latest.
 */
import {
  type Clock,
  type Counter,
  ERROR_FACTS,
  formatDuration,
  type HealthPort,
  type Histogram,
  type JsonObject,
  type Log,
  type Metrics,
  MoonpoolError,
  type RunId,
} from '../core/index.ts';
import type { Run, Runner, RunStore, WaitingFor } from '../engine/index.ts';
import { type Descent, type LastGood, markStale, type Reply, serveWithFallback, tasteOf } from '../fallback/index.ts';
import type { Admission } from './admission.ts';
import { isWorthKeeping, present, toReply } from './answer.ts';
import { codeOf, isRefusal, problemOf, RequestError } from './problem.ts';
import { toWaitingJson } from './run-record.ts';
import type { EndpointFlow } from './route-table.ts';

/** One request to an endpoint flow that passed the guards. */
export interface EndpointRequest {
  readonly flow: EndpointFlow;
  readonly method: string;
  readonly input: JsonObject;
  readonly accept: string | undefined;
  readonly ifNoneMatch: string | undefined;
  /** Aborts when the client is gone. */
  readonly clientGone: AbortSignal;
}

/** What answering takes. */
export interface EndpointHandlerOptions {
  readonly runner: Runner;
  /** The journal of that runner. */
  readonly runs: RunStore;
  readonly lastGood: LastGood;
  readonly admission: Admission;
  readonly clock: Clock;
  readonly log: Log;
  readonly health: HealthPort;
  readonly metrics: Metrics;
  /** For endpoints without a limit of their own, and the most any may take. */
  readonly handlerTimeoutMs: number;
  /** Zone in which a page says how old it is. */
  readonly zone: string;
}

/** Answers requests to endpoint flows. */
export interface EndpointHandler {
  /** The answer, complete with headers. Never rejects. */
  answer(request: EndpointRequest): Promise<Reply>;
}

/** What is learned about the run on the way, for the log and the answer. */
interface Trace {
  runId?: RunId;
  node?: string;
}

interface End {
  readonly status: number;
  readonly elapsedMs: number;
  readonly trace: Trace;
}

/** Runs that wait; one more that an endpoint began is ended. Fewer than the journal has room for. */
const MAX_WAITING = 100;

/** Upper bounds in seconds: a cached page takes 1 ms, a slow feed its whole time limit. */
const DURATION_BUCKETS: readonly number[] = [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10, 30];

/** A handler over the given parts. */
export function createEndpointHandler(options: EndpointHandlerOptions): EndpointHandler {
  return new LadderHandler(options);
}

class LadderHandler implements EndpointHandler {
  readonly #options: EndpointHandlerOptions;
  readonly #requests: Counter;
  readonly #seconds: Histogram;

  constructor(options: EndpointHandlerOptions) {
    this.#options = options;
    this.#requests = options.metrics.counter(
      'moonpool_http_requests_total',
      'Answered requests to endpoint flows by route, class of status and rung of the ladder.',
      ['route', 'status', 'path'],
    );
    this.#seconds = options.metrics.histogram(
      'moonpool_http_request_seconds',
      'Time from a request to its answer.',
      DURATION_BUCKETS,
      ['route'],
    );
  }

  async answer(request: EndpointRequest): Promise<Reply> {
    const { clock } = this.#options;
    const startTickMs = clock.tickMs();
    const isRead = request.flow.endpoint.method === 'GET';
    // A person's screen gets the emergency page, which tries again by itself; a program gets words.
    const taste = isRead ? tasteOf(request.accept) : 'json';
    const trace: Trace = {};
    const descent = await serveWithFallback(
      {
        direct: () => this.#direct(request, trace),
        ...(isRead ? { lastGood: () => this.#lastGood(request) } : {}),
        explain: (failure) => (taste === 'html' ? undefined : explain(failure, trace)),
      },
      taste,
    );
    const elapsedMs = clock.tickMs() - startTickMs;
    const reply = present(descent, { method: request.method, ifNoneMatch: request.ifNoneMatch, elapsedMs });
    this.#record(request, descent, { status: reply.status, elapsedMs, trace });
    return reply;
  }

  /** A run's answer. Rejects with what kept it from being made. */
  async #direct(request: EndpointRequest, trace: Trace): Promise<Reply> {
    const { flow, clientGone } = request;
    const { clock, handlerTimeoutMs } = this.#options;
    const timeoutMs = Math.min(flow.endpoint.timeoutMs ?? handlerTimeoutMs, handlerTimeoutMs);
    const stop = new AbortController();
    const cancelTimer = clock.after(timeoutMs, () => {
      stop.abort(new MoonpoolError('FLOW_TIMEOUT', `No answer within ${formatDuration(timeoutMs)}.`));
    });
    const onGone = (): void => stop.abort(new MoonpoolError('FLOW_CANCELLED', 'The client went away.'));
    if (clientGone.aborted) onGone();
    clientGone.addEventListener('abort', onGone, { once: true });
    const { promise: stopped, reject } = Promise.withResolvers<never>();
    stop.signal.addEventListener('abort', () => reject(stop.signal.reason), { once: true });
    stopped.catch(() => {
      // The race below may have been decided already.
    });
    try {
      return await Promise.race([this.#run(request, trace, { timeoutMs, signal: stop.signal }), stopped]);
    } finally {
      cancelTimer();
      clientGone.removeEventListener('abort', onGone);
    }
  }

  async #run(
    request: EndpointRequest,
    trace: Trace,
    { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: AbortSignal },
  ): Promise<Reply> {
    const { flow, input } = request;
    const { runner, admission, lastGood } = this.#options;
    const leave = await admission.enter(signal);
    try {
      signal.throwIfAborted();
      const run = runner.start(flow, input, { signal, timeoutMs, priority: flow.endpoint.priority });
      trace.runId = run.id;
      const outcome = await run.untilRest();
      if (outcome.kind === 'waiting') return this.#waits(run, outcome.waitingFor);
      if (outcome.kind === 'failed' && outcome.node !== undefined) trace.node = outcome.node;
      const reply = toReply(outcome, flow.endpoint);
      if (flow.endpoint.method === 'GET' && isWorthKeeping(reply)) lastGood.put(keyOf(request), reply);
      return reply;
    } catch (error) {
      const code = codeOf(error);
      if (isRefusal(code)) return problemOf(error);
      throw error;
    } finally {
      leave();
    }
  }

  /** Whoever asked is not kept: the run goes on when somebody gives it what it waits for. */
  async #waits(run: Run, waitingFor: readonly WaitingFor[]): Promise<Reply> {
    const waiting = await this.#options.runs.list(MAX_WAITING + 1, { status: 'waiting' });
    if (waiting.length > MAX_WAITING) {
      // Waiting runs stay until somebody comes; those of strangers must not keep all others out.
      run.cancel('too many runs wait');
      throw new RequestError('ADMIT_FULL', `${MAX_WAITING} runs wait for input, as many as may; try again later.`);
    }
    const body = { id: run.id, status: 'waiting', waiting_for: toWaitingJson(waitingFor) };
    return {
      status: 202,
      headers: {
        'content-type': 'application/json; charset=utf-8',
        'cache-control': 'no-store',
        location: `/api/runs/${run.id}`,
      },
      body: Buffer.from(`${JSON.stringify(body)}\n`),
    };
  }

  async #lastGood(request: EndpointRequest): Promise<Reply | undefined> {
    if (request.clientGone.aborted) return undefined;
    const { lastGood, clock, zone } = this.#options;
    const found = await lastGood.get(keyOf(request));
    if (found === undefined) return undefined;
    return markStale(found.reply, { atMs: found.atMs, nowMs: clock.nowMs(), zone });
  }

  #record(request: EndpointRequest, descent: Descent, end: End): void {
    const { health, log } = this.#options;
    const { endpoint, name } = request.flow;
    const route = `${endpoint.method} ${endpoint.path}`;
    const status = request.clientGone.aborted ? 'gone' : `${Math.floor(end.status / 100)}xx`;
    this.#requests.add(1, { route, status, path: descent.path });
    this.#seconds.observe(end.elapsedMs / 1000, { route });
    if (request.clientGone.aborted) return;
    const part = `endpoint.${name}`;
    if (descent.isDirect) {
      if (end.status < 400) health.report(part, 'ok');
      return;
    }
    const code = codeOf(descent.failure);
    log.warn('request.failed', {
      flow: name,
      code,
      message: messageOf(descent.failure),
      path: descent.path,
      ...(end.trace.runId === undefined ? {} : { run_id: end.trace.runId }),
      ...(end.trace.node === undefined ? {} : { node: end.trace.node }),
    });
    const rung = descent.path === 'last-good' ? 'answered with the last good answer' : 'could not answer';
    health.report(part, 'degraded', `${rung}: ${code}: ${ERROR_FACTS[code].about}`);
  }
}

function keyOf({ flow, input }: EndpointRequest): { endpoint: string; variant: string } {
  const names = Object.keys(input).sort();
  const variant = names.length === 0 ? '' : JSON.stringify(names.map((name) => [name, input[name]]));
  return { endpoint: `${flow.name} ${flow.endpoint.method} ${flow.endpoint.path}`, variant };
}

/** The failure in words, when it is one of the catalogue's; the rest is the emergency answer's. */
function explain(failure: unknown, { runId }: Trace): Reply | undefined {
  const code = codeOf(failure);
  if (code === 'BUG_INVARIANT' || code === 'FLOW_CANCELLED') return undefined;
  return problemOf(failure, runId);
}

/** For the log only. Never throws. */
function messageOf(failure: unknown): string {
  try {
    return failure instanceof Error ? failure.message : String(failure);
  } catch {
    return 'something that cannot be shown was thrown';
  }
}
