import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { callAction } from '../../test/support/action-call.ts';
import { createDataStores, type DataStores } from '../../test/support/data-stores.ts';
import { type FakeHost, startFakeHost } from '../../test/support/fake-host.ts';
import { createHttpClient, HTTP_OPTIONS, type HttpClient } from '../connections/index.ts';
import { type JsonObject, resolveOptions, type RunId, silentLog, silentMetrics, systemClock } from '../core/index.ts';
import type { Action, ActionCall, BlobStore } from '../engine/index.ts';
import { createHttpDeleteAction } from './http-delete/index.ts';
import { createHttpPatchAction } from './http-patch/index.ts';
import { createHttpPostAction } from './http-post/index.ts';
import { createHttpPutAction } from './http-put/index.ts';

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk as Uint8Array);
  const body = Buffer.concat(chunks);
  const { pathname } = new URL(request.url ?? '/', 'http://host');
  if (pathname === '/empty') return void response.writeHead(204).end();
  if (pathname === '/moved') return void response.writeHead(302, { location: '/elsewhere' }).end();
  if (pathname === '/refused') return void response.writeHead(409).end('no');
  response.writeHead(201, { 'content-type': 'application/json' });
  const text = body.length > 1_000 ? '' : body.toString();
  response.end(JSON.stringify({ method: request.method, headers: request.headers, text, bytes: body.length }));
}

interface Echo {
  readonly method: string;
  readonly headers: Record<string, string | undefined>;
  readonly text: string;
  readonly bytes: number;
}

let host: FakeHost;
let http: HttpClient;
let stores: DataStores;
let blobs: BlobStore;
let actions: Record<'post' | 'put' | 'patch' | 'delete', Action>;
before(async () => {
  host = await startFakeHost((request, response) => void answer(request, response));
  stores = await createDataStores();
  blobs = await stores.openBlobs();
  http = createHttpClient(resolveOptions('http', HTTP_OPTIONS), {
    clock: systemClock,
    log: silentLog,
    metrics: silentMetrics,
    declaredHosts: new Set(['127.0.0.1']),
  });
  const deps = { http, blobs };
  actions = {
    post: createHttpPostAction(deps),
    put: createHttpPutAction(deps),
    patch: createHttpPatchAction(deps),
    delete: createHttpDeleteAction(deps),
  };
});
after(async () => {
  await http.close();
  await host.close();
  await stores.remove();
});

async function send(
  verb: keyof typeof actions,
  input: JsonObject = {},
  call: Partial<ActionCall> = {},
): Promise<JsonObject> {
  return (await callAction(actions[verb], { url: `${host.url}/`, ...input }, call)).value as JsonObject;
}

async function echo(verb: keyof typeof actions, input: JsonObject = {}, call: Partial<ActionCall> = {}): Promise<Echo> {
  return (await send(verb, input, call))['json'] as unknown as Echo;
}

async function aBlob(bytes: number, type: string): Promise<JsonObject> {
  async function* source(): AsyncGenerator<Uint8Array> {
    yield new Uint8Array(bytes).fill(120);
  }
  return { ...(await blobs.put('run-1' as RunId, source(), { type, maxBytes: 100_000_000 })) };
}

