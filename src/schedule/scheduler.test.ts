import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeClock } from '../../test/support/index.ts';
import { createHealth, MoonpoolError, silentLog, silentMetrics } from '../core/index.ts';
import type { Flow, Schedule } from '../flow/index.ts';
import { createScheduler, type SchedulerOptions } from './scheduler.ts';

const MINUTE = 60_000;

function aFlow(name: string, schedule?: Partial<Schedule>): Flow {
  return {
    name,
    file: `${name}.yaml`,
    directory: '.',
    hash: name,
    variables: {},
    initialState: {},
    settings: { lua: {}, maxSteps: 100 },
    entry: { kind: 'end' },
    nodes: [],
    ...(schedule === undefined ? {} : { schedule: { zone: 'UTC', atStart: false, overlap: 'skip', ...schedule } }),
  };
}

/** A scheduler on a clock that stands at 08:00:00, with runs that end when the test says so. */
function aScheduler(flows: readonly Flow[], more: Partial<SchedulerOptions> = {}) {
  const clock = (more.clock as FakeClock | undefined) ?? new FakeClock();
  const health = createHealth({ clock });
  const started: string[] = [];
  const ends: PromiseWithResolvers<void>[] = [];
  const scheduler = createScheduler({
    flows,
    clock,
    health,
    log: silentLog,
    metrics: silentMetrics,
    start(flow) {
      started.push(`${flow.name} ${new Date(clock.nowMs()).toISOString().slice(11, 19)}`);
      const end = Promise.withResolvers<void>();
      ends.push(end);
      return end.promise;
    },
    ...more,
  });
  return { clock, health, scheduler, started, ends };
}

