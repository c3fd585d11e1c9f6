import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { FakeClock } from '../../test/support/index.ts';
import { aCalendar, IN_2025 } from '../../test/support/calendars.ts';
import type { CalendarResult } from '../calendar/index.ts';
import { type Clock, type JsonObject, type Log, silentLog, systemClock } from '../core/index.ts';
import { createWorkThread, type WorkLimits, type WorkThread } from './index.ts';

/** A rule that never comes back from one step of `ical.js`: whole weeks from a Monday are never a Tuesday. */
const ENDLESS = 'UID:bomb\nDTSTART:20250106T090000Z\nSUMMARY:Bomb\nRRULE:FREQ=HOURLY;INTERVAL=168;BYDAY=TU';
const GOOD = 'UID:good\nDTSTART:20250310T090000Z\nSUMMARY:Good';

const opened: WorkThread[] = [];
afterEach(async () => {
  for (const thread of opened.splice(0)) await thread.close();
});

function aWorkThread(limits: Partial<WorkLimits> = {}, more: { log?: Log; clock?: Clock } = {}): WorkThread {
  const thread = createWorkThread({ clock: systemClock, log: silentLog, limits, ...more });
  opened.push(thread);
  return thread;
}

const read = (thread: WorkThread, body: string | Uint8Array, options = {}): Promise<CalendarResult> =>
  thread.run({ kind: 'calendar.events', body, input: IN_2025 }, options);

function summary(result: CalendarResult): { titles: string[]; codes: string[] } {
  if (result.kind !== 'calendar') return { titles: [], codes: [result.reason] };
  return {
    titles: result.occurrences.map(({ title }) => title),
    codes: result.warnings.map(({ code }) => code),
  };
}

