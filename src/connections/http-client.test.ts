import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { type FakeHost, startFakeHost, startRawHost } from '../../test/support/index.ts';
import { type JsonObject, resolveOptions, silentLog, silentMetrics, systemClock } from '../core/index.ts';
import { createHttpClient, type HttpAnswer, type HttpClient, type HttpClientDeps } from './http-client.ts';
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

async function readAll(answer: HttpAnswer): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of answer.body) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

const get = (client: HttpClient, url: string, maxBytes = 1_000_000): Promise<{ status: number; text: string }> =>
  client.use({ url, maxBytes }, never, async (answer) => ({ status: answer.status, text: await readAll(answer) }));

const MIB = 1024 * 1024;

function answer(request: IncomingMessage, response: ServerResponse): void {
  const url = request.url ?? '/';
  switch (url.split('?')[0]) {
    case '/hello':
      response.setHeader('X-Seen', JSON.stringify(request.headers));
      return void response.end('hello');
    case '/gzip':
      return void response.setHeader('content-encoding', 'gzip').end(gzipSync('packed'));
    case '/br':
      return void response.setHeader('content-encoding', 'br').end(brotliCompressSync('packed'));
    case '/deflate':
      return void response.setHeader('content-encoding', 'deflate').end(deflateSync('packed'));
    case '/deflate-raw':
      return void response.setHeader('content-encoding', 'deflate').end(deflateRawSync('packed'));
    case '/half-gzip':
      return void response.setHeader('content-encoding', 'gzip').end(gzipSync('packed'.repeat(1000)).subarray(0, 20));
    case '/bad-gzip':
      return void response.setHeader('content-encoding', 'gzip').end('no gzip at all');
    case '/unknown-encoding':
      return void response.setHeader('content-encoding', 'rot13').end('uryyb');
    case '/bomb':
      return void response.setHeader('content-encoding', 'gzip').end(gzipSync(Buffer.alloc(50 * MIB)));
    case '/empty-gzip':
      return void response.setHeader('content-encoding', 'gzip').end();
    case '/not-modified':
      return void response.writeHead(304).end();
    case '/exact':
      return void response.end('x'.repeat(1000));
    case '/chunked':
      response.write('x'.repeat(600));
      return void response.end('x'.repeat(600));
    case '/half':
      response.writeHead(200, { 'content-length': '100' });
      response.write('half');
      return void setImmediate(() => response.destroy());
    case '/silent':
      return;
    case '/drip':
      response.writeHead(200);
      return void response.write('a');
    case '/to-hello':
      return void response.writeHead(302, { location: '/hello' }).end('moved');
    case '/circle':
      return void response.writeHead(301, { location: '/circle' }).end();
    case '/deeper': {
      const depth = Number(url.split('?')[1] ?? '0');
      return void response.writeHead(307, { location: depth === 0 ? '/hello' : `/deeper?${depth - 1}` }).end();
    }
    case '/to-ftp':
      return void response.writeHead(302, { location: 'ftp://127.0.0.1/x' }).end();
    case '/to-private':
      return void response.writeHead(302, { location: `http://127.0.0.1:${request.socket.localPort}/hello` }).end();
    case '/to-other-host':
      return void response.writeHead(302, { location: `http://feed.test:${request.socket.localPort}/hello` }).end();
    case '/nowhere':
      return void response.writeHead(302).end('no location');
    case '/headers':
      return void response.setHeader('x-big', 'x'.repeat(20_000)).end();
    default:
      response.writeHead(404).end('nothing here');
  }
}

let host: FakeHost;
before(async () => {
  host = await startFakeHost(answer);
});
after(() => host.close());

