/**
 * Fuzzes the evaluator of expressions and the parser of flows: 100,000 inputs each, or what is asked for.
 *
 * Usage: npm run fuzz -- [--count N] [--seed N] [--target evaluator|parser]
 * The same seed gives the same inputs. A failure belongs into test/fuzz/seeds.json.
 */
import { parseArgs } from 'node:util';
import { type FuzzTarget, runFuzz } from '../test/fuzz/fuzz-run.ts';

const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
    target: { type: 'string', multiple: true, default: ['evaluator', 'parser'] },
  },
});
const [count, seed] = [Number(values.count), Number(values.seed)];
const targets = values.target.filter((target): target is FuzzTarget => target === 'evaluator' || target === 'parser');
if (!Number.isSafeInteger(count) || count < 1 || !Number.isSafeInteger(seed) || targets.length === 0) {
  process.stderr.write('Usage: npm run fuzz -- [--count N] [--seed N] [--target evaluator|parser]\n');
  process.exit(2);
}

const MOST_MEMORY_MIB = 1_024;
const MAX_INPUT_MS = 5_000;

let isSound = true;
for (const target of targets) {
  const startMs = process.uptime() * 1_000;
  const result = runFuzz({ target, count, seed, maxInputMs: MAX_INPUT_MS });
  const seconds = process.uptime() - startMs / 1_000;
  const memoryMib = Math.round(process.resourceUsage().maxRSS / 1_024);
  process.stdout.write(
    `${target}: ${result.count} inputs from seed ${seed} in ${seconds.toFixed(0)} s, ` +
      `${result.failures.length} failures, slowest ${result.slowestMs.toFixed(0)} ms (seed ${result.slowestSeed}), ` +
      `at most ${memoryMib} MiB\n`,
  );
  for (const failure of result.failures) process.stdout.write(`${JSON.stringify(failure)}\n`);
  if (result.failures.length > 0 || memoryMib > MOST_MEMORY_MIB) isSound = false;
}
process.exit(isSound ? 0 : 1);