describe('WorkThread', () => {
  it('starts its thread when first needed and keeps it for the next job', async () => {
    const thread = aWorkThread();
    assert.deepEqual(thread.inspect(), { isThreadAlive: false, waitingCount: 0, startedCount: 0 });

    await read(thread, aCalendar(GOOD));
    const result = await read(thread, new TextEncoder().encode(aCalendar(GOOD)));

    assert.deepEqual(summary(result), { titles: ['Good'], codes: [] });
    assert.deepEqual(thread.inspect(), { isThreadAlive: true, waitingCount: 0, startedCount: 1 });
  });

  it('gives a refusal of the text as a result', async () => {
    assert.deepEqual(summary(await read(aWorkThread(), '<html>')), { titles: [], codes: ['html'] });
  });

  it('gives the error of a handler with its code and goes on', async () => {
    const thread = aWorkThread();
    const input = { ...IN_2025, zone: 'Mars/Olympus' };

    await assert.rejects(thread.run({ kind: 'calendar.events', body: '', input }), { code: 'FLOW_ACTION' });
    assert.deepEqual(summary(await read(thread, aCalendar(GOOD))).titles, ['Good']);
    assert.equal(thread.inspect().startedCount, 1);
  });

  it('leaves out an event whose rule never returns, names it and gives the others (E24)', async () => {
    const events: JsonObject[] = [];
    const log = { ...silentLog, warn: (event: string, fields?: JsonObject) => void events.push({ event, ...fields }) };
    const thread = aWorkThread({ componentTimeoutMs: 200 }, { log });

    const result = await read(thread, aCalendar('UID:a\nDTSTART:20250309T090000Z\nSUMMARY:First', ENDLESS, GOOD));

    assert.deepEqual(summary(result), { titles: ['First', 'Good'], codes: ['event_given_up'] });
    assert.match(result.kind === 'calendar' ? (result.warnings[0]?.message ?? '') : '', /"Bomb" on line 8/);
    assert.equal(thread.inspect().startedCount, 2);
    assert.deepEqual(events, [
      { event: 'work.component_given_up', kind: 'calendar.events', component: 1, reason: 'stuck' },
    ]);
  });

  it('leaves out several such events', async () => {
    const bombs = [1, 2, 3].map((n) => ENDLESS.replace('UID:bomb', `UID:bomb${n}`));

    const result = await read(aWorkThread({ componentTimeoutMs: 200 }), aCalendar(...bombs, GOOD));

    assert.deepEqual(summary(result).titles, ['Good']);
    assert.equal(summary(result).codes.filter((code) => code === 'event_given_up').length, 3);
  });

  for (const rule of ['FREQ=DAILY;BYMONTH=2;BYMONTHDAY=31', 'FREQ=SECONDLY', 'FREQ=DAILY;INTERVAL=7;BYDAY=TU']) {
    it(`shows the others beside ${rule} without ending its thread`, async () => {
      const thread = aWorkThread();
      const bomb = `UID:x\nDTSTART:20250106T090000Z\nSUMMARY:Bomb\nRRULE:${rule}`;

      const { titles } = summary(await read(thread, aCalendar(bomb, GOOD)));

      assert.ok(titles.includes('Good'));
      assert.ok(titles.length <= 251);
      assert.equal(thread.inspect().startedCount, 1);
    });
  }

  it('reads 10,000 events', async () => {
    const events = Array.from({ length: 10_000 }, (_, n) => `UID:${n}\nDTSTART:20250310T090000Z\nSUMMARY:${n % 7}`);
    const result = await aWorkThread().run({
      kind: 'calendar.events',
      body: aCalendar(...events),
      input: { ...IN_2025, limits: { maxOccurrences: 10_000 } },
    });

    assert.equal(summary(result).titles.length, 10_000);
  });

  it('fails a job that misses its deadline as a whole, and does the next', async () => {
    const thread = aWorkThread();

    await assert.rejects(read(thread, aCalendar(ENDLESS), { timeoutMs: 300 }), {
      code: 'FLOW_WORK_LIMIT',
      message: 'The job did not end within 300ms.',
    });
    assert.deepEqual(summary(await read(thread, aCalendar(GOOD))).titles, ['Good']);
  });

  it('fails a job that needs more memory than allowed, and does the next', async () => {
    const thread = aWorkThread({ memoryBytes: 32 * 1_024 * 1_024 });
    const title = 'x'.repeat(500);
    const events = Array.from({ length: 60_000 }, (_, n) => `UID:${n}\nDTSTART:20250310T090000Z\nSUMMARY:${title}`);
    const greedy = thread.run({
      kind: 'calendar.events',
      body: aCalendar(...events),
      input: { ...IN_2025, limits: { maxEvents: 100_000, maxOccurrences: 50_000 } },
    });

    await assert.rejects(greedy, { code: 'FLOW_WORK_LIMIT', message: /needs more than the 32MiB of memory/ });
    assert.deepEqual(summary(await read(thread, aCalendar(GOOD))).titles, ['Good']);
  });

  it('does jobs in the order they came and refuses those it has no room for', async () => {
    const thread = aWorkThread({ maxQueueCount: 2 });
    const done: number[] = [];
    const jobs = [1, 2, 3].map((n) => read(thread, aCalendar(GOOD)).then(() => done.push(n)));

    await assert.rejects(read(thread, aCalendar(GOOD)), { code: 'FLOW_WORK_BUSY' });
    await Promise.all(jobs);

    assert.deepEqual(done, [1, 2, 3]);
  });

  it('stops at once when the signal aborts, running or waiting', async () => {
    const thread = aWorkThread();
    const [running, waiting] = [new AbortController(), new AbortController()];
    const first = read(thread, aCalendar(ENDLESS), { signal: running.signal });
    const second = read(thread, aCalendar(GOOD), { signal: waiting.signal });
    const third = read(thread, aCalendar(GOOD));

    waiting.abort(new Error('no longer wanted'));
    await assert.rejects(second, { message: 'no longer wanted' });
    running.abort(new Error('stop'));
    await assert.rejects(first, { message: 'stop' });

    assert.deepEqual(summary(await third).titles, ['Good']);
    await assert.rejects(read(thread, '', { signal: AbortSignal.abort(new Error('before')) }), { message: 'before' });
  });

  it('ends its thread when idle, and starts another for the next job', async () => {
    const clock = new FakeClock();
    const thread = aWorkThread({ idleMs: 30_000 }, { clock });

    await read(thread, aCalendar(GOOD));
    await clock.advance(29_999);
    assert.equal(thread.inspect().isThreadAlive, true);
    await clock.advance(1);
    assert.equal(thread.inspect().isThreadAlive, false);
    await read(thread, aCalendar(GOOD));

    assert.equal(thread.inspect().startedCount, 2);
  });

  it('refuses everything after close, which may be called twice', async () => {
    const thread = aWorkThread();
    const running = read(thread, aCalendar(ENDLESS));
    const waiting = read(thread, aCalendar(GOOD));
    const refusals = [running, waiting].map((job) => assert.rejects(job, { code: 'FLOW_CANCELLED' }));

    await Promise.all([thread.close(), thread.close()]);
    await Promise.all(refusals);

    await assert.rejects(read(thread, aCalendar(GOOD)), { code: 'FLOW_CANCELLED' });
    assert.equal(thread.inspect().isThreadAlive, false);
  });

  it('costs the main thread less than 100 ms of computing by a large answer', async () => {
    const thread = aWorkThread();
    const events = Array.from({ length: 400 }, (_, n) => `UID:${n}\nDTSTART:20200106T090000Z\nRRULE:FREQ=WEEKLY`);
    const body = aCalendar(...events);
    await read(thread, aCalendar(GOOD));
    // Its processor time, not the clock: what else the machine does is no fault of the answer.
    const before = process.threadCpuUsage();

    const result = await read(thread, body);

    const { user, system } = process.threadCpuUsage(before);
    assert.ok((user + system) / 1e3 < 100, `computed for ${(user + system) / 1e3} ms`);
    assert.equal(summary(result).titles.length, 5_000);
  });
});
