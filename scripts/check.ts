/**
 * Runs every check of the code, one after the other, and says how each went.
 *
 * Goes on after a failure, so that one run shows all there is to mend. Tests are not among
 * them: `npm test` runs those.
 */
import { spawnSync } from 'node:child_process';

/** npm scripts, the quick ones first. */
const CHECKS = ['format', 'lint', 'style', 'typecheck', 'boundaries', 'unused', 'risks', 'docs:check', 'package:check'];

const failed: string[] = [];
for (const check of CHECKS) {
  process.stdout.write(`\n── ${check}\n`);
  const startedTickMs = performance.now();
  const run = spawnSync('npm', ['run', '--silent', check], { stdio: ['ignore', 'inherit', 'inherit'] });
  const seconds = ((performance.now() - startedTickMs) / 1000).toFixed(1);
  process.stdout.write(`── ${check} ${run.status === 0 ? 'passed' : 'FAILED'} in ${seconds} s\n`);
  if (run.status !== 0) failed.push(check);
}
process.stdout.write(failed.length === 0 ? '\nAll checks passed.\n' : `\nFailed: ${failed.join(', ')}\n`);
process.exitCode = failed.length === 0 ? 0 : 1;
