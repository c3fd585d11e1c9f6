/** What makes a checkout ready: when it installs, when it builds, and what says it cannot run. */
import assert from 'node:assert/strict';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { isBuilt } from '../../scripts/build.mjs';
import { whyInstall } from '../../scripts/bootstrap.mjs';
import { ROOT, runProgram } from '../support/index.ts';
import { plantTree } from './planted-tree.ts';

const lock = (packages: object): string => JSON.stringify({ lockfileVersion: 3, packages });
const HOUR_S = 3600;

describe('whyInstall', () => {
  let root: string;
  const write = (name: string, content: string): void => {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    writeFileSync(path.join(root, name), content);
  };

  beforeEach(() => {
    root = mkdtempSync(path.join(tmpdir(), 'install-'));
    const packages = {
      'node_modules/yaml': { version: '2.0.0' },
      'node_modules/other-os': { version: '1.0.0', optional: true },
    };
    write('package-lock.json', lock({ '': {}, ...packages }));
    write('node_modules/.package-lock.json', lock({ 'node_modules/yaml': { version: '2.0.0' } }));
    write('node_modules/.bin/node', '');
  });

  afterEach(() => rmSync(root, { recursive: true }));

  it('is silent when everything but parts for other systems is there', () => {
    assert.equal(whyInstall(root), undefined);
  });

  it('is silent when only the time of the lock file changed', () => {
    const later = Date.now() / 1000 + HOUR_S;
    utimesSync(path.join(root, 'package-lock.json'), later, later);

    assert.equal(whyInstall(root), undefined);
  });

  it('names a missing node_modules', () => {
    rmSync(path.join(root, 'node_modules'), { recursive: true });

    assert.equal(whyInstall(root), 'node_modules is missing');
  });

  it('takes an install that broke off for none', () => {
    rmSync(path.join(root, 'node_modules', '.package-lock.json'));

    assert.equal(whyInstall(root), 'node_modules is missing');
  });

  it('names a package at another version', () => {
    write('package-lock.json', lock({ 'node_modules/yaml': { version: '2.0.1' } }));

    assert.equal(whyInstall(root), 'node_modules/yaml is not at 2.0.1');
  });

  it('names a package that is not installed', () => {
    write('package-lock.json', lock({ 'node_modules/new': { version: '1.0.0' } }));

    assert.equal(whyInstall(root), 'node_modules/new is not at 1.0.0');
  });

  it('names a missing Node, which a refused install script leaves behind', () => {
    rmSync(path.join(root, 'node_modules', '.bin', 'node'));

    assert.equal(whyInstall(root), 'the pinned Node is missing');
  });
});

describe('build', () => {
  const build = (root: string) =>
    runProgram(process.execPath, [path.join(root, 'scripts', 'build.mjs')], { cwd: root });
  const plant = (files: Record<string, string> = {}) => {
    const tree = plantTree(files);
    cpSync(path.join(ROOT, 'scripts', 'build.mjs'), path.join(tree.root, 'scripts', 'build.mjs'));
    // As a checkout made an hour ago, so that what a test touches is newer.
    const before = Date.now() / 1000 - HOUR_S;
    for (const name of ['src', 'src/core', 'src/cli', 'src/spec', 'src/core/double.ts', 'package.json']) {
      utimesSync(path.join(tree.root, name), before, before);
    }
    return tree;
  };

  it('makes JavaScript without tests, with the files that are not TypeScript', async () => {
    using tree = plant({ 'src/spec/planted.test.ts': '/** Planted. */\n', 'src/spec/prelude.lua': 'return 1\n' });

    const result = await build(tree.root);

    assert.equal(result.code, 0, result.stderr);
    assert.match(readFileSync(path.join(tree.root, 'dist/spec/parse-flow.js'), 'utf8'), /from "\.\.\/core\/index\.js"/);
    assert.equal(readFileSync(path.join(tree.root, 'dist/spec/prelude.lua'), 'utf8'), 'return 1\n');
    assert.throws(() => statSync(path.join(tree.root, 'dist/spec/planted.test.js')), { code: 'ENOENT' });
    assert.equal(isBuilt(tree.root), true);
  });

  it('keeps the last good build and exits 1 when the source does not compile', async () => {
    using tree = plant();
    await build(tree.root);
    writeFileSync(path.join(tree.root, 'src/core/double.ts'), 'export const double: string = 1;\n');

    const result = await build(tree.root);

    assert.equal(result.code, 1);
    assert.match(result.stderr, /does not compile/);
    assert.match(readFileSync(path.join(tree.root, 'dist/core/double.js'), 'utf8'), /function double/);
  });

  for (const [what, touch] of [
    ['a source file is saved', 'src/core/double.ts'],
    ['a file is removed from a folder', 'src/spec'],
    ['the settings of the package change', 'package.json'],
  ] as const) {
    it(`is due again when ${what}`, async () => {
      using tree = plant();
      await build(tree.root);
      const later = Date.now() / 1000 + HOUR_S;

      utimesSync(path.join(tree.root, touch), later, later);

      assert.equal(isBuilt(tree.root), false);
    });
  }
});

describe('scripts of kinds that cannot run', () => {
  const scripts = (
    JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as { scripts: Record<string, string> }
  ).scripts;
  const absent = Object.keys(scripts).filter((name) => scripts[name]?.includes('not-yet.mjs'));

  for (const name of absent) {
    it(`${name} says what it lacks and exits 3`, async () => {
      const result = await runProgram(process.execPath, [path.join(ROOT, 'scripts', 'not-yet.mjs'), name]);

      assert.equal(result.code, 3);
      assert.match(result.stderr, new RegExp(`^error CLI_MACHINE: ${name} cannot run: there are no .* yet; .*\\.\\n$`));
    });
  }
});

describe('npm test', () => {
  it('fails when no test file matches', async () => {
    const result = await runProgram(process.execPath, [path.join(ROOT, 'scripts', 'test.ts'), 'no/such.test.ts']);

    assert.equal(result.code, 1);
    assert.match(result.stderr, /No test file matches no\/such\.test\.ts/);
  });

  it('fails when a test fails, and ends with the lines of the runner', async () => {
    using tree = plantTree({
      'planted.test.ts': "import { it } from 'node:test';\nit('fails', () => {\n  throw new Error('planted');\n});\n",
    });

    const result = await runProgram(process.execPath, [
      path.join(ROOT, 'scripts', 'test.ts'),
      path.join(tree.root, 'planted.test.ts'),
    ]);

    assert.equal(result.code, 1);
    assert.match(result.stdout, /^ℹ fail 1$/m);
  });
});
