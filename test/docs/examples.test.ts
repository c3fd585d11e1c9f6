/** What the documentation shows is run: flows are valid, commands print what is said, examples hold. */
import assert from 'node:assert/strict';
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { parseAllDocuments } from 'yaml';
import { ROOT, type RunningServer, runMoonpool, runProgram, startServer } from '../support/index.ts';
import {
  blocksOf,
  type ConsoleStep,
  consoleSteps,
  docExamplesOf,
  fileOf,
  pageModuleOf,
  requestOf,
  toModule,
} from './snippet.ts';

const PAGES = globSync(['*.md', 'docs/**/*.md', 'examples/*/README.md'], { cwd: ROOT }).sort();
const SOURCES = globSync('src/**/*.ts', { cwd: ROOT, exclude: ['**/*.test.ts'] }).sort();

const read = (name: string): string => readFileSync(path.join(ROOT, name), 'utf8');
/** What a command printed, as data when it is JSON: how it is laid out is not a claim. */
function asData(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text.trimEnd();
  }
}

/** True when `shown` is `found`, or the part of it that a page shows. */
function isPart(shown: unknown, found: unknown): boolean {
  if (Array.isArray(shown)) {
    return (
      Array.isArray(found) && shown.length === found.length && shown.every((item, index) => isPart(item, found[index]))
    );
  }
  if (typeof shown !== 'object' || shown === null) return shown === found;
  if (typeof found !== 'object' || found === null) return false;
  return Object.entries(shown).every(([key, value]) => isPart(value, (found as Record<string, unknown>)[key]));
}

/** What one page has in front of it: a folder with its files, the server it started, the run it speaks of. */
class PageDesk {
  readonly folder: string;
  #server: RunningServer | undefined;
  /** Stands for the word ID. */
  #runId = '';

  constructor(folder: string) {
    this.folder = folder;
    mkdirSync(folder);
  }

  async take({ program, args, output }: ConsoleStep): Promise<void> {
    if (program === 'curl') return this.#ask(args, output);
    if (args[0] === 'serve') return this.#serve(args.slice(1), output);
    const result = await runMoonpool(args, { cwd: this.folder });

    assert.deepEqual(asData(result.stdout || result.stderr), asData(output));
  }

  async #serve(args: readonly string[], output: string): Promise<void> {
    await this.close();
    this.#server = await startServer(args, { cwd: this.folder });
    assert.equal(output, 'Listening on http://127.0.0.1:8080');
  }

  async #ask(args: readonly string[], output: string): Promise<void> {
    assert.ok(this.#server, 'the page asks before it serves');
    const { path: at, method, headers, body } = requestOf(args);
    const url = `${this.#server.url}${at.replace('/ID', `/${this.#runId}`)}`;
    const answer = await fetch(url, { method, headers, ...(body === undefined ? {} : { body }) });
    const found = asData(await answer.text());
    const { id } = typeof found === 'object' ? (found as { id?: unknown }) : {};
    if (typeof id === 'string') this.#runId = id;
    const shown = asData(output.replaceAll('"ID"', JSON.stringify(this.#runId)));

    assert.ok(isPart(shown, found), `the answer was\n${JSON.stringify(found, null, 2)}\nnot\n${output}`);
  }

  async close(): Promise<void> {
    await this.#server?.stop();
    this.#server = undefined;
  }
}

describe('pages', () => {
  let folder: string;
  const desks = new Map<string, PageDesk>();

  const deskOf = (page: string): PageDesk => {
    const desk = desks.get(page) ?? new PageDesk(path.join(folder, String(desks.size)));
    desks.set(page, desk);
    return desk;
  };

  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'docs-'));
  });

  after(async () => {
    for (const desk of desks.values()) await desk.close();
    rmSync(folder, { recursive: true });
  });

  for (const page of PAGES) {
    const code = pageModuleOf(read(page));
    if (code !== undefined) {
      it(`${page} shows code that holds`, async () => {
        const result = await runProgram(process.execPath, ['--input-type=module-typescript', '-e', code]);

        assert.equal(result.code, 0, result.stderr);
      });
    }
    for (const { language, text, line } of blocksOf(read(page))) {
      const own = fileOf(text);
      const isFlow = language === 'yaml' && /^(?:nodes|edges):/m.test(text) && own?.isWrong !== true;
      if (isFlow) {
        it(`${page}:${line} shows a flow that is valid`, async () => {
          // Named after the flow, so that a console block below can run it.
          const file = own?.name ?? `${/^name: *(\S+)/m.exec(text)?.[1] ?? 'flow'}.yaml`;
          const { folder: cwd } = deskOf(page);
          writeFileSync(path.join(cwd, file), text);

          const result = await runMoonpool(['validate', '--strict', file], { cwd });

          assert.deepEqual([result.code, result.stdout, result.stderr], [0, '', '']);
        });
      } else if (own !== undefined) {
        it(`${page}:${line} shows the file ${own.name}`, () => {
          writeFileSync(path.join(deskOf(page).folder, own.name), text);
        });
      } else if (language === 'yaml') {
        it(`${page}:${line} shows YAML that parses`, () => {
          assert.deepEqual(
            [parseAllDocuments(text)].flat().flatMap((document) => ('errors' in document ? document.errors : [])),
            [],
          );
        });
      } else if (language === 'json') {
        it(`${page}:${line} shows JSON that parses`, () => void JSON.parse(text));
      } else if (language === 'console') {
        it(`${page}:${line} shows what the command prints`, async () => {
          for (const step of consoleSteps(text)) await deskOf(page).take(step);
        });
      }
    }
  }
});

describe('examples in docstrings', () => {
  for (const source of SOURCES) {
    for (const [at, example] of docExamplesOf(read(source)).entries()) {
      it(`${source} example ${at + 1} holds`, async () => {
        const url = pathToFileURL(path.join(ROOT, source)).href;
        const code = toModule(example, url, Object.keys((await import(url)) as object));

        const result = await runProgram(process.execPath, ['--input-type=module', '-e', code]);

        assert.equal(result.code, 0, result.stderr);
      });
    }
  }

  it('are looked for in every source file', () => assert.ok(SOURCES.length > 50));
});