describe('http.post, put, patch and delete', () => {
  for (const [verb, effect] of [
    ['post', 'other'],
    ['put', 'idempotent'],
    ['patch', 'other'],
    ['delete', 'idempotent'],
  ] as const) {
    it(`send ${verb.toUpperCase()} with the key and the attempt of the call`, async () => {
      const { method, headers } = await echo(verb, {}, { idempotencyKey: 'run-7/save/0', attempt: 3 });

      assert.equal(method, verb.toUpperCase());
      assert.deepEqual([headers['idempotency-key'], headers['moonpool-attempt']], ['run-7/save/0', '3']);
      assert.equal(actions[verb].effect, effect);
    });
  }

  for (const verb of ['post', 'put', 'patch'] as const) {
    it(`send text, JSON and forms with ${verb.toUpperCase()}`, async () => {
      const text = await echo(verb, { body: 'hällo' });
      assert.deepEqual([text.text, text.headers['content-type']], ['hällo', 'text/plain; charset=utf-8']);

      const json = await echo(verb, { json: { a: [1, null] } });
      assert.deepEqual([json.text, json.headers['content-type']], ['{"a":[1,null]}', 'application/json']);

      const form = await echo(verb, { form: { a: 'x y', b: 1, c: null } });
      assert.deepEqual([form.text, form.headers['content-type']], ['a=x+y&b=1', 'application/x-www-form-urlencoded']);
    });
  }

  it('send a null as JSON, and nothing when there is no body', async () => {
    assert.equal((await echo('post', { json: null })).text, 'null');
    const nothing = await echo('post', { body: null, form: null });
    assert.deepEqual([nothing.bytes, nothing.headers['content-type']], [0, undefined]);
    assert.equal((await echo('post', { body: '' })).bytes, 0);
  });

  it('send a blob as what it is', async () => {
    const sent = await echo('put', { body: await aBlob(70_000, 'image/png') });

    assert.deepEqual([sent.bytes, sent.headers['content-type']], [70_000, 'image/png']);
  });

  it('let the flow say which headers it wants, but not which attempt it is', async () => {
    const headers = { 'Content-Type': 'text/csv', 'Idempotency-Key': 'mine', 'Moonpool-Attempt': '9' };
    const own = await echo('post', { body: 'a', headers });
    assert.deepEqual(
      [own.headers['content-type'], own.headers['idempotency-key'], own.headers['moonpool-attempt']],
      ['text/csv', 'mine', '1'],
    );

    const without = await echo('post', { body: 'a', headers: { 'idempotency-key': null } });
    assert.equal(without.headers['idempotency-key'], undefined);
  });

  for (const [key, sent] of [
    ['run/nöde\n/0', 'run/n%C3%B6de%0A/0'],
    [`run/${'x'.repeat(196)}`, `run/${'x'.repeat(196)}`],
    [`run/${'x'.repeat(197)}`, /^[0-9a-f]{64}$/],
    ['run/\ud800/0', 'run/%EF%BF%BD/0'],
  ] as const) {
    it(`send a key that any server takes for ${JSON.stringify(key.slice(0, 20))} (${key.length})`, async () => {
      const { headers } = await echo('post', {}, { idempotencyKey: key });

      const got = headers['idempotency-key'] ?? '';
      if (typeof sent === 'string') assert.equal(got, sent);
      else assert.match(got, sent);
    });
  }

  it('give an empty answer as null, also with as: json', async () => {
    const result = await send('delete', { url: `${host.url}/empty`, as: 'json' });

    assert.deepEqual([result['status'], result['json'], result['body']], [204, null, null]);
  });

  it('do not follow a redirect: what was sent might not be meant for there', async () => {
    assert.equal((await send('post', { url: `${host.url}/moved`, body: 'x' }))['status'], 302);
  });

  it('fail on an error status only when asked to', async () => {
    assert.equal((await send('patch', { url: `${host.url}/refused` }))['status'], 409);
    const asked = send('patch', { url: `${host.url}/refused`, fail_on_status: true });
    await assert.rejects(asked, { code: 'CONN_STATUS' });
  });

  it('keep what a POST answers as a blob when asked to', async () => {
    const { blob, body } = await send('post', { as: 'blob' });

    assert.equal(body, null);
    assert.equal((blob as JsonObject)['type'], 'application/json');
  });

  it('send exactly 4 MiB of text and not one byte more', async () => {
    const most = 'x'.repeat(4 * 1024 * 1024);

    assert.equal((await echo('post', { body: most })).bytes, most.length);
    await assert.rejects(send('post', { body: `${most}x` }), { code: 'FLOW_ACTION', message: /at most 4MiB/ });
  });

  for (const input of [
    { body: 'a', json: 1 },
    { json: null, form: {} },
    { body: { blob: 'f'.repeat(64) } },
  ] as JsonObject[]) {
    it(`refuse ${JSON.stringify(input).slice(0, 40)}`, async () => {
      await assert.rejects(send('post', input), { code: 'FLOW_ACTION' });
    });
  }

  it('refuse a body with DELETE and one that is neither text nor blob', async () => {
    await assert.rejects(send('delete', { body: 'x' }), /schema/);
    await assert.rejects(send('post', { body: ['x'] }), /schema/);
    await assert.rejects(send('post', { body: { no: 'handle' } }), /schema/);
  });

  it('end at the limit of the call and when the run is cancelled, and leave no connection', async () => {
    const controller = new AbortController();
    controller.abort(new Error('cancelled'));
    await assert.rejects(send('put', { body: 'x' }, { signal: controller.signal }), /cancelled/);
    assert.equal(http.counts.active, 0);
  });
});
