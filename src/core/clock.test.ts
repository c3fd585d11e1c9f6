import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { systemClock } from './clock.ts';

/** The most that a platform timer takes in one piece, and a delay that needs two. */
const PIECE_MS = 2_147_483_647;
const LONG_MS = 30 * 86_400_000;

describe('systemClock', () => {
  it('tells the wall clock in whole milliseconds', () => {
    const before = Date.now();

    const nowMs = systemClock.nowMs();

    assert.ok(Number.isInteger(nowMs) && nowMs >= before && nowMs <= Date.now());
  });

  it('has ticks that never go back', () => {
    const ticks = Array.from({ length: 1_000 }, () => systemClock.tickMs());

    assert.deepEqual(
      ticks.toSorted((left, right) => left - right),
      ticks,
    );
  });

  it('sleeps at least as long as asked', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    let isAwake = false;
    const sleeping = systemClock.sleep(100).then(() => {
      isAwake = true;
    });

    t.mock.timers.tick(99);
    await Promise.resolve();
    assert.equal(isAwake, false);
    t.mock.timers.tick(1);

    await sleeping;
  });

  it('sleeps through the longest delay of a platform timer', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    let isAwake = false;
    const sleeping = systemClock.sleep(LONG_MS).then(() => {
      isAwake = true;
    });

    t.mock.timers.tick(PIECE_MS);
    await Promise.resolve();
    assert.equal(isAwake, false);
    t.mock.timers.tick(LONG_MS - PIECE_MS);

    await sleeping;
  });

  it('ends a sleep with the reason of its signal', async () => {
    const controller = new AbortController();
    const sleeping = assert.rejects(systemClock.sleep(60_000, controller.signal), /enough/);

    controller.abort(new Error('enough'));

    await sleeping;
    await assert.rejects(systemClock.sleep(0, controller.signal), /enough/);
  });

  it('leaves no listener on the signal of a sleep that ended', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { signal } = new AbortController();
    const removed = t.mock.method(signal, 'removeEventListener');
    const sleeping = systemClock.sleep(10, signal);

    t.mock.timers.tick(10);

    await sleeping;
    assert.equal(removed.mock.callCount(), 1);
  });

  it('calls back once, also after more than a platform timer takes', (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const called = t.mock.fn();
    systemClock.after(LONG_MS, called);

    t.mock.timers.tick(PIECE_MS);
    t.mock.timers.tick(LONG_MS - PIECE_MS - 1);
    assert.equal(called.mock.callCount(), 0);
    t.mock.timers.tick(1);
    t.mock.timers.tick(LONG_MS);

    assert.equal(called.mock.callCount(), 1);
  });

  it('does not call back what was cancelled, not even half-way through a long delay', (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const called = t.mock.fn();
    const cancel = systemClock.after(LONG_MS, called);

    t.mock.timers.tick(PIECE_MS);
    cancel();
    t.mock.timers.tick(LONG_MS);

    assert.equal(called.mock.callCount(), 0);
  });
});
