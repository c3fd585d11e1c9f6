/** Layout, types, dead code, docs and the error page: each check sees what is planted against it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { ROOT } from '../support/index.ts';
import { plantTree } from './planted-tree.ts';

const ERRORS_PAGE = 'docs/reference/errors.md';
const OPTIONS_PAGE = 'docs/reference/options.md';
const LANGUAGE_PAGE = 'docs/reference/language.md';
const CLI_PAGE = 'docs/reference/cli.md';
const PAGES = [ERRORS_PAGE, OPTIONS_PAGE, LANGUAGE_PAGE, CLI_PAGE, 'docs/reference/actions.md'];
const readPage = (name: string): string => readFileSync(path.join(ROOT, name), 'utf8');
/** The generated pages, with one of them changed. */
const pages = (changed?: string, change: (page: string) => string = (page) => page): Record<string, string> =>
  Object.fromEntries(PAGES.map((name) => [name, name === changed ? change(readPage(name)) : readPage(name)]));
/** A package.json for the dead-code check, whose real one names packages that the small tree does not use. */
const PACKAGE = JSON.stringify({ name: 'planted', version: '1.0.0', type: 'module', license: 'MIT' });
const UNDOCUMENTED = 'src/spec/index.ts';

describe('format check', () => {
  it('passes a tree that is laid out', async () => {
    using tree = plantTree();

    assert.equal((await tree.tool('biome', 'format', '--error-on-warnings')).code, 0);
  });

  it('fails when a file is not laid out', async () => {
    using tree = plantTree({ 'src/spec/planted.ts': '/** Planted. */\nexport const planted = "a"\n' });

    const result = await tree.tool('biome', 'format', '--error-on-warnings');

    assert.match(result.stderr, /src\/spec\/planted\.ts/);
    assert.equal(result.code, 1);
  });
});

describe('type check', () => {
  it('passes a tree whose types fit', async () => {
    using tree = plantTree();

    assert.equal((await tree.tool('tsc', '-p', 'tsconfig.json')).code, 0);
  });

  const planted: readonly { what: string; code: string; says: RegExp }[] = [
    { what: 'a type does not fit', code: 'export const planted: number = "a";', says: /TS2322/ },
    {
      what: 'an element of a list is taken for granted',
      code: 'export const planted = (list: string[]): string => list[0];',
      says: /TS2322/,
    },
    {
      what: 'a key that may be absent is written like a field',
      code: 'export const planted = (row: Record<string, string>): string | undefined => row.name;',
      says: /TS4111/,
    },
    { what: 'a browser global is used', code: 'export const planted: unknown = window;', says: /TS2304/ },
    { what: 'an enum is declared', code: 'export enum Planted { A }', says: /TS1294/ },
  ];
  for (const { what, code, says } of planted) {
    it(`fails when ${what}`, async () => {
      using tree = plantTree({ 'src/spec/planted.ts': `/** Planted. */\n${code}\n` });

      const result = await tree.tool('tsc', '-p', 'tsconfig.json');

      assert.match(result.stdout, says);
      assert.notEqual(result.code, 0);
    });
  }
});

describe('dead-code check', () => {
  it('passes a tree without dead code', async () => {
    using tree = plantTree({ 'package.json': PACKAGE });

    const result = await tree.tool('knip');

    assert.equal(result.code, 0, result.stdout);
  });

  const planted: readonly { what: string; files: Record<string, string>; says: RegExp }[] = [
    {
      what: 'nothing imports a file',
      files: { 'src/spec/planted.ts': '/** Planted. */\nexport const planted = 1;\n' },
      says: /Unused files[^]*src\/spec\/planted\.ts/,
    },
    {
      what: 'nothing imports an export',
      files: {
        'src/core/double.ts':
          '/** Planted. */\nexport const double = (n: number): number => n;\nexport const planted = 1;\n',
      },
      says: /Unused exports[^]*planted/,
    },
    {
      what: 'nothing imports a package',
      files: { 'package.json': PACKAGE.replace('}', ',"dependencies":{"yaml":"2.9.1"}}') },
      says: /Unused dependencies[^]*yaml/,
    },
    {
      what: 'an imported package is not declared',
      files: {
        'src/core/double.ts': "/** Planted. */\nimport 'yaml';\nexport const double = (n: number): number => n;\n",
      },
      says: /Unlisted dependencies[^]*yaml/,
    },
  ];
  for (const { what, files, says } of planted) {
    it(`fails when ${what}`, async () => {
      using tree = plantTree({ 'package.json': PACKAGE, ...files });

      const result = await tree.tool('knip');

      assert.match(result.stdout, says);
      assert.equal(result.code, 1);
    });
  }
});

