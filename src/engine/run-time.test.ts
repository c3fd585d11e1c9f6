import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { RunTime } from './run-time.ts';

function aRunTime(limitMs: number): { time: RunTime; clock: FakeClock; over: string[] } {
  const clock = new FakeClock();
  const over: string[] = [];
  return { time: new RunTime(clock, limitMs, ({ code, message }) => over.push(`${code} ${message}`)), clock, over };
}

describe('RunTime', () => {
  it('is over after its limit, not before it, and once', async () => {
    const { time, clock, over } = aRunTime(1_000);
    time.start();
    time.start();
    await clock.advance(999);
    assert.deepEqual(over, []);
    await clock.advance(5_000);
    assert.deepEqual(over, ['FLOW_TIMEOUT The run did not end within 1000 ms.']);
    assert.equal(clock.pendingCount, 0);
  });

  it('does not count while it pauses, however often', async () => {
    const { time, clock, over } = aRunTime(1_000);
    for (let round = 0; round < 3; round += 1) {
      time.start();
      await clock.advance(300);
      time.pause();
      time.pause();
      await clock.advance(1_000_000);
    }
    time.start();
    await clock.advance(99);
    assert.deepEqual(over, []);
    await clock.advance(1);
    assert.equal(over.length, 1);
  });

  it('says when it will be over if it goes on from now', async () => {
    const { time, clock } = aRunTime(1_000);
    await clock.advance(50);
    assert.equal(time.deadlineTickMs, 1_050);
    time.start();
    await clock.advance(400);
    assert.equal(time.deadlineTickMs, 1_050);
    time.pause();
    await clock.advance(100);
    assert.equal(time.deadlineTickMs, 1_150);
    assert.equal(clock.pendingCount, 0);
  });

  it('has a millisecond left at least when it goes on', () => {
    const { time, clock } = aRunTime(0);
    time.start();
    time.pause();
    assert.equal(time.deadlineTickMs, clock.tickMs() + 1);
  });
});
