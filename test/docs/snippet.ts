/**
 * Finds what documentation claims to be runnable: fenced blocks of Markdown, `@example`s of docstrings.
 *
 * Knows nothing of running them. Every snippet carries its place, so a failed test names it.
 */

/** A fenced block of a Markdown page. */
export interface Block {
  /** The word behind the fence: `yaml`, `console`; empty when there is none. */
  readonly language: string;
  readonly text: string;
  /** The line of the opening fence, from 1. */
  readonly line: number;
}

/** The fenced blocks of a page, in order. */
export function blocksOf(page: string): readonly Block[] {
  const blocks: Block[] = [];
  let open: { fence: string; language: string; line: number; lines: string[] } | undefined;
  for (const [at, line] of page.split('\n').entries()) {
    const fence = /^(`{3,})(\w*)\s*$/.exec(line);
    if (open === undefined) {
      if (fence !== null) open = { fence: fence[1] ?? '', language: fence[2] ?? '', line: at + 1, lines: [] };
    } else if (fence !== null && fence[1] === open.fence && fence[2] === '') {
      blocks.push({ language: open.language, text: `${open.lines.join('\n')}\n`, line: open.line });
      open = undefined;
    } else {
      open.lines.push(line);
    }
  }
  if (open !== undefined) throw new Error(`The block that begins in line ${open.line} does not end.`);
  return blocks;
}

/** One command of a console block and what it is said to print. */
export interface ConsoleStep {
  /** `moonpool` unless said otherwise. */
  readonly program?: 'curl';
  /** The arguments behind the program. */
  readonly args: readonly string[];
  readonly output: string;
}

/** The one address that documentation serves on. */
const SHOWN_ADDRESS = 'http://127.0.0.1:8080';

/** A request as `curl` would send it. */
export interface ShownRequest {
  /** Path and query. */
  readonly path: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** What the arguments of `curl` ask for: `-d`, `-H`, `-X` and an address of the server of the page. */
export function requestOf(args: readonly string[]): ShownRequest {
  const headers: Record<string, string> = {};
  let body: string | undefined;
  let method: string | undefined;
  let url: string | undefined;
  const rest = [...args];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (word === '-d') body = rest.shift();
    else if (word === '-X') method = rest.shift();
    else if (word === '-H') {
      const [name = '', value = ''] = (rest.shift() ?? '').split(/: */, 2);
      headers[name] = value;
    } else url = word;
  }
  if (url?.startsWith(`${SHOWN_ADDRESS}/`) !== true) throw new Error(`Only ${SHOWN_ADDRESS}/ can be asked: ${url}`);
  const path = url.slice(SHOWN_ADDRESS.length);
  return { path, method: method ?? (body === undefined ? 'GET' : 'POST'), headers, body };
}

/**
 * The file that a block of YAML is saved as, and whether it holds mistakes on purpose: named by a first line such as
 * `# site.yaml` or `# wrong.yaml, with two mistakes`.
 */
export function fileOf(text: string): { readonly name: string; readonly isWrong: boolean } | undefined {
  const found = /^# ([\w.-]+\.(?:yaml|html))(, with .*mistakes?\b.*)?$/m.exec(text.split('\n', 1)[0] ?? '');
  return found?.[1] === undefined ? undefined : { name: found[1], isWrong: found[2] !== undefined };
}

/** Splits as a shell does, for words, 'single' and "double" quotes; more is refused. */
function splitWords(command: string): string[] {
  if (/[|&;<>$`\\]/.test(command.replaceAll(/'[^']*'/g, '')))
    throw new Error(`Only plain words can be run: ${command}`);
  return [...command.matchAll(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g)].map(([word]) =>
    word.replaceAll(/'([^']*)'|"([^"]*)"/g, (_, single?: string, double?: string) => single ?? double ?? ''),
  );
}

/** The `$ moonpool …` and `$ curl …` commands of a console block. */
export function consoleSteps(text: string): readonly ConsoleStep[] {
  return text
    .split(/^\$ /m)
    .slice(1)
    .map((part) => {
      const [command = '', ...output] = part.split('\n');
      const [program, ...args] = splitWords(command);
      const step = { args, output: output.join('\n').trimEnd() };
      if (program === 'curl') return { program, ...step };
      if (program !== 'moonpool') throw new Error(`Only moonpool and curl can be run: ${command}`);
      return step;
    });
}

/** The code of each `@example` in a source file, without the stars of the comment. */
export function docExamplesOf(source: string): readonly string[] {
  return [...source.matchAll(/\/\*\*[^]*?\*\//g)].flatMap(([comment]) =>
    comment
      .slice(3, -2)
      .split('\n')
      .map((line) => line.replace(/^\s*\* ?/, ''))
      .join('\n')
      .split(/^@/m)
      .filter((part) => part.startsWith('example'))
      .map((part) =>
        part
          .replace(/^example\s*/, '')
          .replaceAll(/^```\w*\n?/gm, '')
          .trim(),
      ),
  );
}

/** The lines of `code`, each with a `// → value` as an assertion. @throws when there is none */
function withClaims(code: string): readonly string[] {
  let claimCount = 0;
  const lines = code.split('\n').map((line) => {
    const claim = /^(?<code>.*?);?\s*\/\/ → (?<value>.+)$/.exec(line)?.groups;
    if (claim?.['code'] === undefined || claim['value'] === undefined) return line;
    claimCount += 1;
    const declared = /^const (\w+) =/.exec(claim['code'])?.[1];
    return declared === undefined
      ? `assert.deepEqual(${claim['code']}, ${claim['value']});`
      : `${claim['code']};\nassert.deepEqual(${declared}, ${claim['value']});`;
  });
  if (claimCount === 0) throw new Error(`The example claims nothing with // →:\n${code}`);
  return lines;
}

/**
 * A module that runs an example and asserts each `// → value`.
 *
 * All that `modulePath` exports is in scope. A value is written as JavaScript; it belongs to the
 * expression, or to the constant declared, on its line.
 */
export function toModule(example: string, modulePath: string, names: readonly string[]): string {
  const lines = withClaims(example);
  const used = names.filter((name) => new RegExp(`\\b${name}\\b`).test(example));
  return [
    `import assert from 'node:assert/strict';`,
    `import { ${used.join(', ')} } from ${JSON.stringify(modulePath)};`,
    ...lines,
    '',
  ].join('\n');
}

/**
 * The `ts` and `js` blocks of a page as one TypeScript module that asserts each `// → value`, or
 * undefined when it has none: a later block goes on with what an earlier one declared.
 */
export function pageModuleOf(page: string): string | undefined {
  const code = blocksOf(page).filter(({ language }) => language === 'ts' || language === 'js');
  if (code.length === 0) return undefined;
  return [`import assert from 'node:assert/strict';`, ...withClaims(code.map(({ text }) => text).join(''))].join('\n');
}
