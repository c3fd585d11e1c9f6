/** `moonpool/lua` as a program of somebody else imports it: from the build, alone, and done when it is done. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type CommandResult, runProgram, userFolder } from '../support/index.ts';

/** Runs an ES module where the package is found under its name. */
function runModule(code: string, ...options: string[]): Promise<CommandResult> {
  return runProgram(process.execPath, [...options, '--input-type=module', '-e', code], { cwd: userFolder() });
}

/** Tells which files are loaded by the thread from here on. */
const LISTENING = `
import { registerHooks } from 'node:module';
const loaded = [];
registerHooks({ load: (url, context, next) => { loaded.push(url); return next(url, context); } });
`;

describe('moonpool/lua', () => {
  it('loads core, expressions, routes and lanes, and no npm package', async () => {
    const { stdout, stderr } = await runModule(`${LISTENING}
const { LuaLanes } = await import('moonpool/lua');
const lanes = new LuaLanes();
await (await lanes.compile('return 1')).run();
await lanes.close();
console.log(JSON.stringify(loaded));`);

    const folders = (JSON.parse(stdout || '[]') as string[])
      .filter((url) => !url.startsWith('node:'))
      .map((url) => /\/dist\/(core|expr|flow|lua\/lanes|lua\/library)\/[\w-]+\.js$/.exec(url)?.[1] ?? url);

    assert.equal(stderr, '');
    assert.deepEqual([...new Set(folders)].sort(), ['core', 'expr', 'flow', 'lua/lanes', 'lua/library']);
  });

  it('lets the process end while lanes are idle', async () => {
    const result = await runModule(`
import { LuaLanes } from 'moonpool/lua';
const script = await new LuaLanes({ lanes: 2 }).compile('return state.a + 1');
const results = await Promise.all([1, 2, 3, 4].map((a) => script.run({ a })));
console.log(results.map(({ updates }) => updates.result).join(' '));`);

    assert.deepEqual([result.code, result.stdout, result.stderr], [0, '2 3 4 5\n', '']);
  });

  it('keeps the process alive while a call runs, and ends it soon after', async () => {
    const result = await runModule(`
import { LuaLanes } from 'moonpool/lua';
const lanes = new LuaLanes({ timeoutMs: 200 });
lanes.compile('while true do end').then((script) => script.run()).catch((error) => console.log(error.code));`);

    assert.deepEqual([result.code, result.stdout, result.stderr], [0, 'LUA_TIMEOUT\n', '']);
  });

  it('starts its lanes without what the program was started with', async () => {
    const result = await runModule(
      `
import { LuaLanes } from 'moonpool/lua';
await using lanes = new LuaLanes();
console.log((await (await lanes.compile('return 1')).run()).updates.result);`,
      '--import=data:text/javascript,console.log("preload")',
    );

    assert.deepEqual([result.stdout, result.stderr], ['preload\n1\n', '']);
  });

  it('hides the files behind it', async () => {
    const doors = ['moonpool/package.json', 'moonpool/dist/core/index.js', 'moonpool/lua/lanes'];

    const { stdout } = await runModule(
      `for (const door of ${JSON.stringify(doors)})
  try { import.meta.resolve(door); console.log('open'); } catch (error) { console.log(error.code); }`,
    );

    assert.deepEqual(stdout.trim().split('\n'), [
      'open',
      'ERR_PACKAGE_PATH_NOT_EXPORTED',
      'ERR_PACKAGE_PATH_NOT_EXPORTED',
    ]);
  });
});
