import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { callAction, compileSchema } from '../../test/support/action-call.ts';
import { FakeClock } from '../../test/support/fake-clock.ts';
import { checkOptions, type JsonObject, systemClock } from '../core/index.ts';
import type { Action } from '../engine/index.ts';
import { actionFacts, type ActionDeps, createAllActions } from './index.ts';
import { ACTION_OPTIONS } from './own-action-options.ts';
import { findOwnActions, loadOwnActions } from './own-actions.ts';

const WITH = { type: 'object', properties: { n: { type: 'integer' } }, additionalProperties: false };
const facts = (...names: string[]): string =>
  JSON.stringify({
    actions: Object.fromEntries(names.map((name) => [name, { effect: 'other', about: 'Does.', with: WITH }])),
  });

let directory: string;
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'moonpool-own-'));
});
after(() => rm(directory, { recursive: true }));

/** A module `name` with its schema file, loaded. */
async function load(name: string, code: string, ...names: string[]): Promise<Action> {
  const modules = await find(name, code, ...names);
  const [action] = await loadOwnActions(modules, { tools: { answer: 42 }, clock: systemClock });
  assert.ok(action !== undefined);
  return action;
}

async function find(name: string, code: string, ...names: string[]) {
  await writeFile(join(directory, name), code);
  await writeFile(join(directory, name.replace(/\.m?[jt]s$/, '.schema.json')), facts(...names));
  return findOwnActions([name], { directory, compileSchema });
}

