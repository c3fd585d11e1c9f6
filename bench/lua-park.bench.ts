/**
 * `lua-park`: what do waiting branches cost?
 *
 * N branches of a small flow have run a node that sets globals and wait, as at an action: each
 * is its parked bytes. A fresh process per N and round; RSS is the kernel's, of that whole process
 * (Node, the module, one machine, all parked branches). Park and resume are medians in a warm
 * process. Every parked branch is resumed at the end and must know its own number. Three
 * rounds, order reversed each round.
 */
import { spawnSync } from 'node:child_process';
import { atMost, type Group, medianOf, roundOrder, toRow } from './group.ts';

const ROUNDS = 3;
const COUNTS = [100, 1_000, 10_000] as const;

interface Sample {
  readonly bytesEach: number;
  readonly rssMb: number;
  readonly parkUs: number;
  readonly resumeUs: number;
}

function sample(count: number): Sample {
  const script = new URL('peers/parked-branches.ts', import.meta.url).pathname;
  const run = spawnSync(process.execPath, [script, String(count)], { encoding: 'utf8' });
  if (run.status !== 0) throw new Error(`lua-park with ${count} branches ended with ${run.status}: ${run.stderr}`);
  return JSON.parse(run.stdout) as Sample;
}

export const luaPark: Group = {
  name: 'lua-park',
  question: 'What do waiting branches cost?',
  run(talk) {
    const samples = new Map(COUNTS.map((count) => [count, [] as Sample[]]));
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const count of roundOrder(COUNTS, round)) samples.get(count)?.push(sample(count));
      talk(`lua-park: round ${round + 1} of ${ROUNDS}`);
    }
    const rows = [...samples].flatMap(([count, values]) => {
      const name = `${count} branches`;
      return [
        toRow(
          name,
          'each',
          'B',
          values.map((value) => value.bytesEach),
        ),
        toRow(
          name,
          'RSS',
          'MB',
          values.map((value) => value.rssMb),
        ),
        toRow(
          name,
          'park',
          'µs',
          values.map((value) => value.parkUs),
        ),
        toRow(
          name,
          'resume',
          'µs',
          values.map((value) => value.resumeUs),
        ),
      ];
    });
    const most = '10000 branches';
    const growth = medianOf(rows, most, 'each') / medianOf(rows, '100 branches', 'each');
    return Promise.resolve({
      rows,
      bars: [
        atMost('lua-park-each', '≤ 8 KiB each', medianOf(rows, most, 'each'), 8 * 1024),
        atMost('lua-park-linear', 'bytes each at 10,000 ≤ 1.1 × those at 100', growth, 1.1),
        atMost('lua-park-rss', '10,000 in ≤ 150 MB RSS', medianOf(rows, most, 'RSS'), 150),
        atMost('lua-park-park', 'park ≤ 25 µs', medianOf(rows, most, 'park'), 25),
        atMost('lua-park-resume', 'resume ≤ 25 µs', medianOf(rows, most, 'resume'), 25),
      ],
    });
  },
};
