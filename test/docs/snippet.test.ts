/** The finder of runnable documentation finds it all, and runs nothing that is not plain. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { blocksOf, consoleSteps, docExamplesOf, fileOf, pageModuleOf, requestOf, toModule } from './snippet.ts';

describe('blocksOf', () => {
  it('gives each block with its language and line', () => {
    const page = 'Text\n```yaml\na: 1\n```\n\n````\n```\nnested\n```\n````\n';

    assert.deepEqual(blocksOf(page), [
      { language: 'yaml', text: 'a: 1\n', line: 2 },
      { language: '', text: '```\nnested\n```\n', line: 6 },
    ]);
  });

  it('refuses a block that does not end', () => {
    assert.throws(() => blocksOf('```yaml\na: 1\n'), /line 1 does not end/);
  });
});

describe('consoleSteps', () => {
  it('gives each command with what it prints', () => {
    const text = `$ moonpool run a.yaml --set who='Ada L' -i '{"x": 1}'\n{"a": 1}\n\n$ moonpool validate a.yaml\n`;

    assert.deepEqual(consoleSteps(text), [
      { args: ['run', 'a.yaml', '--set', 'who=Ada L', '-i', '{"x": 1}'], output: '{"a": 1}' },
      { args: ['validate', 'a.yaml'], output: '' },
    ]);
  });

  it('gives requests beside commands', () => {
    assert.deepEqual(consoleSteps(`$ curl -d '{}' 'http://127.0.0.1:8080/x?wait=5s'\n{}\n`), [
      { program: 'curl', args: ['-d', '{}', 'http://127.0.0.1:8080/x?wait=5s'], output: '{}' },
    ]);
  });

  for (const command of ['rm -r x', 'moonpool run a > b', 'moonpool run a | jq', 'moonpool run $(x)']) {
    it(`refuses ${command}`, () => assert.throws(() => consoleSteps(`$ ${command}\n`), /Only/));
  }
});

describe('requestOf', () => {
  it('gives what curl would send', () => {
    const args = ['-H', 'content-type: application/json', '-d', '{"a": 1}', 'http://127.0.0.1:8080/a?b=1'];

    assert.deepEqual(requestOf(args), {
      path: '/a?b=1',
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"a": 1}',
    });
    assert.equal(requestOf(['http://127.0.0.1:8080/']).method, 'GET');
    assert.equal(requestOf(['-X', 'PUT', 'http://127.0.0.1:8080/']).method, 'PUT');
  });

  it('refuses to ask anybody else', () => {
    assert.throws(() => requestOf(['http://example.org/']), /Only http:\/\/127\.0\.0\.1:8080/);
    assert.throws(() => requestOf([]), /Only/);
  });
});

describe('fileOf', () => {
  it('gives the file a block names in its first line', () => {
    assert.deepEqual(fileOf('# site.yaml\na: 1\n'), { name: 'site.yaml', isWrong: false });
    assert.deepEqual(fileOf('# bad.yaml, with two mistakes\na: 1\n'), { name: 'bad.yaml', isWrong: true });
    assert.equal(fileOf('# Greets you.\n# site.yaml\n'), undefined);
    assert.equal(fileOf('a: 1\n'), undefined);
  });
});

describe('docExamplesOf', () => {
  it('gives the code of an example and stops at the next tag', () => {
    const source = `/**\n * Adds.\n * @example\n * const sum = add(1, 2); // → 3\n * add(0, 0); // → 0\n * @returns the sum\n */\n`;

    assert.deepEqual(docExamplesOf(source), ['const sum = add(1, 2); // → 3\nadd(0, 0); // → 0']);
  });
});

describe('toModule', () => {
  it('asserts what an example claims', () => {
    const code = toModule('const sum = add(1, 2); // → 3\nadd(sum, 1); // → 4', './add.ts', ['add', 'other']);

    assert.equal(
      code,
      `import assert from 'node:assert/strict';
import { add } from "./add.ts";
const sum = add(1, 2);
assert.deepEqual(sum, 3);
assert.deepEqual(add(sum, 1), 4);
`,
    );
  });

  it('refuses an example that claims nothing', () => {
    assert.throws(() => toModule('add(1, 2);', './add.ts', ['add']), /claims nothing/);
  });
});

describe('pageModuleOf', () => {
  it('joins the code of a page and asserts what it claims', () => {
    const page =
      '```ts\nconst sum: number = 3;\nsum; // → 3\n```\n\n```yaml\na: 1\n```\n\n```js\nsum + 1; // → 4\n```\n';

    assert.equal(
      pageModuleOf(page),
      `import assert from 'node:assert/strict';
const sum: number = 3;
assert.deepEqual(sum, 3);
assert.deepEqual(sum + 1, 4);
`,
    );
  });

  it('gives nothing for a page without code', () => assert.equal(pageModuleOf('```yaml\na: 1\n```\n'), undefined));

  it('refuses a page whose code claims nothing', () => {
    assert.throws(() => pageModuleOf('```ts\nrun();\n```\n'), /claims nothing/);
  });
});
