/** The rules of the house see what is planted against them. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { plantTree } from './planted-tree.ts';

const HEAD = '/** Planted. */\n';
// Written in pieces, so that this file itself does not break the rules it plants violations of.
const THING_TO_DO = ['TO', 'DO'].join('');

const PLANTED: readonly { rule: string; what: string; file?: string; text?: string }[] = [
  { rule: 'file-name', what: 'a file is named in camel case', file: 'src/spec/plantedFile.ts' },
  { rule: 'file-name', what: 'a folder is named in Pascal case', file: 'docs/Guide/planted.md' },
  { rule: 'vague-name', what: 'a file is called helpers', file: 'src/spec/helpers.ts' },
  { rule: 'vague-name', what: 'a word of a file name is util', file: 'src/spec/text-util.ts' },
  { rule: 'vague-type', what: 'a class is a manager', text: `${HEAD}export class ${'Lane'}Manager {}\n` },
  { rule: 'vague-type', what: 'an interface begins with I', text: `${HEAD}export interface ${'I'}Store {}\n` },
  { rule: 'head-comment', what: 'a file begins with code', text: 'export const planted = 1;\n' },
  { rule: 'numbered-test', what: 'a test file has a number', file: 'src/spec/planted-2.test.ts' },
  {
    rule: 'test-title',
    what: 'a test title says should',
    file: 'src/spec/planted.test.ts',
    text: `${HEAD}it(${"'should stop'"}, () => {});\n`,
  },
  {
    rule: 'only',
    what: 'a test hides the others',
    file: 'src/spec/planted.test.ts',
    text: `${HEAD}it.${'only'}('stops', () => {});\n`,
  },
  {
    rule: 'sleep',
    what: 'a test sleeps',
    file: 'src/spec/planted.test.ts',
    text: `${HEAD}await ${'systemClock'}.sleep(10);\n`,
  },
  {
    rule: 'sleep',
    what: 'a test polls',
    file: 'src/spec/planted.test.ts',
    text: `${HEAD}await t${'.waitFor'}(() => done);\n`,
  },
  {
    rule: 'retry',
    what: 'a test is tried again',
    file: 'scripts/planted.ts',
    text: `${HEAD}export const planted = '--test-rerun${'-failures'}';\n`,
  },
  { rule: 'machine-path', what: 'a path of a machine is in a doc', file: 'docs/planted.md', text: `cd ${'/root'}/x\n` },
  {
    rule: 'machine-path',
    what: 'a path of a machine is in the code',
    text: `${HEAD}export const at = '${'/home'}/me/x';\n`,
  },
  {
    rule: 'registry-host',
    what: 'a registry is named',
    file: 'docs/planted.md',
    text: `from ${'registry'}.npmjs.org\n`,
  },
  { rule: 'todo', what: 'a thing to do has no issue', text: `${HEAD}// ${THING_TO_DO}: later\n` },
  { rule: 'banner', what: 'a banner divides a file', text: `${HEAD}// ${'-'.repeat(20)}\n` },
  {
    rule: 'lint-exception',
    what: 'a lint exception gives no reason',
    text: `${HEAD}// ${'oxlint'}-disable-next-line no-eval\n`,
  },
  { rule: 'type-exception', what: 'a type exception gives no reason', text: `${HEAD}// @ts-${'expect'}-error\n` },
];

describe('style check', () => {
  it('passes a tree that keeps the rules', async () => {
    using tree = plantTree({
      'src/spec/planted.ts': `${HEAD}// ${THING_TO_DO} #12: later\n// ${'oxlint'}-disable-next-line no-eval -- the reason\n`,
      'docs/planted.md': 'See src/work/index.ts.\n',
    });

    const result = await tree.script('check-style.ts');

    assert.equal(result.stderr, '');
    assert.equal(result.code, 0);
  });

  for (const { rule, what, file = 'src/spec/planted.ts', text = HEAD } of PLANTED) {
    it(`fails when ${what}`, async () => {
      using tree = plantTree({ [file]: text });

      const result = await tree.script('check-style.ts');

      assert.match(result.stderr, new RegExp(`^${file}(?::\\d+)?: ${rule}: `, 'm'));
      assert.equal(result.code, 1);
    });
  }
});
