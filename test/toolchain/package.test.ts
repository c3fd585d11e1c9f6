/** The check of the package sees what is planted in what users would get. */
import assert from 'node:assert/strict';
import { chmodSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { plantTree } from './planted-tree.ts';

const MANIFEST = {
  name: 'planted',
  version: '1.0.0',
  license: 'MIT',
  type: 'module',
  bin: { moonpool: 'bin/moonpool.js' },
  files: ['bin', 'dist', 'CHANGELOG.md'],
};

const GOOD: Readonly<Record<string, string>> = {
  'package.json': JSON.stringify(MANIFEST),
  LICENSE: 'A licence.\n',
  'README.md': '# Planted\n',
  'CHANGELOG.md': '# Changes\n',
  'bin/moonpool.js': '#!/usr/bin/env node\nawait import("../dist/cli/process.js");\n',
  'dist/cli/process.js': 'export const planted = 1;\n',
};

const PLANTED: readonly { what: string; problem: RegExp; files: Record<string, string | undefined>; mode?: number }[] =
  [
    {
      what: 'the build is not in it',
      problem: /dist\/cli\/process\.js is not/,
      files: { 'dist/cli/process.js': undefined },
    },
    {
      what: 'a test is in it',
      problem: /dist\/x\.test\.js does not belong/,
      files: { 'dist/x.test.js': 'export {};\n' },
    },
    { what: 'the licence is forgotten', problem: /LICENSE is not/, files: { LICENSE: undefined } },
    { what: 'the command cannot be executed', problem: /cannot be executed/, files: {}, mode: 0o644 },
    {
      what: 'an entry is named that is not in it',
      problem: /dist\/gone\.js/,
      files: { 'package.json': JSON.stringify({ ...MANIFEST, exports: './dist/gone.js' }) },
    },
  ];

describe('package check', () => {
  it('passes a package that holds what it needs', async () => {
    using tree = plantTree(GOOD);
    chmodSync(path.join(tree.root, 'bin/moonpool.js'), 0o755);

    const { code, stderr } = await tree.script('check-package.ts');

    assert.equal(code, 0, stderr);
  });

  for (const { what, problem, files, mode = 0o755 } of PLANTED) {
    it(`fails when ${what}`, async () => {
      using tree = plantTree({ ...GOOD, ...files });
      chmodSync(path.join(tree.root, 'bin/moonpool.js'), mode);

      const { code, stderr } = await tree.script('check-package.ts');

      assert.equal(code, 1);
      assert.match(stderr, problem);
    });
  }
});
