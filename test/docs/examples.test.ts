/** What the documentation shows is run: flows are valid, commands print what is said, examples hold. */
import assert from 'node:assert/strict';
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { parseAllDocuments } from 'yaml';
import { ROOT, runMoonpool, runProgram } from '../support/index.ts';
import { blocksOf, consoleSteps, docExamplesOf, pageModuleOf, toModule } from './snippet.ts';

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

describe('pages', () => {
  let folder: string;

  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'docs-'));
  });

  after(() => rmSync(folder, { recursive: true }));

  for (const page of PAGES) {
    const code = pageModuleOf(read(page));
    if (code !== undefined) {
      it(`${page} shows code that holds`, async () => {
        const result = await runProgram(process.execPath, ['--input-type=module-typescript', '-e', code]);

        assert.equal(result.code, 0, result.stderr);
      });
    }
    for (const { language, text, line } of blocksOf(read(page))) {
      const isFlow = language === 'yaml' && /^(?:nodes|edges):/m.test(text);
      if (isFlow) {
        it(`${page}:${line} shows a flow that is valid`, async () => {
          // Named after the flow, so that a console block below can run it.
          const file = `${/^name: *(\S+)/m.exec(text)?.[1] ?? 'flow'}.yaml`;
          writeFileSync(path.join(folder, file), text);

          const result = await runMoonpool(['validate', '--strict', file], { cwd: folder });

          assert.deepEqual([result.code, result.stdout, result.stderr], [0, '', '']);
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
          for (const { args, output } of consoleSteps(text)) {
            const result = await runMoonpool(args, { cwd: folder });

            assert.deepEqual(asData(result.stdout || result.stderr), asData(output));
          }
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
