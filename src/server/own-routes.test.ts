import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { anEndpointFlow } from '../../test/support/flows.ts';
import { assertProblem, useServing } from '../../test/support/serving.ts';

describe('the server’s own routes', () => {
  const serving = useServing();

  it('tells how it is', async () => {
    await serving().listen();
    serving().health.report('feed', 'degraded', 'The last fetch failed.');

    const answer = await serving().ask('GET', '/health');

    assert.equal(answer.status, 200);
    assert.equal(answer.json['status'], 'degraded');
    assert.deepEqual(answer.json['reasons'], ['feed: The last fetch failed.']);
    assert.deepEqual(Object.keys(answer.json), ['status', 'parts', 'reasons']);
  });

  it('is live always and ready when it has something to serve', async () => {
    await serving().listen();
    assert.equal((await serving().ask('GET', '/healthz/live')).status, 200);
    assert.equal((await serving().ask('GET', '/healthz/ready')).status, 200);

    serving().server.setFlows([]);

    assert.equal((await serving().ask('GET', '/healthz/live')).status, 200);
    assert.equal((await serving().ask('GET', '/healthz/ready')).status, 503);
  });

  it('gives metrics as text', async () => {
    await serving().listen();

    const answer = await serving().ask('GET', '/metrics');

    assert.equal(answer.text, 'moonpool_up 1\n');
    assert.equal(answer.headers['content-type'], 'text/plain; version=0.0.4; charset=utf-8');
  });

  it('answers when the metrics cannot be made', async () => {
    await serving().listen({}, { parts: { metricsText: () => Promise.reject(new Error('secret')) } });

    assertProblem(await serving().ask('GET', '/metrics'), 'HTTP_UNAVAILABLE');
  });

  it('lists its endpoints at / unless a flow is served there, with titles as text', async () => {
    const flow = anEndpointFlow('x', '/x', { summary: '<script>alert(1)</script>' });
    await serving().listen({}, { parts: { flows: [flow] } });

    for (const path of ['/', '/console']) {
      const answer = await serving().ask('GET', path);
      assert.match(answer.text, /<a href="\/x">\/x<\/a>/);
      assert.doesNotMatch(answer.text, /<script>/);
      assert.match(answer.headers['content-security-policy'] ?? '', /script-src 'none'/);
    }
  });

  it('answers other methods with 405', async () => {
    await serving().listen();

    const answer = await serving().post('/health', '{}');

    assertProblem(answer, 'HTTP_METHOD');
    assert.equal(answer.headers['allow'], 'GET, HEAD');
  });
});
