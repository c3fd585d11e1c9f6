import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { describe, it } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import {
  type FakeHost,
  startFakeHost,
  startFakeTlsHost,
  startRawHost,
  TEST_AUTHORITY,
  TEST_CERTIFICATES,
  TEST_KEY,
} from '../../test/support/index.ts';
import { type JsonObject, resolveOptions, silentLog, silentMetrics, systemClock } from '../core/index.ts';
import { createHttpClient, type HttpClient, type HttpClientDeps } from './http-client.ts';
import { HTTP_OPTIONS } from './http-options.ts';

const never = new AbortController().signal;

function aClient(input: JsonObject = {}, deps: Partial<HttpClientDeps> = {}): HttpClient {
  return createHttpClient(resolveOptions('http', HTTP_OPTIONS, input), {
    clock: systemClock,
    log: silentLog,
    metrics: silentMetrics,
    declaredHosts: new Set(['127.0.0.1', 'secure.test']),
    ...deps,
  });
}

async function get(client: HttpClient, url: string, method: 'GET' | 'POST' = 'GET'): Promise<string> {
  return client.use({ url, method, maxBytes: 1_000_000 }, never, async ({ body }) => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of body) chunks.push(chunk);
    return Buffer.concat(chunks).toString();
  });
}

describe('HttpClient caps', () => {
  it('hold at 4 in total and 2 per host with 200 requests to three hosts at once', async () => {
    const held: ServerResponse[] = [];
    let asked = 0;
    let inHand = 0;
    let peakInHand = 0;
    let peakOpen = 0;
    const listener = async (_: unknown, response: ServerResponse): Promise<void> => {
      asked += 1;
      inHand += 1;
      peakInHand = Math.max(peakInHand, inHand);
      peakOpen = Math.max(peakOpen, client.counts.open);
      held.push(response);
      // Long enough that everything that may be in flight is in flight.
      for (let turn = 0; turn < 20; turn += 1) await nextTurn();
      inHand -= 1;
      held.shift()?.end('ok');
    };
    await using first = await startFakeHost((request, response) => void listener(request, response));
    await using second = await startFakeHost((request, response) => void listener(request, response));
    const client = aClient(
      { 'pool.total': 4, 'pool.per_host': 2, 'pool.queue': 400 },
      { resolve: async () => [{ address: '127.0.0.1', family: 4 }], declaredHosts: { has: () => true } },
    );
    const urls = [first.url, `http://b.test:${second.port}`, `http://c.test:${second.port}`];

    const answers = await Promise.all(Array.from({ length: 200 }, (_, i) => get(client, urls[i % 3] as string)));

    assert.equal(answers.length, 200);
    assert.ok(answers.every((text) => text === 'ok'));
    assert.equal(asked, 200);
    assert.ok(first.peakCount <= 2, `first saw ${first.peakCount}`);
    assert.ok(second.peakCount <= 4, `second saw ${second.peakCount}`);
    assert.equal(peakInHand, 4);
    assert.equal(peakOpen, 4);
    assert.equal(client.counts.active, 0);
    assert.equal(first.openCount + second.openCount, client.counts.open);
    await client.close();
    assert.equal(client.counts.open, 0);
  });

  it('refuse what the queue has no room for and serve the rest', async () => {
    await using host = await startFakeHost((_, response) => void response.end('ok'));
    const client = aClient({ 'pool.total': 1, 'pool.per_host': 1, 'pool.queue': 3 });

    const ends = await Promise.allSettled(Array.from({ length: 10 }, () => get(client, host.url)));

    const refused = ends.filter((end) => end.status === 'rejected');
    assert.equal(refused.length, 6);
    assert.ok(refused.every((end) => end.reason.code === 'CONN_OVERLOADED'));
    await client.close();
  });
});

