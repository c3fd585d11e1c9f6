/**
 * Runs tests again and again, to find those that fail now and then, and says how each run went.
 *
 * `npm run test:repeat` repeats the parallel tests 200 times; `-- --times 5`, files or globs change
 * that, and `-- --all` repeats the whole suite (10 times unless said otherwise). Each repetition is
 * a process of its own with a seed of its own, and the rounds of tests that have rounds are few:
 * their number comes from repetition. Ends at the first failure with exit code 1; nothing is tried
 * again. The last line is for `docs/evidence.md`.
 */
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { availableParallelism, loadavg } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';

const ROOT = path.dirname(import.meta.dirname);
/** What runs in parallel: branches over lanes, and what could disturb them. */
const PARALLEL_TESTS = [
  'test/integration/parallel-branches.test.ts',
  'test/integration/lane-programs.property.test.ts',
  'test/integration/lane-sharing.test.ts',
  'test/integration/lua-lanes.test.ts',
];
const SUITE = ['scripts/test.ts'];
/** Rounds of each repeated test in one repetition. */
const ROUND_COUNT = 1;
const FIRST_SEED = 1;
/** Files that run at the same time: more than processors, so that each is held up by the others. */
const AT_ONCE = 4;
/** Characters of a failed run's output that are shown. */
const MAX_SHOWN = 20_000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    times: { type: 'string' },
    all: { type: 'boolean' },
    rounds: { type: 'string' },
    from: { type: 'string' },
  },
});
const isSuite = values.all === true;

function toCount(text: string | undefined, fallback: number, name: string): number {
  const count = text === undefined ? fallback : Number(text);
  if (Number.isSafeInteger(count) && count >= 1) return count;
  process.stderr.write(`--${name} is a whole number from 1, got ${text ?? ''}.\n`);
  process.exit(2);
}

const times = toCount(values.times, isSuite ? 10 : 200, 'times');
const rounds = toCount(values.rounds, ROUND_COUNT, 'rounds');
const firstSeed = toCount(values.from, FIRST_SEED, 'from');
const asked = positionals.length > 0 ? positionals : PARALLEL_TESTS;
const files = isSuite ? [] : globSync(asked, { cwd: ROOT }).sort();
if (!isSuite && files.length === 0) {
  process.stderr.write(`No test file matches ${asked.join(' ')}.\n`);
  process.exit(2);
}

interface Repetition {
  readonly isGood: boolean;
  readonly passed: number;
  readonly seconds: number;
  readonly output: string;
}

/** One process; a suite runs as it always does, so with its own seeds and rounds. */
function runOnce(seed: number): Repetition {
  const args = isSuite ? SUITE : ['--test', '--test-timeout=120000', `--test-concurrency=${AT_ONCE}`, ...files];
  const { MOONPOOL_TEST_SEED: _seed, MOONPOOL_TEST_ROUNDS: _rounds, NODE_TEST_CONTEXT: _, ...plain } = process.env;
  const env = isSuite ? plain : { ...plain, MOONPOOL_TEST_SEED: String(seed), MOONPOOL_TEST_ROUNDS: String(rounds) };
  const startTickMs = performance.now();
  const run = spawnSync(process.execPath, args, { cwd: ROOT, env, encoding: 'utf8', maxBuffer: 256 * 1024 * 1024 });
  const output = `${run.stdout}${run.stderr}`;
  const passed = Number(/^(?:ℹ|#) pass (\d+)$/m.exec(output)?.[1] ?? 0);
  // No test run is no success, whatever the exit code says.
  const isGood = run.status === 0 && passed > 0;
  return { isGood, passed, seconds: (performance.now() - startTickMs) / 1000, output };
}

const startTickMs = performance.now();
let passedCount = 0;
for (let repetition = 0; repetition < times; repetition += 1) {
  const seed = firstSeed + repetition;
  const { isGood, passed, seconds, output } = runOnce(seed);
  passedCount += passed;
  const load = (loadavg()[0] ?? 0).toFixed(1);
  const told = `${isGood ? 'green' : 'FAILED'}, ${passed} passed, ${seconds.toFixed(1)} s, load ${load}`;
  process.stdout.write(`${repetition + 1}/${times}${isSuite ? '' : ` seed ${seed}`}: ${told}\n`);
  if (!isGood) {
    process.stdout.write(output.slice(Math.max(output.indexOf('failing tests:'), output.length - MAX_SHOWN)));
    const again = isSuite ? '--all' : `--from ${seed} --times 1 --rounds ${rounds} ${positionals.join(' ')}`.trimEnd();
    process.stdout.write(
      `A flake, in repetition ${repetition + 1} of ${times}. Once more: npm run test:repeat -- ${again}\n`,
    );
    process.exit(1);
  }
}
const minutes = ((performance.now() - startTickMs) / 60_000).toFixed(1);
const what = isSuite ? 'the whole suite' : `${files.length} files in rounds of ${rounds}`;
const seeds = isSuite ? '' : `, seeds ${firstSeed}–${firstSeed + times - 1}`;
process.stdout.write(
  `| ${new Date().toISOString().slice(0, 10)} | ${times} × ${what}${seeds} | ${passedCount} tests passed, 0 flakes | ${minutes} min, ${availableParallelism()} processors, Node ${process.version} |\n`,
);
