import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { parseCron } from './cron.ts';

const zones = ['UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kolkata', 'America/Havana'];
const minutes = fc.constantFrom('*', '0', '30', '*/7', '*/20', '59');
const hours = fc.constantFrom('*', '0', '1', '2', '3', '1-3', '*/2', '23');
const instants = fc.integer({ min: Date.UTC(2024, 0, 1), max: Date.UTC(2030, 0, 1) });
const nearChanges = fc.oneof(
  instants,
  fc.integer({ min: Date.UTC(2026, 2, 28, 22), max: Date.UTC(2026, 2, 29, 4) }),
  fc.integer({ min: Date.UTC(2026, 9, 24, 22), max: Date.UTC(2026, 9, 25, 4) }),
  fc.integer({ min: Date.UTC(2026, 10, 1, 2), max: Date.UTC(2026, 10, 1, 9) }),
);

describe('parseCron', () => {
  it('always goes forward', () => {
    fc.assert(
      fc.property(minutes, hours, fc.constantFrom(...zones), nearChanges, (minute, hour, zone, atMs) => {
        const next = parseCron(`${minute} ${hour} * * *`, zone).nextAfter(atMs);
        assert.ok(next !== undefined && next > atMs, `${next} is not after ${atMs}`);
      }),
    );
  });

  it('leaves out no instant: from just before a tick, the next is that tick', () => {
    fc.assert(
      fc.property(minutes, hours, fc.constantFrom(...zones), nearChanges, (minute, hour, zone, atMs) => {
        const cron = parseCron(`${minute} ${hour} * * *`, zone);
        const next = cron.nextAfter(atMs) as number;
        assert.equal(cron.nextAfter(next - 1), next);
      }),
    );
  });

  it('runs a pattern of every hour at least once in any 61 minutes', () => {
    fc.assert(
      fc.property(minutes, fc.constantFrom(...zones), nearChanges, (minute, zone, atMs) => {
        const next = parseCron(`${minute} * * * *`, zone).nextAfter(atMs) as number;
        // Lord Howe moves its clock by 30 minutes: an hour by the clock then takes 90.
        assert.ok(next - atMs <= (zone.endsWith('Howe') ? 90 : 60) * 60_000);
      }),
    );
  });
});
