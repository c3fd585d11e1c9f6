/**
 * `idle`: how much memory does a started server hold?
 *
 * Workload: the shipped calendar example (feed read, view stored, one request answered), and
 * peers with one JSON endpoint, which is less work. Memory from the kernel's `smaps_rollup`:
 * right after start (one lane and the work thread up), after 2,000 requests, and again when
 * unused threads have stopped. Fresh process per sample, five rounds, order reversed.
 */
import { bareFastify, moonpoolWhatsNext, nodeRed } from './contestants.ts';
import { atMost, type Group, medianOf, roundOrder, toRow } from './group.ts';
import { type Contestant, startServer } from './server-process.ts';

const ROUNDS = 5;
const REQUESTS = 2_000;
/** Longer than the second after which the benchmark's servers stop unused threads. */
const SETTLE_MS = 4_000;

const quickIdle = { MOONPOOL_LUA__LANE_IDLE: '1s', MOONPOOL_WORK__IDLE: '1s' };
const pi = 'moonpool pi-zero-2w';

const contestants: readonly Contestant[] = [
  moonpoolWhatsNext('moonpool default', 'default', quickIdle),
  moonpoolWhatsNext(pi, 'pi-zero-2w', quickIdle),
  bareFastify,
  nodeRed,
];

function settle(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

export const idle: Group = {
  name: 'idle',
  question: 'How much memory does a started server hold, idle and after load?',
  async run(talk) {
    const samples = new Map<string, number[]>();
    const add = (name: string, metric: string, value: number): void => {
      const key = `${name}\n${metric}`;
      samples.set(key, [...(samples.get(key) ?? []), value]);
    };
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const contestant of roundOrder(contestants, round)) {
        await using server = await startServer(contestant);
        await server.request();
        const started = await server.memory();
        add(contestant.name, 'started RSS', started.rssMb);
        for (let count = 0; count < REQUESTS; count += 1) await server.request();
        add(contestant.name, 'after load RSS', (await server.memory()).rssMb);
        await settle(SETTLE_MS);
        const rested = await server.memory();
        add(contestant.name, 'idle RSS', rested.rssMb);
        add(contestant.name, 'idle PSS', rested.pssMb);
      }
      talk(`idle: round ${round + 1} of ${ROUNDS}`);
    }
    const rows = [...samples].map(([key, values]) => {
      const [name = '', metric = ''] = key.split('\n');
      return toRow(name, metric, 'MB', values);
    });
    const bars = [
      atMost('idle-stopped', 'Pi profile ≤ 90 MB RSS, threads stopped', medianOf(rows, pi, 'idle RSS'), 90),
      atMost(
        'idle-up',
        'Pi profile ≤ 120 MB RSS, one lane and the work thread up',
        medianOf(rows, pi, 'started RSS'),
        120,
      ),
      atMost('idle-load', 'Pi profile ≤ 150 MB RSS under load', medianOf(rows, pi, 'after load RSS'), 150),
    ];
    return { rows, bars };
  },
};
