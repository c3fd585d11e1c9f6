/**
 * A request with its URL taken apart, and the next one when an answer redirects.
 *
 * Only http and https. A redirect never goes from https to http, and another origin gets none of
 * the headers that may carry a secret.
 */
import { MoonpoolError } from '../core/index.ts';
import { normalizeHost } from './address-policy.ts';

/** What a caller asks of the client. */
export interface HttpRequest {
  /** Absolute http or https URL; user info in it becomes basic authorisation. */
  readonly url: string;
  readonly method?: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly headers?: { readonly [name: string]: string };
  readonly body?: Uint8Array;
  /** Ceiling of the decoded body. */
  readonly maxBytes: number;
  /** The caller's own limit for the whole request; `timeouts.total` is the ceiling. */
  readonly timeoutMs?: number;
  /** Monotonic instant by which the caller must have an answer. */
  readonly deadlineTickMs?: number;
  /** Who asks, for the log when a connection had to be taken back: `flow/node`. */
  readonly holder?: string;
}

/** A request ready to be sent to one origin. */
export interface HttpTarget {
  readonly origin: string;
  readonly isSecure: boolean;
  /** Compared form: lower case, no brackets. */
  readonly host: string;
  readonly port: number;
  /** Path and query. */
  readonly path: string;
  readonly method: string;
  readonly headers: { readonly [name: string]: string };
  readonly body?: Uint8Array;
}

/** Redirects followed before we give up. */
export const MAX_REDIRECTS = 5;
/** Longest URL that is sent, in characters. */
const MAX_URL_LENGTH = 8_192;

const REDIRECT_STATUSES: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** The only request headers that follow a redirect to another origin. */
const HARMLESS_HEADERS: ReadonlySet<string> = new Set([
  'accept',
  'accept-encoding',
  'accept-language',
  'if-modified-since',
  'if-none-match',
  'range',
  'user-agent',
]);
/** Set by the connection itself; a caller's own would break the framing. */
const RESERVED_HEADERS: ReadonlySet<string> = new Set([
  'accept-encoding',
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

function forbidden(message: string): MoonpoolError {
  return new MoonpoolError('CONN_FORBIDDEN', message);
}

/** @throws CONN_FORBIDDEN for text that is no absolute http or https URL of at most 8,192 characters */
function parseHttpUrl(text: string): URL {
  if (text.length > MAX_URL_LENGTH) throw forbidden(`A URL has ${text.length} characters; at most 8192 are sent.`);
  if (!URL.canParse(text)) throw forbidden('A URL cannot be read; give an absolute one such as https://host/path.');
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw forbidden(`A URL has the scheme ${url.protocol.slice(0, 20)} but only http: and https: are sent.`);
  }
  return url;
}

function lowerCaseHeaders(headers: { readonly [name: string]: string }): { [name: string]: string } {
  const lower: { [name: string]: string } = {};
  for (const [name, value] of Object.entries(headers)) {
    const key = name.toLowerCase();
    if (!/^[!#$%&'*+.^_`|~0-9a-z-]{1,100}$/.test(key) || key === '__proto__' || RESERVED_HEADERS.has(key)) {
      throw forbidden(`The request header ${JSON.stringify(name.slice(0, 60))} may not be set.`);
    }
    if (value.length > MAX_URL_LENGTH || !/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) {
      throw forbidden(`The value of the request header ${key} is too long or has characters that HTTP does not allow.`);
    }
    lower[key] = value;
  }
  return lower;
}

function basicAuthorization(url: URL): { readonly authorization?: string } {
  if (url.username === '' && url.password === '') return {};
  const plain = `${decodeSafely(url.username)}:${decodeSafely(url.password)}`;
  return { authorization: `Basic ${Buffer.from(plain).toString('base64')}` };
}

/** User info as its owner wrote it; left as it is when its percent signs encode nothing. */
function decodeSafely(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A lone percent sign is part of the password.
    return text;
  }
}

function fromUrl(url: URL, rest: Pick<HttpTarget, 'method' | 'headers' | 'body'>): HttpTarget {
  const isSecure = url.protocol === 'https:';
  return {
    origin: url.origin,
    isSecure,
    host: normalizeHost(url.hostname),
    port: url.port === '' ? (isSecure ? 443 : 80) : Number(url.port),
    path: `${url.pathname}${url.search}`,
    ...rest,
  };
}

/**
 * The target of a caller's request, with our own headers added.
 *
 * @throws CONN_FORBIDDEN for a URL or a header that is not sent
 */
export function toTarget(request: HttpRequest): HttpTarget {
  const url = parseHttpUrl(request.url);
  const headers = {
    accept: '*/*',
    'user-agent': 'moonpool',
    ...basicAuthorization(url),
    ...lowerCaseHeaders(request.headers ?? {}),
    'accept-encoding': 'gzip, deflate, br',
  };
  return fromUrl(url, {
    method: request.method ?? 'GET',
    headers,
    ...(request.body === undefined ? {} : { body: request.body }),
  });
}

/** True when an answer with this status and Location is followed: only requests that read are. */
export function isFollowed(target: HttpTarget, status: number, location: string | undefined): boolean {
  return (
    location !== undefined && REDIRECT_STATUSES.has(status) && (target.method === 'GET' || target.method === 'HEAD')
  );
}

/**
 * Where a redirect leads.
 *
 * @throws CONN_FORBIDDEN for another scheme and from https to http
 */
export function toRedirectTarget(from: HttpTarget, location: string): HttpTarget {
  const base = `${from.origin}${from.path}`;
  if (!URL.canParse(location, base)) throw forbidden(`${from.origin} redirects to a URL that cannot be read.`);
  const url = parseHttpUrl(new URL(location, base).href);
  if (from.isSecure && url.protocol === 'http:') {
    throw forbidden(`${from.origin} redirects from https to http (${url.origin}); that is not followed.`);
  }
  const isSameOrigin = url.origin === from.origin;
  const kept = Object.entries(from.headers).filter(([name]) => isSameOrigin || HARMLESS_HEADERS.has(name));
  return fromUrl(url, { method: from.method, headers: { ...Object.fromEntries(kept), ...basicAuthorization(url) } });
}
