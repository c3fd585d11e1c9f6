import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { succeeded } from '../../test/support/fake-runner.ts';
import { useServing } from '../../test/support/serving.ts';
import { MoonpoolError } from '../core/index.ts';

describe('createServer', () => {
  const serving = useServing();

  it('says which port is taken', async () => {
    await serving().listen();
    const { port } = serving();
    const second = await serving().create({ port });

    await assert.rejects(second.listen(), (error: unknown) => {
      assert.ok(error instanceof MoonpoolError);
      assert.equal(error.code, 'HTTP_PORT_TAKEN');
      assert.match(error.message, new RegExp(`^Port ${port} on 127.0.0.1 is taken by another program`));
      return true;
    });
    await second.close();
  });

  it('lets a request in hand end, takes no other, and closes twice', async () => {
    const { promise: running, resolve: markRunning } = Promise.withResolvers<void>();
    const { promise: outcome, resolve: finish } = Promise.withResolvers<ReturnType<typeof succeeded>>();
    serving().runner.on('api', () => {
      markRunning();
      return outcome;
    });
    await serving().listen();
    const asked = serving().ask('GET', '/api/whats-next', { headers: { connection: 'keep-alive' } });
    await running;

    const closed = serving().server.close();
    await assert.rejects(serving().ask('GET', '/health'), { code: 'ECONNREFUSED' });
    finish(succeeded({ a: 1 }));

    assert.equal((await asked).json['a'], 1);
    await closed;
    await serving().server.close();
    assert.equal(serving().clock.pendingCount, 0);
  });

  it('cuts off what has not ended after 8 s', async () => {
    const { promise: running, resolve: markRunning } = Promise.withResolvers<void>();
    serving().runner.on('api', () => {
      markRunning();
      return new Promise(() => {});
    });
    await serving().listen();
    const asked = assert.rejects(serving().ask('GET', '/api/whats-next'));
    await running;

    const closed = serving().server.close();
    await serving().clock.advance(8_000);

    await closed;
    await asked;
  });
});
