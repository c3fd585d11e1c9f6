import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { anEndpointFlow } from '../../test/support/flows.ts';
import { assertProblem, useServing } from '../../test/support/serving.ts';

describe('refusals', () => {
  const serving = useServing();

  const missing = [
    ['GET', '/nothing'],
    ['GET', '/admin/config'],
    ['GET', '/api/runs/a/b'],
    ['GET', '/api/flows/x'],
    ['OPTIONS', '/nothing'],
    ['TRACE', '/nothing'],
  ] as const;
  for (const [method, path] of missing) {
    it(`finds nothing at ${method} ${path}`, async () => {
      await serving().listen();

      assertProblem(await serving().ask(method, path), 'HTTP_NOT_FOUND');
    });
  }

  it('names the methods of a path', async () => {
    await serving().listen();
    for (const method of ['DELETE', 'OPTIONS']) {
      const answer = await serving().ask(method, '/api/whats-next');
      assertProblem(answer, 'HTTP_METHOD');
      assert.equal(answer.headers['allow'], 'GET, HEAD');
      assert.equal(answer.headers['access-control-allow-origin'], undefined);
    }
  });

  for (const host of [
    'evil.example',
    'evil.example:8080',
    'localhost.evil.example',
    '10.0.0.1',
    '127.0.0.1.evil.example',
    'a b',
    '[::2]',
  ]) {
    it(`refuses the host ${JSON.stringify(host)} everywhere`, async () => {
      await serving().listen();
      for (const path of ['/', '/health', '/nothing']) {
        assertProblem(await serving().ask('GET', path, { headers: { host } }), 'HTTP_HOST');
      }
      assert.equal(serving().runner.started.length, 0);
    });
  }

  for (const host of [
    'localhost',
    'LOCALHOST:1',
    '127.0.0.1',
    '127.0.0.9:80',
    '[::1]:8080',
    'pi.lan',
    'pi.lan.:8080',
  ]) {
    it(`answers for the host ${host}`, async () => {
      await serving().listen({ hosts: ['pi.lan'] });

      assert.equal((await serving().ask('GET', '/health', { headers: { host } })).status, 200);
    });
  }

  for (const [what, headers] of [
    ['another origin', { origin: 'http://evil.example' }],
    ['another port', { origin: 'http://localhost:9' }],
    ['an opaque origin', { origin: 'null' }],
    ['a cross-site request without origin', { 'sec-fetch-site': 'cross-site' }],
    ['a same-site request of another host', { 'sec-fetch-site': 'same-site' }],
  ] as const) {
    it(`refuses to change state for ${what}`, async () => {
      await serving().listen();

      assertProblem(await serving().post('/api/skip/1', '{}', headers as Record<string, string>), 'HTTP_ORIGIN');
      assert.equal(serving().runner.started.length, 0);
    });
  }

  for (const [what, headers] of [
    ['no origin', {}],
    ['its own origin', { host: 'localhost:8080', origin: 'http://localhost:8080' }],
    ['its own origin behind TLS', { host: 'pi.lan', origin: 'https://pi.lan', 'sec-fetch-site': 'same-origin' }],
    ['its own origin with the scheme’s port', { host: 'pi.lan:443', origin: 'https://pi.lan' }],
  ] as const) {
    it(`changes state for ${what}`, async () => {
      await serving().listen({ hosts: ['pi.lan'] });

      assert.equal((await serving().post('/api/skip/1', '{}', headers as Record<string, string>)).status, 200);
    });
  }

  for (const type of [
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/jsonx',
    '',
  ]) {
    it(`refuses a body of type ${JSON.stringify(type)}`, async () => {
      await serving().listen();

      assertProblem(await serving().post('/api/skip/1', '{}', { 'content-type': type }), 'HTTP_CONTENT_TYPE');
    });
  }

  it('refuses a form without body, and takes a call with neither body nor type', async () => {
    await serving().listen();

    assertProblem(
      await serving().ask('POST', '/api/skip/1', { headers: { 'content-type': 'text/plain' } }),
      'HTTP_CONTENT_TYPE',
    );
    assert.equal((await serving().ask('POST', '/api/skip/1')).status, 200);
  });

  for (const [what, body, code] of [
    ['cut JSON', '{"a":', 'HTTP_BODY'],
    ['a BOM', '\ufeff[]', 'FLOW_INPUT'],
    ['JSON 101 levels deep', '{"a":'.repeat(101) + '1' + '}'.repeat(101), 'HTTP_BODY'],
    ['brackets without end', '['.repeat(90_000), 'HTTP_BODY'],
    ['a list', '[]', 'FLOW_INPUT'],
    ['null', 'null', 'FLOW_INPUT'],
    ['text', '"a"', 'FLOW_INPUT'],
  ] as const) {
    it(`refuses ${what}`, async () => {
      await serving().listen({}, { parts: { flows: [anEndpointFlow('skip', '/api/skip/{id}', { method: 'POST' })] } });

      assertProblem(await serving().post('/api/skip/1', body), code);
      assert.equal(serving().runner.started.length, 0);
    });
  }

  it('takes __proto__ in a body as data', async () => {
    await serving().listen();

    await serving().post('/api/skip/1', '{"__proto__":{"a":1}}');

    assert.deepEqual(Object.keys(serving().runner.started[0]?.input ?? {}), ['id', '__proto__']);
  });

  it('refuses a body above the endpoint’s limit and takes one exactly at it', async () => {
    await serving().listen();
    const at = JSON.stringify({ a: 'x'.repeat(100 - 8) });

    assert.equal((await serving().post('/api/skip/1', at)).status, 200);
    assertProblem(await serving().post('/api/skip/1', `${at} `), 'HTTP_TOO_LARGE');
    const chunked = { 'transfer-encoding': 'chunked' };
    assertProblem(await serving().post('/api/skip/1', `${at} `, chunked), 'HTTP_TOO_LARGE');
  });

  it('refuses a body above the server’s limit, with and without its length', async () => {
    await serving().listen(
      { max_body: '1KiB' },
      { parts: { flows: [anEndpointFlow('skip', '/s', { method: 'POST' })] } },
    );
    const at = JSON.stringify({ a: 'x'.repeat(1024 - 8) });

    assert.equal((await serving().post('/s', at)).status, 200);
    assertProblem(await serving().post('/s', `${at} `), 'HTTP_TOO_LARGE');
    assertProblem(await serving().post('/s', `${at} `, { 'transfer-encoding': 'chunked' }), 'HTTP_TOO_LARGE');
  });

  it('asks for the token where the endpoint does, and takes the right one only', async () => {
    await serving().listen();

    const without = await serving().ask('GET', '/locked');
    assertProblem(without, 'AUTH_REQUIRED');
    assert.equal(without.headers['www-authenticate'], 'Bearer');
    for (const value of [
      'Bearer wrong',
      'Bearer right-toke',
      'Bearer right-tokens',
      'Basic right-token',
      'right-token',
    ]) {
      assertProblem(await serving().ask('GET', '/locked', { headers: { authorization: value } }), 'AUTH_REQUIRED');
    }
    const right = await serving().ask('GET', '/locked', { headers: { authorization: 'Bearer right-token' } });
    assert.equal(right.status, 200);
  });

  it('lets nobody in where a token is asked for and none is set', async () => {
    await serving().listen({}, { parts: { token: '' } });

    assertProblem(await serving().ask('GET', '/locked', { headers: { authorization: 'Bearer ' } }), 'AUTH_REQUIRED');
    assertProblem(await serving().ask('GET', '/locked'), 'AUTH_REQUIRED');
  });

  it('asks for the token by default where it listens on all addresses and state changes', async () => {
    await serving().listen({ host: '0.0.0.0' });

    assertProblem(await serving().post('/api/skip/1', '{}'), 'AUTH_REQUIRED');
    assert.equal((await serving().ask('GET', '/api/whats-next')).status, 200);
    assert.equal((await serving().post('/api/skip/1', '{}', { authorization: 'Bearer right-token' })).status, 200);
  });
});
