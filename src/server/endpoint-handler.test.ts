import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { endless, failed, responded, succeeded } from '../../test/support/fake-runner.ts';
import { anEndpointFlow } from '../../test/support/flows.ts';
import { openRaw } from '../../test/support/raw-socket.ts';
import { assertProblem, useServing } from '../../test/support/serving.ts';

describe('an endpoint flow', () => {
  const serving = useServing();

  it('answers with the bytes of the final state', async () => {
    const state = '{"big":12345678901234567890,  "a":1}';
    serving().runner.on('api', () => ({ kind: 'succeeded', state: Buffer.from(state) }));
    await serving().listen();

    const answer = await serving().ask('GET', '/api/whats-next');

    assert.equal(answer.status, 200);
    assert.equal(answer.text, state);
    assert.equal(answer.headers['content-type'], 'application/json; charset=utf-8');
    assert.equal(answer.headers['x-moonpool-path'], 'direct');
    assert.equal(answer.headers['cache-control'], 'no-cache');
    assert.equal(answer.headers['x-content-type-options'], 'nosniff');
    assert.equal(answer.headers['referrer-policy'], 'no-referrer');
    assert.match(answer.headers['server-timing'] ?? '', /^total;dur=\d/);
  });

  it('answers as http.respond says, but for the headers the server keeps', async () => {
    serving().runner.on('page', () =>
      responded(
        '<p>',
        { 'Content-Type': 'text/html', 'X-Own': 'y', 'Content-Length': '999', 'X-Moonpool-Path': 'z' },
        201,
      ),
    );
    await serving().listen();

    const answer = await serving().ask('GET', '/');

    assert.equal(answer.status, 201);
    assert.equal(answer.text, '<p>');
    assert.equal(answer.headers['x-own'], 'y');
    assert.equal(answer.headers['content-length'], '3');
    assert.equal(answer.headers['x-moonpool-path'], 'direct');
    assert.match(answer.headers['content-security-policy'] ?? '', /default-src 'none'.*script-src 'none'/);
  });

  it('does not let a flow frame the message or loosen a page', async () => {
    const own = {
      'Transfer-Encoding': 'chunked',
      Connection: 'upgrade',
      'Content-Security-Policy': 'x',
      Date: 'never',
    };
    serving().runner.on('page', () => responded('<p>', own));
    await serving().listen();

    const { headers } = await serving().ask('GET', '/');

    assert.equal(headers['transfer-encoding'], undefined);
    assert.notEqual(headers['connection'], 'upgrade');
    assert.notEqual(headers['date'], 'never');
    assert.match(headers['content-security-policy'] ?? '', /^default-src 'none'/);
  });

  it('gets its input from path, query and body', async () => {
    await serving().listen();

    await serving().ask('GET', '/api/whats-next?limit=5&other=1');
    await serving().post('/api/skip/a%2Fb', '{"why":"x"}');

    assert.deepEqual(
      serving().runner.started.map(({ input }) => input),
      [{ limit: 5 }, { id: 'a/b', why: 'x' }],
    );
  });

  it('refuses input that does not fit, with every problem', async () => {
    serving().runner.on('skip', () => ({
      kind: 'failed',
      error: { code: 'FLOW_INPUT', message: 'm', details: { problems: ['/why must be text'] } },
    }));
    await serving().listen();

    const query = await serving().ask('GET', '/api/whats-next?limit=11');
    const body = await serving().post('/api/skip/1', '{"why":1}');

    assertProblem(query, 'FLOW_INPUT');
    assert.deepEqual(query.json['errors'], [{ in: 'query', name: 'limit', message: 'must be at most 10, got "11"' }]);
    assertProblem(body, 'FLOW_INPUT');
    assert.deepEqual(body.json['errors'], [{ in: 'body', name: '', message: '/why must be text' }]);
  });

  it('answers 304 to a client that has the answer already', async () => {
    serving().runner.on('api', () => succeeded({ a: 1 }));
    await serving().listen();

    const first = await serving().ask('GET', '/api/whats-next');
    const etag = first.headers['etag'] ?? '';
    assert.match(etag, /^W\/"[\w-]{27}"$/);

    for (const named of [etag, `"x", ${etag}`, etag.slice(2), '*']) {
      const again = await serving().ask('GET', '/api/whats-next', { headers: { 'if-none-match': named } });
      assert.equal(again.status, 304);
      assert.equal(again.text, '');
      assert.equal(again.headers['etag'], etag);
      assert.equal(again.headers['cache-control'], 'no-cache');
      assert.equal(again.headers['content-length'], undefined);
    }
    const other = await serving().ask('GET', '/api/whats-next', { headers: { 'if-none-match': 'W/"x"' } });
    assert.equal(other.status, 200);
  });

  it('answers HEAD like GET without the body', async () => {
    serving().runner.on('api', () => succeeded({ a: 1 }));
    await serving().listen();

    const answer = await serving().ask('HEAD', '/api/whats-next');

    assert.equal(answer.status, 200);
    assert.equal(answer.text, '');
    assert.equal(answer.headers['content-length'], '7');
    assert.ok(answer.headers['etag']);
  });

  it('passes the time left and the priority to its run', async () => {
    await serving().listen({ handler_timeout: '2s' });

    await serving().ask('GET', '/api/whats-next');

    const options = serving().runner.started[0]?.options;
    assert.equal(options?.timeoutMs, 2000);
    assert.equal(options?.priority, 'normal');
    assert.equal(options?.signal?.aborted, false);
  });

  it('cancels its run when the client goes away', async () => {
    const { promise: cancelled, resolve } = Promise.withResolvers<void>();
    const { promise: running, resolve: markRunning } = Promise.withResolvers<void>();
    serving().runner.on('api', (input, options) => {
      options.signal?.addEventListener('abort', () => resolve());
      markRunning();
      return endless(input, options);
    });
    await serving().listen();
    const raw = await openRaw(serving().port);

    raw.socket.write('GET /api/whats-next HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await running;
    raw.socket.destroy();
    await cancelled;

    assert.deepEqual(serving().health.snapshot().reasons, []);
  });

  it('is served by the flows set last', async () => {
    await serving().listen();

    serving().server.setFlows([anEndpointFlow('new', '/new')]);

    assert.equal((await serving().ask('GET', '/new')).status, 200);
    assertProblem(await serving().ask('GET', '/api/whats-next'), 'HTTP_NOT_FOUND');
  });
});

describe('admission to endpoint flows', () => {
  const serving = useServing();

  it('gives the turn of a request to the next, however the request ended', async () => {
    await serving().listen({}, { admission: [1, 1] });
    for (const outcome of [succeeded({}), failed('LUA_RAISED'), failed('FLOW_INPUT'), responded('x', {}, 99)]) {
      serving().runner.on('api', () => outcome);
      await serving().ask('GET', '/api/whats-next');
    }
    serving().runner.on('api', () => succeeded({}));

    assert.equal((await serving().ask('GET', '/api/whats-next')).headers['x-moonpool-path'], 'direct');
  });

  it('refuses with ADMIT_FULL and Retry-After what finds no place, and keeps health outside', async () => {
    serving().runner.on('api', endless);
    await serving().listen({}, { admission: [1, 1] });
    const first = serving().ask('GET', '/api/whats-next');
    const second = serving().ask('GET', '/api/whats-next');

    const codes = await Promise.race([first, second, serving().ask('GET', '/api/whats-next')]);
    assertProblem(codes, 'ADMIT_FULL');
    assert.equal(codes.headers['retry-after'], '1');
    for (const path of ['/health', '/healthz/live', '/healthz/ready', '/metrics']) {
      assert.equal((await serving().ask('GET', path)).status, 200);
    }

    await serving().clock.advance(26_000);
    await Promise.all([first, second]);
  });
});
