import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { runMoonpool, startServer } from '../support/index.ts';

/** Code that never ends by itself or takes all there is, and how a run of it must end. */
const HOSTILE = [
  ['an endless loop', 'while true do end', 'LUA_TIMEOUT'],
  ['a pattern that backtracks for ever', 'return { x = (("a"):rep(40)):find(("a*"):rep(30) .. "b") }', 'LUA_TIMEOUT'],
  ['pcall around a loop', 'while true do pcall(function() while true do end end) end', 'LUA_TIMEOUT'],
  ['a coroutine around a loop', 'coroutine.wrap(function() while true do end end)()', 'LUA_TIMEOUT'],
  ['a string of 1e9 bytes', 'return { x = #string.rep("x", 1e9) }', 'LUA_MEMORY'],
  ['a string of 1e10 bytes', 'return { x = #string.rep("x", 1e10) }', 'LUA_RAISED'],
  ['a caught refusal of memory', 'pcall(string.rep, "x", 1e9) return { x = 1 }', 'LUA_MEMORY'],
  ['endless recursion', 'local function f() return 1 + f() end return { x = f() }', 'LUA_STACK'],
  ['endless recursion through C', 'local function f() return (("x"):gsub("x", f)) end f()', 'LUA_STACK'],
] as const;

const ABSENT = [
  'require',
  'io',
  'debug',
  'package',
  'dofile',
  'loadfile',
  'collectgarbage',
  'os.execute',
  'os.getenv',
  'os.exit',
  'string.dump',
];

describe('limits of Lua', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'moonpool-limits-'));
  });
  after(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  async function aFlowFile(name: string, code: string, head = ''): Promise<string> {
    const path = join(folder, `${name}.yaml`);
    const lines = [
      `name: ${name}`,
      head,
      'settings: { lua: { timeout: 1s } }',
      'nodes:',
      '  - name: hostile',
      '    run: |',
    ];
    await writeFile(
      path,
      [...lines.filter((line) => line !== ''), ...code.split('\n').map((line) => `      ${line}`), ''].join('\n'),
    );
    return path;
  }

  for (const [index, [what, code, expected]] of HOSTILE.entries()) {
    it(`ends ${what} with ${expected}`, async () => {
      const flow = await aFlowFile(`hostile-${index}`, code);

      const result = await runMoonpool(['run', flow, '-q']);

      assert.equal(result.code, 1);
      assert.equal(result.stdout, '');
      assert.match(result.stderr, new RegExp(`error ${expected}: `));
    });
  }

  it('gives Lua no way to the machine it runs on', async () => {
    const list = ABSENT.map((name) => `["${name}"] = type(${name})`).join(', ');
    const flow = await aFlowFile('absent', `return { ${list}, bytecode = load("\\27Lua") == nil }`);

    const { stdout } = await runMoonpool(['run', flow, '-q']);

    const found = JSON.parse(stdout) as Record<string, unknown>;
    for (const name of ABSENT) assert.equal(found[name], 'nil', name);
    assert.equal(found['bytecode'], true);
  });

  it('serves on while endpoints meet every hostile node', async () => {
    const serving = await mkdtemp(join(folder, 'serve-'));
    for (const [index, [, code]] of HOSTILE.entries()) {
      const head = `endpoint: { path: /hostile/${index}, method: GET, timeout: 20s }`;
      const path = await aFlowFile(`endpoint-${index}`, code, head);
      const { rename } = await import('node:fs/promises');
      await rename(path, join(serving, `endpoint-${index}.yaml`));
    }
    await writeFile(
      join(serving, 'good.yaml'),
      'name: good\nendpoint: { path: /good, method: GET }\nnodes:\n  - { name: n, run: "return { good = true }" }\n',
    );
    await using server = await startServer([serving, '--data', join(folder, 'data')]);

    const hostile = HOSTILE.map((_, index) => fetch(`${server.url}/hostile/${index}`));
    const health = await fetch(`${server.url}/health`);
    const live = await fetch(`${server.url}/healthz/live`);
    const statuses = (await Promise.all(hostile)).map((response) => response.status);
    const good = await fetch(`${server.url}/good`);

    assert.equal(health.status, 200);
    assert.equal(live.status, 200);
    assert.ok(
      statuses.every((status) => status >= 500),
      statuses.join(' '),
    );
    assert.deepEqual(await good.json(), { good: true });
  });

  it('answers an endpoint that waits for the one lane from its last good answer', async () => {
    const serving = await mkdtemp(join(folder, 'waits-'));
    await writeFile(
      join(serving, 'slow.yaml'),
      'name: slow\nendpoint: { path: /slow, method: GET, timeout: 20s }\nsettings: { lua: { timeout: 25s } }\nnodes:\n  - { name: n, run: "while true do end" }\n',
    );
    await writeFile(
      join(serving, 'page.yaml'),
      'name: page\nendpoint: { path: /page, method: GET, timeout: 5s }\nnodes:\n  - { name: n, run: "return { page = 1 }" }\n',
    );
    await using server = await startServer([serving, '--data', join(folder, 'data-waits')]);
    const first = await fetch(`${server.url}/page`);
    assert.equal(first.headers.get('x-moonpool-path'), 'direct');

    const busy = new AbortController();
    const slow = fetch(`${server.url}/slow`, { signal: busy.signal }).catch(() => {});
    // The health route answers only after the request before it on this server was read.
    await fetch(`${server.url}/healthz/live`);
    const second = await fetch(`${server.url}/page`);

    assert.equal(second.status, 200);
    assert.equal(second.headers.get('x-moonpool-path'), 'last-good');
    assert.equal(((await second.json()) as { page: number }).page, 1);
    busy.abort();
    await slow;
  });
});
