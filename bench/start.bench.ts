/**
 * `start`: how long from the command to the first answer?
 *
 * Workload: a fresh process, a fresh data folder, one small JSON endpoint; ours computes it in
 * Lua, on `dist/`. Nine rounds, order reversed each round, the first not counted.
 */
import { bareFastify, moonpoolHello, nodeRed } from './contestants.ts';
import { atMost, type Group, medianOf, roundOrder, toRow } from './group.ts';
import { startServer } from './server-process.ts';

const ROUNDS = 9;

export const start: Group = {
  name: 'start',
  question: 'How long does a cold start take until the first answer?',
  async run(talk) {
    const contestants = [moonpoolHello('default'), moonpoolHello('pi-zero-2w'), bareFastify, nodeRed];
    const samples = new Map(contestants.map((contestant) => [contestant.name, [] as number[]]));
    for (let round = 0; round <= ROUNDS; round += 1) {
      for (const contestant of roundOrder(contestants, round)) {
        await using server = await startServer(contestant);
        if (round > 0) samples.get(contestant.name)?.push(server.startMs);
      }
      talk(`start: round ${round} of ${ROUNDS}`);
    }
    const rows = [...samples].map(([name, values]) => toRow(name, 'first answer', 'ms', values));
    const ratio = medianOf(rows, 'moonpool default', 'first answer') / medianOf(rows, 'node-red', 'first answer');
    return { rows, bars: [atMost('start', 'first answer ≤ 0.6 × Node-RED', ratio, 0.6)] };
  },
};
