import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { runMoonpool } from '../support/index.ts';

const GOOD = 'name: good\nnodes:\n  - { name: n, run: "return { ok = true }" }\n';

/** What a user gets wrong in a flow file, where it stands, and with which code it is reported. */
const BAD_FLOWS = [
  ['broken YAML', 'name: bad\nnodes:\n  - { name: n, run: "x"\n', 'SPEC_SYNTAX', undefined],
  ['an unknown key', 'name: bad\nnodes:\n  - name: n\n    rnu: return {}\n', 'SPEC_UNKNOWN_KEY', '4:5'],
  [
    'an unknown action',
    'name: bad\nnodes:\n  - name: n\n    uses: http.gte\n    with: { url: "http://x" }\n',
    'SPEC_UNKNOWN_ACTION',
    '4:11',
  ],
  ['a missing target', 'name: bad\nnodes:\n  - name: n\n    goto: nowhere\n', 'SPEC_UNKNOWN_TARGET', '4:11'],
  [
    'a Lua syntax error',
    'name: bad\nnodes:\n  - name: n\n    run: |\n      local x = 1\n      return { x = }\n',
    'SPEC_LUA',
    '6:',
  ],
  [
    'Python text',
    'name: bad\nnodes:\n  - name: n\n    run: |\n      import json\n      return {"x": None}\n',
    'SPEC_LANGUAGE',
    '5:7',
  ],
  [
    'a Python node',
    'name: bad\nnodes:\n  - name: n\n    language: python\n    run: return {}\n',
    'SPEC_LANGUAGE',
    '4:',
  ],
] as const;

describe('bad input', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'moonpool-bad-'));
  });
  after(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  async function aFile(name: string, text: string): Promise<string> {
    const path = join(folder, name);
    await writeFile(path, text);
    return path;
  }

  for (const [what, text, code, place] of BAD_FLOWS) {
    for (const command of ['run', 'validate', 'serve']) {
      it(`refuses ${what} in ${command} with ${code}, its place and exit code 2`, async () => {
        const path = await aFile('bad.yaml', text);

        const result = await runMoonpool([
          command,
          path,
          ...(command === 'serve' ? ['--data', join(folder, 'data')] : []),
        ]);

        const output = command === 'validate' ? result.stdout : result.stderr;
        const line = output.split('\n').find((candidate) => candidate.includes(`error ${code}: `)) ?? '';
        assert.equal(result.code, 2);
        assert.ok(line.startsWith(`${path}:${place ?? ''}`), output);
        assert.doesNotMatch(`${result.stdout}${result.stderr}`, /\n\s+at /);
      });
    }
  }

  it('reports all problems of a file at once', async () => {
    const path = await aFile(
      'many.yaml',
      'name: many\nnmae: x\nnodes:\n  - { name: a, goto: nowhere }\n  - { name: b, uses: no.such }\n',
    );

    const { stdout, code } = await runMoonpool(['validate', path]);

    assert.equal(code, 2);
    for (const expected of ['SPEC_UNKNOWN_KEY', 'SPEC_UNKNOWN_TARGET', 'SPEC_UNKNOWN_ACTION'])
      assert.match(stdout, new RegExp(expected));
  });

  it('prints nothing for a good flow', async () => {
    const result = await runMoonpool(['validate', await aFile('good.yaml', GOOD)]);

    assert.deepEqual({ code: result.code, stdout: result.stdout }, { code: 0, stdout: '' });
  });

  it('names a file that does not exist', async () => {
    const result = await runMoonpool(['run', join(folder, 'missing.yaml')]);

    assert.equal(result.code, 2);
    assert.match(result.stderr, /error CLI_FILE: .*missing\.yaml does not exist/);
    assert.equal(result.stderr.trim().split('\n').length, 1);
  });

  it('says where JSON input breaks', async () => {
    const result = await runMoonpool(['run', await aFile('good.yaml', GOOD), '-i', '{"a": }']);

    assert.equal(result.code, 2);
    assert.match(result.stderr, /error [A-Z_]+: /);
    assert.equal(result.stderr.trim().split('\n').length, 1);
  });

  it('refuses input that the schema of the flow does not allow', async () => {
    const text = `${GOOD}input_schema: { type: object, required: [size], properties: { size: { type: integer } } }\n`;

    const result = await runMoonpool(['run', await aFile('schema.yaml', text), '-i', '{"size": "big"}']);

    assert.equal(result.code, 2);
    assert.match(result.stderr, /error FLOW_INPUT: .*size/);
  });

  it('ends with 3 when the port is taken, in one line that names it', async () => {
    const taken = createServer();
    taken.listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const address = taken.address();
    const port = typeof address === 'object' && address !== null ? String(address.port) : '';
    const path = await aFile('endpoint.yaml', `${GOOD}endpoint: { path: /x, method: GET }\n`);

    const result = await runMoonpool(['serve', path, '--port', port, '--data', join(folder, 'data-port')]);
    taken.close();

    assert.equal(result.code, 3);
    assert.match(result.stderr, new RegExp(`error HTTP_PORT_TAKEN: .*${port}`));
  });

  it('refuses an unknown option of moonpool.yaml with its place and the nearest known one', async () => {
    const config = await aFile('moonpool.yaml', 'server:\n  prot: 80\n');

    const result = await runMoonpool(['serve', await aFile('good.yaml', GOOD), '--config', config]);

    assert.equal(result.code, 2);
    assert.match(result.stderr, /moonpool\.yaml:2:\d+: error CONFIG_INVALID: .*server\.prot.*port/);
  });

  it('refuses a command that does not exist', async () => {
    const result = await runMoonpool(['srve']);

    assert.equal(result.code, 2);
    assert.match(result.stderr, /error CLI_USAGE: /);
  });
});
