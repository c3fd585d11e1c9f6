/**
 * Runs every example of `examples/` with the real command and compares with what it promises.
 *
 * Each flow of an example must pass `validate --strict`, and an example with flows has tests
 * (`*.test.yaml`, which must pass) or `expected.json`. One with that is run (its `flow.yaml`, with
 * `input.json` as input when there is one) and must print exactly that. One with `main.js` uses the package as a library: it is run and must print `expected.txt`.
 * The command and the package are those that end-to-end tests run.
 */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { type CommandResult, installedPath, runMoonpool, runProgram } from '../test/support/index.ts';

/** Configuration and other YAML that is not a flow. */
const NOT_FLOWS = /(?:^|\/)moonpool\.yaml$|\.test\.yaml$/;

/** Paths are those of the current folder, so that its own test can plant a violation in a small tree. */
function moonpool(...args: string[]): Promise<CommandResult> {
  return runMoonpool(args, { cwd: process.cwd() });
}

/** What is wrong with an example that is a program. */
async function programProblems(folder: string): Promise<string[]> {
  const expected = existsSync(`${folder}/expected.txt`) ? readFileSync(`${folder}/expected.txt`, 'utf8') : undefined;
  if (expected === undefined) return [`${folder}/expected.txt is missing`];
  const run = await runProgram(process.execPath, [installedPath(`${folder}/main.js`)], { cwd: process.cwd() });
  if (run.code !== 0) return [`main.js ended with ${run.code}: ${run.stderr}`];
  return run.stdout === expected ? [] : [`main.js printed\n${run.stdout}not what expected.txt says`];
}

/** What of the tests of an example fails. */
async function testProblems(folder: string): Promise<string[]> {
  const tests = await moonpool('test', folder);
  return tests.code === 0 ? [] : [`test ended with ${tests.code}:\n${tests.stdout}${tests.stderr}`];
}

async function problemsOf(folder: string): Promise<string[]> {
  const missing = existsSync(`${folder}/README.md`) ? [] : [`${folder}/README.md is missing`];
  const flows = globSync(`${folder}/**/*.yaml`).filter((file) => !NOT_FLOWS.test(file));
  const isProgram = existsSync(`${folder}/main.js`);
  if (isProgram) missing.push(...(await programProblems(folder)));
  if (flows.length === 0) return isProgram ? missing : [`${folder} has no flow`];
  const valid = await moonpool('validate', '--strict', ...flows.sort());
  if (valid.code !== 0) return [...missing, `validate ended with ${valid.code}:\n${valid.stdout}${valid.stderr}`];
  const hasTests = globSync(`${folder}/**/*.test.yaml`).length > 0;
  const isPromised = existsSync(`${folder}/expected.json`);
  if (!hasTests && !isPromised && !isProgram) missing.push(`${folder} has neither *.test.yaml nor expected.json`);
  if (hasTests) missing.push(...(await testProblems(folder)));
  if (!isPromised) return missing;

  const input = existsSync(`${folder}/input.json`) ? ['-i', `@${folder}/input.json`] : [];
  const run = await moonpool('run', `${folder}/flow.yaml`, ...input);
  if (run.code !== 0) return [...missing, `run ended with ${run.code}: ${run.stderr}`];
  const expected: unknown = JSON.parse(readFileSync(`${folder}/expected.json`, 'utf8'));
  const found: unknown = JSON.parse(run.stdout);
  if (isDeepStrictEqual(found, expected)) return missing;
  return [...missing, `run printed ${JSON.stringify(found, null, 2)}\nnot what expected.json says`];
}

const folders = globSync('examples/*/').sort();
let failedCount = 0;
for (const folder of folders.map((name) => name.replace(/\/$/, ''))) {
  const problems = await problemsOf(folder);
  process.stdout.write(`${problems.length === 0 ? 'ok    ' : 'FAILED'} ${folder}\n`);
  for (const problem of problems) process.stderr.write(`${problem}\n`);
  if (problems.length > 0) failedCount += 1;
}
process.stdout.write(`examples: ${folders.length - failedCount} passed, ${failedCount} failed\n`);
process.exitCode = failedCount === 0 && folders.length > 0 ? 0 : 1;
