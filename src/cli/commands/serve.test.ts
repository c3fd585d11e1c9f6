/** `moonpool serve` in-process, over a server that only says where it listens. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DIAGNOSTIC, moonpool } from '../../../test/support/command-line.ts';
import { FakeClock } from '../../../test/support/index.ts';
import { MoonpoolError } from '../../core/index.ts';
import { SpecError } from '../../spec/index.ts';

describe('moonpool serve', () => {
  const stopped = AbortSignal.abort(new MoonpoolError('FLOW_CANCELLED', 'Interrupted by SIGTERM.'));

  it('names its address, then drains and ends with 0 when told to stop', async () => {
    const { code, stdout, stderr, calls } = await moonpool(['serve'], { signal: stopped });

    assert.equal(stderr, 'Listening on http://127.0.0.1:8080\nStopping.\n');
    assert.deepEqual([code, stdout], [0, '']);
    assert.deepEqual(calls, ['startServe {"paths":["."]}', 'close']);
  });

  it('hands every option on', async () => {
    const argv = [
      'serve',
      'a',
      'b',
      '--config',
      'c',
      '--profile',
      'default',
      '--port',
      '0',
      '--host',
      '::1',
      '--data',
      'd',
    ];
    const { calls } = await moonpool(argv, { signal: stopped });

    assert.deepEqual(JSON.parse((calls[0] ?? '').slice('startServe '.length)), {
      paths: ['a', 'b'],
      configFile: 'c',
      profile: 'default',
      port: 0,
      host: '::1',
      dataDirectory: 'd',
    });
  });

  it('leaves work that does not end within 9.5 s, and ends with 0', async () => {
    const clock = new FakeClock();
    const ended = moonpool(['serve'], { signal: stopped, clock, closing: new Promise(() => {}) });

    await clock.advance(9_499);
    const early = await Promise.race([ended, Promise.resolve('still draining')]);
    await clock.advance(1);
    const { code, stderr } = await ended;

    assert.equal(early, 'still draining');
    assert.match(stderr, /warning: some work did not end within 9\.5 s and was left\.\n$/);
    assert.equal(code, 0);
  });

  it('tells when closing fails, in one line', async () => {
    const closing = Promise.reject(new MoonpoolError('STORE_FULL', 'No room'));
    const { code, stderr } = await moonpool(['serve'], { signal: stopped, closing });

    assert.match(stderr, /error STORE_FULL: No room\.\n$/);
    assert.equal(code, 1);
  });

  it('warns when other machines can reach it, and only then', async () => {
    for (const isLoopbackOnly of [true, false]) {
      const { stderr } = await moonpool(['serve'], { signal: stopped, isLoopbackOnly });

      assert.equal(stderr.includes('warning:'), !isLoopbackOnly);
    }
  });

  it('ends with 3 when the port is taken and with 2 when flows are bad', async () => {
    const taken = await moonpool(['serve'], { serveFails: new MoonpoolError('HTTP_PORT_TAKEN', 'Port 8080 is taken') });
    const bad = await moonpool(['serve'], { serveFails: new SpecError([DIAGNOSTIC]) });

    assert.deepEqual([taken.code, taken.stderr], [3, 'error HTTP_PORT_TAKEN: Port 8080 is taken.\n']);
    assert.equal(bad.code, 2);
  });
});