describe('HttpClient', () => {
  it('gives status, headers and body, and keeps the connection for the next request', async () => {
    const client = aClient();
    const before = host.acceptedCount;

    assert.deepEqual(await get(client, `${host.url}/hello`), { status: 200, text: 'hello' });
    assert.deepEqual(await get(client, `${host.url}/other`), { status: 404, text: 'nothing here' });

    assert.equal(host.acceptedCount - before, 1);
    assert.deepEqual(client.counts, { active: 0, idle: 1, waiting: 0, open: 1 });
    await client.close();
    assert.equal(client.counts.open, 0);
  });

  for (const path of ['/gzip', '/br', '/deflate', '/deflate-raw']) {
    it(`decodes ${path.slice(1)}`, async () => {
      const client = aClient();
      assert.equal((await get(client, `${host.url}${path}`)).text, 'packed');
      await client.close();
    });
  }

  for (const [path, code] of [
    ['/half-gzip', 'CONN_BODY'],
    ['/bad-gzip', 'CONN_BODY'],
    ['/unknown-encoding', 'CONN_BODY'],
    ['/half', 'CONN_BODY'],
    ['/bomb', 'CONN_TOO_LARGE'],
    ['/headers', 'CONN_TOO_LARGE'],
    ['/circle', 'CONN_FORBIDDEN'],
    ['/deeper?5', 'CONN_FORBIDDEN'],
    ['/to-ftp', 'CONN_FORBIDDEN'],
  ] as const) {
    it(`fails with ${code} on ${path.slice(1)}, and leaks nothing`, async () => {
      const client = aClient();
      const secret = path.includes('?') ? '&key=hunter2' : '?key=hunter2';

      await assert.rejects(get(client, `${host.url}${path}${path === '/deeper?5' ? '' : secret}`), (error) => {
        assert.equal((error as { code: string }).code, code);
        assert.doesNotMatch((error as Error).message, /hunter2/);
        return true;
      });

      assert.deepEqual(client.counts, { active: 0, idle: 0, waiting: 0, open: 0 });
      await client.close();
    });
  }

  it('stops a gzip bomb at the ceiling, long before it is unpacked', async () => {
    const client = aClient();
    let seen = 0;

    const reading = client.use({ url: `${host.url}/bomb`, maxBytes: MIB }, never, async ({ body }) => {
      for await (const chunk of body) seen += chunk.byteLength;
    });

    await assert.rejects(reading, { code: 'CONN_TOO_LARGE' });
    assert.ok(seen <= MIB);
    await client.close();
  });

  for (const path of ['/exact', '/chunked']) {
    it(`takes a body of exactly the limit and refuses one byte less (${path.slice(1)})`, async () => {
      const client = aClient();
      const size = path === '/exact' ? 1000 : 1200;

      assert.equal((await get(client, `${host.url}${path}`, size)).text.length, size);
      await assert.rejects(get(client, `${host.url}${path}`, size - 1), { code: 'CONN_TOO_LARGE' });
      await client.close();
    });
  }

  for (const path of ['/empty-gzip', '/not-modified']) {
    it(`reads ${path.slice(1)} as an empty body`, async () => {
      const client = aClient();
      assert.equal((await get(client, `${host.url}${path}`)).text, '');
      await client.close();
    });
  }

  it('follows a redirect, and five of them', async () => {
    const client = aClient();
    assert.equal((await get(client, `${host.url}/to-hello`)).text, 'hello');
    assert.equal((await get(client, `${host.url}/deeper?4`)).text, 'hello');
    await client.close();
  });

  it('gives a redirect without a target, and one of a POST, to the caller', async () => {
    const client = aClient();
    assert.equal((await get(client, `${host.url}/nowhere`)).status, 302);
    const post = { url: `${host.url}/to-hello`, method: 'POST' as const, body: Buffer.from('x'), maxBytes: 100 };
    assert.equal(await client.use(post, never, async ({ status }) => status), 302);
    await client.close();
  });

  it('takes no secret header along to another origin', async () => {
    const client = aClient({}, { resolve: async () => [{ address: '127.0.0.1', family: 4 }] });
    const headers = { authorization: 'Bearer x', 'x-api-key': 'y', cookie: 'z', 'If-None-Match': '"e"' };
    const see = ({ headers: h }: HttpAnswer): Promise<Record<string, string>> =>
      Promise.resolve(JSON.parse(h['x-seen'] ?? '{}'));

    const url = `${host.url}/to-other-host`;
    const seen = await client.use({ url, headers, maxBytes: 100 }, never, see);

    assert.equal(seen['authorization'] ?? seen['x-api-key'] ?? seen['cookie'], undefined);
    assert.equal(seen['if-none-match'], '"e"');
    await client.close();
  });

  it('sends user info of the URL as basic authorisation', async () => {
    const client = aClient();
    const url = `http://ann:p%40ss@127.0.0.1:${host.port}/hello`;
    const seen = await client.use({ url, maxBytes: 100 }, never, async ({ headers }) => headers['x-seen'] ?? '');
    assert.equal(JSON.parse(seen).authorization, `Basic ${Buffer.from('ann:p@ss').toString('base64')}`);
    await client.close();
  });

  for (const url of [
    'ftp://127.0.0.1/',
    'file:///etc/passwd',
    'nonsense',
    '',
    `http://127.0.0.1/${'x'.repeat(8192)}`,
  ]) {
    it(`refuses the URL ${url.slice(0, 30) || '(empty)'}`, async () => {
      await assert.rejects(get(aClient(), url), { code: 'CONN_FORBIDDEN' });
    });
  }

  for (const headers of [{ Host: 'a' }, { 'Content-Length': '1' }, { 'x y': 'a' }, { x: 'a\r\nb: c' }, { x: '€' }]) {
    it(`refuses the header ${JSON.stringify(headers)}`, async () => {
      const reading = aClient().use({ url: host.url, headers: { ...headers }, maxBytes: 1 }, never, readAll);
      await assert.rejects(reading, { code: 'CONN_FORBIDDEN' });
    });
  }

  it('says that nothing listens at a port', async () => {
    const gone = await startFakeHost(() => {});
    await gone.close();
    await assert.rejects(get(aClient(), `${gone.url}/x?key=hunter2`), {
      code: 'CONN_CONNECT',
      message: `${gone.url} cannot be reached: nothing listens there; check host and port (ECONNREFUSED).`,
    });
  });

  it('says that a name does not exist, and asks again next time', async () => {
    let asked = 0;
    const client = aClient(
      {},
      {
        resolve: async () => {
          asked += 1;
          throw Object.assign(new Error('no'), { code: 'ENOTFOUND' });
        },
      },
    );
    for (let i = 0; i < 2; i += 1) await assert.rejects(get(client, 'http://feed.test/'), { code: 'CONN_CONNECT' });
    assert.equal(asked, 2);
  });

  it('tries the next address of a host when the first is dead', async () => {
    const client = aClient(
      {},
      {
        resolve: async () => [
          { address: '::1', family: 6 },
          { address: '127.0.0.1', family: 4 },
        ],
      },
    );
    assert.equal((await get(client, `http://feed.test:${host.port}/hello`)).text, 'hello');
    await client.close();
  });

  it('fails with CONN_BODY when the host speaks no HTTP', async () => {
    await using raw = await startRawHost((socket) => void socket.end('SSH-2.0-x\r\n'));
    await assert.rejects(get(aClient(), raw.url), { code: 'CONN_BODY' });
  });

  it('passes an error of the function on and closes the connection', async () => {
    const client = aClient();
    const failing = client.use({ url: `${host.url}/hello`, maxBytes: 100 }, never, () => {
      throw new Error('mine');
    });
    await assert.rejects(failing, /mine/);
    assert.deepEqual(client.counts, { active: 0, idle: 0, waiting: 0, open: 0 });
    await client.close();
  });

  it('refuses requests after close, and closing twice is harmless', async () => {
    const client = aClient();
    await get(client, `${host.url}/hello`);
    await Promise.all([client.close(), client.close()]);
    await client.close();
    await assert.rejects(get(client, `${host.url}/hello`), { code: 'CONN_CLOSED' });
  });
});

