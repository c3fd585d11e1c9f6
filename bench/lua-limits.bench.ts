/**
 * `lua-limits`: how late is a limit felt, and does critical work wait for it?
 *
 * A node with a limit of 50 ms never returns, in four ways; measured is the time from the
 * request to its failure, less the limit, on a lane that is up (a replaced lane is warmed by a
 * small segment first). Then one lane, an optional flow that backtracks until its limit of one
 * second, and critical requests every 30 ms beside it.
 */
import { atMost, type Group, medianOf, type Row, toRow } from './group.ts';
import { aChain, core, mustBe, openLanes, percentile, runChain } from './lua-parts.ts';

const LIMIT_MS = 50;
const SAMPLES = 50;
const OPTIONAL_LIMIT_MS = 1_000;
const OPTIONAL_ROUNDS = 6;
const CRITICAL_PER_ROUND = 20;
const CRITICAL_EVERY_MS = 30;
const PATTERN = 'return (("a"):rep(30000)):find((".-"):rep(20) .. "b")';
const ENDLESS = {
  loop: 'while true do end',
  pcall: 'while true do pcall(function() while true do end end) end',
  coroutine: 'coroutine.wrap(function() while true do end end)()',
  pattern: PATTERN,
} as const;

const small = aChain(['return { ok = 1 }']);

function codeOf(end: Awaited<ReturnType<typeof runChain>>): string {
  return end.kind === 'failed' ? end.error.code : end.kind;
}

async function lateness(code: string): Promise<number[]> {
  const flow = aChain([code]);
  const lanes = openLanes(1);
  const samples: number[] = [];
  try {
    for (let turn = 0; turn < SAMPLES; turn += 1) {
      mustBe('a small segment', codeOf(await runChain(lanes, small)), 'end');
      const startedMs = performance.now();
      const end = await runChain(lanes, flow, { luaTimeoutMs: LIMIT_MS });
      samples.push(performance.now() - startedMs - LIMIT_MS);
      mustBe('an endless node', codeOf(end), 'LUA_TIMEOUT');
    }
  } finally {
    await lanes.close();
  }
  return samples;
}

/** Milliseconds of critical segments beside an optional one that holds the lane. */
async function besideOptional(): Promise<number[]> {
  const lanes = openLanes(1);
  const slow = aChain([PATTERN]);
  const samples: number[] = [];
  const { signal } = new AbortController();
  const ask = async (): Promise<void> => {
    const startedMs = performance.now();
    mustBe('a critical segment', codeOf(await runChain(lanes, small, { priority: 'critical' })), 'end');
    samples.push(performance.now() - startedMs);
  };
  try {
    await runChain(lanes, small);
    for (let round = 0; round < OPTIONAL_ROUNDS; round += 1) {
      const optional = runChain(lanes, slow, { priority: 'optional', luaTimeoutMs: OPTIONAL_LIMIT_MS });
      const asked: Promise<void>[] = [];
      for (let turn = 0; turn < CRITICAL_PER_ROUND; turn += 1) {
        asked.push(ask());
        await core.systemClock.sleep(CRITICAL_EVERY_MS, signal);
      }
      await Promise.all([optional, ...asked]);
    }
  } finally {
    await lanes.close();
  }
  return samples;
}

export const luaLimits: Group = {
  name: 'lua-limits',
  question: 'How late is a limit felt?',
  async run(talk) {
    const rows: Row[] = [];
    const all: number[] = [];
    for (const [name, code] of Object.entries(ENDLESS)) {
      const samples = await lateness(code);
      all.push(...samples);
      rows.push(toRow(name, 'late', 'ms', samples), toRow(name, 'late p99', 'ms', [percentile(samples, 0.99)]));
      talk(`lua-limits: ${name}`);
    }
    const critical = await besideOptional();
    rows.push(toRow('all', 'late p99', 'ms', [percentile(all, 0.99)]), toRow('critical', 'answer', 'ms', critical));
    rows.push(toRow('critical', 'answer p99', 'ms', [percentile(critical, 0.99)]));
    return {
      rows,
      bars: [
        atMost('lua-limits', 'a limit is felt ≤ 100 ms after it (p99)', medianOf(rows, 'all', 'late p99'), 100),
        atMost(
          'lua-limits-critical',
          'critical p99 ≤ 300 ms beside an optional flow on one lane',
          medianOf(rows, 'critical', 'answer p99'),
          300,
        ),
      ],
    };
  },
};
