/**
 * One outbound connection: one vetted socket under one HTTP/1.1 client that never reconnects.
 *
 * The only file that knows undici and sockets. The addresses are resolved and checked here, and
 * the socket is connected to exactly those, so a name cannot change its mind in between.
 * Certificates are always checked, whatever the environment says. undici is loaded with the
 * first connection: it takes a tenth of a second, and many servers never call out.
 */
import { once } from 'node:events';
import { connect as connectTcp, isIP, type LookupFunction, type Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { connect as connectTls, rootCertificates } from 'node:tls';
import type { Client } from 'undici';
import { MoonpoolError } from '../core/index.ts';
import type { AddressPolicy } from './address-policy.ts';
import type { Pooled } from './connection-pool.ts';
import { toConnectError } from './connection-error.ts';
import type { HttpTarget } from './http-target.ts';
import type { HostAddress, NameResolver } from './name-resolver.ts';

/** Largest header block of an answer, in bytes. */
const MAX_HEADER_BYTES = 16 * 1024;

/** An answer whose body has not been read. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: { readonly [name: string]: string };
  readonly body: Readable;
}

/** An open connection to one origin. */
export interface Connection extends Pooled {
  /** Sends one request; rejects with the signal's reason when aborted. */
  send(target: HttpTarget, signal: AbortSignal): Promise<RawAnswer>;
}

/** What opening needs beside the target. */
export interface OpenContext {
  readonly policy: AddressPolicy;
  readonly resolver: NameResolver;
  /** PEM of authorities trusted beside the platform's own. */
  readonly extraAuthorities: readonly string[];
  readonly signal: AbortSignal;
}

/**
 * Resolves the target's host, checks the addresses, connects and finishes the TLS handshake.
 *
 * @throws CONN_FORBIDDEN when no address of the host may be reached
 * @throws CONN_CONNECT when the name, the connection or the certificate fails
 */
export async function openConnection(target: HttpTarget, context: OpenContext): Promise<Connection> {
  const [addresses, { Client: HttpClient }] = await Promise.all([vettedAddresses(target, context), import('undici')]);
  context.signal.throwIfAborted();
  const socket = startSocket(target, addresses, context.extraAuthorities);
  const onAbort = (): void => void socket.destroy();
  context.signal.addEventListener('abort', onAbort, { once: true });
  try {
    await once(socket, target.isSecure ? 'secureConnect' : 'connect', { signal: context.signal });
    return createConnection(target, socket, HttpClient);
  } catch (error) {
    socket.on('error', () => {});
    socket.destroy();
    context.signal.throwIfAborted();
    context.resolver.forget(target.host);
    throw toConnectError(target.origin, error);
  } finally {
    context.signal.removeEventListener('abort', onAbort);
  }
}

async function vettedAddresses(target: HttpTarget, context: OpenContext): Promise<readonly HostAddress[]> {
  const family = isIP(target.host);
  let found: readonly HostAddress[];
  try {
    found =
      family === 0
        ? await context.resolver.resolve(target.host)
        : [{ address: target.host, family: family === 6 ? 6 : 4 }];
  } catch (error) {
    throw toConnectError(target.origin, error);
  }
  const isTrusted = context.policy.isTrustedHost(target.host);
  const allowed = found.filter(({ address }) => isTrusted || context.policy.mayReach(address));
  if (allowed.length === 0 && found.length > 0) {
    throw new MoonpoolError(
      'CONN_FORBIDDEN',
      `${target.origin} is a private or special address that no flow names literally; write its URL into the flow or list it under http.allow_private.`,
    );
  }
  if (allowed.length === 0) throw toConnectError(target.origin, { code: 'ENOTFOUND' });
  return allowed;
}

function startSocket(
  target: HttpTarget,
  addresses: readonly HostAddress[],
  extraAuthorities: readonly string[],
): Socket {
  // Answers with the addresses that were checked, never with what DNS says now.
  const lookup: LookupFunction = (_host, options, done) => {
    if (options.all === true) done(null, [...addresses]);
    else done(null, addresses[0]?.address ?? '', addresses[0]?.family);
  };
  const base = { host: target.host, port: target.port, lookup, autoSelectFamily: true, noDelay: true };
  if (!target.isSecure) return connectTcp(base);
  return connectTls({
    ...base,
    servername: isIP(target.host) === 0 ? target.host : '',
    ALPNProtocols: ['http/1.1'],
    rejectUnauthorized: true,
    ...(extraAuthorities.length > 0 ? { ca: [...rootCertificates, ...extraAuthorities] } : {}),
  });
}

/** What undici gets when it would reconnect: this connection is for one socket only. */
function socketGone(): Error {
  return Object.assign(new Error('the socket of this connection is closed'), { code: 'ECONNRESET' });
}

function createConnection(target: HttpTarget, socket: Socket, HttpClient: typeof Client): Connection {
  let unused: Socket | undefined = socket;
  let isAlive = true;
  let onGone: (() => void) | undefined;
  const client = new HttpClient(target.origin, {
    pipelining: 1,
    allowH2: false,
    maxHeaderSize: MAX_HEADER_BYTES,
    // Limits in time are kept by the call, to the millisecond; idle time by the pool.
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: 600_000,
    keepAliveMaxTimeout: 600_000,
    connect(_options, done) {
      const mine = unused;
      unused = undefined;
      const isUsable = mine !== undefined && !mine.destroyed;
      queueMicrotask(() => (isUsable ? done(null, mine) : done(socketGone(), null)));
    },
  });
  // Until the first request the client does not listen yet.
  socket.on('error', () => {});
  const closed = new Promise<void>((resolve) => {
    socket.once('close', () => {
      isAlive = false;
      onGone?.();
      resolve();
    });
  });
  return {
    get isAlive() {
      return isAlive;
    },
    onGone(listener) {
      onGone = listener;
    },
    async send(request, signal) {
      const answer = await client.request({
        path: request.path,
        method: request.method,
        headers: request.headers,
        body: request.body ?? null,
        signal,
      });
      // A destroyed body that nobody reads must not be an uncaught error.
      answer.body.on('error', () => {});
      return { status: answer.statusCode, headers: plainHeaders(answer.headers), body: answer.body };
    },
    async destroy() {
      onGone = undefined;
      socket.destroy();
      await closed;
      await client.destroy();
    },
  };
}

function plainHeaders(raw: Record<string, string | string[] | undefined>): { readonly [name: string]: string } {
  const plain: { [name: string]: string } = {};
  for (const [name, value] of Object.entries(raw)) {
    if (value !== undefined && name !== '__proto__') plain[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return plain;
}