describe('HttpClient on a connection that the peer just closed', () => {
  /** Answers the first request of each socket and closes the socket when the second arrives. */
  const startForgetfulHost = (onSecond: (socket: import('node:net').Socket) => void): Promise<FakeHost> =>
    startRawHost((socket) => {
      let isFirst = true;
      socket.on('data', () => {
        if (isFirst) socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
        else onSecond(socket);
        isFirst = false;
      });
    });

  it('sends a GET once more, unseen', async () => {
    await using host = await startForgetfulHost((socket) => socket.destroy());
    const client = aClient();

    assert.equal(await get(client, host.url), 'ok');
    assert.equal(await get(client, host.url), 'ok');

    assert.equal(host.acceptedCount, 2);
    await client.close();
  });

  it('does not send a POST again', async () => {
    await using host = await startForgetfulHost((socket) => socket.destroy());
    const client = aClient();
    await get(client, host.url);

    await assert.rejects(get(client, host.url, 'POST'), { code: 'CONN_BODY' });

    assert.equal(host.acceptedCount, 1);
    await client.close();
  });

  it('does not send a GET again once an answer began', async () => {
    await using host = await startForgetfulHost((socket) =>
      socket.end('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf'),
    );
    const client = aClient();
    await get(client, host.url);

    await assert.rejects(get(client, host.url), { code: 'CONN_BODY' });

    assert.equal(host.acceptedCount, 1);
    await client.close();
  });

  it('does not try again on a new connection', async () => {
    await using host = await startRawHost((socket) => void socket.once('data', () => socket.destroy()));
    await assert.rejects(get(aClient(), host.url), { code: 'CONN_BODY' });
    assert.equal(host.acceptedCount, 1);
  });

  it('opens another when idle connections were cut', async () => {
    await using host = await startFakeHost((_, response) => void response.end('ok'));
    const client = aClient();
    await Promise.all([get(client, host.url), get(client, host.url), get(client, host.url)]);

    host.cut();

    assert.equal(await get(client, host.url), 'ok');
    await client.close();
  });
});

