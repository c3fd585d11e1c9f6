/** The folder rules see what is planted against them. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { ROOT } from '../support/index.ts';
import { plantTree } from './planted-tree.ts';

/** A module with a head comment and one import. */
function importing(specifier: string, what = '{ parseFlow }'): string {
  return `/** Planted. */\nimport ${what} from '${specifier}';\nexport const planted = [${what.replace(/^type /, '').replace(/[{}]/g, '')}];\n`;
}

const PLANTED: readonly { rule: string; what: string; files: Record<string, string> }[] = [
  {
    rule: 'core-may-import',
    what: 'core imports spec',
    files: { 'src/core/planted.ts': importing('../spec/index.ts') },
  },
  {
    rule: 'core-may-import',
    what: 'core imports a type of spec',
    files: { 'src/core/planted.ts': `/** Planted. */\nexport type { parseFlow } from '../spec/index.ts';\n` },
  },
  {
    rule: 'lua/machine-may-import',
    what: 'lua/machine imports spec',
    files: { 'src/lua/machine/index.ts': importing('../../spec/index.ts') },
  },
  {
    rule: 'lua/lanes-may-import',
    what: 'lua/lanes imports spec',
    files: { 'src/lua/lanes/index.ts': importing('../../spec/index.ts') },
  },
  {
    rule: 'lua/library-may-import',
    what: 'lua/library imports spec',
    files: { 'src/lua/library/index.ts': importing('../../spec/index.ts') },
  },
  {
    rule: 'store-only-types',
    what: 'store imports more than types of engine',
    files: {
      'src/engine/index.ts': '/** Planted. */\nexport const createRunner = 1;\n',
      'src/store/index.ts': importing('../engine/index.ts', '{ createRunner }'),
    },
  },
  {
    rule: 'app-may-import',
    what: 'app imports cli',
    files: { 'src/app/index.ts': importing('../cli/process.ts', '{ main }') },
  },
  {
    rule: 'through-the-index',
    what: 'a folder is entered beside its index',
    files: { 'src/cli/planted.ts': importing('../spec/parse-flow.ts') },
  },
  {
    rule: 'tests-through-the-index',
    what: 'a test in test/ enters a folder beside its index',
    files: { 'test/planted.test.ts': importing('../src/spec/parse-flow.ts') },
  },
  {
    rule: 'known-folders',
    what: 'a folder appears that the table does not know',
    files: { 'src/misc/planted.ts': importing('../spec/index.ts') },
  },
  {
    rule: 'known-folders-alone',
    what: 'a file without imports lies outside every folder',
    files: { 'src/planted.ts': '/** Planted. */\nexport const planted = 1;\n' },
  },
  {
    rule: 'pure-folders',
    what: 'spec imports a module of Node',
    files: { 'src/spec/planted.ts': importing('node:fs', '{ readFileSync }') },
  },
  {
    rule: 'pure-folders',
    what: 'core imports a module of Node without its prefix',
    files: { 'src/core/planted.ts': importing('fs', '{ readFileSync }') },
  },
  {
    rule: 'hash-takes-crypto-only',
    what: 'core/hash.ts imports more of Node than its crypto',
    files: { 'src/core/hash.ts': importing('node:fs', '{ readFileSync }') },
  },
  {
    rule: 'schema-library-takes-module-only',
    what: 'spec/schema-library.ts imports more of Node than its module',
    files: { 'src/spec/schema-library.ts': importing('node:fs', '{ readFileSync }') },
  },
  {
    rule: 'known-packages',
    what: 'the product imports a package that the table does not know',
    files: {
      'package.json': JSON.stringify({ name: 'planted', type: 'module', dependencies: { 'find-my-way': '9.0.0' } }),
      'src/spec/planted.ts': importing('find-my-way', 'planted_'),
    },
  },
  {
    rule: 'package-fastify',
    what: 'cli imports the HTTP server package',
    files: { 'src/cli/planted.ts': importing('fastify', '{ fastify }') },
  },
  {
    rule: 'no-dev-packages',
    what: 'the product imports a package that users do not get',
    files: { 'src/spec/planted.ts': importing('fast-check', '{ string }') },
  },
  {
    rule: 'no-unresolved',
    what: 'an import names a file that is not there',
    files: { 'src/spec/planted.ts': importing('./gone.ts') },
  },
  {
    rule: 'no-cycles',
    what: 'two files import each other',
    files: {
      'src/spec/left.ts': importing('./right.ts', '{ planted }').replace('const planted', 'const left'),
      'src/spec/right.ts': importing('./left.ts', '{ left }'),
    },
  },
  {
    rule: 'no-tests-in-the-product',
    what: 'the product imports test support',
    files: {
      'src/spec/planted.ts': importing('../../test/support/clock.ts', '{ clock }'),
      'test/support/clock.ts': '/** Planted. */\nexport const clock = 1;\n',
    },
  },
];

describe('boundaries check', () => {
  it('passes a tree that keeps the rules', async () => {
    using tree = plantTree({ 'src/core/hash.ts': importing('node:crypto', '{ createHash }') });

    const result = await tree.script('check-boundaries.ts');

    assert.equal(result.stderr, '');
    assert.equal(result.code, 0);
    assert.match(result.stdout, /^boundaries: \d+ modules, \d+ imports, 0 problems$/m);
  });

  for (const { rule, what, files } of PLANTED) {
    it(`fails when ${what}`, async () => {
      using tree = plantTree(files);

      const result = await tree.script('check-boundaries.ts');

      assert.match(result.stderr, new RegExp(`breaks ${rule} `));
      assert.equal(result.code, 1);
    });
  }

  it('fails when the cruiser does not see a source file', async () => {
    using tree = plantTree({
      'src/spec/unseen.ts': '/** Planted. */\nexport const planted = 1;\n',
      '.dependency-cruiser.mjs': readFileSync(path.join(ROOT, '.dependency-cruiser.mjs'), 'utf8').replace(
        /exclude: \{ path: '/,
        "exclude: { path: 'unseen|",
      ),
    });

    const result = await tree.script('check-boundaries.ts');

    assert.match(result.stderr, /src\/spec\/unseen\.ts: not seen by dependency-cruiser/);
    assert.equal(result.code, 1);
  });

  it('fails when the cruiser sees files but none of their imports', async () => {
    using tree = plantTree({
      '.dependency-cruiser.mjs': readFileSync(path.join(ROOT, '.dependency-cruiser.mjs'), 'utf8').replace(
        'tsPreCompilationDeps: true,',
        "tsPreCompilationDeps: true, moduleSystems: ['amd'],",
      ),
    });

    const result = await tree.script('check-boundaries.ts');

    assert.match(result.stderr, /imports seen in \d+ files: dependency-cruiser cannot read them/);
    assert.equal(result.code, 1);
  });
});
