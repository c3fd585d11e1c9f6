import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { callAction } from '../../../test/support/action-call.ts';
import { createDataStores, type DataStores } from '../../../test/support/data-stores.ts';
import { type FakeHost, startFakeHost } from '../../../test/support/index.ts';
import { createHttpClient, HTTP_OPTIONS, type HttpClient } from '../../connections/index.ts';
import { type JsonObject, resolveOptions, silentLog, silentMetrics, systemClock } from '../../core/index.ts';
import type { Action, ActionCall, BlobStore } from '../../engine/index.ts';
import { createHttpGetAction } from './index.ts';

function answer(request: IncomingMessage, response: ServerResponse): void {
  const url = new URL(request.url ?? '/', 'http://x');
  const send = (type: string, body: string | Uint8Array): void => {
    response.setHeader('content-type', type).end(body);
  };
  switch (url.pathname) {
    case '/text':
      return send('text/plain', 'hällo');
    case '/latin':
      return send('text/plain; charset=ISO-8859-1', Buffer.from('h\xe4llo', 'latin1'));
    case '/bad-utf8':
      return send('text/plain', Buffer.from([0x61, 0xff, 0x62]));
    case '/bom16':
      return send('text/plain', Buffer.from('\uFEFFhallo', 'utf16le'));
    case '/odd-charset':
      return send('text/plain; charset=klingon', 'hallo');
    case '/json':
      return send('application/json', '{"a": [1]}');
    case '/problem':
      response.statusCode = 404;
      return send('application/problem+json; charset=utf-8', '{"code": "X"}');
    case '/broken-json':
      return send('application/json', '{"a": secret');
    case '/echo':
      return send('application/json', JSON.stringify({ query: url.search, headers: request.headers }));
    case '/etag':
      response.setHeader('etag', '"v1"');
      response.setHeader('last-modified', 'Mon, 05 Jan 2026 08:00:00 GMT');
      if (request.headers['if-none-match'] === '"v1"') return void response.writeHead(304).end();
      return send('text/calendar', 'BEGIN');
    case '/busy':
      response.writeHead(503, { 'retry-after': '7' });
      return void response.end('busy');
    case '/large':
      return send('text/plain', 'x'.repeat(2_000));
    case '/silent':
      return;
    default:
      response.writeHead(404).end('nothing');
  }
}

let host: FakeHost;
let http: HttpClient;
let stores: DataStores;
let blobs: BlobStore;
let action: Action;
before(async () => {
  host = await startFakeHost(answer);
  stores = await createDataStores();
  blobs = await stores.openBlobs();
  http = createHttpClient(resolveOptions('http', HTTP_OPTIONS), {
    clock: systemClock,
    log: silentLog,
    metrics: silentMetrics,
    declaredHosts: new Set(['127.0.0.1']),
  });
  action = createHttpGetAction({ http, blobs });
});
after(async () => {
  await http.close();
  await host.close();
  await stores.remove();
});

async function get(
  path: string,
  input: JsonObject = {},
  call: Partial<ActionCall> = {},
): Promise<Record<string, unknown>> {
  const { value } = await callAction(action, { url: `${host.url}${path}`, ...input }, call);
  return value as Record<string, unknown>;
}

