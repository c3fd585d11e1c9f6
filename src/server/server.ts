/**
 * The HTTP server: one catch-all route over our own table, with every guard in front.
 *
 * Fastify brings sockets, body limits and the life cycle; which flow answers is decided here,
 * so that flows can be replaced while it runs. Invariant: every request that can be read gets
 * exactly one well-formed answer, or its connection is closed within `requestTimeoutMs`.
 */
import type { ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import {
  type Clock,
  type Counter,
  type Health,
  hasCode,
  KIB,
  type Log,
  type Metrics,
  MoonpoolError,
  SECOND_MS,
} from '../core/index.ts';
import type { Runner, RunStore } from '../engine/index.ts';
import { createLastGood, emergencyReply, type LastGood, type Reply, tasteOf } from '../fallback/index.ts';
import type { Flow } from '../flow/index.ts';
import { type Admission, createAdmission } from './admission.ts';
import { securityHeaders } from './answer.ts';
import { createEndpointHandler, type EndpointHandler } from './endpoint-handler.ts';
import { EVENT_STREAM_HEADERS, sendEventStream } from './event-stream.ts';
import { createOwnRoutes, type OwnRoutes } from './own-routes.ts';
import { codeOf, problemOf, problemReply, RequestError } from './problem.ts';
import { parseBody } from './request-body.ts';
import { checkAuthority, checkRequest, checkRunAuthority, isSafeMethod } from './request-guard.ts';
import { toInput } from './request-input.ts';
import { createRouteTable, type RouteMatch, type RouteTable } from './route-table.ts';
import { MAX_WAIT_MS } from './run-query.ts';
import { findRunRoute, type RunRoute, RunRoutes, type StreamReply } from './run-routes.ts';
import { type AdmissionLimits, isLoopback, type ServerOptions } from './server-options.ts';
import { refuseConnection } from './socket-errors.ts';

/** What a server is made of. */
export interface ServerParts {
  readonly runner: Runner;
  /** The journal of that runner. */
  readonly runs: RunStore;
  /** Those without an endpoint only count for readiness. */
  readonly flows: readonly Flow[];
  readonly health: Health;
  readonly log: Log;
  readonly metrics: Metrics;
  /** All metrics in Prometheus text form. */
  readonly metricsText: () => Promise<string>;
  readonly clock: Clock;
  /** Moonpool's own version. */
  readonly version: string;
  /** Folder of the last good answers; made when missing. */
  readonly lastGoodDirectory: string;
  /** Bearer token for endpoints that ask for one; when empty, those refuse everybody. */
  readonly token: string;
}

/** A server that listens once. */
export interface Server {
  /**
   * Begins to listen.
   *
   * @returns the address as a URL without a final slash
   * @throws HTTP_PORT_TAKEN when the port is in use
   * @throws CLI_MACHINE when this machine does not let us listen there
   */
  listen(): Promise<{ readonly url: string; readonly port: number }>;
  /** Serves `flows` from the next request on; requests in hand end with the flows they began with. */
  setFlows(flows: readonly Flow[]): void;
  /**
   * Takes no further connections, lets requests in hand end, then closes what is left.
   *
   * At most 8 s, less when `signal` aborts. Harmless when called again.
   */
  close(signal?: AbortSignal): Promise<void>;
}

const DRAIN_TIMEOUT_MS = 8 * SECOND_MS;
const MAX_HEAD_BYTES = 16 * KIB;

/** A server over the given parts; nothing is opened before `listen`. */
export function createServer(
  parts: ServerParts,
  options: { readonly server: ServerOptions; readonly admission: AdmissionLimits },
): Server {
  return new FastifyServer(parts, options.server, options.admission);
}

class FastifyServer implements Server {
  readonly #parts: ServerParts;
  readonly #options: ServerOptions;
  readonly #app: FastifyInstance;
  readonly #lastGood: LastGood;
  readonly #endpoints: EndpointHandler;
  /** The latest answer of a connection: while it is half-way out, nothing else may be written there. */
  readonly #answers = new WeakMap<Socket, ServerResponse>();
  readonly #matches = new WeakMap<FastifyRequest, ServedRoute>();
  /** Stops the time limit of a request. */
  readonly #timers = new WeakMap<FastifyRequest, () => void>();
  readonly #runRoutes: RunRoutes;
  readonly #runRequests: Counter;
  #routes: RouteTable;
  #ownRoutes: OwnRoutes;
  #state: 'new' | 'listening' | 'closing' = 'new';
  #flows: ReadonlyMap<string, Flow> = new Map();
  #closed: Promise<void> | undefined;

  constructor(parts: ServerParts, options: ServerOptions, limits: AdmissionLimits) {
    this.#parts = parts;
    this.#options = options;
    const { clock, log, health } = parts;
    const admission = createAdmission(limits, clock);
    this.#lastGood = createLastGood({ directory: parts.lastGoodDirectory, clock, log, health });
    this.#endpoints = createEndpointHandler({
      ...parts,
      admission,
      lastGood: this.#lastGood,
      handlerTimeoutMs: options.handlerTimeoutMs,
      zone: options.zone,
    });
    this.#runRoutes = new RunRoutes({ ...parts, flowNamed: (name) => this.#flows.get(name) });
    this.#runRequests = parts.metrics.counter(
      'moonpool_api_requests_total',
      'Answered requests to the run API by route and class of status.',
      ['route', 'status'],
    );
    this.#routes = createRouteTable([]);
    this.#ownRoutes = new Map();
    this.setFlows(parts.flows);
    this.#app = this.#createApp();
    this.#measure(admission);
  }

  setFlows(flows: readonly Flow[]): void {
    const { health, metricsText, version } = this.#parts;
    const routes = createRouteTable(flows);
    this.#ownRoutes = createOwnRoutes(routes, {
      health,
      metricsText,
      version,
      isReady: () => this.#state === 'listening' && this.#flows.size > 0,
      needsToken: !isLoopback(this.#options.host),
    });
    this.#routes = routes;
    this.#flows = new Map(flows.map((flow) => [flow.name, flow]));
  }

  async listen(): Promise<{ readonly url: string; readonly port: number }> {
    const { host, port } = this.#options;
    try {
      // For "localhost" Fastify would open a second listener that our limits do not reach.
      await this.#app.listen({ host: host === 'localhost' ? '127.0.0.1' : host, port });
    } catch (error) {
      throw listenError(error, host, port);
    }
    this.#state = 'listening';
    const bound = this.#app.server.address() as AddressInfo;
    return { url: `http://${urlHost(host)}:${bound.port}`, port: bound.port };
  }

  close(signal?: AbortSignal): Promise<void> {
    this.#closed ??= this.#close();
    const force = (): void => this.#app.server.closeAllConnections();
    if (signal?.aborted) force();
    signal?.addEventListener('abort', force, { once: true });
    return this.#closed.finally(() => signal?.removeEventListener('abort', force));
  }

  async #close(): Promise<void> {
    this.#state = 'closing';
    this.#runRoutes.close();
    const cancelTimer = this.#parts.clock.after(DRAIN_TIMEOUT_MS, () => this.#app.server.closeAllConnections());
    try {
      await this.#app.close();
    } finally {
      cancelTimer();
      await this.#lastGood.close();
    }
  }

  #createApp(): FastifyInstance {
    const { requestTimeoutMs, headersTimeoutMs, keepAliveTimeoutMs, maxConnectionCount, maxBodyBytes } = this.#options;
    const app = fastify({
      logger: false,
      bodyLimit: maxBodyBytes,
      requestTimeout: requestTimeoutMs,
      keepAliveTimeout: keepAliveTimeoutMs,
      return503OnClosing: false,
      forceCloseConnections: 'idle',
      http: {
        maxHeaderSize: MAX_HEAD_BYTES,
        // Checked by our own guard, whose refusal has a body.
        requireHostHeader: false,
        requestTimeout: requestTimeoutMs,
        headersTimeout: Math.min(headersTimeoutMs, requestTimeoutMs),
        connectionsCheckingInterval: Math.min(SECOND_MS, Math.ceil(headersTimeoutMs / 4)),
      },
      clientErrorHandler: (error, socket) => {
        const answer = this.#answers.get(socket);
        refuseConnection(error, socket, answer?.headersSent === true && !answer.writableFinished);
      },
      frameworkErrors: (_error, _request, reply) => {
        this.#send(reply, problemReply('HTTP_REQUEST', 'The request target is not a valid path.'));
      },
    });
    app.server.maxConnections = maxConnectionCount;
    app.removeAllContentTypeParsers();
    app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
    app.addHook('onRequest', async (request, reply) => this.#admit(request, reply));
    app.setErrorHandler((error, request, reply) => this.#send(reply, this.#errorReply(error, request)));
    app.setNotFoundHandler((request, reply) => this.#dispatch(request, reply));
    app.route({
      method: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'],
      url: '/*',
      handler: (request, reply) => this.#dispatch(request, reply),
    });
    return app;
  }

  /** Everything that can be refused before the body is read. Throws the refusal. */
  #admit(request: FastifyRequest, reply: FastifyReply): void {
    const { socket } = request.raw;
    this.#answers.set(socket, reply.raw);
    this.#limitTime(request, this.#options.requestTimeoutMs);
    reply.raw.once('close', () => this.#timers.get(request)?.());
    checkRequest(request.raw, this.#options);
    const match = this.#match(request.method, splitUrl(request.raw.url).path);
    this.#matches.set(request, match);
    if (match.kind === 'method') throw methodError(match.methods);
    if (match.kind === 'none') return;
    const authority = { host: this.#options.host, token: this.#parts.token };
    if (match.kind === 'run') return checkRunAuthority(request.raw, authority);
    const { endpoint } = match.flow;
    checkAuthority(endpoint, request.raw, authority);
    checkBodySize(Number(request.headers['content-length'] ?? 0), endpoint.maxBodyBytes);
  }

  /** Ends the connection of a request that is not over after `limitMs` from now. */
  #limitTime(request: FastifyRequest, limitMs: number): void {
    this.#timers.get(request)?.();
    this.#timers.set(
      request,
      this.#parts.clock.after(limitMs, () => request.raw.socket.destroy()),
    );
  }

  /** @throws HTTP_REQUEST when the path does not decode */
  #match(method: string, path: string): ServedRoute {
    const match = this.#routes.match(method, path);
    if (match === undefined) throw new RequestError('HTTP_REQUEST', 'The request target is not a valid path.');
    const route = findRunRoute(path);
    if (route !== undefined) {
      return route.methods.includes(method) ? { kind: 'run', route } : { kind: 'method', methods: route.methods };
    }
    if (match.kind !== 'none' || !this.#ownRoutes.has(path)) return match;
    return method === 'GET' || method === 'HEAD' ? match : { kind: 'method', methods: ['GET', 'HEAD'] };
  }

  async #dispatch(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const { path, query } = splitUrl(request.raw.url);
    const match = this.#matches.get(request);
    if (match?.kind === 'run') return this.#dispatchRun(match.route, request, reply);
    if (match?.kind !== 'found') {
      const own = this.#ownRoutes.get(path);
      if (own !== undefined && isSafeMethod(request.method)) return this.#send(reply, await own());
      throw new RequestError('HTTP_NOT_FOUND', 'Nothing is served at this method and path.');
    }
    const { flow, pathValues } = match;
    const bytes = request.body instanceof Uint8Array ? request.body : undefined;
    checkBodySize(bytes?.byteLength ?? 0, flow.endpoint.maxBodyBytes);
    const input = toInput(flow.endpoint, { pathValues, query, body: parseBody(bytes) });
    const answer = await this.#endpoints.answer({
      flow,
      method: request.method,
      input,
      accept: request.headers.accept,
      ifNoneMatch: request.headers['if-none-match'],
      clientGone: goneSignal(reply),
    });
    return this.#send(reply, answer);
  }

  async #dispatchRun(route: RunRoute, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const bytes = request.body instanceof Uint8Array ? request.body : undefined;
    const { requestTimeoutMs } = this.#options;
    if (route.name === 'start') this.#limitTime(request, requestTimeoutMs + MAX_WAIT_MS);
    let answer: Reply | StreamReply;
    try {
      answer = await this.#runRoutes.answer(route, {
        query: splitUrl(request.raw.url).query,
        body: bytes,
        lastEventId: headerText(request.headers['last-event-id']),
        clientGone: goneSignal(reply),
      });
    } catch (error) {
      if (codeOf(error) === 'BUG_INVARIANT') throw error;
      answer = problemOf(error);
      if (!(error instanceof RequestError)) {
        const message = error instanceof Error ? error.message : String(error);
        this.#parts.log.warn('request.failed', { route: route.name, code: codeOf(error), message });
      }
    }
    const status = 'frames' in answer ? 200 : answer.status;
    this.#runRequests.add(1, { route: route.name, status: `${Math.floor(status / 100)}xx` });
    if (!('frames' in answer)) return this.#send(reply, answer);
    this.#timers.get(request)?.();
    await this.#stream(reply, answer);
    return reply;
  }

  /** Sends events until there are no more or the client leaves. */
  async #stream(reply: FastifyReply, { frames, signal, onEnd }: StreamReply): Promise<void> {
    reply.hijack();
    const headers = { ...securityHeaders(EVENT_STREAM_HEADERS['content-type']), ...EVENT_STREAM_HEADERS };
    reply.raw.writeHead(200, headers);
    // An event may be long in coming; until the head is out a browser takes the stream for not open.
    reply.raw.flushHeaders();
    onEnd(await sendEventStream(reply.raw, frames, { clock: this.#parts.clock, signal }));
  }

  #send(reply: FastifyReply, answer: Reply): FastifyReply {
    const closing = this.#state === 'closing' ? { connection: 'close' } : {};
    reply
      .code(answer.status)
      .headers({ ...securityHeaders(answer.headers['content-type']), ...answer.headers, ...closing });
    return answer.status === 304 || answer.status === 204 ? reply.send() : reply.send(Buffer.from(answer.body));
  }

  #errorReply(error: unknown, request: FastifyRequest): Reply {
    if (error instanceof RequestError) return problemOf(error);
    if (hasCode(error, 'FST_ERR_CTP_BODY_TOO_LARGE' as never)) return problemOf(tooLarge(this.#options.maxBodyBytes));
    const status = (error as { statusCode?: unknown } | null)?.statusCode;
    if (typeof status === 'number' && status >= 400 && status < 500) {
      return problemReply('HTTP_REQUEST', 'The request is not valid HTTP/1.1.');
    }
    const message = error instanceof Error ? error.message : String(error);
    this.#parts.log.error('request.crashed', { code: 'BUG_INVARIANT', message });
    return emergencyReply(isSafeMethod(request.method) ? tasteOf(request.headers.accept) : 'json');
  }

  #measure(admission: Admission): void {
    const { metrics } = this.#parts;
    let connectionCount = 0;
    this.#app.server.on('connection', (socket: Socket) => {
      connectionCount += 1;
      socket.once('close', () => {
        connectionCount -= 1;
      });
    });
    metrics.gauge('moonpool_http_connections', 'Open connections of clients.', () => connectionCount);
    metrics.gauge('moonpool_admission_active', 'Requests that are worked on.', () => admission.activeCount);
    metrics.gauge('moonpool_admission_waiting', 'Requests that wait for a turn.', () => admission.waitingCount);
  }
}

