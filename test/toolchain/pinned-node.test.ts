/** The Node that runs the tests is the pinned one, and everything is pinned exactly. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { ROOT } from '../support/index.ts';

interface Package {
  readonly engines: { readonly node: string };
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly allowScripts: Readonly<Record<string, boolean>>;
}

const read = (name: string): string => readFileSync(path.join(ROOT, name), 'utf8');
const pkg = JSON.parse(read('package.json')) as Package;

describe('pinned Node', () => {
  it('is the one that runs the tests', () => {
    assert.equal(process.version, `v${pkg.devDependencies['node']}`);
  });

  it('is allowed to be installed by its script, and is the only package that is', () => {
    assert.deepEqual(pkg.allowScripts, { node: true });
  });

  it('satisfies what users are asked for', () => {
    const floor = /^>=(\d+)\.0\.0$/.exec(pkg.engines.node)?.[1];

    assert.equal(floor, pkg.devDependencies['node']?.split('.')[0]);
    assert.ok(read('bin/moonpool.js').includes(`OLDEST_MAJOR = ${floor};`));
  });
});

describe('package versions', () => {
  for (const [name, version] of Object.entries({ ...pkg.dependencies, ...pkg.devDependencies })) {
    it(`pins ${name} exactly`, () => {
      assert.match(version, /^\d+\.\d+\.\d+(?:-[\w.]+)?$/);
    });
  }
});
