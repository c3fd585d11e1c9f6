import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { callAction } from '../../../test/support/action-call.ts';
import { FakeClock } from '../../../test/support/fake-clock.ts';
import type { JsonObject } from '../../core/index.ts';
import type { ActionCall } from '../../engine/index.ts';
import { createTimeSleepAction } from './index.ts';

const START_MS = Date.UTC(2026, 0, 5, 8);

/** Sleeps, and says after how long it was over. */
async function sleep(input: JsonObject, call: Partial<ActionCall> = {}): Promise<number> {
  const clock = new FakeClock(START_MS);
  const action = createTimeSleepAction({ clock });
  let overTickMs = -1;
  const sleeping = callAction(action, input, { nowMs: START_MS, ...call }).then(() => {
    overTickMs = clock.tickMs();
  });
  await Promise.race([sleeping, clock.settle()]);
  if (clock.nextDueInMs !== undefined) await clock.advance(clock.nextDueInMs);
  await sleeping;
  return overTickMs;
}

describe('time.sleep', () => {
  for (const [input, ms] of [
    [{ for: '250ms' }, 250],
    [{ for: 2 }, 2_000],
    [{ for: 0 }, 0],
    [{ for: '366d' }, 366 * 86_400_000],
    [{ until: START_MS + 1_500 }, 1_500],
    [{ until: START_MS - 1 }, 0],
    [{ until: '2026-01-05T08:00:10Z' }, 10_000],
    [{ until: '2026-01-05T10:00+01:30' }, 30 * 60_000],
    [{ until: '2026-01-05T03:00:01.999-05:00', for: null }, 1_000],
  ] as const) {
    it(`waits ${ms} ms for ${JSON.stringify(input)}`, async () => assert.equal(await sleep(input), ms));
  }

  it('waits only for what is left when its call was recorded earlier', async () => {
    assert.equal(await sleep({ for: '10s' }, { nowMs: START_MS - 4_000 }), 6_000);
    assert.equal(await sleep({ for: '10s' }, { nowMs: START_MS - 40_000 }), 0);
    assert.equal(await sleep({ for: '10s' }, { nowMs: START_MS + 40_000 }), 10_000);
  });

  it('ends with its run, and leaves no timer', async () => {
    const clock = new FakeClock(START_MS);
    const controller = new AbortController();
    const action = createTimeSleepAction({ clock });
    const sleeping = callAction(action, { for: '1h' }, { nowMs: START_MS, signal: controller.signal });
    controller.abort(new Error('cancelled'));

    await assert.rejects(sleeping, /cancelled/);
    assert.equal(clock.pendingCount, 0);
  });

  for (const input of [
    {},
    { for: 1, until: 1 },
    { for: '-1s' },
    { for: 'soon' },
    { for: '31622401' },
    { until: '2026-01-05' },
    { until: '2026-01-05T08:00:00' },
    { until: '2026-02-30T08:00:00Z' },
    { until: '2026-13-01T08:00:00Z' },
    { until: '2026-01-05T24:00:00Z' },
    { until: '2026-01-05T23:60:00Z' },
    { until: '2028-01-05T08:00:00Z' },
    { until: 9e15 },
  ] as JsonObject[]) {
    it(`refuses ${JSON.stringify(input)}`, async () => {
      await assert.rejects(sleep(input), { code: 'FLOW_ACTION' });
    });
  }
});