describe('HttpClient guard', () => {
  const resolveTo =
    (...addresses: string[]) =>
    async () =>
      addresses.map((address) => ({ address, family: address.includes(':') ? (6 as const) : (4 as const) }));

  for (const address of [
    '127.0.0.1',
    '10.0.0.1',
    '169.254.169.254',
    '0.0.0.0',
    '::1',
    '::ffff:127.0.0.1',
    'fe80::1',
    'fd00::1',
  ]) {
    it(`does not connect an undeclared host to ${address}`, async () => {
      const client = aClient({}, { resolve: resolveTo(address) });
      await assert.rejects(get(client, `http://evil.test:${host.port}/hello`), { code: 'CONN_FORBIDDEN' });
      assert.equal(client.counts.open, 0);
    });
  }

  for (const name of ['2130706434', '0177.0.0.2', '0x7f.2', '[::ffff:127.0.0.2]', '[::1]', '0', 'localhost.']) {
    it(`does not connect to ${name}`, async () => {
      await assert.rejects(get(aClient(), `http://${name}:${host.port}/hello`), { code: 'CONN_FORBIDDEN' });
    });
  }

  it('connects only to the allowed ones among several addresses', async () => {
    const client = aClient({ allow_private: ['127.0.0.0/8'] }, { resolve: resolveTo('10.0.0.1', '127.0.0.1') });
    assert.equal((await get(client, `http://mixed.test:${host.port}/hello`)).text, 'hello');
    await client.close();
  });

  it('follows a redirect to a private address only if allow_private names it', async () => {
    const deps = { resolve: resolveTo('127.0.0.1'), declaredHosts: new Set(['feed.test']) };
    const url = `http://feed.test:${host.port}/to-private`;
    const strict = aClient({}, deps);
    const open = aClient({ allow_private: ['127.0.0.1'] }, deps);

    await assert.rejects(get(strict, url), { code: 'CONN_FORBIDDEN' });
    assert.equal((await get(open, url)).text, 'hello');

    assert.equal(strict.counts.open, 0);
    await open.close();
  });

  it('looks at the declared hosts again at every request', async () => {
    const declaredHosts = new Set<string>(['127.0.0.1']);
    const client = aClient({}, { declaredHosts });
    await get(client, `${host.url}/hello`);
    declaredHosts.clear();
    await assert.rejects(get(client, `${host.url}/hello`), { code: 'CONN_FORBIDDEN' });
    await client.close();
  });
});
