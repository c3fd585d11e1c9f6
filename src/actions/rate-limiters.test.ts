import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { RateLimiters } from './rate-limiters.ts';

const LIMIT = { perSecond: 2, burst: 1 };

describe('RateLimiters', () => {
  it('give each caller the next place, one per half second', () => {
    const limiters = new RateLimiters(new FakeClock());

    assert.deepEqual(
      [1, 2, 3].map(() => limiters.take('a', LIMIT, 60_000)),
      [0, 500, 1_000],
    );
    assert.equal(limiters.take('b', LIMIT, 60_000), 0);
  });

  it('let a burst through after a silence, and no more than that', async () => {
    const clock = new FakeClock();
    const limiters = new RateLimiters(clock);
    const limit = { perSecond: 1, burst: 3 };
    for (let call = 0; call < 4; call += 1) limiters.take('a', limit, 60_000);
    await clock.advance(3_600_000);

    assert.deepEqual(
      [1, 2, 3, 4].map(() => limiters.take('a', limit, 60_000)),
      [0, 0, 0, 1_000],
    );
  });

  it('take no place for a wait that is too long, and take back what was not used', () => {
    const limiters = new RateLimiters(new FakeClock());
    limiters.take('a', LIMIT, 0);

    assert.equal(limiters.take('a', LIMIT, 499), undefined);
    assert.equal(limiters.take('a', LIMIT, 500), 500);
    limiters.giveBack('a');
    assert.equal(limiters.take('a', LIMIT, 500), 500);
    limiters.giveBack('nobody');
  });

  it('never let more through than their rate and burst, whatever the pattern of calls', async () => {
    const clock = new FakeClock();
    const limiters = new RateLimiters(clock);
    const due: number[] = [];
    for (let call = 0; call < 200; call += 1) {
      const waitMs = limiters.take('a', { perSecond: 5, burst: 2 }, 1_000);
      if (waitMs !== undefined) due.push(clock.tickMs() + waitMs);
      await clock.advance((call * 37) % 190);
    }
    for (const from of due) {
      const within = due.filter((at) => at >= from && at < from + 1_000).length;
      assert.ok(within <= 5 + 2, `${within} within a second`);
    }
  });

  it('hold 1,000 limiters, forgetting those that are like new', async () => {
    const clock = new FakeClock();
    const limiters = new RateLimiters(clock);
    for (let name = 0; name < 1_000; name += 1) limiters.take(`n${name}`, LIMIT, 0);
    assert.throws(() => limiters.take('one more', LIMIT, 0), { code: 'STORE_FULL' });

    await clock.advance(500);

    assert.equal(limiters.take('one more', LIMIT, 0), 0);
    assert.equal(limiters.count, 1);
  });
});
