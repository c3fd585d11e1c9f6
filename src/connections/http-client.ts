/**
 * The outbound HTTP client: requests as scoped leases over one pool.
 *
 * A caller never holds a connection: it is given an answer inside `use`, and when its function
 * ends, throws or outlives its deadline, the connection is back in the pool or closed. Redirects
 * are followed here, one hop at a time, each hop checked like a first request.
 */
import type { Clock, Log, Metrics } from '../core/index.ts';
import { MoonpoolError } from '../core/index.ts';
import { type AddressPolicy, createAddressPolicy } from './address-policy.ts';
import { openBody } from './answer-body.ts';
import { CallScope } from './call-scope.ts';
import { type Connection, openConnection, type RawAnswer } from './connection.ts';
import { isStaleSocketError, toAnswerError } from './connection-error.ts';
import { ConnectionPool, type PoolCounts, type Slot } from './connection-pool.ts';
import { createClientMetrics, type ClientMetrics } from './client-metrics.ts';
import { type HttpOptions, requireHttpOptions } from './http-options.ts';
import {
  type HttpRequest,
  type HttpTarget,
  isFollowed,
  MAX_REDIRECTS,
  toRedirectTarget,
  toTarget,
} from './http-target.ts';
import { createNameResolver, type NameResolver, type ResolveHost, systemResolve } from './name-resolver.ts';

/** An answer, valid only inside the function given to `use`. */
export interface HttpAnswer {
  readonly status: number;
  /** Names in lower case; several of one name joined with a comma. */
  readonly headers: { readonly [name: string]: string };
  /** Decoded bytes; can be read once. Reading throws CONN_TOO_LARGE, CONN_TIMEOUT or CONN_BODY. */
  readonly body: AsyncIterable<Uint8Array>;
}

/** Outbound HTTP. */
export interface HttpClient {
  /**
   * Sends a request and gives the answer to `fn`; resolves with what `fn` returned.
   *
   * Waits for a free connection in arrival order. Redirects (at most 5) are followed for GET and
   * HEAD. A GET whose kept-alive connection the peer had just closed is sent once more.
   *
   * @param signal ends the request at once with the signal's reason
   * @param fn     must not use the answer after it settles; abandoned when the time is over
   * @throws CONN_OVERLOADED when no connection came free; CONN_CLOSED after `close`
   * @throws CONN_CONNECT, CONN_TIMEOUT, CONN_BODY, CONN_TOO_LARGE as the catalogue says
   * @throws CONN_FORBIDDEN for a scheme, address, header or redirect that is not allowed
   */
  use<T>(request: HttpRequest, signal: AbortSignal, fn: (answer: HttpAnswer) => Promise<T>): Promise<T>;
  /**
   * Refuses new requests, lets those under way end, closes every connection. Harmless twice.
   *
   * @param signal cuts off what is still under way when it aborts
   */
  close(signal?: AbortSignal): Promise<void>;
  /** Connections in numbers. */
  readonly counts: PoolCounts;
}

/** What the client is built on. */
export interface HttpClientDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  /** Hosts (see `declaredHost`) of URLs that the operator wrote literally; these may be private. Read at every request. */
  readonly declaredHosts: {
    /** True for such a host. */
    has(host: string): boolean;
  };
  /** DNS; the platform's own when absent. */
  readonly resolve?: ResolveHost;
  /** PEM of authorities trusted beside the platform's own. */
  readonly extraAuthorities?: readonly string[];
}

/**
 * A client with its own pool.
 *
 * @throws CONFIG_INVALID when options contradict each other
 */
export function createHttpClient(options: HttpOptions, deps: HttpClientDeps): HttpClient {
  requireHttpOptions(options);
  return new PooledHttpClient(options, deps);
}

type Step<T> = { readonly kind: 'done'; readonly value: T } | { readonly kind: 'redirect'; readonly location: string };
type Use<T> = (answer: HttpAnswer) => Promise<T>;

/** One call of `use`. */
interface Call<T> {
  readonly request: HttpRequest;
  readonly scope: CallScope;
  readonly fn: Use<T>;
}

