/** The launcher that end-to-end tests trust, tried on small programs of its own. */
import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { runProgram, startServer } from './command.ts';

const SERVER = `#!/usr/bin/env node
const http = require('node:http');
if (process.argv.includes('--broken')) { console.error('error X: no'); process.exit(3); }
if (process.argv.includes('--mute')) { setInterval(() => {}, 1000); return; }
const server = http.createServer((q, s) => s.end('hello')).listen(0, '127.0.0.1', () => {
  process.stderr.write('listening on http://127.0.0.1:' + server.address().port + '/\\n');
});
process.on('SIGTERM', () => { server.close(); server.closeAllConnections(); });
`;

describe('test command launcher', () => {
  let folder: string;
  let before_: string | undefined;

  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'launcher-'));
    const command = path.join(folder, 'server.cjs');
    writeFileSync(command, SERVER);
    chmodSync(command, 0o755);
    before_ = process.env['MOONPOOL_E2E_COMMAND'];
    process.env['MOONPOOL_E2E_COMMAND'] = command;
  });

  after(() => {
    if (before_ === undefined) delete process.env['MOONPOOL_E2E_COMMAND'];
    else process.env['MOONPOOL_E2E_COMMAND'] = before_;
    rmSync(folder, { recursive: true });
  });

  it('gives the exit code and both outputs of a program, and its input', async () => {
    const program = 'process.stdin.pipe(process.stdout); console.error("talk"); process.exitCode = 7';

    const result = await runProgram(process.execPath, ['-e', program], { input: 'data' });

    assert.deepEqual(result, { code: 7, signal: null, stdout: 'data', stderr: 'talk\n' });
  });

  it('hides MOONPOOL_ variables of the caller', async () => {
    const show = 'console.log(Object.keys(process.env).filter((n) => n.startsWith("MOONPOOL_")).join())';

    const result = await runProgram(process.execPath, ['-e', show], { env: { MOONPOOL_GIVEN: '1' } });

    assert.equal(result.stdout, 'MOONPOOL_GIVEN\n');
  });

  it('kills a program that runs too long and shows what it printed', async () => {
    const endless = 'console.log("begun"); setInterval(() => {}, 1000)';

    await assert.rejects(
      runProgram(process.execPath, ['-e', endless], { timeoutMs: 1_500 }),
      /longer than 1500 ms\nstdout: begun/,
    );
  });

  it('resolves with the address once the server names it, and stops it by SIGTERM', async () => {
    await using server = await startServer([]);

    const answer = await fetch(server.url);

    assert.equal(await answer.text(), 'hello');
    assert.equal((await server.stop()).code, 0);
  });

  it('ends a server by SIGKILL as a power cut does', async () => {
    const server = await startServer([]);

    assert.equal((await server.kill()).signal, 'SIGKILL');
  });

  it('fails with the standard error of a server that ends before it listens', async () => {
    await assert.rejects(startServer(['--broken']), /ended with 3 before it listened\nerror X: no/);
  });

  it('fails when the server names no address in time', async () => {
    await assert.rejects(startServer(['--mute'], { timeoutMs: 1_500 }), /moonpool serve took longer than 1500 ms/);
  });
});
