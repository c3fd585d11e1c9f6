/**
 * The routes that are the server's own: health, metrics, description, index. All are `GET`.
 *
 * They stand outside of admission, so that a busy server still says how it is.
 */
import type { Health, JsonValue } from '../core/index.ts';
import type { Reply } from '../fallback/index.ts';
import { renderIndex } from './index-page.ts';
import { describeApi } from './openapi.ts';
import type { RouteTable } from './route-table.ts';

/** What the server's own routes tell about. */
export interface OwnRoutesOptions {
  readonly health: Health;
  readonly metricsText: () => Promise<string>;
  readonly version: string;
  /** True when there is something to serve and the server is not going down. */
  readonly isReady: () => boolean;
  /** True when endpoints with `auth: default` need a token for what changes state. */
  readonly needsToken: boolean;
}

/** Answers by path; a path that is absent is not the server's own. */
export type OwnRoutes = ReadonlyMap<string, () => Reply | Promise<Reply>>;

/** The server's own routes, with the description of `routes` made once. */
export function createOwnRoutes(routes: RouteTable, options: OwnRoutesOptions): OwnRoutes {
  const { health, metricsText, version, isReady, needsToken } = options;
  const description = jsonReply(200, describeApi(routes.flows, { version, needsToken }));
  const index: Reply = {
    status: 200,
    headers: { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-cache' },
    body: renderIndex(routes.flows, version),
  };
  return new Map<string, () => Reply | Promise<Reply>>([
    ['/healthz/live', () => jsonReply(200, { status: 'live' })],
    [
      '/healthz/ready',
      () => (isReady() ? jsonReply(200, { status: 'ready' }) : jsonReply(503, { status: 'not ready' })),
    ],
    ['/health', () => jsonReply(200, healthBody(health))],
    [
      '/metrics',
      async () => ({
        status: 200,
        headers: { 'content-type': 'text/plain; version=0.0.4; charset=utf-8', 'cache-control': 'no-store' },
        body: Buffer.from(await metricsText()),
      }),
    ],
    ['/openapi.json', () => description],
    ['/console', () => index],
    ['/', () => index],
  ]);
}

function healthBody(health: Health): JsonValue {
  const { status, parts, reasons } = health.snapshot();
  const shown = Object.entries(parts).map(([name, part]) => {
    const reason = part.reason === undefined ? {} : { reason: part.reason };
    return [name, { status: part.status, ...reason, since_at_ms: part.sinceAtMs }] as const;
  });
  return { status, parts: Object.fromEntries(shown), reasons };
}

function jsonReply(status: number, body: JsonValue): Reply {
  const headers = { 'content-type': 'application/json; charset=utf-8', 'cache-control': 'no-store' };
  return { status, headers, body: Buffer.from(`${JSON.stringify(body)}\n`) };
}
