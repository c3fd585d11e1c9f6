/**
 * The rules of the house that no tool of others knows: names, head comments, words and paths
 * that do not belong in a committed file.
 *
 * Reads every text file of the current folder that git would commit. Each rule is one entry of
 * `RULES`: which files it looks at and what it finds in one.
 */
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** Something wrong; `line` is absent when the file's name is to blame. */
interface Finding {
  readonly line?: number;
  readonly message: string;
}

interface Rule {
  readonly name: string;
  /** Which files the rule looks at, by path from the root. */
  readonly files: RegExp;
  find(file: string, text: string): readonly Finding[];
}

const CODE = /\.(?:ts|mts|js|mjs)$/;
const TESTS = /\.test\.ts$/;
/** Names that others gave these files. */
const GIVEN_NAME = /^(?:README|CHANGELOG|CONTRIBUTING|ARCHITECTURE|LICENSE|SECURITY)(?:\.md)?$/;
const KEBAB = /^\.?[a-z0-9]+(?:[-._][a-z0-9]+)*$/;
const VAGUE_WORDS = ['util', 'utils', 'helper', 'helpers', 'manager', 'service', 'services', 'misc', 'common', 'impl'];

/** A rule that looks for a pattern line by line. */
function lineRule(rule: { name: string; files: RegExp; pattern: RegExp; message: string }): Rule {
  return {
    name: rule.name,
    files: rule.files,
    find: (_, text) =>
      text
        .split('\n')
        .flatMap((line, at) => (rule.pattern.test(line) ? [{ line: at + 1, message: rule.message }] : [])),
  };
}

const RULES: readonly Rule[] = [
  {
    name: 'file-name',
    files: /./,
    find: (file) =>
      file
        .split('/')
        .filter((part) => !GIVEN_NAME.test(part) && !KEBAB.test(part))
        .map((part) => ({ message: `${part} is not in kebab-case` })),
  },
  {
    name: 'vague-name',
    files: CODE,
    find: (file) =>
      file
        .replace(CODE, '')
        .split(/[/.-]/)
        .filter((word) => VAGUE_WORDS.includes(word))
        .map((word) => ({ message: `${word} says nothing: name what the file is` })),
  },
  lineRule({
    name: 'vague-type',
    files: CODE,
    pattern:
      /^(?:export )?(?:abstract )?(?:class|interface|type) (?:I[A-Z]\w*|\w*(?:Manager|Helper|Util|Utils|Service|Impl))\b/,
    message: 'a type is named after what it is, without I, Impl, Manager, Helper, Util or Service',
  }),
  {
    name: 'head-comment',
    files: CODE,
    find: (file, text) =>
      TESTS.test(file) || /^(?:#!.*\n)?\/\*/.test(text)
        ? []
        : [{ line: 1, message: 'the file does not begin with a comment on what it is for' }],
  },
  {
    name: 'numbered-test',
    files: TESTS,
    find: (file) => (/\d\.test\.ts$/.test(file) ? [{ message: 'a test file is named after what it tests' }] : []),
  },
  lineRule({
    name: 'test-title',
    files: TESTS,
    pattern: /^\s*(?:it|describe|test)\(\s*['"`][^'"`]*\b(?:should|works|correctly)\b/,
    message: 'a title is a rule in the present tense, without should, works or correctly',
  }),
  lineRule({
    name: 'only',
    files: TESTS,
    pattern: /\b(?:it|describe|test|suite)\.only\(/,
    message: 'the other tests do not run',
  }),
  lineRule({
    name: 'sleep',
    // The clock's own test sleeps on time that it moves. Timers by their own names are the linter's.
    files: /^(?!src\/core\/clock\.test\.ts$).*\.test\.ts$/,
    pattern: /\bsystemClock\.sleep\(|\.waitFor\(|\bAtomics\.wait\(/,
    message: 'no test sleeps or polls: move a FakeClock, or wait for what happens',
  }),
  lineRule({
    name: 'retry',
    files: /^(?:package\.json|\.ci\/.*|(?:scripts|src|test)\/.*\.(?:ts|mjs))$/,
    // With brackets, so that this line does not find itself.
    pattern: /--test-rerun-[f]ailures|\b(?:it|test|describe)\.[r]etry\b|\bthis\.[r]etries\(/,
    message: 'no test is tried again: one that fails now and then is broken',
  }),
  lineRule({
    name: 'machine-path',
    files: /./,
    pattern: /(?<![\w.}\])*$])\/(?:work|root|home\/\w+|Users\/\w+)\//,
    message: "a path of somebody's machine",
  }),
  lineRule({
    name: 'registry-host',
    files: /./,
    pattern: /\b(?:registry\.npmjs\.org|registry\.yarnpkg\.com|deb\.debian\.org)\b/,
    message: 'the host of a package registry',
  }),
  lineRule({
    name: 'todo',
    files: CODE,
    // With brackets, so that this line does not find itself.
    pattern: /\b(?:TO[D]O|FIX[M]E|X[X]X|HA[C]K)\b(?!\s*\(?#\d)/,
    message: 'a thing to do carries the number of its issue',
  }),
  lineRule({
    name: 'banner',
    files: CODE,
    pattern: /^\s*(?:\/\/|\*|\/\*)\s*[-=*#~_]{5,}/,
    message: 'a banner: find the second concept and give it a file',
  }),
  lineRule({
    name: 'lint-exception',
    files: CODE,
    pattern: /\b(?:oxlint|eslint)-disable(?!.*\s--\s\S)/,
    message: 'an exception from a rule says why: oxlint-disable-next-line RULE -- why',
  }),
  lineRule({
    name: 'type-exception',
    files: CODE,
    pattern: /@ts-(?:ignore|nocheck|expect-error)(?!\s+\S)/,
    message: 'an exception from the type check says why',
  }),
];

/** Files that are text of ours. */
const FILES = [
  '{src,test,scripts,bench,bin,ui,examples,docs}/**/*.{ts,mts,js,mjs,css,html,json,md,yaml,yml,lua,ics}',
  '*.{json,md,mjs}',
  '.ci/*',
  '.oxlintrc.json',
  '.dependency-cruiser.mjs',
  '.npmrc',
];
const NOT_OURS = ['**/node_modules/**', '**/generated/**', '**/results/**', 'package-lock.json'];

const files = globSync(FILES, { exclude: NOT_OURS }).sort();
let findingCount = 0;
for (const file of files.map((name) => name.split(path.sep).join('/'))) {
  const text = readFileSync(file, 'utf8');
  for (const rule of RULES.filter(({ files: pattern }) => pattern.test(file))) {
    for (const { line, message } of rule.find(file, text)) {
      findingCount += 1;
      process.stderr.write(`${file}${line === undefined ? '' : `:${line}`}: ${rule.name}: ${message}\n`);
    }
  }
}
process.stdout.write(`style: ${files.length} files, ${findingCount} findings\n`);
process.exitCode = findingCount === 0 && files.length > 0 ? 0 : 1;