class PooledHttpClient implements HttpClient {
  readonly #options: HttpOptions;
  readonly #deps: HttpClientDeps;
  readonly #pool: ConnectionPool<Connection>;
  readonly #policy: AddressPolicy;
  readonly #resolver: NameResolver;
  readonly #metrics: ClientMetrics;
  readonly #scopes = new Set<CallScope>();
  #closing: Promise<void> | undefined;

  constructor(options: HttpOptions, deps: HttpClientDeps) {
    this.#options = options;
    this.#deps = deps;
    this.#policy = createAddressPolicy(deps.declaredHosts, options.allowPrivate);
    this.#resolver = createNameResolver(deps.resolve ?? systemResolve, deps.clock);
    this.#pool = new ConnectionPool(
      {
        maxTotal: options.poolTotalCount,
        maxPerHost: options.poolPerHostCount,
        maxQueue: options.queueCount,
        queueWaitMs: options.queueWaitMs,
        idleMs: options.idleMs,
      },
      deps.clock,
    );
    this.#metrics = createClientMetrics(deps.metrics, () => this.#pool.counts);
  }

  get counts(): PoolCounts {
    return this.#pool.counts;
  }

  async use<T>(request: HttpRequest, signal: AbortSignal, fn: Use<T>): Promise<T> {
    if (this.#closing !== undefined) {
      throw new MoonpoolError('CONN_CLOSED', 'The connections were shut down; no request is sent any more.');
    }
    signal.throwIfAborted();
    const target = toTarget(request);
    const totalMs = Math.min(request.timeoutMs ?? this.#options.totalTimeoutMs, this.#options.totalTimeoutMs);
    const { deadlineTickMs } = request;
    const limits = { totalMs, ...(deadlineTickMs === undefined ? {} : { deadlineTickMs }) };
    const scope = new CallScope(this.#deps.clock, target.origin, limits, signal);
    this.#scopes.add(scope);
    try {
      const value = await this.#follow(target, { request, scope, fn });
      this.#metrics.finished('ok');
      return value;
    } catch (error) {
      this.#metrics.finished(error instanceof MoonpoolError ? error.code : 'other');
      throw error;
    } finally {
      this.#scopes.delete(scope);
      scope.dispose();
    }
  }

  close(signal?: AbortSignal): Promise<void> {
    this.#closing ??= this.#pool.close();
    const cut = (): void => {
      const error = new MoonpoolError('CONN_CLOSED', 'The connections were shut down before the answer was complete.');
      for (const scope of this.#scopes) scope.abort(error);
    };
    if (signal?.aborted === true) cut();
    else signal?.addEventListener('abort', cut, { once: true });
    return this.#closing.finally(() => signal?.removeEventListener('abort', cut));
  }

  async #follow<T>(first: HttpTarget, call: Call<T>): Promise<T> {
    const seen = new Set<string>();
    let target = first;
    for (let redirects = 0; ; redirects += 1) {
      seen.add(`${target.origin}${target.path}`);
      const step = await this.#visit(target, call);
      if (step.kind === 'done') return step.value;
      const next = toRedirectTarget(target, step.location);
      if (redirects === MAX_REDIRECTS || seen.has(`${next.origin}${next.path}`)) {
        const why = redirects === MAX_REDIRECTS ? `more than ${MAX_REDIRECTS} times` : 'in a circle';
        throw new MoonpoolError('CONN_FORBIDDEN', `${first.origin} redirects ${why}; check the URL.`);
      }
      target = next;
    }
  }

  /** One hop, with the one retry that a stale connection earns. */
  async #visit<T>(target: HttpTarget, call: Call<T>): Promise<Step<T>> {
    const { scope } = call;
    const isTrusted = this.#policy.isTrustedHost(target.host);
    const key = `${target.origin} ${isTrusted ? 'trusted' : 'public'}`;
    for (let attempt = 0; ; attempt += 1) {
      const askedTickMs = this.#deps.clock.tickMs();
      const slot = await this.#pool.acquire(key, target.host, scope.signal);
      this.#metrics.leased(this.#deps.clock.tickMs() - askedTickMs, slot.isReused);
      let isReusable = false;
      let isStale = false;
      try {
        const answer = await this.#ask(target, slot, scope, attempt);
        isStale = answer === 'stale';
        if (answer === 'stale') continue;
        const step = await this.#hand(target, answer, call);
        isReusable = step.isReusable;
        return step.step;
      } finally {
        await this.#pool.release(slot, isReusable);
        // What was idle beside a stale connection is as old as it was.
        if (isStale) await this.#pool.discardIdle(key);
      }
    }
  }

  /** Opens a connection if the slot has none, sends, and awaits the headers. */
  async #ask(
    target: HttpTarget,
    slot: Slot<Connection>,
    scope: CallScope,
    attempt: number,
  ): Promise<RawAnswer | 'stale'> {
    slot.connection ??= await this.#open(target, scope);
    try {
      const { headersTimeoutMs } = this.#options;
      return await scope.phase('sent no headers', headersTimeoutMs, slot.connection.send(target, scope.signal));
    } catch (error) {
      scope.signal.throwIfAborted();
      const isRepeatable = target.method === 'GET' || target.method === 'HEAD';
      if (slot.isReused && isRepeatable && attempt === 0 && isStaleSocketError(error)) return 'stale';
      throw toAnswerError(target.origin, error);
    }
  }

  async #open(target: HttpTarget, scope: CallScope): Promise<Connection> {
    const opening = openConnection(target, {
      policy: this.#policy,
      resolver: this.#resolver,
      extraAuthorities: this.#deps.extraAuthorities ?? [],
      signal: scope.signal,
    });
    try {
      return await scope.phase('did not accept a connection', this.#options.connectTimeoutMs, opening);
    } catch (error) {
      // It may have opened in the same turn in which the call ended.
      void opening.then(
        (connection) => connection.destroy(),
        () => {},
      );
      throw error;
    }
  }

  /** Gives the answer to the caller, or says where it redirects. */
  async #hand<T>(
    target: HttpTarget,
    answer: RawAnswer,
    call: Call<T>,
  ): Promise<{ readonly step: Step<T>; readonly isReusable: boolean }> {
    const { request, scope } = call;
    const location = answer.headers['location'];
    if (location !== undefined && isFollowed(target, answer.status, location)) {
      answer.body.destroy();
      return { step: { kind: 'redirect', location }, isReusable: false };
    }
    const { origin } = target;
    const body = openBody(answer, scope, {
      origin,
      maxBytes: request.maxBytes,
      bodyTimeoutMs: this.#options.bodyTimeoutMs,
    });
    let isSettled = false;
    try {
      const work = callFn(call.fn, { status: answer.status, headers: answer.headers, body: body.chunks });
      const value = await scope.race(
        work.finally(() => {
          isSettled = true;
        }),
      );
      const isKept = (answer.headers['connection'] ?? '').toLowerCase() !== 'close';
      return { step: { kind: 'done', value }, isReusable: isKept && (body.isSpent() || (await isEmpty(answer))) };
    } finally {
      if (!body.isSpent()) answer.body.destroy();
      if (!isSettled) {
        this.#deps.log.warn('connection.reclaimed', { origin, holder: request.holder ?? 'unknown' });
      }
    }
  }
}

/** A throw before the first await is a rejection like any other. */
async function callFn<T>(fn: Use<T>, answer: HttpAnswer): Promise<T> {
  return fn(answer);
}

/** Reads the end of an answer that has no body, so that its connection can be used again. */
async function isEmpty(answer: RawAnswer): Promise<boolean> {
  const hasNoBody = answer.status === 204 || answer.status === 304 || answer.headers['content-length'] === '0';
  if (!hasNoBody || answer.body.destroyed) return false;
  try {
    for await (const chunk of answer.body as AsyncIterable<Uint8Array>) if (chunk.byteLength > 0) return false;
    return true;
  } catch {
    // The connection broke after the answer was complete: it is just not reused.
    return false;
  }
}