describe('HttpClient over TLS', () => {
  const hello = (_: unknown, response: ServerResponse): void => void response.end('hello');
  const extraAuthorities = [TEST_AUTHORITY];

  it('accepts a certificate of a trusted authority, by address and by name', async () => {
    await using host = await startFakeTlsHost({ key: TEST_KEY, cert: TEST_CERTIFICATES.good }, hello);
    const client = aClient({}, { extraAuthorities, resolve: async () => [{ address: '127.0.0.1', family: 4 }] });

    assert.equal(await get(client, host.url), 'hello');
    assert.equal(await get(client, `https://secure.test:${host.port}/`), 'hello');
    await client.close();
  });

  for (const [kind, authorities, message] of [
    ['good', [], /does not (trust|know)/],
    ['expired', extraAuthorities, /has expired/],
    ['notYetValid', extraAuthorities, /check this machine's clock/],
    ['otherHost', extraAuthorities, /for another host name/],
  ] as const) {
    it(`refuses a ${kind} certificate${authorities.length === 0 ? ' of an unknown authority' : ''}`, async () => {
      await using host = await startFakeTlsHost({ key: TEST_KEY, cert: TEST_CERTIFICATES[kind] }, hello);
      const client = aClient({}, { extraAuthorities: authorities });

      await assert.rejects(get(client, host.url), { code: 'CONN_CONNECT', message });

      assert.equal(client.counts.open, 0);
    });
  }

  it('checks certificates even where the environment says not to', async () => {
    const before = process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
    try {
      await using host = await startFakeTlsHost({ key: TEST_KEY, cert: TEST_CERTIFICATES.good }, hello);
      await assert.rejects(get(aClient(), host.url), { code: 'CONN_CONNECT' });
    } finally {
      if (before === undefined) delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
      else process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = before;
    }
  });

  it('says so when http is spoken to a port that expects https, and the reverse', async () => {
    await using plain = await startFakeHost(hello);
    await assert.rejects(get(aClient(), `https://127.0.0.1:${plain.port}/`), {
      code: 'CONN_CONNECT',
      message: /http or https/,
    });
  });

  it('does not follow a redirect from https to http', async () => {
    await using host = await startFakeTlsHost({ key: TEST_KEY, cert: TEST_CERTIFICATES.good }, (_, response) => {
      response.writeHead(302, { location: 'http://127.0.0.1/token/hunter2' }).end();
    });
    await assert.rejects(
      get(aClient({}, { extraAuthorities }), host.url),
      (error: { code: string; message: string }) => {
        assert.equal(error.code, 'CONN_FORBIDDEN');
        assert.match(error.message, /from https to http/);
        assert.doesNotMatch(error.message, /hunter2/);
        return true;
      },
    );
  });
});

describe('HttpClient after 1,000 requests that end in every way', () => {
  it('has no lease left, and as many sockets as it says', async () => {
    await using host = await startFakeHost((request, response) => {
      if (request.url === '/cut') return void request.socket.destroy();
      if (request.url === '/silent') return;
      if (request.url === '/half') {
        response.writeHead(200, { 'content-length': '10' });
        response.write('half');
        return void setImmediate(() => response.destroy());
      }
      if (request.url === '/drip') return void response.writeHead(200).write('a');
      response.end('x'.repeat(5_000));
    });
    const client = aClient({ 'pool.total': 8, 'pool.per_host': 8, 'pool.queue': 1000, 'pool.queue_wait': '60s' });
    const ways = [
      (signal: AbortSignal) => client.use({ url: `${host.url}/ok`, maxBytes: 9_999 }, signal, read),
      (signal: AbortSignal) => client.use({ url: `${host.url}/ok`, maxBytes: 10 }, signal, read),
      (signal: AbortSignal) => client.use({ url: `${host.url}/ok`, maxBytes: 9_999 }, signal, async () => 'unread'),
      (signal: AbortSignal) => client.use({ url: `${host.url}/ok`, maxBytes: 9_999 }, signal, fail),
      (signal: AbortSignal) => client.use({ url: `${host.url}/cut`, maxBytes: 9_999 }, signal, read),
      (signal: AbortSignal) => client.use({ url: `${host.url}/half`, maxBytes: 9_999 }, signal, read),
      // Aborted: before it has a connection, while it connects or waits for headers, while it reads.
      (_: AbortSignal) => cancelledAfter(0, '/ok'),
      (_: AbortSignal) => cancelledAfter(1, '/ok'),
      (_: AbortSignal) => cancelledAfter(3, '/silent'),
      (_: AbortSignal) => cancelledWhileReading('/drip'),
    ];
    async function read({ body }: { body: AsyncIterable<Uint8Array> }): Promise<string> {
      for await (const _ of body);
      return 'read';
    }
    async function fail(): Promise<string> {
      throw new Error('mine');
    }
    async function cancelledAfter(turns: number, path: string): Promise<string> {
      const controller = new AbortController();
      const use = client.use({ url: `${host.url}${path}`, maxBytes: 9_999 }, controller.signal, read);
      use.catch(() => {});
      for (let i = 0; i < turns; i += 1) await new Promise((resolve) => setImmediate(resolve));
      controller.abort(new Error('cancelled'));
      return use;
    }
    function cancelledWhileReading(path: string): Promise<string> {
      const controller = new AbortController();
      return client.use({ url: `${host.url}${path}`, maxBytes: 9_999 }, controller.signal, async ({ body }) => {
        for await (const _ of body) controller.abort(new Error('cancelled'));
        return 'read';
      });
    }

    const work = Array.from({ length: 1_000 }, (_, i) => (ways[i % ways.length] as (typeof ways)[number])(never));
    const ends = await Promise.allSettled(work);

    assert.ok(ends.filter((end) => end.status === 'fulfilled').length >= 200);
    assert.ok(ends.filter((end) => end.status === 'rejected').length >= 600);
    assert.equal(client.counts.active, 0);
    assert.equal(client.counts.waiting, 0);
    assert.equal(client.counts.open, client.counts.idle);
    assert.equal(await get(client, `${host.url}/ok`), 'x'.repeat(5_000));
    assert.equal(host.openCount, client.counts.open);
    await client.close();
    assert.deepEqual(client.counts, { active: 0, idle: 0, waiting: 0, open: 0 });
  });
});