describe('createScheduler', () => {
  it('runs a flow when its pattern holds', async () => {
    const { clock, scheduler, started, ends } = aScheduler([aFlow('feed', { cron: '*/5 * * * *' })]);

    scheduler.start();
    await clock.advance(5 * MINUTE);
    ends[0]?.resolve();
    await clock.advance(5 * MINUTE);

    assert.deepEqual(started, ['feed 08:05:00', 'feed 08:10:00']);
    scheduler.stop();
  });

  it('runs a flow at start when it asks for that, also without a pattern', async () => {
    const { clock, scheduler, started } = aScheduler([aFlow('once', { atStart: true }), aFlow('endpoint')]);

    scheduler.start();
    await clock.advance(60 * MINUTE);

    assert.deepEqual(started, ['once 08:00:00']);
    assert.equal(clock.pendingCount, 0);
  });

  it('drops the ticks of a flow that still runs', async () => {
    const { clock, scheduler, started, ends } = aScheduler([aFlow('slow', { cron: '* * * * *' })]);

    scheduler.start();
    await clock.advance(3 * MINUTE + 1);
    ends[0]?.resolve();
    await clock.advance(MINUTE);

    assert.deepEqual(started, ['slow 08:01:00', 'slow 08:04:00']);
    scheduler.stop();
  });

  it('keeps one tick of a flow that asks for a queue, and runs it right after', async () => {
    const { clock, scheduler, started, ends } = aScheduler([aFlow('slow', { cron: '* * * * *', overlap: 'queue' })]);

    scheduler.start();
    await clock.advance(4 * MINUTE + 1);
    ends[0]?.resolve();
    await clock.settle();
    ends[1]?.resolve();
    await clock.settle();

    assert.deepEqual(started, ['slow 08:01:00', 'slow 08:04:00']);
    scheduler.stop();
  });

  it('goes on after a failed run and says so in health until one succeeds', async () => {
    const { clock, health, scheduler, started, ends } = aScheduler([aFlow('feed', { cron: '* * * * *' })]);

    scheduler.start();
    await clock.advance(MINUTE);
    ends[0]?.reject(new MoonpoolError('CONN_CONNECT', 'secret-host is down'));
    await clock.advance(MINUTE);
    const during = health.snapshot();
    ends[1]?.resolve();
    await clock.advance(MINUTE);

    assert.equal(started.length, 3);
    assert.deepEqual(during.reasons, ['schedule.feed: CONN_CONNECT: A remote host could not be reached.']);
    assert.equal(health.snapshot().status, 'ok');
    scheduler.stop();
  });

  for (const thrown of [new RangeError('x'), 'text', undefined, null]) {
    it(`survives a start that throws ${String(thrown)} at once`, async () => {
      let count = 0;
      const { clock, scheduler, health } = aScheduler([aFlow('bad', { cron: '* * * * *' })], {
        start() {
          count += 1;
          throw thrown as Error;
        },
      });

      scheduler.start();
      await clock.advance(2 * MINUTE);

      assert.equal(count, 2);
      assert.equal(health.snapshot().status, 'degraded');
      scheduler.stop();
    });
  }

  it('starts nothing after stop, not even what was queued', async () => {
    const { clock, scheduler, started, ends } = aScheduler([aFlow('slow', { cron: '* * * * *', overlap: 'queue' })]);

    scheduler.start();
    await clock.advance(2 * MINUTE);
    scheduler.stop();
    scheduler.stop();
    ends[0]?.resolve();
    await clock.advance(60 * MINUTE);
    scheduler.start();

    assert.deepEqual(started, ['slow 08:01:00']);
    assert.equal(clock.pendingCount, 0);
  });

  it('runs no missed tick when a clock without battery learns the time', async () => {
    const { clock, scheduler, started } = aScheduler([aFlow('feed', { cron: '0 * * * *' })], {
      clock: new FakeClock(Date.UTC(1970, 0, 1, 0, 10)),
    });

    scheduler.start();
    await clock.advance(MINUTE);
    clock.jumpTo(Date.UTC(2026, 0, 5, 8, 30));
    await clock.advance(2 * MINUTE);
    assert.deepEqual(started, []);
    assert.equal(scheduler.nextAtMs('feed'), Date.UTC(2026, 0, 5, 9));

    await clock.advance(28 * MINUTE);
    assert.deepEqual(started, ['feed 09:00:00']);
    scheduler.stop();
  });

  it('runs no tick twice when the clock is set back, and waits for none that lies in the wrong future', async () => {
    const { clock, scheduler, started, ends } = aScheduler([aFlow('feed', { cron: '0 * * * *' })]);

    scheduler.start();
    await clock.advance(60 * MINUTE);
    ends[0]?.resolve();
    clock.jumpTo(Date.UTC(2026, 0, 5, 6, 30));
    await clock.advance(30 * MINUTE);

    assert.deepEqual(started, ['feed 09:00:00', 'feed 07:00:00']);
    scheduler.stop();
  });

  it('takes no jump of less than a minute for a reset: the tick it passed is run', async () => {
    const { clock, scheduler, started } = aScheduler([aFlow('feed', { cron: '0 * * * *' })]);

    scheduler.start();
    await clock.advance(59 * MINUTE);
    clock.jumpTo(clock.nowMs() + 59_000);
    await clock.advance(2_000);

    assert.deepEqual(started.length, 0);
    await clock.advance(MINUTE);
    assert.deepEqual(started.length, 1);
    scheduler.stop();
  });

  it('refuses a pattern that cannot be read', () => {
    assert.throws(() => aScheduler([aFlow('bad', { cron: '61 * * * *' })]), { code: 'CONFIG_INVALID' });
  });

  it('runs the skipped hour of Europe/Berlin once, at its end', async () => {
    const { clock, scheduler, started } = aScheduler(
      [aFlow('night', { cron: '*/10 2 * * *', zone: 'Europe/Berlin' })],
      { clock: new FakeClock(Date.UTC(2026, 2, 29, 0, 0)) },
    );

    scheduler.start();
    await clock.advance(180 * MINUTE);

    assert.deepEqual(started, ['night 01:00:00']);
    scheduler.stop();
  });
});