describe('http.get', () => {
  it('gives status, headers and text', async () => {
    const result = await get('/text');
    assert.equal(result['status'], 200);
    assert.equal(result['body'], 'hällo');
    assert.equal((result['headers'] as JsonObject)['content-type'], 'text/plain');
    assert.deepEqual([result['json'], result['etag'], result['not_modified']], [null, null, false]);
  });

  for (const [path, text] of [
    ['/latin', 'hällo'],
    ['/bad-utf8', 'a\uFFFDb'],
    ['/bom16', 'hallo'],
    ['/odd-charset', 'hallo'],
  ] as const) {
    it(`decodes ${path.slice(1)}`, async () => assert.equal((await get(path))['body'], text));
  }

  it('parses JSON beside its text, also of an error', async () => {
    assert.deepEqual((await get('/json'))['json'], { a: [1] });
    assert.deepEqual((await get('/problem'))['json'], { code: 'X' });
    assert.equal((await get('/broken-json'))['json'], null);
  });

  it('gives only the value with as: json, and fails when there is none', async () => {
    const result = await get('/json', { as: 'json' });
    assert.deepEqual([result['json'], result['body']], [{ a: [1] }, null]);
    await assert.rejects(get('/broken-json', { as: 'json' }), (error: { code: string; message: string }) => {
      assert.equal(error.code, 'FLOW_ACTION');
      assert.doesNotMatch(error.message, /secret/);
      return true;
    });
    assert.equal((await get('/nowhere', { as: 'json' }))['status'], 404);
  });

  it('gives a handle with as: blob, and none of an error page', async () => {
    const result = await get('/text', { as: 'blob' });
    const handle = result['blob'] as { blob: string; bytes: number; type: string };
    assert.deepEqual([handle.bytes, handle.type, result['body']], [6, 'text/plain', null]);
    const bytes = await blobs.read(handle.blob, new AbortController().signal);
    assert.equal(Buffer.from(bytes).toString(), 'hällo');
    assert.equal((await get('/nowhere', { as: 'blob' }))['blob'], null);
  });

  it('adds query and headers, leaving null out', async () => {
    const result = await get('/echo?a=1', {
      query: { b: 'x y', c: 2, d: null },
      headers: { 'X-Key': 'k', 'x-no': null },
    });
    const { query, headers } = result['json'] as { query: string; headers: Record<string, string> };
    assert.equal(query, '?a=1&b=x+y&c=2');
    assert.deepEqual([headers['x-key'], headers['x-no'], headers['idempotency-key']], ['k', undefined, undefined]);
  });

  it('says when nothing changed', async () => {
    const first = await get('/etag', { if_none_match: '' });
    assert.deepEqual([first['status'], first['not_modified'], first['etag']], [200, false, '"v1"']);
    const second = await get('/etag', { if_none_match: '"v1"', if_modified_since: null, as: 'blob' });
    assert.deepEqual([second['status'], second['not_modified'], second['blob']], [304, true, null]);
  });

  it('fails on an error status only when asked to', async () => {
    assert.equal((await get('/busy'))['status'], 503);
    await assert.rejects(
      get('/busy?key=hunter2', { fail_on_status: true }),
      (error: { code: string; message: string; details: unknown }) => {
        assert.equal(error.code, 'CONN_STATUS');
        assert.deepEqual(error.details, { status: 503, retry_after_ms: 7_000 });
        assert.equal(error.message, `${host.url} answered with status 503.`);
        return true;
      },
    );
  });

  for (const as of ['text', 'blob']) {
    it(`takes a body of exactly max_bytes and not one more (${as})`, async () => {
      assert.equal((await get('/large', { max_bytes: 2_000, as }))['status'], 200);
      await assert.rejects(get('/large', { max_bytes: '1999B', as }), { code: 'CONN_TOO_LARGE' });
    });
  }

  for (const input of [
    { max_bytes: 0 },
    { max_bytes: '4.1MiB' },
    { max_bytes: 'much' },
    { max_bytes: '2MiB', as: 'json' },
    { max_bytes: '51MB', as: 'blob' },
    { timeout: 'soon' },
    { timeout: 0 },
  ]) {
    it(`refuses ${JSON.stringify(input)}`, async () => {
      await assert.rejects(get('/text', input), { code: 'FLOW_ACTION' });
    });
  }

  it('takes the highest sizes', async () => {
    await get('/text', { max_bytes: '4MiB' });
    await get('/text', { max_bytes: '50MB', as: 'blob' });
    await get('/json', { max_bytes: '1MiB', as: 'json' });
  });

  for (const input of [{ url: '' }, { what: 1 }, { as: 'xml' }, { headers: { a: [] } }]) {
    it(`does not fit ${JSON.stringify(input)} into its schema`, async () => {
      await assert.rejects(get('/text', input), /schema/);
    });
  }

  it('refuses an address that nobody declared', async () => {
    await assert.rejects(callAction(action, { url: `http://127.0.0.2:${host.port}/` }), { code: 'CONN_FORBIDDEN' });
  });

  it('ends at its own limit, at the deadline of the run, and when the run is cancelled', async () => {
    await assert.rejects(get('/silent', { timeout: '20ms' }), { code: 'CONN_TIMEOUT' });
    await assert.rejects(get('/silent', {}, { deadlineTickMs: systemClock.tickMs() + 20 }), { code: 'CONN_TIMEOUT' });
    const controller = new AbortController();
    const waiting = assert.rejects(get('/silent', {}, { signal: controller.signal }), /cancelled/);
    controller.abort(new Error('cancelled'));
    await waiting;
    assert.equal(http.counts.active, 0);
  });
});
