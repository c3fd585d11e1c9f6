/**
 * Runs every test that needs nothing but npm packages, and ends with the runner's own lines.
 *
 * Arguments are globs or files to run instead of all. Kinds that need more have scripts of
 * their own (`test:browser`, …) and are left out. No test found is a failure.
 */
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.dirname(import.meta.dirname);
const NEEDS_MORE = ['browser', 'arm64', 'chaos', 'crash', 'device'].map((kind) => `test/${kind}/**`);

const asked = process.argv.slice(2);
const patterns = asked.length > 0 ? asked : ['src/**/*.test.ts', 'test/**/*.test.ts'];
const files = globSync(patterns, { cwd: ROOT, exclude: NEEDS_MORE }).sort();
if (files.length === 0) {
  process.stderr.write(`No test file matches ${patterns.join(' ')}.\n`);
  process.exit(1);
}
// A hang ends as a failed test, with its name, not as a run that never ends.
const run = spawnSync(process.execPath, ['--test', '--test-timeout=120000', ...files], { cwd: ROOT, stdio: 'inherit' });
process.exit(run.status ?? 1);
