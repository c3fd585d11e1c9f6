import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeClock } from '../../test/support/index.ts';
import { createHealth } from './health.ts';

describe('createHealth', () => {
  it('is ok while nobody has reported', () => {
    const health = createHealth({ clock: new FakeClock() });

    assert.deepEqual(health.snapshot(), { status: 'ok', parts: {}, reasons: [] });
  });

  it('is degraded while one part is, and names the part and its reason', () => {
    const health = createHealth({ clock: new FakeClock(1000) });

    health.report('feed', 'degraded', 'The last fetch failed.');
    health.report('page', 'ok');

    assert.deepEqual(health.snapshot(), {
      status: 'degraded',
      parts: {
        feed: { status: 'degraded', reason: 'The last fetch failed.', sinceAtMs: 1000 },
        page: { status: 'ok', sinceAtMs: 1000 },
      },
      reasons: ['feed: The last fetch failed.'],
    });
  });

  it('keeps the instant at which a status began while it is reported again', async () => {
    const clock = new FakeClock(1000);
    const health = createHealth({ clock });

    health.report('feed', 'degraded', 'one');
    await clock.advance(500);
    health.report('feed', 'degraded', 'two');

    assert.equal(health.snapshot().parts['feed']?.sinceAtMs, 1000);
    assert.equal(health.snapshot().parts['feed']?.reason, 'two');
  });

  it('forgets a part that is ok before it refuses a new one, and never one that is degraded', () => {
    const health = createHealth({ clock: new FakeClock(), maxPartCount: 2 });

    health.report('a', 'degraded', 'x');
    health.report('b', 'ok');
    health.report('c', 'degraded', 'y');
    health.report('d', 'degraded', 'z');

    assert.deepEqual(Object.keys(health.snapshot().parts), ['a', 'c']);
  });

  it('treats a part called __proto__ as data', () => {
    const health = createHealth({ clock: new FakeClock() });

    health.report('__proto__', 'degraded', 'odd');

    assert.deepEqual(Object.keys(health.snapshot().parts), ['__proto__']);
  });
});
