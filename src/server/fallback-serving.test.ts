import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { failed, responded, succeeded } from '../../test/support/fake-runner.ts';
import { anEndpointFlow } from '../../test/support/flows.ts';
import { assertProblem, BROWSER, useServing } from '../../test/support/serving.ts';
import type { ErrorCode } from '../core/index.ts';

describe('the ladder below an endpoint flow', () => {
  const serving = useServing();

  const codes: readonly ErrorCode[] = [
    'LUA_TIMEOUT',
    'LUA_RAISED',
    'LUA_OVERLOADED',
    'FLOW_TIMEOUT',
    'CONN_STATUS',
    'BUG_INVARIANT',
  ];
  for (const code of codes) {
    it(`shows the last good answer when a run fails with ${code}`, async () => {
      serving().runner.on('api', () => succeeded({ a: 1 }));
      await serving().listen();
      await serving().ask('GET', '/api/whats-next');
      await serving().clock.advance(90_000);
      serving().runner.on('api', () => failed(code));

      const answer = await serving().ask('GET', '/api/whats-next');

      assert.equal(answer.status, 200);
      assert.equal(answer.headers['x-moonpool-path'], 'last-good');
      assert.equal(answer.headers['age'], '90');
      assert.equal(answer.headers['etag'], undefined);
      assert.deepEqual(answer.json, { moonpool: { path: 'last-good', stale: true, age_seconds: 90 }, a: 1 });
      assert.match(serving().health.snapshot().reasons[0] ?? '', new RegExp(`^endpoint.api: .*${code}`));
    });

    it(`says ${code} to a program when there is no last good answer`, async () => {
      serving().runner.on('api', () => failed(code));
      await serving().listen();

      const answer = await serving().ask('GET', '/api/whats-next');

      assertProblem(answer, code === 'BUG_INVARIANT' ? 'HTTP_UNAVAILABLE' : code);
      assert.equal(answer.headers['x-moonpool-path'], code === 'BUG_INVARIANT' ? 'emergency' : 'direct');
    });
  }

  it('is well again when the flow is', async () => {
    serving().runner.on('api', () => failed('LUA_RAISED'));
    await serving().listen();
    await serving().ask('GET', '/api/whats-next');
    assert.equal(serving().health.snapshot().status, 'degraded');

    serving().runner.on('api', () => succeeded({}));
    await serving().ask('GET', '/api/whats-next');

    assert.equal(serving().health.snapshot().status, 'ok');
  });

  it('puts the age on a page', async () => {
    serving().runner.on('page', () => responded('<html><body><h1>x</h1></body></html>'));
    await serving().listen({ zone: 'Europe/Berlin' });
    await serving().ask('GET', '/', { headers: BROWSER });
    await serving().clock.advance(5 * 60_000);
    serving().runner.on('page', () => failed('LUA_TIMEOUT'));

    const answer = await serving().ask('GET', '/', { headers: BROWSER });

    assert.match(answer.text, /<body><div[^>]*>Showing the last good page from 09:00, 5 min ago<\/div><h1>/);
    assert.match(answer.headers['content-security-policy'] ?? '', /default-src 'none'/);
  });

  it('shows a page that tries again when there is nothing to show', async () => {
    serving().runner.on('page', () => failed('LUA_RAISED'));
    await serving().listen();

    const answer = await serving().ask('GET', '/', { headers: BROWSER });

    assert.equal(answer.status, 503);
    assert.equal(answer.headers['x-moonpool-path'], 'emergency');
    assert.ok(Number(answer.headers['retry-after']) > 0);
    assert.match(answer.text, /http-equiv="refresh"/);
  });

  it('never gives one input’s answer to another', async () => {
    serving().runner.on('api', (input) => succeeded(input));
    await serving().listen();
    await serving().ask('GET', '/api/whats-next?limit=1');
    serving().runner.on('api', () => failed('LUA_RAISED'));

    assertProblem(await serving().ask('GET', '/api/whats-next?limit=2'), 'LUA_RAISED');
    assert.equal((await serving().ask('GET', '/api/whats-next?limit=1')).json['limit'], 1);
  });

  it('keeps the last good answer across a restart', async () => {
    serving().runner.on('api', () => succeeded({ a: 1 }));
    await serving().listen();
    await serving().ask('GET', '/api/whats-next');
    await serving().server.close();
    serving().runner.on('api', () => failed('CONN_CONNECT'));
    await serving().listen();

    assert.equal((await serving().ask('GET', '/api/whats-next')).json['a'], 1);
  });

  it('keeps nothing that is not 200, private, or sets a cookie', async () => {
    await serving().listen();
    for (const outcome of [
      responded({ a: 1 }, {}, 404),
      responded({ a: 1 }, { 'cache-control': 'no-store' }),
      responded({ a: 1 }, { 'set-cookie': 'a=b' }),
    ]) {
      serving().runner.on('api', () => outcome);
      await serving().ask('GET', '/api/whats-next');
    }
    serving().runner.on('api', () => failed('LUA_RAISED'));

    assertProblem(await serving().ask('GET', '/api/whats-next'), 'LUA_RAISED');
  });

  it('gives no last good answer to what changes state', async () => {
    serving().runner.on('skip', () => succeeded({ a: 1 }));
    await serving().listen();
    await serving().post('/api/skip/1', '{}');
    serving().runner.on('skip', () => failed('LUA_RAISED'));

    const answer = await serving().ask('POST', '/api/skip/1', { headers: BROWSER });

    assertProblem(answer, 'LUA_RAISED');
  });

  it('does not hide a refusal behind the last good answer', async () => {
    serving().runner.on('api', () => succeeded({ a: 1 }));
    await serving().listen();
    await serving().ask('GET', '/api/whats-next');
    serving().runner.on('api', () => failed('FLOW_INPUT'));

    assert.equal((await serving().ask('GET', '/api/whats-next')).status, 422);
    assert.equal(serving().health.snapshot().status, 'ok');
  });

  it('answers from last-good when the time of the handler is over, and cancels the run', async () => {
    let signal: AbortSignal | undefined;
    const { promise: running, resolve: markRunning } = Promise.withResolvers<void>();
    serving().runner.on('api', () => succeeded({ a: 1 }));
    await serving().listen();
    await serving().ask('GET', '/api/whats-next');
    serving().runner.on('api', (_input, options) => {
      signal = options.signal;
      markRunning();
      return new Promise(() => {});
    });

    const asked = serving().ask('GET', '/api/whats-next');
    await running;
    await serving().clock.advance(25_000);
    const answer = await asked;

    assert.equal(answer.headers['x-moonpool-path'], 'last-good');
    assert.equal(signal?.aborted, true);
  });

  it('says 504 when the endpoint’s own time is over and nothing was ever good', async () => {
    const { promise: running, resolve: markRunning } = Promise.withResolvers<void>();
    serving().runner.on('slow', () => {
      markRunning();
      return new Promise(() => {});
    });
    await serving().listen({}, { parts: { flows: [anEndpointFlow('slow', '/slow', { timeoutMs: 300 })] } });

    const asked = serving().ask('GET', '/slow');
    await running;
    await serving().clock.advance(300);

    assertProblem(await asked, 'FLOW_TIMEOUT');
  });

  for (const [what, thrown] of [
    ['an Error', new Error('secret')],
    ['a RangeError', new RangeError('Maximum call stack size exceeded')],
    ['an AbortError', new DOMException('x', 'AbortError')],
    ['text', 'secret'],
    ['undefined', undefined],
  ] as const) {
    it(`answers when the runner itself throws ${what}`, async () => {
      serving().runner.on('api', () => {
        throw thrown as Error;
      });
      await serving().listen();

      assertProblem(await serving().ask('GET', '/api/whats-next'), 'HTTP_UNAVAILABLE');
    });
  }

  it('answers when what the flow sends cannot be sent', async () => {
    await serving().listen();
    for (const outcome of [
      responded('x', {}, 99),
      responded('x', {}, 200.5),
      responded('x', { 'x-a': 'a\r\nb: c' }),
      responded('x', { 'x a': 'b' }),
      responded('x', { 'x-a': 'ü' }),
    ]) {
      serving().runner.on('api', () => outcome);
      assertProblem(await serving().ask('GET', '/api/whats-next'), 'FLOW_ACTION');
    }
  });
});
