/** A clock that jumps when nothing works. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Clock, systemClock } from '../core/index.ts';
import { JumpClock } from './jump-clock.ts';

const START_MS = 1_000_000;

/** Whose sleeps take one turn. */
const QUICK: Clock = { ...systemClock, sleep: () => nextTurn() };

function aClock(): JumpClock {
  return new JumpClock(START_MS, QUICK);
}

/** Long enough for everything that could happen. */
async function someTurns(): Promise<void> {
  for (let count = 0; count < 10; count += 1) await nextTurn();
}

describe('JumpClock', () => {
  it('wakes sleepers in the order they are due, each at its own instant', async () => {
    const clock = aClock();
    const woken: [string, number][] = [];
    const sleep = async (name: string, delayMs: number): Promise<void> => {
      await clock.sleep(delayMs);
      woken.push([name, clock.nowMs() - START_MS]);
    };

    await Promise.all([sleep('day', 86_400_000), sleep('second', 1_000), sleep('again', 1_000)]);

    assert.deepEqual(woken, [
      ['second', 1_000],
      ['again', 1_000],
      ['day', 86_400_000],
    ]);
  });

  it('lets what hangs on one timer begin another before the next fires', async () => {
    const clock = aClock();
    const fired: string[] = [];
    clock.after(2_000, () => fired.push('late'));

    await clock.sleep(1_000);
    await clock.sleep(500);
    fired.push('early');
    await clock.sleep(1_000);

    assert.deepEqual(fired, ['early', 'late']);
  });

  it('stands still while something goes on', async () => {
    const clock = aClock();
    const gate = Promise.withResolvers<void>();
    const held = clock.hold(() => gate.promise);
    let isWoken = false;
    const sleeper = clock.sleep(5).then(() => {
      isWoken = true;
    });

    await someTurns();
    assert.deepEqual([isWoken, clock.tickMs()], [false, 0]);
    gate.resolve();
    await held;
    await sleeper;

    assert.equal(clock.tickMs(), 5);
  });

  it('goes on while work that is held sleeps', async () => {
    const clock = aClock();

    await clock.hold(() => clock.inside().sleep(7_000));

    assert.equal(clock.nowMs(), START_MS + 7_000);
  });

  it('ends a sleep at once when its signal aborts, and leaves no timer', async () => {
    const clock = aClock();
    const ending = new AbortController();
    const gate = Promise.withResolvers<void>();
    const held = clock.hold(() => gate.promise);
    const sleeper = clock.sleep(1_000, ending.signal);
    ending.abort(new Error('enough'));

    await assert.rejects(sleeper, /enough/);
    await assert.rejects(clock.sleep(1_000, ending.signal), /enough/);
    gate.resolve();
    await held;
    await someTurns();

    assert.equal(clock.tickMs(), 0);
  });

  it('fires no timer that was cancelled', async () => {
    const clock = aClock();
    clock.after(10, () => assert.fail('it was cancelled'))();

    await clock.sleep(20);

    assert.equal(clock.tickMs(), 20);
  });
});