/** What a request is for. */
type ServedRoute = RouteMatch | { readonly kind: 'run'; readonly route: RunRoute };

/** Aborts when the client leaves before it has its answer. */
function goneSignal(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) gone.abort();
  });
  return gone.signal;
}

function headerText(value: string | readonly string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function splitUrl(url: string | undefined): { readonly path: string; readonly query: string } {
  const target = url ?? '/';
  const at = target.indexOf('?');
  return at === -1 ? { path: target, query: '' } : { path: target.slice(0, at), query: target.slice(at + 1) };
}

function checkBodySize(bytes: number, maxBytes: number | undefined): void {
  if (maxBytes !== undefined && bytes > maxBytes) throw tooLarge(maxBytes);
}

function tooLarge(maxBytes: number): RequestError {
  return new RequestError('HTTP_TOO_LARGE', `The request body may be ${maxBytes} bytes large at most.`);
}

function methodError(methods: readonly string[]): RequestError {
  const allow = methods.join(', ');
  return new RequestError('HTTP_METHOD', `This path is served for ${allow} only.`, { headers: { allow } });
}

function listenError(error: unknown, host: string, port: number): MoonpoolError {
  if (hasCode(error, 'EADDRINUSE' as never)) {
    const message = `Port ${port} on ${host} is taken by another program. Choose another with --port.`;
    return new MoonpoolError('HTTP_PORT_TAKEN', message, { cause: error });
  }
  const reason = String((error as { code?: unknown } | null)?.code ?? error);
  const message = `This machine does not let us listen on ${host} port ${port} (${reason}). Choose another with --host and --port.`;
  return new MoonpoolError('CLI_MACHINE', message, { cause: error });
}

/** The name a client on this machine can use for a host that was listened on. */
function urlHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}
