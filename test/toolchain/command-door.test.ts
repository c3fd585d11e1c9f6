/** `bin/moonpool.js`: which machines it refuses, and that an old Node can read it far enough to say so. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { ROOT, runProgram } from '../support/index.ts';

const DOOR = path.join(ROOT, 'bin', 'moonpool.js');

interface Door {
  readonly refusal: (version: string, arch: string) => string | undefined;
}

/** A Node older than 24 on this machine, if there is one. */
function findOldNode(): string | undefined {
  const candidates = (process.env['PATH'] ?? '').split(path.delimiter).map((folder) => path.join(folder, 'node'));
  return candidates.filter(existsSync).find((node) => {
    const { stdout } = spawnSync(node, ['--version'], { encoding: 'utf8' });
    return Number(/^v(\d+)\./.exec(stdout ?? '')?.[1] ?? 99) < 24;
  });
}

describe('refusal', async () => {
  const { refusal } = (await import(pathToFileURL(DOOR).href)) as Door;
  const rows: readonly [string, string, RegExp | undefined][] = [
    ['v24.0.0', 'x64', undefined],
    ['v24.21.0', 'arm64', undefined],
    ['v26.1.0', 'x64', undefined],
    ['v100.0.0', 'riscv64', undefined],
    ['v23.11.1', 'x64', /^Moonpool needs Node 24 or newer and this is v23\.11\.1\. Start it with a newer Node\.$/],
    ['v20.20.2', 'arm64', /needs Node 24/],
    ['v9.0.0', 'x64', /needs Node 24/],
    ['', 'x64', /needs Node 24/],
    ['v24.21.0', 'arm', /^Moonpool needs a 64-bit system and this Node is built for arm\. /],
    ['v24.21.0', 'ia32', /64-bit/],
  ];
  for (const [version, arch, says] of rows) {
    it(`${says === undefined ? 'lets in' : 'turns away'} Node '${version}' on ${arch}`, () => {
      if (says === undefined) assert.equal(refusal(version, arch), undefined);
      else assert.match(refusal(version, arch) ?? '', says);
    });
  }
});

describe('bin/moonpool.js', () => {
  let folder: string;
  let door: string;

  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'door-'));
    door = path.join(folder, 'bin', 'moonpool.js');
    mkdirSync(path.dirname(door));
    cpSync(DOOR, door);
    writeFileSync(path.join(folder, 'package.json'), '{"type":"module"}');
  });

  after(() => rmSync(folder, { recursive: true }));

  /** Puts a command behind the door. */
  function plantProcess(code: string): void {
    mkdirSync(path.join(folder, 'dist', 'cli'), { recursive: true });
    writeFileSync(path.join(folder, 'dist', 'cli', 'process.js'), code);
  }

  it('exits 3 and says how to build when the checkout is not built', async () => {
    const result = await runProgram(door, ['--version']);

    assert.equal(result.code, 3);
    assert.equal(result.stdout, '');
    assert.match(result.stderr, /^error CLI_MACHINE: Moonpool is not built: .* Run npm run build\.\n$/);
  });

  it('hands over its arguments and its exit code', async () => {
    plantProcess(
      'export const runCli = () => { process.stdout.write(process.argv.slice(2).join("|")); process.exitCode = 75; };',
    );

    const result = await runProgram(door, ['run', 'a b', '--set', 'x=1']);

    assert.deepEqual(result, { code: 75, signal: null, stdout: 'run|a b|--set|x=1', stderr: '' });
  });

  it('reports a command that throws in one line, without a stack', async () => {
    plantProcess('export const runCli = async () => { throw new Error("a hole"); };');

    const result = await runProgram(door, []);

    assert.equal(result.code, 1);
    assert.equal(result.stderr, 'error BUG_INVARIANT: a hole. Please report it.\n');
  });

  const oldNode = findOldNode();
  it('says in one sentence that the machine is too old, and exits 3', {
    skip: oldNode === undefined ? 'no Node older than 24 on this machine' : false,
  }, async () => {
    plantProcess('export const runCli = () => {};');

    const result = await runProgram(oldNode as string, [door, '--version']);

    assert.equal(result.code, 3);
    assert.equal(result.stdout, '');
    assert.match(
      result.stderr,
      /^error CLI_MACHINE: Moonpool needs Node 24 or newer and this is v\d[\d.]*\. [^\n]*\n$/,
    );
  });
});
