/** The clock that other tests trust. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeClock } from './fake-clock.ts';

describe('FakeClock', () => {
  it('stands still until it is advanced', async () => {
    const clock = new FakeClock(1_000);

    await clock.advance(0);

    assert.equal(clock.nowMs(), 1_000);
    assert.equal(clock.tickMs(), 0);
  });

  it('fires timers in the order they fall due, each at its own tick', async () => {
    const clock = new FakeClock();
    const seen: string[] = [];
    clock.after(20, () => seen.push(`b@${clock.tickMs()}`));
    clock.after(10, () => seen.push(`a@${clock.tickMs()}`));
    clock.after(20, () => seen.push(`c@${clock.tickMs()}`));
    clock.after(31, () => seen.push('late'));

    await clock.advance(30);

    assert.deepEqual(seen, ['a@10', 'b@20', 'c@20']);
    assert.equal(clock.tickMs(), 30);
    assert.equal(clock.pendingCount, 1);
    assert.equal(clock.nextDueInMs, 1);
  });

  it('drives a loop that sleeps again and again', async () => {
    const clock = new FakeClock();
    let rounds = 0;
    const loop = (async () => {
      while (rounds < 5) {
        await clock.sleep(100);
        rounds += 1;
      }
    })();

    await clock.advance(499);
    assert.equal(rounds, 4);
    await clock.advance(1);

    await loop;
    assert.equal(rounds, 5);
    assert.equal(clock.pendingCount, 0);
  });

  it('rejects a sleep with the reason of its signal, and forgets the timer', async () => {
    const clock = new FakeClock();
    const controller = new AbortController();
    const sleeping = assert.rejects(clock.sleep(10, controller.signal), /enough/);

    controller.abort(new Error('enough'));

    await sleeping;
    assert.equal(clock.pendingCount, 0);
    await assert.rejects(clock.sleep(10, controller.signal), /enough/);
  });

  it('does not fire a cancelled timer', async () => {
    const clock = new FakeClock();
    let fired = false;
    const cancel = clock.after(5, () => {
      fired = true;
    });

    cancel();
    await clock.advance(10);

    assert.equal(fired, false);
  });

  it('lets the wall clock jump without moving ticks', async () => {
    const clock = new FakeClock(5_000);
    await clock.advance(100);

    clock.jumpTo(1_000);

    assert.equal(clock.nowMs(), 1_000);
    assert.equal(clock.tickMs(), 100);
  });

  it('refuses a timer that rearms itself for ever', async () => {
    const clock = new FakeClock();
    const rearm = (): void => void clock.after(0, rearm);
    rearm();

    await assert.rejects(clock.advance(1), /rearms itself/);
  });
});
