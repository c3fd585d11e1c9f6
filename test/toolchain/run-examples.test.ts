/** The check of the examples sees what is planted against it. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { plantTree } from './planted-tree.ts';

const GOOD: Readonly<Record<string, string>> = {
  'examples/planted/README.md': '# Planted\n',
  'examples/planted/flow.yaml': 'name: planted\nnodes:\n  - { name: n, run: "return { twice = state.x * 2 }" }\n',
  'examples/planted/input.json': '{ "x": 2 }\n',
  'examples/planted/expected.json': '{ "x": 2, "twice": 4 }\n',
};

const PLANTED: readonly { what: string; files: Readonly<Record<string, string | undefined>>; says: RegExp }[] = [
  { what: 'there is no example', files: noneOf(GOOD), says: /^examples: 0 passed, 0 failed$/m },
  {
    what: 'an example has no README',
    files: { 'examples/planted/README.md': undefined },
    says: /README\.md is missing/,
  },
  { what: 'an example has no flow', files: { 'examples/planted/flow.yaml': undefined }, says: /has no flow/ },
  {
    what: 'a flow of an example is wrong',
    files: { 'examples/planted/more.yaml': 'name: more\nnodes:\n  - { name: n, rnu: x }\n' },
    says: /SPEC_UNKNOWN_KEY/,
  },
  {
    what: 'a flow prints something else than it promises',
    files: { 'examples/planted/expected.json': '{ "x": 2, "twice": 5 }\n' },
    says: /"twice": 4[^]*not what expected\.json says/,
  },
  {
    what: 'a flow promises nothing',
    files: { 'examples/planted/expected.json': undefined },
    says: /has neither \*\.test\.yaml nor expected\.json/,
  },
  {
    what: 'a test of a flow fails',
    files: {
      'examples/planted/flow.test.yaml':
        'tests: [{ name: doubles, input: { x: 2 }, expect: { state_has: { twice: 5 } } }]\n',
    },
    says: /FAILED  doubles[^]*expected 5[^]*got      4/,
  },
  {
    what: 'a flow fails',
    files: { 'examples/planted/input.json': '{ "x": "two" }\n' },
    says: /run ended with 1: .*LUA_RAISED/,
  },
];

/** An example that is a program, with one of its files changed. */
const PROGRAM: Readonly<Record<string, string | undefined>> = {
  ...noneOf(GOOD),
  'examples/planted/README.md': '# Planted\n',
  'examples/planted/main.js': 'process.stdout.write("twice 4\\n");\n',
  'examples/planted/expected.txt': 'twice 4\n',
};

const PLANTED_PROGRAMS: readonly { what: string; files: Readonly<Record<string, string | undefined>>; says: RegExp }[] =
  [
    {
      what: 'a program prints something else than it promises',
      files: { 'examples/planted/expected.txt': 'twice 5\n' },
      says: /twice 4\nnot what expected\.txt says/,
    },
    {
      what: 'a program promises nothing',
      files: { 'examples/planted/expected.txt': undefined },
      says: /expected\.txt is missing/,
    },
    {
      what: 'a program fails',
      files: { 'examples/planted/main.js': 'process.stdout.write("twice 4\\n");\nthrow new Error("planted");\n' },
      says: /main\.js ended with 1: [^]*planted/,
    },
    {
      what: 'a program has no README',
      files: { 'examples/planted/README.md': undefined },
      says: /README\.md is missing/,
    },
  ];

describe('examples check', () => {
  it('passes a program that keeps its promise', async () => {
    using tree = plantTree(PROGRAM);

    const result = await tree.script('run-examples.ts');

    assert.equal(result.stderr, '');
    assert.equal(result.code, 0);
  });

  for (const { what, files, says } of PLANTED_PROGRAMS) {
    it(`fails when ${what}`, async () => {
      using tree = plantTree({ ...PROGRAM, ...files });

      const result = await tree.script('run-examples.ts');

      assert.match(result.stdout + result.stderr, says);
      assert.equal(result.code, 1);
    });
  }

  it('passes an example that keeps its promise', async () => {
    using tree = plantTree(GOOD);

    const result = await tree.script('run-examples.ts');

    assert.equal(result.stderr, '');
    assert.equal(result.code, 0);
  });

  for (const { what, files, says } of PLANTED) {
    it(`fails when ${what}`, async () => {
      using tree = plantTree({ ...GOOD, ...files });

      const result = await tree.script('run-examples.ts');

      assert.match(result.stdout + result.stderr, says);
      assert.equal(result.code, 1);
    });
  }
});

function noneOf(files: Readonly<Record<string, string>>): Record<string, undefined> {
  return Object.fromEntries(Object.keys(files).map((name) => [name, undefined]));
}
