import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { RecordedMetrics } from '../../test/support/recorded-metrics.ts';
import { Breakers } from './breakers.ts';
import type { BreakerUse } from './decision.ts';

function aUse(name = 'flow/node', failureThreshold = 2, resetTimeoutMs = 1_000): BreakerUse {
  return { name, settings: { failureThreshold, resetTimeoutMs } };
}

function someBreakers(): { breakers: Breakers; clock: FakeClock; openCount: () => number } {
  const clock = new FakeClock();
  const metrics = new RecordedMetrics();
  const breakers = new Breakers(clock, metrics);
  return { breakers, clock, openCount: () => metrics.gauges()['moonpool_breakers_open'] ?? -1 };
}

describe('Breakers', () => {
  it('open after as many failures in a row, and say for how long', async () => {
    const { breakers, clock, openCount } = someBreakers();
    breakers.tell(aUse(), false);
    breakers.tell(aUse(), true);
    breakers.tell(aUse(), false);
    assert.equal(breakers.ask(aUse()), undefined);
    assert.equal(openCount(), 0);

    breakers.tell(aUse(), false);

    assert.equal(openCount(), 1);
    await clock.advance(400);
    const refusal = breakers.ask(aUse());
    assert.deepEqual([refusal?.code, refusal?.details], ['FLOW_BREAKER', { retry_in_ms: 600 }]);
    assert.match(refusal?.message ?? '', /after 2 failures in a row.*in 600 ms/);
  });

  it('let one attempt through after the reset time, not a tick before, and no second beside it', async () => {
    const { breakers, clock } = someBreakers();
    breakers.tell(aUse('n', 1), false);
    await clock.advance(999);
    assert.equal(breakers.ask(aUse('n', 1))?.code, 'FLOW_BREAKER');
    await clock.advance(1);
    assert.equal(breakers.ask(aUse('n', 1)), undefined);
    assert.match(breakers.ask(aUse('n', 1))?.message ?? '', /when the one under way has ended/);
  });

  for (const [success, code] of [
    [true, undefined],
    [false, 'FLOW_BREAKER'],
  ] as const) {
    it(`are ${success ? 'closed' : 'open again for the whole time'} after an attempt let through ${success ? 'succeeded' : 'failed'}`, async () => {
      const { breakers, clock } = someBreakers();
      breakers.tell(aUse('n', 1), false);
      await clock.advance(1_000);
      breakers.ask(aUse('n', 1));

      breakers.tell(aUse('n', 1), success);

      await clock.advance(999);
      assert.equal(breakers.ask(aUse('n', 1))?.code, code);
    });
  }

  it('let another attempt through when the one under way was given up', async () => {
    const { breakers, clock } = someBreakers();
    breakers.tell(aUse('n', 1), false);
    await clock.advance(1_000);
    breakers.ask(aUse('n', 1));

    breakers.release(aUse('n', 1));

    assert.equal(breakers.ask(aUse('n', 1)), undefined);
    breakers.release(aUse('unknown'));
  });

  it('know each other by name only', () => {
    const { breakers } = someBreakers();
    breakers.tell(aUse('a', 1), false);
    assert.deepEqual([breakers.ask(aUse('b', 1)), breakers.ask(aUse('a', 1))?.code], [undefined, 'FLOW_BREAKER']);
  });

  it('forget the one used longest ago beyond 10,000', () => {
    const { breakers, openCount } = someBreakers();
    breakers.tell(aUse('kept', 1), false);
    breakers.tell(aUse('lost', 1), false);
    for (let other = 0; other < 9_998; other += 1) breakers.ask(aUse(`other ${other}`));
    breakers.ask(aUse('kept', 1));
    assert.equal(openCount(), 2);

    breakers.ask(aUse('one more'));

    assert.equal(openCount(), 1);
    assert.equal(breakers.ask(aUse('kept', 1))?.code, 'FLOW_BREAKER');
  });
});
