/**
 * Parks as many branches as its argument says and prints what they cost, as JSON. Run by `lua-park`.
 */
import { readFileSync } from 'node:fs';
import { aMachine, microsecondsEach, mustBe, percentile, valueOf } from '../lua-parts.ts';

const count = Number(process.argv[2]);
const { machine } = aMachine([
  'branch = state.branch seen = { "started", branch } local log = {} for i = 1, 5 do log[i] = "line " .. i end notes = log return { branch = branch }',
  'return { branch = branch, seen = seen[2], notes = #notes }',
]);
const begin = (branch: number): void => {
  machine.fresh({ seed: `branch ${branch}` });
  valueOf(machine, 0, { branch });
};
// A lane that has been up for a while: the compiler has seen the code.
for (let turn = 0; turn < 2_000; turn += 1) {
  begin(turn);
  machine.resume(machine.park());
}
const parked: Uint8Array[] = [];
const parkUs: number[] = [];
for (let branch = 0; branch < count; branch += 1) {
  begin(branch);
  parkUs.push(microsecondsEach(1, () => void parked.push(machine.park())));
}
const rssMb = Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) / 1024;
const resumeUs: number[] = [];
for (const [branch, bytes] of parked.entries()) {
  resumeUs.push(microsecondsEach(1, () => machine.resume(bytes)));
  mustBe('a resumed branch', JSON.stringify(valueOf(machine, 1)), JSON.stringify({ branch, notes: 5, seen: branch }));
}
const bytesEach = parked.reduce((sum, bytes) => sum + bytes.length, 0) / count;
process.stdout.write(
  JSON.stringify({ bytesEach, rssMb, parkUs: percentile(parkUs, 0.5), resumeUs: percentile(resumeUs, 0.5) }),
);
