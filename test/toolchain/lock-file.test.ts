/** The lock file names every package for every system, so `npm ci` accepts it everywhere. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { missingEntries, systemOf } from '../../scripts/complete-lock.mjs';
import { ROOT } from '../support/index.ts';

interface LockFile {
  readonly packages: Readonly<Record<string, object>>;
}

const text = readFileSync(path.join(ROOT, 'package-lock.json'), 'utf8');
const lock = JSON.parse(text) as LockFile;
const DARWIN = 'node_modules/@biomejs/cli-darwin-arm64';

describe('package-lock.json', () => {
  it('lacks no package for another system (else: node scripts/complete-lock.mjs)', () => {
    assert.deepEqual(Object.keys(missingEntries(lock)), []);
  });

  it('names no host of a registry', () => {
    assert.doesNotMatch(text, /"resolved": "https?:/);
  });
});

describe('missingEntries', () => {
  it('gives back an entry that was left out', () => {
    const { [DARWIN]: left, ...packages } = lock.packages;

    const found: object = missingEntries({ ...lock, packages });

    assert.deepEqual(Object.keys(found), [DARWIN]);
    assert.partialDeepStrictEqual(left, Object.values(found)[0]);
  });

  it('refuses a package whose name does not say its system', () => {
    const packages = { 'node_modules/a': { optionalDependencies: { 'a-fast': '1.0.0' } } };

    assert.throws(() => missingEntries({ packages }), /a-fast@1\.0\.0, which the lock file lacks/);
  });
});

describe('systemOf', () => {
  const rows: readonly [string, object | undefined][] = [
    ['@biomejs/cli-win32-x64', { os: ['win32'], cpu: ['x64'] }],
    ['@oxlint/binding-linux-riscv64-musl', { os: ['linux'], cpu: ['riscv64'], libc: ['musl'] }],
    ['@oxlint/binding-linux-arm-gnueabihf', { os: ['linux'], cpu: ['arm'], libc: ['glibc'] }],
    ['@oxlint/binding-android-arm-eabi', { os: ['android'], cpu: ['arm'] }],
    ['fsevents', undefined],
  ];
  for (const [name, system] of rows) {
    it(`reads ${name}`, () => assert.deepEqual(systemOf(name), system));
  }
});