describe('own actions', () => {
  it('are functions by name, or made from the tools that all actions have', async () => {
    const plain = await load(
      'plain.mjs',
      `export const actions = { 'acme.a': async (input) => ({ value: input.n }) };`,
      'acme.a',
    );
    assert.equal((await callAction(plain, { n: 3 })).value, 3);
    assert.equal(plain.effect, 'other');

    const code = `import type { X } from 'nowhere';
      export const actions = async (tools: { answer: number }) => ({
        'acme.b': async (_: X, call: { attempt: number }) => ({ value: [tools.answer, call.attempt] }),
      });`;
    assert.deepEqual((await callAction(await load('made.ts', code, 'acme.b'), {}, { attempt: 2 })).value, [42, 2]);
  });

  it('stand beside the built-in ones and can do what those do', async () => {
    const code = `export const actions = ({ find }) => ({
      'acme.merge': (input, call) => find('data.merge').run({ sources: [{ a: 1 }, { b: 2 }] }, call),
    });`;
    const modules = await find('merge.mjs', code, 'acme.merge');
    const all = await createAllActions({ clock: systemClock } as ActionDeps, modules);

    const action = all.find('acme.merge') as Action;
    assert.deepEqual((await callAction(action, {})).value, { merged: { a: 1, b: 2 } });
    assert.ok(all.names().indexOf('acme.merge') < all.names().indexOf('calendar.events'));
    assert.equal(actionFacts(modules).find('acme.merge')?.about, 'Does.');
  });

  it('are never loaded by who asks for their facts', async () => {
    const modules = await find('bomb.mjs', `globalThis.isBombed = true; throw new Error('loaded');`, 'acme.bomb');

    assert.equal(actionFacts(modules).find('acme.bomb')?.effect, 'other');
    assert.equal((globalThis as { isBombed?: boolean }).isBombed, undefined);
  });

  for (const [name, code, problem] of [
    ['throws.mjs', `throw new Error('first\\nsecond');`, /throws.mjs cannot be loaded: first$/],
    ['syntax.mjs', `export const = 1`, /syntax.mjs cannot be loaded/],
    ['nothing.mjs', `export const other = 1;`, /must export `actions`/],
    ['list.mjs', `export const actions = [];`, /must export `actions`/],
    ['missing.mjs', `export const actions = {};`, /has no function for acme.x/],
    ['wrong.mjs', `export const actions = { 'acme.x': 1 };`, /has no function for acme.x/],
    [
      'extra.mjs',
      `export const actions = { 'acme.x': () => {}, 'acme.y': () => {} };`,
      /acme.y, which its schema file/,
    ],
    ['maker.mjs', `export const actions = () => { throw 'no'; };`, /maker.mjs cannot be loaded: no/],
  ] as const) {
    it(`are refused when ${name} is like that`, async () => {
      await assert.rejects(load(name, code, 'acme.x'), (error: { code: string; message: string }) => {
        assert.equal(error.code, 'CONFIG_INVALID');
        assert.match(error.message, problem);
        return true;
      });
    });
  }

  it('are refused when their module is not loaded within ten seconds', async () => {
    const modules = await find('slow.mjs', `await new Promise(() => {});`, 'acme.slow');
    const clock = new FakeClock();
    const loading = loadOwnActions(modules, { tools: {}, clock });
    const refused = assert.rejects(loading, { code: 'CONFIG_INVALID', message: /not loaded within 10 s/ });
    await clock.advance(10_000);

    await refused;
    assert.equal(clock.pendingCount, 0);
  });

  it('are refused with every problem of their schema files at once', async () => {
    await writeFile(join(directory, 'one.schema.json'), facts('acme.same', 'log.x'));
    await writeFile(join(directory, 'two.schema.json'), facts('acme.same'));
    await writeFile(join(directory, 'large.schema.json'), '');
    await truncate(join(directory, 'large.schema.json'), 256 * 1024 + 1);
    await mkdir(join(directory, 'folder.schema.json'));
    const names = ['one.js', 'two.js', 'none.js', 'large.js', 'folder.js', 'own.json', 'own.cjs'];
    const finding = findOwnActions(names, { directory, compileSchema });

    await assert.rejects(finding, (error: { code: string; message: string }) => {
      assert.equal(error.code, 'CONFIG_INVALID');
      const lines = error.message.split('\n');
      for (const expected of [
        /one.schema.json: "log.x" begins with log/,
        /two.schema.json: acme.same is an action of one.js already/,
        /none.schema.json: it does not exist; each module has/,
        /large.schema.json: it has 262145 bytes/,
        /folder.schema.json: it (?:is not a regular file|cannot be read)/,
        /own.json is no module/,
        /own.cjs is no module/,
      ]) {
        assert.ok(
          lines.some((line) => line.startsWith('actions.modules: ') && expected.test(line)),
          String(expected),
        );
      }
      assert.ok(!error.message.includes(directory), 'no machine path');
      return true;
    });
  });

  for (const [name, body, expected] of [
    ['nothing', `{}`, { code: 'FLOW_ACTION', message: /no \{value\}/ }],
    ['circle', `{ const a = {}; a.a = a; return { value: a }; }`, { code: 'FLOW_ACTION', message: /as JSON/ }],
    ['big', `({ value: 1n })`, { code: 'FLOW_ACTION', message: /as JSON/ }],
    ['coded', `{ throw Object.assign(new Error('later'), { code: 'CONN_TIMEOUT' }); }`, { code: 'CONN_TIMEOUT' }],
    ['other', `{ throw Object.assign(new Error('odd'), { code: 'ODD' }); }`, { code: 'ODD' }],
  ] as const) {
    it(`fail with a code when they give ${name}`, async () => {
      const action = await load(
        `bad-${name}.mjs`,
        `export const actions = { 'acme.z': async () => ${body} };`,
        'acme.z',
      );
      await assert.rejects(callAction(action, {}), expected);
    });
  }

  it('give plain JSON that shares nothing with their code', async () => {
    const code = `export const kept = { at: new Date(0), no: undefined };
      export const actions = { 'acme.v': async () => ({ value: kept, response: { status: 200, headers: {}, body: '' } }) };`;
    const result = await callAction(await load('values.mjs', code, 'acme.v'), {});
    assert.deepEqual(result.value, { at: '1970-01-01T00:00:00.000Z' } satisfies JsonObject);
    assert.equal(result.response?.status, 200);

    const none = await load(
      'none-value.mjs',
      `export const actions = { 'acme.n': async () => ({ value: undefined }) };`,
      'acme.n',
    );
    assert.equal((await callAction(none, {})).value, null);
  });
});

describe('actions.modules', () => {
  it('takes up to 50 names', () => {
    const names = Array.from({ length: 50 }, (_, n) => `m${n}.js`);
    assert.deepEqual(checkOptions('actions', ACTION_OPTIONS, { modules: names }).problems, []);
    assert.equal(checkOptions('actions', ACTION_OPTIONS, { modules: [...names, 'x.js'] }).problems.length, 1);
  });
});
