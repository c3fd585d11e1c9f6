import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { callAction } from '../../../test/support/action-call.ts';
import { type JsonObject, silentLog, systemClock } from '../../core/index.ts';
import type { ActionCall, BlobStore } from '../../engine/index.ts';
import { createWorkThread } from '../../work/index.ts';
import { createCalendarEventsAction } from './index.ts';

const work = createWorkThread({ clock: systemClock, log: silentLog });
after(() => work.close());

const FEED = [
  'BEGIN:VCALENDAR',
  'VERSION:2.0',
  'PRODID:-//test//test//EN',
  'X-WR-CALNAME:Room 1',
  'BEGIN:VEVENT',
  'UID:one',
  'DTSTART:20260105T090000Z',
  'DTEND:20260105T100000Z',
  'SUMMARY:Daily',
  'RRULE:FREQ=DAILY;COUNT=5',
  'END:VEVENT',
  'BEGIN:VEVENT',
  'UID:two',
  'DTSTART:20260105T110000Z',
  'DTEND:20260105T120000Z',
  'SUMMARY:Free',
  'TRANSP:TRANSPARENT',
  'END:VEVENT',
  'END:VCALENDAR',
  '',
].join('\r\n');

const blobs = { read: async () => Buffer.from(FEED) } as unknown as BlobStore;
const action = createCalendarEventsAction({ blobs, work, clock: systemClock, stateBytes: 65_536 });
const window = { from_ms: Date.UTC(2026, 0, 5), to_ms: Date.UTC(2026, 0, 20), zone: 'Europe/Berlin' };

interface Result {
  readonly events: readonly {
    readonly title: string;
    readonly start_ms: number;
    readonly start_local: { readonly hour: number };
  }[];
  readonly name: string;
  readonly skipped: number;
  readonly total: number;
  readonly warnings: readonly unknown[];
}
async function events(input: JsonObject, call: Partial<ActionCall> = {}): Promise<Result> {
  return (await callAction(action, { ...window, ...input }, call)).value as unknown as Result;
}

describe('calendar.events', () => {
  it('gives what happens in the window, from text and from a blob', async () => {
    for (const input of [{ text: FEED }, { blob: { blob: 'a'.repeat(64) } }]) {
      const result = await events(input);
      assert.deepEqual(
        [result.events.length, result.name, result.total, result.skipped, result.warnings.length],
        [5, 'Room 1', 2, 0, 0],
      );
      assert.equal(result.events[0]?.title, 'Daily');
      assert.equal(result.events[0]?.start_local.hour, 10);
    }
  });

  it('gives the earliest that take half a state, and says that there are more', async () => {
    const all = await events({ text: FEED });
    const bytes = (count: number): number => JSON.stringify(all.events.slice(0, count)).length - 1;

    for (const [stateBytes, count] of [
      [2 * bytes(5), 5],
      [2 * bytes(5) - 1, 4],
      [2 * bytes(2), 2],
    ] as const) {
      const small = createCalendarEventsAction({ blobs, work, clock: systemClock, stateBytes });
      const result = (await callAction(small, { ...window, text: FEED }, {})).value as unknown as Result;

      assert.deepEqual(result.events, all.events.slice(0, count));
      assert.equal(result.warnings.length, count === 5 ? 0 : 1);
    }
  });

  it('also gives what is hidden when asked, and at most as many as asked', async () => {
    assert.equal((await events({ text: FEED, include_hidden: true })).events.length, 6);
    assert.equal((await events({ text: FEED, max_events: 2 })).events.length, 2);
  });

  for (const text of ['<html><body>Log in</body></html>', '', 'BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n']) {
    it(`fails on a text that is no calendar: ${JSON.stringify(text.slice(0, 20))}`, async () => {
      await assert.rejects(events({ text }), { code: 'FLOW_ACTION', message: /^calendar\.events: / });
    });
  }

  for (const input of [
    {},
    { text: FEED, blob: { blob: 'a' } },
    { text: FEED, zone: 'Mars/Olympus' },
    { text: FEED, to_ms: window.from_ms - 1 },
    { text: FEED, to_ms: 9e15 },
  ]) {
    it(`refuses ${JSON.stringify({ ...input, text: undefined })}`, async () => {
      await assert.rejects(events(input), { code: 'FLOW_ACTION' });
    });
  }

  for (const input of [
    { text: FEED, max_events: 0 },
    { text: FEED, max_events: 5_001 },
    { text: FEED, from_ms: 'now' },
    { text: FEED, zone: '' },
  ]) {
    it(`does not fit ${JSON.stringify({ ...input, text: undefined })} into its schema`, async () => {
      await assert.rejects(events(input), /schema/);
    });
  }

  it('takes the lowest and the highest number of events', async () => {
    assert.equal((await events({ text: FEED, max_events: 1 })).events.length, 1);
    assert.equal((await events({ text: FEED, max_events: 5_000 })).events.length, 5);
  });

  it('stops when the run is cancelled', async () => {
    const signal = AbortSignal.abort(new Error('cancelled'));
    await assert.rejects(events({ text: FEED }, { signal }), /cancelled/);
  });
});
