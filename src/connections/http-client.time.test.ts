import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { FakeClock, type FakeHost, startFakeHost } from '../../test/support/index.ts';
import { type JsonObject, resolveOptions, silentLog, silentMetrics, systemClock } from '../core/index.ts';
import { createHttpClient, type HttpClient, type HttpClientDeps } from './http-client.ts';
import { HTTP_OPTIONS } from './http-options.ts';

const never = new AbortController().signal;

function aClient(input: JsonObject = {}, deps: Partial<HttpClientDeps> = {}): HttpClient {
  return createHttpClient(resolveOptions('http', HTTP_OPTIONS, input), {
    clock: systemClock,
    log: silentLog,
    metrics: silentMetrics,
    declaredHosts: new Set(['127.0.0.1', 'feed.test']),
    ...deps,
  });
}

const open = (client: HttpClient, url: string): Promise<void> =>
  client.use({ url, maxBytes: 100 }, never, async ({ body }) => {
    for await (const _ of body);
  });

let host: FakeHost;
before(async () => {
  host = await startFakeHost((request, response) => {
    if (request.url === '/drip') response.writeHead(200).write('a');
    else response.end('hello');
  });
});
after(() => host.close());

describe('HttpClient time limits', () => {
  async function timesOut(
    path: string,
    input: JsonObject,
    advanceMs: number,
    request: JsonObject = {},
  ): Promise<string> {
    const clock = new FakeClock();
    const client = aClient(input, { clock });
    const inside = Promise.withResolvers<void>();
    const arrived = Promise.withResolvers<void>();
    const listener = (_: IncomingMessage, response: ServerResponse): void => {
      if (path === '/drip') response.writeHead(200).write('a');
      arrived.resolve();
    };
    await using silent = await startFakeHost(listener);
    const reading = client.use({ url: `${silent.url}${path}`, maxBytes: 100, ...request }, never, async (given) => {
      for await (const _ of given.body) inside.resolve();
    });
    const failed = reading.then(
      () => assert.fail('it ended'),
      (error: { code: string; message: string }) => error,
    );
    await (path === '/drip' ? inside.promise : arrived.promise);
    await clock.advance(advanceMs);
    const error = await failed;
    assert.equal(error.code, 'CONN_TIMEOUT');
    assert.deepEqual(client.counts, { active: 0, idle: 0, waiting: 0, open: 0 });
    assert.equal(clock.pendingCount, 0);
    return error.message.replace(silent.url, 'HOST');
  }

  it('end a request whose headers never come', async () => {
    assert.match(await timesOut('/silent', {}, 10_000), /^HOST sent no headers within 10s/);
  });

  it('end a body that falls silent', async () => {
    assert.match(await timesOut('/drip', {}, 20_000), /^HOST sent nothing more of its body within 20s/);
  });

  it('end a request as a whole', async () => {
    assert.match(await timesOut('/drip', { 'timeouts.total': '15s' }, 15_000), /within 15s in all/);
  });

  it("end a request at the call's own limit", async () => {
    assert.match(await timesOut('/drip', {}, 500, { timeoutMs: 500 }), /within 500ms in all/);
  });

  it("end a request at the caller's deadline", async () => {
    assert.match(
      await timesOut('/drip', {}, 700, { deadlineTickMs: 700 }),
      /in the time the caller had left \(700ms\)/,
    );
  });

  it('do not even start a request whose deadline is over', async () => {
    const clock = new FakeClock();
    const reading = aClient({}, { clock }).use(
      { url: host.url, maxBytes: 1, deadlineTickMs: 0 },
      never,
      async () => 'never',
    );
    await assert.rejects(reading, { code: 'CONN_TIMEOUT' });
    assert.equal(clock.pendingCount, 0);
  });

  it('end a connection attempt that is never answered', async () => {
    const clock = new FakeClock();
    const client = aClient({}, { clock, resolve: () => new Promise(() => {}) });
    const failed = assert.rejects(open(client, 'http://feed.test/'), {
      code: 'CONN_TIMEOUT',
      message: /accept a connection within 5s/,
    });
    await clock.advance(5_000);
    await failed;
    assert.equal(client.counts.open, 0);
  });

  it('take a connection back from a function that never returns, and name its holder', async () => {
    const clock = new FakeClock();
    const lines: unknown[] = [];
    const log = {
      ...silentLog,
      warn: (event: string, fields?: JsonObject) => void lines.push([event, fields?.['holder']]),
    };
    const client = aClient({}, { clock, log });
    const entered = Promise.withResolvers<void>();
    const request = { url: `${host.url}/hello`, maxBytes: 100, holder: 'flow/node' };
    const failed = assert.rejects(
      client.use(request, never, () => {
        entered.resolve();
        return new Promise(() => {});
      }),
      { code: 'CONN_TIMEOUT' },
    );
    await entered.promise;
    await clock.advance(30_000);
    await failed;
    assert.deepEqual(lines, [['connection.reclaimed', 'flow/node']]);
    assert.equal(client.counts.open, 0);
  });

  it('cut off what is under way when close is told to hurry', async () => {
    const client = aClient();
    const hurry = new AbortController();
    const reading = client.use({ url: `${host.url}/drip`, maxBytes: 100 }, never, async ({ body }) => {
      for await (const _ of body) hurry.abort();
    });
    const failed = assert.rejects(reading, { code: 'CONN_CLOSED' });
    await client.close(hurry.signal);
    await failed;
    assert.equal(client.counts.open, 0);
  });
});
