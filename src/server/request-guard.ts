/**
 * Refuses requests that no honest client of this server makes, before anything is read or run.
 *
 * A page of another origin can make a browser send requests here, and can point a name of its
 * own at this address (DNS rebinding). So the Host must be one of ours, and what changes state
 * must come from a page of ours or from no page at all, as JSON.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Endpoint } from '../flow/index.ts';
import { RequestError } from './problem.ts';
import { isJsonType } from './request-body.ts';
import { isLoopback } from './server-options.ts';

/** Names under which this server is reached. */
export interface HostRules {
  /** What the server listens on: an address, a name, or `0.0.0.0` and `::` for all. */
  readonly host: string;
  /** Further names, without port. */
  readonly hosts: readonly string[];
}

/** True for methods that change nothing. */
export function isSafeMethod(method: string): boolean {
  return method === 'GET' || method === 'HEAD' || method === 'OPTIONS' || method === 'TRACE';
}

/**
 * Lets a request through that is shaped and addressed as it must be.
 *
 * @throws HTTP_REQUEST for a request line or Host header that an honest client does not send
 * @throws HTTP_HOST when the Host is none of ours
 * @throws HTTP_ORIGIN when a page of another origin wants to change state
 * @throws HTTP_CONTENT_TYPE when a body is not JSON
 */
export function checkRequest(request: IncomingMessage, rules: HostRules): void {
  const method = request.method ?? 'GET';
  if (request.url?.startsWith('/') !== true) throw shapeError('The request target must be a path.');
  let hostCount = 0;
  for (let at = 0; at < request.rawHeaders.length; at += 2) {
    if (request.rawHeaders[at]?.toLowerCase() === 'host') hostCount += 1;
  }
  if (hostCount !== 1) throw shapeError(`A request has one Host header, this one has ${hostCount}.`);
  const name = hostName(request.headers.host ?? '');
  if (name === undefined || !isOurs(name, rules, request.socket.localAddress)) {
    throw new RequestError(
      'HTTP_HOST',
      'This server does not answer for that Host; the operator can add it to server.hosts.',
    );
  }
  if (isSafeMethod(method)) return;
  checkOrigin(request);
  checkContentType(request);
}

/** What such a client sends next is not worth reading, so its connection is closed. */
function shapeError(message: string): RequestError {
  return new RequestError('HTTP_REQUEST', message, { headers: { connection: 'close' } });
}

/** The name in a Host header, lower case, without port and brackets; undefined when it is none. */
function hostName(header: string): string | undefined {
  const match = /^(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::\d{1,5})?$/i.exec(header);
  return (match?.[1] ?? match?.[2])?.toLowerCase().replace(/\.$/, '');
}

function isOurs(name: string, rules: HostRules, localAddress: string | undefined): boolean {
  if (isLoopback(name)) return true;
  // Nobody can point an address at another machine, so the one the client dialled is safe.
  if (name === localAddress?.replace(/^::ffff:/, '').toLowerCase()) return true;
  return [rules.host, ...rules.hosts].some((own) => hostName(own) === name);
}

function checkOrigin({ headers }: IncomingMessage): void {
  const site = headers['sec-fetch-site'];
  const { origin } = headers;
  const sameOrigin = origin === undefined || originHost(origin) === withoutDefaultPort(headers.host ?? '', origin);
  if (sameOrigin && (site === undefined || site === 'same-origin' || site === 'none')) return;
  throw new RequestError('HTTP_ORIGIN', 'Only pages of this server may send this request.');
}

function originHost(origin: string): string | undefined {
  return /^https?:\/\/([^/]+)$/i.exec(origin)?.[1]?.toLowerCase();
}

/** A browser leaves a scheme's own port out of Origin, others may put it into Host. */
function withoutDefaultPort(host: string, origin: string): string {
  const port = origin.toLowerCase().startsWith('https:') ? ':443' : ':80';
  const lower = host.toLowerCase();
  return lower.endsWith(port) ? lower.slice(0, -port.length) : lower;
}

function checkContentType({ headers }: IncomingMessage): void {
  const type = headers['content-type'];
  const hasBody = headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
  if (type === undefined ? hasBody : !isJsonType(type)) {
    throw new RequestError(
      'HTTP_CONTENT_TYPE',
      'Send the request body as JSON, with the header Content-Type: application/json.',
    );
  }
  if (headers['content-encoding'] !== undefined && headers['content-encoding'] !== 'identity') {
    throw new RequestError('HTTP_CONTENT_TYPE', 'Send the request body as it is, without Content-Encoding.');
  }
}

/**
 * Lets a request to an endpoint through when it needs no token or brings the right one.
 *
 * @param token the server's; without one nothing that needs a token is let through
 * @throws AUTH_REQUIRED
 */
export function checkAuthority(
  endpoint: Endpoint,
  request: IncomingMessage,
  options: { host: string; token: string },
): void {
  const isOpen = endpoint.method === 'GET' || isLoopback(options.host);
  if (endpoint.auth === 'none' || (endpoint.auth === 'default' && isOpen)) return;
  requireToken(request, options.token);
}

/**
 * Lets a request to the run API through: on a server that only this machine reaches, or with the token.
 *
 * What runs hold may be private, so reading them is guarded as starting them is.
 *
 * @throws AUTH_REQUIRED
 */
export function checkRunAuthority(request: IncomingMessage, options: { host: string; token: string }): void {
  if (!isLoopback(options.host)) requireToken(request, options.token);
}

function requireToken(request: IncomingMessage, token: string): void {
  const given = /^Bearer ([\x21-\x7e]{1,512})$/i.exec(request.headers.authorization ?? '')?.[1];
  if (given !== undefined && isSameSecret(given, token)) return;
  throw new RequestError(
    'AUTH_REQUIRED',
    'Send the header Authorization: Bearer TOKEN with the token of this server.',
    {
      headers: { 'www-authenticate': 'Bearer' },
    },
  );
}

/** Compares hashes, so that time tells neither content nor length. */
function isSameSecret(left: string, right: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(left), digest(right));
}
