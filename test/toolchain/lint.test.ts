/** The lint rules see what is planted against them, the type-aware ones included. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { plantTree } from './planted-tree.ts';

/** A file with a head comment around `code`. */
const file = (code: string): string => `/** Planted. */\n${code}\n`;
const manyLines = (count: number): string =>
  Array.from({ length: count }, (_, at) => `export const n${at} = ${at};`).join('\n');
const longFunction = `export function planted(): number {\n  let n = 0;\n${'  n += 1;\n'.repeat(60)}  return n;\n}`;
const branches = Array.from({ length: 12 }, (_, at) => `  if (n === ${at}) return ${at * 2};`).join('\n');

const PLANTED: readonly { rule: string; what: string; at?: string; code: string }[] = [
  {
    rule: 'no-floating-promises',
    what: 'a promise is dropped',
    code: 'async function wait(): Promise<void> {}\nexport function planted(): void {\n  wait();\n}',
  },
  {
    rule: 'no-misused-promises',
    what: 'a promise is used as a condition',
    code: 'export async function ask(): Promise<boolean> {\n  return true;\n}\nexport const planted = (): number => (ask() ? 1 : 2);',
  },
  {
    rule: 'await-thenable',
    what: 'a number is awaited',
    code: 'export async function planted(n: number): Promise<number> {\n  return await n;\n}',
  },
  {
    rule: 'switch-exhaustiveness-check',
    what: 'a switch forgets a case of a union',
    code: "export function planted(word: 'a' | 'b'): void {\n  switch (word) {\n    case 'a':\n      break;\n  }\n}",
  },
  { rule: 'only-throw-error', what: 'text is thrown', code: "export function planted(): never {\n  throw 'no';\n}" },
  { rule: 'no-explicit-any', what: 'any is written down', code: 'export const planted: any = 1;' },
  {
    rule: 'no-unsafe-member-access',
    what: 'parsed JSON is used unchecked',
    code: "export const planted: string = JSON.parse('{}').name;",
  },
  {
    rule: 'no-non-null-assertion',
    what: 'a value is claimed to be there',
    code: 'export const planted = (list: string[]): string => list[0]!;',
  },
  { rule: 'no-default-export', what: 'a default export appears', code: 'export default 1;' },
  { rule: 'no-console', what: 'console is used in src', code: "console.log('x');\nexport {};" },
  { rule: 'no-eval', what: 'eval is called', code: "export const planted: unknown = eval('1');" },
  { rule: 'max-lines', what: 'a file has 401 code lines', code: manyLines(401) },
  { rule: 'max-lines-per-function', what: 'a function has more than 60 lines', code: longFunction },
  {
    rule: 'max-params',
    what: 'a function takes five parameters',
    code: 'export const planted = (a: 1, b: 1, c: 1, d: 1, e: 1): number[] => [a, b, c, d, e];',
  },
  {
    rule: 'max-depth',
    what: 'blocks nest four deep',
    code: 'export function planted(n: number): void {\n  if (n > 1) {\n    if (n > 2) {\n      if (n > 3) {\n        if (n > 4) {\n          n += 1;\n        }\n      }\n    }\n  }\n}',
  },
  {
    rule: 'complexity',
    what: 'a function has 13 paths',
    code: `export function planted(n: number): number {\n${branches}\n  return 0;\n}`,
  },
  {
    rule: 'filename-case',
    what: 'a file is not named in kebab-case',
    at: 'src/spec/plantedFile.ts',
    code: 'export const planted = 1;',
  },
  {
    rule: 'no-restricted-globals',
    what: 'the clock is read outside core/clock.ts',
    at: 'src/cli/planted.ts',
    code: 'export const planted = Date.now();',
  },
  {
    rule: 'no-restricted-globals',
    what: 'a timer is set outside core/clock.ts',
    at: 'src/cli/planted.ts',
    code: 'setTimeout(() => {}, 1);\nexport {};',
  },
  {
    rule: 'no-restricted-globals',
    what: 'entropy is drawn outside core/random.ts',
    at: 'src/cli/planted.ts',
    code: 'export const planted = crypto.randomUUID();',
  },
  {
    rule: 'no-restricted-properties',
    what: 'chance is not a parameter',
    at: 'src/cli/planted.ts',
    code: 'export const planted = Math.random();',
  },
  {
    rule: 'no-restricted-properties',
    what: 'the environment is read outside app/config.ts',
    at: 'src/cli/planted.ts',
    code: 'export const planted = process.env;',
  },
  {
    rule: 'no-restricted-imports',
    what: 'a timer comes in as an import',
    at: 'src/cli/planted.ts',
    code: "import { setTimeout } from 'node:timers/promises';\nexport const planted = setTimeout;",
  },
  {
    rule: 'no-restricted-imports',
    what: 'entropy comes in as an import',
    at: 'src/cli/planted.ts',
    code: "import { randomBytes } from 'node:crypto';\nexport const planted = randomBytes;",
  },
  {
    rule: 'no-restricted-globals',
    what: 'a test sets a timer',
    at: 'src/cli/planted.test.ts',
    code: 'setTimeout(() => {}, 1);\nexport {};',
  },
  {
    rule: 'no-restricted-globals',
    what: 'a test polls',
    at: 'test/integration/planted.test.ts',
    code: 'setInterval(() => {}, 1);\nexport {};',
  },
  {
    rule: 'no-restricted-imports',
    what: 'a test imports a sleep',
    at: 'test/integration/planted.test.ts',
    code: "import { setTimeout as wait } from 'node:timers/promises';\nawait wait(1);",
  },
  ...['core', 'expr', 'flow', 'spec', 'engine', 'calendar', 'lua/machine'].flatMap((folder) =>
    ['process.pid', 'Buffer.alloc(1)', 'fetch', 'setTimeout', 'setInterval', 'Date.now()', 'performance.now()'].map(
      (global) => ({
        rule: 'no-restricted-globals',
        what: `${folder} uses ${global}`,
        at: `src/${folder}/planted-${global.replace(/\W/g, '').toLowerCase()}.ts`,
        code: `export const planted: unknown = ${global};`,
      }),
    ),
  ),
];

describe('lint', () => {
  it('passes a tree that keeps the rules', async () => {
    using tree = plantTree({ 'src/core/clock.ts': file('export const nowMs = (): number => Date.now();') });

    const result = await tree.tool('oxlint', '--format=unix');

    assert.equal(result.code, 0, result.stdout);
  });

  // One tree for all, a file for each: the tool names the file beside the rule.
  it('fails for every planted violation', async (t) => {
    const planted = PLANTED.map((row, at) => ({ ...row, at: rename(row.at ?? 'src/spec/planted.ts', at) }));
    using tree = plantTree(Object.fromEntries(planted.map((row) => [row.at, file(row.code)])));

    const result = await tree.tool('oxlint', '--format=unix');

    assert.equal(result.code, 1);
    for (const row of planted) {
      await t.test(row.what, () => {
        const mine = result.stdout.split('\n').filter((line) => line.includes(`${row.at}:`));
        assert.ok(
          mine.some((line) => line.includes(row.rule)),
          `${row.rule} is not among:\n${mine.join('\n')}`,
        );
      });
    }
  });
});

/** The same file under a name of its own. */
function rename(name: string, at: number): string {
  return name.includes('plantedFile') ? name : name.replace(/(?=(?:\.test)?\.ts$)/, `-x${at}`);
}
