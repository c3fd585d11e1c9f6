/** Proves that tests of this kind run on aarch64, with all that they start. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { Worker } from 'node:worker_threads';
import { runMoonpool, runProgram } from '../support/index.ts';

describe('tests on aarch64', () => {
  it('run on that processor', () => {
    assert.equal(process.arch, 'arm64');
  });

  it('start programs with the Node that runs them', async () => {
    const program = 'process.stdout.write(`${process.arch} ${process.version}`)';

    const result = await runProgram(process.execPath, ['-e', program]);

    assert.equal(result.stdout, `arm64 ${process.version}`, result.stderr);
  });

  it('start threads on it', async () => {
    const worker = new Worker("require('node:worker_threads').parentPort.postMessage(process.arch)", { eval: true });

    const [message] = (await once(worker, 'message')) as [unknown];

    assert.equal(message, 'arm64');
  });

  it('start the command on it', async () => {
    const result = await runMoonpool(['doctor', '--json']);

    assert.equal(result.code, 0, result.stderr);
    const facts = JSON.parse(result.stdout) as readonly { readonly name: string; readonly value: unknown }[];
    assert.equal(facts.find(({ name }) => name === 'system')?.value, `${process.platform} arm64`);
  });
});
