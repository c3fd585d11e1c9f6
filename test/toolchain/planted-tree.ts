/**
 * A small copy of the repository in which a test plants a violation.
 *
 * It has the real settings of the tools and the real packages, and a tiny `src/` that passes
 * every check, so what a check then reports is what was planted.
 */
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type CommandResult, ROOT, runProgram } from '../support/index.ts';

const SETTINGS = [
  '.dependency-cruiser.mjs',
  '.gitignore',
  '.oxlintrc.json',
  'biome.json',
  'knip.json',
  'package.json',
  'tsconfig.build.json',
  'tsconfig.json',
  'typedoc.json',
];

/** A tree that passes every check. */
const GOOD: Readonly<Record<string, string>> = {
  'src/core/index.ts': `/** What every other folder may stand on. */
export { double } from './double.ts';
`,
  'src/core/double.ts': `/**
 * Arithmetic for the planted tree.
 */

/** Twice \`value\`. */
export function double(value: number): number {
  return value * 2;
}
`,
  'src/spec/index.ts': `/** A folder above core. */
export { parseFlow } from './parse-flow.ts';
`,
  'src/spec/parse-flow.ts': `/**
 * A reader for the planted tree.
 */
import { double } from '../core/index.ts';

/** The length of \`text\`, twice. */
export function parseFlow(text: string): number {
  return double(text.length);
}
`,
  'src/cli/process.ts': `/**
 * The entry of the planted tree.
 */
import { parseFlow } from '../spec/index.ts';

/** Gives the exit code. */
export function main(args: readonly string[]): number {
  return parseFlow(args.join(' '));
}
`,
};

/** A planted tree on disk; removed when disposed. */
export interface PlantedTree extends Disposable {
  readonly root: string;
  /** Runs a TypeScript file of the real `scripts/` in the tree. */
  script(name: string, ...args: string[]): Promise<CommandResult>;
  /** Runs a tool of the real `node_modules/.bin` in the tree. */
  tool(name: string, ...args: string[]): Promise<CommandResult>;
}

/** The good tree with `files` added or put in place of its own; undefined leaves one of its own out. */
export function plantTree(files: Readonly<Record<string, string | undefined>> = {}): PlantedTree {
  const root = mkdtempSync(path.join(tmpdir(), 'planted-'));
  symlinkSync(path.join(ROOT, 'node_modules'), path.join(root, 'node_modules'));
  for (const name of SETTINGS) cpSync(path.join(ROOT, name), path.join(root, name));
  for (const [name, content] of Object.entries({ ...GOOD, ...files })) {
    if (content === undefined) continue;
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
    writeFileSync(path.join(root, name), content);
  }
  const run = (program: string, args: readonly string[]): Promise<CommandResult> =>
    runProgram(program, args, { cwd: root, timeoutMs: 90_000 });
  return {
    root,
    script: (name, ...args) => run(process.execPath, [path.join(ROOT, 'scripts', name), ...args]),
    tool: (name, ...args) => run(path.join(ROOT, 'node_modules', '.bin', name), args),
    [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }),
  };
}
