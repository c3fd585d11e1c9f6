/**
 * What a fresh machine costs, as a ratio within one run: figures of their own are for the benchmarks.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { systemClock } from '../../src/core/index.ts';
import type { LuaMachine } from '../../src/lua/machine/index.ts';
import { aMachine, DEFAULT_LIMITS, host, valueOf } from '../support/lua-machines.ts';

/** Median of `count` samples of `work`, in milliseconds. */
function medianMs(count: number, work: () => void): number {
  const samples = Array.from({ length: count }, () => {
    const startTickMs = systemClock.tickMs();
    work();
    return systemClock.tickMs() - startTickMs;
  });
  return samples.sort((a, b) => a - b)[count >> 1] ?? 0;
}

/** Median of one fresh machine; each sample is of fifty, which a clock can tell apart. */
function freshMs(machine: LuaMachine): number {
  const many = medianMs(51, () => {
    for (let index = 0; index < 50; index += 1) machine.fresh({ seed: 'seed' });
  });
  return many / 50;
}

describe('a fresh machine', () => {
  const codes = ['x = (x or 0) + 1 return { x = x }'];

  it('is at least 20 times cheaper than a new machine, and far below the old bar of 10 ms', async () => {
    const machine = await aMachine(codes);

    const fresh = freshMs(machine);
    const created = medianMs(21, () => host.createMachine(DEFAULT_LIMITS)[Symbol.dispose]());

    assert.ok(fresh * 20 < created, `fresh ${fresh} ms, new ${created} ms`);
    assert.ok(fresh < 1, `${fresh} ms`);
  });

  it('costs no more for a machine that served 1,000 tenants than for one that served none', async () => {
    const [used, unused] = [await aMachine(codes), await aMachine(codes)];
    for (let tenant = 0; tenant < 1_000; tenant += 1) {
      used.fresh({ seed: `tenant ${tenant}` });
      valueOf(used, 0);
    }

    const [ofUsed, ofUnused] = [freshMs(used), freshMs(unused)];

    // Ten times and not one: this is to find what grows with every tenant, on a machine that is busy.
    assert.ok(ofUsed < ofUnused * 10, `${ofUsed} ms after 1,000 tenants, ${ofUnused} ms without`);
  });
});
