import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeClock } from '../../test/support/index.ts';
import { createAdmission } from './admission.ts';

const never = new AbortController().signal;

function anAdmission(concurrentCount: number, queueCount: number) {
  const clock = new FakeClock();
  return { clock, admission: createAdmission({ concurrentCount, queueCount, queueWaitMs: 1000 }, clock) };
}

describe('createAdmission', () => {
  it('gives as many turns as it may, then lets wait in order', async () => {
    const { admission } = anAdmission(1, 2);
    const order: string[] = [];

    const leave = await admission.enter(never);
    const second = admission.enter(never).then((leaveSecond) => {
      order.push('second');
      leaveSecond();
    });
    const third = admission.enter(never).then((leaveThird) => {
      order.push('third');
      leaveThird();
    });
    assert.equal(admission.waitingCount, 2);
    leave();
    await Promise.all([second, third]);

    assert.deepEqual(order, ['second', 'third']);
    assert.equal(admission.activeCount, 0);
    assert.equal(admission.waitingCount, 0);
  });

  it('refuses at once when the queue is full', async () => {
    const { admission } = anAdmission(1, 1);
    await admission.enter(never);
    const waiting = admission.enter(never);

    await assert.rejects(admission.enter(never), { code: 'ADMIT_FULL' });

    assert.equal(admission.waitingCount, 1);
    void waiting;
  });

  it('refuses after the longest wait and leaves no timer behind', async () => {
    const { admission, clock } = anAdmission(1, 1);
    await admission.enter(never);
    const waiting = assert.rejects(admission.enter(never), { code: 'ADMIT_FULL' });

    await clock.advance(1000);
    await waiting;

    assert.equal(admission.waitingCount, 0);
    assert.equal(clock.pendingCount, 0);
  });

  it('lets a waiter go when its signal aborts', async () => {
    const { admission, clock } = anAdmission(1, 1);
    await admission.enter(never);
    const stop = new AbortController();
    const waiting = assert.rejects(admission.enter(stop.signal), /gone/);

    stop.abort(new Error('gone'));
    await waiting;

    assert.equal(admission.waitingCount, 0);
    assert.equal(clock.pendingCount, 0);
  });

  it('takes a turn back once, however often it is given back', async () => {
    const { admission } = anAdmission(1, 1);
    const leave = await admission.enter(never);

    leave();
    leave();

    assert.equal(admission.activeCount, 0);
    await admission.enter(never);
    assert.equal(admission.activeCount, 1);
  });
});
