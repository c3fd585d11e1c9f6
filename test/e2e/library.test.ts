/** `moonpool` as a program of somebody else imports it: from the build, and done when it is done. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { type CommandResult, runProgram, userFolder } from '../support/index.ts';

describe('moonpool as a library', () => {
  let folder: string;

  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'library-'));
    writeFileSync(path.join(folder, 'double.yaml'), 'nodes: [{ name: n, run: "return { y = state.x * 2 }" }]\n');
    writeFileSync(path.join(folder, 'bad.yaml'), 'nodes: [{ name: n, rum: x, goto: m }]\n');
  });

  after(() => rmSync(folder, { recursive: true }));

  /** Runs an ES module where the package is found under its name; `folder` is in scope. */
  function runModule(code: string): Promise<CommandResult> {
    return runProgram(
      process.execPath,
      ['--input-type=module', '-e', `const folder = ${JSON.stringify(`${folder}/`)};${code}`],
      {
        cwd: userFolder(),
      },
    );
  }

  it('loads nothing of the server', async () => {
    const { stdout } = await runModule(`
import { registerHooks } from 'node:module';
const loaded = [];
registerHooks({ load: (url, context, next) => { loaded.push(url); return next(url, context); } });
const { createRunner, loadFlow } = await import('moonpool');
const flow = await loadFlow(folder + 'double.yaml');
const runner = await createRunner({ flows: [flow] });
await runner.start(flow, { x: 1 }).outcome;
await runner.close();
console.log(JSON.stringify(loaded));`);

    const loaded = JSON.parse(stdout) as string[];
    const packages = loaded.flatMap((url) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1] ?? []);
    assert.ok(loaded.some((url) => url.endsWith('/dist/library/index.js')));
    assert.deepEqual(
      ['fastify', 'pino', 'prom-client', 'undici', 'ical.js'].filter((name) => packages.includes(name)),
      [],
    );
  });

  it('gives outcomes, and lets the process end without being closed', async () => {
    const result = await runModule(`
import { createRunner, loadFlow } from 'moonpool';
const flow = await loadFlow(folder + 'double.yaml');
const runner = await createRunner({ flows: [flow] });
const outcomes = await Promise.all([1, 2, 3].map((x) => runner.start(flow, { x }).outcome));
console.log(outcomes.map(({ kind, state }) => kind + state.y).join(' '));`);

    assert.deepEqual([result.code, result.stdout, result.stderr], [0, 'succeeded2 succeeded4 succeeded6\n', '']);
  });

  it('tells everything that is wrong with a flow', async () => {
    const result = await runModule(`
import { loadFlow } from 'moonpool';
await loadFlow(folder + 'bad.yaml').catch((error) => {
  for (const { code, line, hint } of error.diagnostics) console.log(code, line, hint ?? '');
});`);

    assert.equal(result.code, 0, result.stderr);
    assert.match(result.stdout, /^SPEC_UNKNOWN_KEY 1 .*run.*\nSPEC_UNKNOWN_TARGET 1/);
  });
});
