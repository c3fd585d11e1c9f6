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

/** A package with a door, and what is planted behind it. */
const DOOR = {
  'package.json': JSON.stringify({
    ...MANIFEST,
    exports: { './door': { types: './dist/door.d.ts', default: './dist/door.js' } },
  }),
  'dist/door.js': 'export const open = (name) => name.length;\n',
  'dist/door.d.ts': 'export declare function open(name: string): number;\n',
};

const PLANTED_DOORS: readonly { what: string; problem: RegExp; files: Record<string, string> }[] = [
  {
    what: 'a door needs a package that is not declared',
    problem: /planted\/door cannot be imported:[^]*wasmoon/,
    files: { 'dist/door.js': "import 'wasmoon';\nexport const open = (name) => name.length;\n" },
  },
  {
    what: 'types of a door name a file that is not in it',
    problem: /types of the package do not fit:[^]*TS2307/,
    files: { 'dist/door.d.ts': "export { open } from './gone.js';\n" },
  },
  {
    what: 'a page shows code whose types do not fit',
    problem: /types of the package do not fit:[^]*TS2345/,
    files: { 'docs/door.md': "```ts\nimport { open } from 'planted/door';\nopen(7); // → 1\n```\n" },
  },
];

describe('package check', () => {
  it('passes a package whose door is used as its page shows', async () => {
    const page = "```ts\nimport { open } from 'planted/door';\nopen('seven'); // → 5\n```\n";
    using tree = plantTree({ ...GOOD, ...DOOR, 'docs/door.md': page });
    chmodSync(path.join(tree.root, 'bin/moonpool.js'), 0o755);

    const { code, stderr } = await tree.script('check-package.ts');

    assert.equal(code, 0, stderr);
  });

  for (const { what, problem, files } of PLANTED_DOORS) {
    it(`fails when ${what}`, async () => {
      using tree = plantTree({ ...GOOD, ...DOOR, ...files });
      chmodSync(path.join(tree.root, 'bin/moonpool.js'), 0o755);

      const { code, stderr, stdout } = await tree.script('check-package.ts');

      assert.equal(code, 1);
      assert.match(stderr + stdout, problem);
    });
  }

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
