/**
 * From what a run ended with to an answer, and from an answer to what goes out.
 *
 * Invariant: a flow cannot set headers that frame the message or loosen what every page is
 * sent with.
 */
import { createHash } from 'node:crypto';
import { MoonpoolError } from '../core/index.ts';
import type { FlowResponse, RunOutcome } from '../engine/index.ts';
import type { Descent, Reply } from '../fallback/index.ts';
import type { Endpoint } from '../flow/index.ts';
import { inputError, problemsOf } from './request-input.ts';

const JSON_TYPE = 'application/json; charset=utf-8';

/** Headers the server sets itself; a flow's own are dropped. */
const KEPT_HEADERS: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'content-security-policy',
  'date',
  'etag',
  'keep-alive',
  'referrer-policy',
  'server-timing',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'x-content-type-options',
  'x-moonpool-path',
]);

/** Pages are plain documents: no script of any origin, nothing from elsewhere, no frame around them. */
const PAGE_POLICY = [
  "default-src 'none'",
  "style-src 'unsafe-inline'",
  "img-src data: 'self'",
  "script-src 'none'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

/**
 * The answer of a run that ended.
 *
 * @throws the run's own error when it failed or was cancelled; FLOW_INPUT for input that does not fit;
 *   FLOW_ACTION when what the flow answers cannot be sent
 */
export function toReply(outcome: RunOutcome, endpoint: Endpoint): Reply {
  if (outcome.kind !== 'succeeded') {
    const { code, message, details } = outcome.error;
    if (code === 'FLOW_INPUT') throw inputError(problemsOf(details, message));
    throw new MoonpoolError(code, message, details === undefined ? {} : { details });
  }
  if (outcome.response !== undefined) return fromFlow(outcome.response, endpoint);
  return { status: 200, headers: { 'content-type': JSON_TYPE }, body: outcome.state };
}

function fromFlow(response: FlowResponse, endpoint: Endpoint): Reply {
  const { status, body } = response;
  if (!Number.isInteger(status) || status < 200 || status > 599) {
    throw new MoonpoolError('FLOW_ACTION', `A flow answers with a status from 200 to 599, got ${status}.`);
  }
  const headers = headersOf(response);
  const isText = typeof body === 'string';
  headers['content-type'] ??= endpoint.responseType ?? (isText ? 'text/plain; charset=utf-8' : JSON_TYPE);
  return { status, headers, body: response.bytes ?? Buffer.from(isText ? body : JSON.stringify(body)) };
}

/** The headers that the flow may set, in lower case. @throws FLOW_ACTION for one that cannot be sent */
function headersOf(response: FlowResponse): { [name: string]: string } {
  const headers: { [name: string]: string } = {};
  for (const [name, value] of Object.entries(response.headers)) {
    const lower = name.toLowerCase();
    if (KEPT_HEADERS.has(lower)) continue;
    if (!/^[a-z0-9!#$%&'*+.^_`|~-]{1,100}$/.test(lower) || !/^[\t\x20-\x7e]{0,4096}$/.test(value)) {
      throw new MoonpoolError(
        'FLOW_ACTION',
        'A flow answers with a header that cannot be sent; names and values are plain ASCII.',
      );
    }
    headers[lower] = value;
  }
  return headers;
}

/** True for an answer that may stand in for a later one: 200, and not marked as private or passing. */
export function isWorthKeeping(reply: Reply): boolean {
  const control = reply.headers['cache-control'] ?? '';
  return reply.status === 200 && reply.headers['set-cookie'] === undefined && !/no-store|private/i.test(control);
}

/** What the client asked for, as far as it changes how an answer goes out. */
export interface Presentation {
  readonly method: string;
  readonly ifNoneMatch: string | undefined;
  readonly elapsedMs: number;
}

/** The answer with every header it goes out with; 304 without body when the client has it already. */
export function present(descent: Descent, asked: Presentation): Reply {
  const { reply } = descent;
  const headers: { [name: string]: string } = {
    'cache-control': 'no-cache',
    ...reply.headers,
    'x-moonpool-path': descent.path,
    'server-timing': `total;dur=${Math.max(0, asked.elapsedMs).toFixed(1)}`,
    ...securityHeaders(reply.headers['content-type']),
  };
  const isRead = asked.method === 'GET' || asked.method === 'HEAD';
  if (!isRead || !descent.isDirect || reply.status !== 200) return { ...reply, headers };
  const etag = `W/"${createHash('sha256').update(reply.body).digest('base64url').slice(0, 27)}"`;
  headers['etag'] = etag;
  if (!isNamed(etag, asked.ifNoneMatch)) return { ...reply, headers };
  const { 'content-type': _type, ...rest } = headers;
  return { status: 304, headers: rest, body: new Uint8Array() };
}

/** The headers every answer goes out with, and those of a page. */
export function securityHeaders(contentType: string | undefined): { readonly [name: string]: string } {
  const always = { 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' };
  // SVG and XML run scripts too when a browser opens them.
  const isPage = /^(text\/html|[a-z]+\/([a-z0-9.-]+\+)?xml)\b/i.test(contentType?.trim() ?? '');
  return isPage ? { ...always, 'content-security-policy': PAGE_POLICY } : always;
}

function isNamed(etag: string, ifNoneMatch: string | undefined): boolean {
  if (ifNoneMatch === undefined) return false;
  if (ifNoneMatch.trim() === '*') return true;
  const opaque = etag.slice(2);
  return ifNoneMatch.split(',').some((item) => item.trim().replace(/^W\//, '') === opaque);
}
