import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { succeeded } from '../../test/support/fake-runner.ts';
import { openRaw, sendRaw } from '../../test/support/raw-socket.ts';
import { useServing } from '../../test/support/serving.ts';

describe('connections', () => {
  const serving = useServing();

  const malformed = [
    ['no HTTP', 'hello\r\n\r\n'],
    [
      'a length and chunks',
      'POST /api/skip/1 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    [
      'two lengths',
      'POST /api/skip/1 HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello',
    ],
    ['a negative length', 'POST /api/skip/1 HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n'],
    ['a space before a colon', 'GET / HTTP/1.1\r\nHost : localhost\r\n\r\n'],
    ['a folded header', 'GET / HTTP/1.1\r\nHost: localhost\r\nX-A: b\r\n c\r\n\r\n'],
    ['a NUL in a header', 'GET / HTTP/1.1\r\nHost: localhost\r\nX-A: \0\r\n\r\n'],
    [
      'chunk sizes that are none',
      'POST /api/skip/1 HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\nContent-Type: application/json\r\n\r\nzz\r\n',
    ],
    ['a head without end', `GET / HTTP/1.1\r\nHost: localhost\r\nX-A: ${'a'.repeat(20_000)}`],
    ['a path without end', `GET /${'a'.repeat(20_000)}`],
    ['no Host', 'GET / HTTP/1.1\r\n\r\n'],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ] as const;
  for (const [what, text] of malformed) {
    it(`answers ${what} with 400 and closes`, async () => {
      await serving().listen();

      const answer = await sendRaw(serving().port, text);

      assert.match(answer, /^HTTP\/1\.1 400 /);
      assert.equal(serving().runner.started.length, 0);
    });
  }

  for (const [what, head] of [
    ['two Host headers', 'GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n'],
    ['a whole URL', 'GET http://localhost/ HTTP/1.1\r\nHost: localhost\r\n'],
    ['a star', 'OPTIONS * HTTP/1.1\r\nHost: localhost\r\n'],
    ['a path that does not decode', 'GET /%zz HTTP/1.1\r\nHost: localhost\r\n'],
  ] as const) {
    it(`refuses ${what}`, async () => {
      await serving().listen();

      const answer = await sendRaw(serving().port, `${head}Connection: close\r\n\r\n`);

      assert.match(answer, /^HTTP\/1\.1 400 [\s\S]*HTTP_REQUEST/);
      assert.equal(serving().runner.started.length, 0);
    });
  }

  it('closes on a client that does not finish its head', async () => {
    await serving().listen({ headers_timeout: '100ms' });

    const answer = await sendRaw(serving().port, 'GET / HTTP/1.1\r\nHost: loc');

    assert.match(answer, /^HTTP\/1\.1 408 [\s\S]*HTTP_SLOW/);
  });

  it('closes on a client that does not finish its body', async () => {
    await serving().listen({ headers_timeout: '100ms', handler_timeout: '100ms', request_timeout: '200ms' });

    const answer = await sendRaw(
      serving().port,
      'POST /api/skip/1 HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{',
    );

    assert.doesNotMatch(answer, /^HTTP\/1\.1 200/);
    assert.equal(serving().runner.started.length, 0);
  });

  it('closes on a client that does not read its answer', async () => {
    const large = Buffer.alloc(32 * 1024 * 1024, 0x20);
    const { promise: answered, resolve } = Promise.withResolvers<void>();
    serving().runner.on('api', () => {
      resolve();
      return { kind: 'succeeded', state: large };
    });
    await serving().listen();
    const raw = await openRaw(serving().port);

    raw.socket.pause();
    raw.socket.write('GET /api/whats-next HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await answered;
    await serving().clock.advance(30_000);
    raw.socket.resume();
    const received = await raw.closed;

    assert.ok(received.length < large.length);
  });

  it('closes what comes above the ceiling of connections', async () => {
    await serving().listen({ max_connections: 2 });
    const kept = [await openRaw(serving().port), await openRaw(serving().port)];

    const above = await openRaw(serving().port);

    assert.equal(await above.closed, '');
    for (const { socket } of kept) socket.destroy();
  });

  it('answers pipelined requests in order', async () => {
    serving().runner.on('api', (input) => succeeded(input));
    await serving().listen();

    const answer = await sendRaw(
      serving().port,
      'GET /api/whats-next?limit=1 HTTP/1.1\r\nHost: localhost\r\n\r\nGET /api/whats-next?limit=2 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
    );

    assert.match(answer, /"limit":1[\s\S]*"limit":2/);
  });
});