describe('doc check', () => {
  const lint = ['--entryPoints', 'src/*/index.ts'];

  it('passes a tree whose exports are documented', async () => {
    using tree = plantTree();

    const result = await tree.tool('typedoc', ...lint);

    assert.equal(result.code, 0, result.stderr);
  });

  const planted: readonly { what: string; code: string; says: RegExp }[] = [
    {
      what: 'an exported function has no docstring',
      code: 'export const planted = (): number => 1;',
      says: /planted.*does not have any documentation/,
    },
    {
      what: 'a method of an exported interface has no docstring',
      code: '/** Documented. */\nexport interface Planted {\n  run(): void;\n}',
      says: /Planted\.run.*does not have any documentation/,
    },
    {
      what: 'a docstring links to what is not there',
      code: '/** See {@link Gone}. */\nexport const planted = 1;',
      says: /Failed to resolve link to "Gone"/,
    },
  ];
  for (const { what, code, says } of planted) {
    it(`fails when ${what}`, async () => {
      using tree = plantTree({
        [UNDOCUMENTED]: `/** Planted.\n * @module\n */\nexport { parseFlow } from './parse-flow.ts';\n${code}\n`,
      });

      const result = await tree.tool('typedoc', ...lint);

      assert.match(result.stderr + result.stdout, says);
      assert.notEqual(result.code, 0);
    });
  }
});

describe('reference page check', () => {
  const check = ['generate-reference.ts', '--check'] as const;

  it('passes the pages that are made from the source', async () => {
    using tree = plantTree(pages());

    const result = await tree.script(...check);

    assert.equal(result.code, 0, result.stderr);
  });

  const planted: readonly { what: string; files: Record<string, string>; says: RegExp }[] = [
    {
      what: 'a code of the catalogue is not on the page',
      files: pages(ERRORS_PAGE, (page) => page.replace(/^\| `LUA_TIMEOUT`.*\n/m, '')),
      says: /missing: \| `LUA_TIMEOUT`/,
    },
    {
      what: 'the page has a code that the catalogue does not know',
      files: pages(ERRORS_PAGE, (page) =>
        page.replace(/^\| `LUA_TIMEOUT`/m, '| `LUA_PLANTED` | 500 | 1 | no | x |\n$&'),
      ),
      says: /not in the source: \| `LUA_PLANTED`/,
    },
    {
      what: 'an option has another default than its page says',
      files: pages(OPTIONS_PAGE, (page) => page.replace('| 8080 |', '| 8081 |')),
      says: /missing: \| `server\.port`.*\| 8080 \|/,
    },
    {
      what: 'a key takes something else than its page says',
      files: pages(LANGUAGE_PAGE, (page) => page.replace(' from 1 to 1000 |', ' from 1 to 999 |')),
      says: /missing: \| `max_iterations` \| a whole number from 1 to 1000 \|/,
    },
    {
      what: 'a table of keys has no place on its page',
      files: pages(LANGUAGE_PAGE, (page) => page.replace(/<!-- keys: retry -->[^]*?<!-- end of keys -->/, '')),
      says: /missing: <!-- keys: retry -->/,
    },
    {
      what: 'an option of a command is not on the page',
      files: pages(CLI_PAGE, (page) => page.replace(/^\| `--strict`.*\n/m, '')),
      says: /missing: \| `--strict`/,
    },
    { what: 'there is no page', files: {}, says: /docs\/reference\/errors\.md differs from its source/ },
  ];
  for (const { what, files, says } of planted) {
    it(`fails when ${what}`, async () => {
      using tree = plantTree(files);

      const result = await tree.script(...check);

      assert.match(result.stderr, says);
      assert.equal(result.code, 1);
    });
  }
});
