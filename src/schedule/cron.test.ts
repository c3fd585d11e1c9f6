import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hasCode } from '../core/index.ts';
import { checkCron, parseCron } from './cron.ts';

function ticks(pattern: string, zone: string, from: string, count: number): string[] {
  const cron = parseCron(pattern, zone);
  const found: string[] = [];
  let atMs: number | undefined = Date.parse(from);
  for (let index = 0; index < count && atMs !== undefined; index += 1) {
    atMs = cron.nextAfter(atMs);
    if (atMs !== undefined) found.push(new Date(atMs).toISOString().slice(0, 16));
  }
  return found;
}

describe('parseCron', () => {
  const rows = [
    {
      rule: 'gives the next instants of a plain pattern',
      of: ['*/15 * * * *', 'UTC', '2026-01-05T08:01Z'],
      gives: ['2026-01-05T08:15', '2026-01-05T08:30', '2026-01-05T08:45', '2026-01-05T09:00'],
    },
    {
      rule: 'reads the pattern in its zone, winter and summer',
      of: ['0 7 1 */6 *', 'Europe/Berlin', '2026-01-05T00:00Z'],
      gives: ['2026-07-01T05:00', '2027-01-01T06:00'],
    },
    {
      rule: 'runs a skipped tick once, when the clock has changed',
      of: ['30 2 * * *', 'Europe/Berlin', '2026-03-28T12:00Z'],
      gives: ['2026-03-29T01:00', '2026-03-30T00:30'],
    },
    {
      rule: 'runs many skipped ticks once',
      of: ['*/10 2 * * *', 'Europe/Berlin', '2026-03-29T00:30Z'],
      gives: ['2026-03-29T01:00', '2026-03-30T00:00', '2026-03-30T00:10'],
    },
    {
      rule: 'does not run twice when a skipped tick and a tick at the change coincide',
      of: ['*/20 * * * *', 'Europe/Berlin', '2026-03-29T00:30Z'],
      gives: ['2026-03-29T00:40', '2026-03-29T01:00', '2026-03-29T01:20'],
    },
    {
      rule: 'runs a named hour that is repeated once',
      of: ['30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00Z'],
      gives: ['2026-10-25T00:30', '2026-10-26T01:30'],
    },
    {
      rule: 'runs each tick of a named hour once, in its first round',
      of: ['*/20 2 * * *', 'Europe/Berlin', '2026-10-24T23:50Z'],
      gives: ['2026-10-25T00:00', '2026-10-25T00:20', '2026-10-25T00:40', '2026-10-26T01:00'],
    },
    {
      rule: 'goes on after the repeated hour when asked in its second round',
      of: ['*/20 2,3 * * *', 'Europe/Berlin', '2026-10-25T01:10Z'],
      gives: ['2026-10-25T02:00', '2026-10-25T02:20'],
    },
    {
      rule: 'does not pause a pattern of every hour while the hour is repeated',
      of: ['*/20 * * * *', 'Europe/Berlin', '2026-10-25T00:30Z'],
      gives: ['2026-10-25T00:40', '2026-10-25T01:00', '2026-10-25T01:20', '2026-10-25T01:40', '2026-10-25T02:00'],
    },
    {
      rule: 'knows gaps of half an hour',
      of: ['15 2 * * *', 'Australia/Lord_Howe', '2026-10-03T00:00Z'],
      gives: ['2026-10-03T15:30', '2026-10-04T15:15'],
    },
    {
      rule: 'finds a date that is years away',
      of: ['0 12 29 2 *', 'Europe/Berlin', '2026-01-01T00:00Z'],
      gives: ['2028-02-29T11:00', '2032-02-29T11:00'],
    },
    {
      rule: 'knows seconds',
      of: ['30 59 23 * * *', 'UTC', '2026-01-05T00:00Z'],
      gives: ['2026-01-05T23:59', '2026-01-06T23:59'],
    },
    {
      rule: 'knows @daily',
      of: ['@daily', 'Europe/Berlin', '2026-01-05T00:00Z'],
      gives: ['2026-01-05T23:00'],
    },
  ] as const;
  for (const { rule, of, gives } of rows) {
    it(rule, () => {
      assert.deepEqual(ticks(of[0], of[1], of[2], gives.length), gives);
    });
  }

  it('refuses what checkCron refuses', () => {
    assert.throws(
      () => parseCron('61 * * * *', 'UTC'),
      (error) => hasCode(error, 'CONFIG_INVALID'),
    );
  });
});

describe('checkCron', () => {
  it('finds nothing wrong with a usable pattern', () => {
    assert.equal(checkCron('0 */2 * * MON-FRI', 'Europe/Berlin'), undefined);
  });

  const bad = [
    ['four fields', '* * * *', 'UTC', /five fields/],
    ['a year field', '* * * * * * *', 'UTC', /five fields/],
    ['a date', '2026-01-01T00:00:00', 'UTC', /five fields/],
    ['nothing', '', 'UTC', /five fields/],
    ['an endless text', '*'.repeat(10_000), 'UTC', /five fields/],
    ['a minute of 61', '61 * * * *', 'UTC', /minute: 61/],
    ['a day that never comes', '0 0 30 2 *', 'UTC', /no date that exists/],
    ['an unknown nickname', '@often', 'UTC', /not a cron pattern/],
    ['an unknown zone', '* * * * *', 'Mars/Olympus', /no time zone "Mars\/Olympus"/],
  ] as const;
  for (const [what, pattern, zone, sentence] of bad) {
    it(`names ${what}`, () => {
      assert.match(checkCron(pattern, zone) ?? '', sentence);
    });
  }
});
