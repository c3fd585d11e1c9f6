/** The way of an operator's own action from the configuration through check and engine. */
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { silentLog } from '../core/index.ts';
import { loadConfig } from './config.ts';
import { createEngine } from './engine.ts';
import { loadFlows } from './flows.ts';

const SCHEMA = { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'], additionalProperties: false };
const FACTS = { actions: { 'acme.double': { effect: 'safe', about: 'Doubles a number.', with: SCHEMA } } };
const CODE = `export const actions = ({ kv }) => ({
  'acme.double': async ({ n }, call) => {
    await kv.set('acme', call.node, n);
    return { value: { doubled: 2 * n, kept: await kv.get('acme', call.node) } };
  },
});`;

let directory: string;
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'moonpool-modules-'));
  await mkdir(join(directory, 'own'));
  await writeFile(join(directory, 'moonpool.yaml'), 'actions: {modules: [own/double.mjs]}\nserver: {port: nonsense}\n');
  await writeFile(join(directory, 'own', 'double.mjs'), CODE);
  await writeFile(join(directory, 'own', 'double.schema.json'), JSON.stringify(FACTS));
  await writeFile(join(directory, 'good.yaml'), 'name: good\nnodes: [{name: a, uses: acme.double, with: {n: 4}}]\n');
  await writeFile(join(directory, 'bad.yaml'), 'name: bad\nnodes: [{name: a, uses: acme.double, with: {m: 4}}]\n');
});
after(() => rm(directory, { recursive: true }));

describe('actions.modules', () => {
  it('are known to who checks flows, from their schema files, whatever else the configuration says', async () => {
    await writeFile(join(directory, 'own', 'double.mjs'), 'throw new Error("loaded")');
    const good = await loadFlows([join(directory, 'good.yaml')]);
    const bad = await loadFlows([join(directory, 'bad.yaml')]);
    await writeFile(join(directory, 'own', 'double.mjs'), CODE);

    assert.deepEqual(good.diagnostics, []);
    assert.match(bad.diagnostics.map(({ message }) => message).join('\n'), /acme\.double/);
  });

  it('run with what built-in actions have', async () => {
    await writeFile(join(directory, 'moonpool.yaml'), 'actions: {modules: [own/double.mjs]}\n');
    const path = join(directory, 'good.yaml');
    const config = await loadConfig({ paths: [path], environment: {} });
    const { flows } = await loadFlows([path], { config });
    const engine = await createEngine({ flows, config, dataDirectory: join(directory, 'data'), log: silentLog });
    try {
      const [flow] = flows;
      assert.ok(flow !== undefined);
      const outcome = await engine.runner.start(flow, {}).outcome;
      assert.ok(outcome.kind === 'succeeded', JSON.stringify(outcome));
      assert.deepEqual(JSON.parse(new TextDecoder().decode(outcome.state)), { doubled: 8, kept: 4 });
    } finally {
      await engine.close();
    }
  });

  it('that are not there are a fault of the configuration, also for who only checks', async () => {
    await writeFile(join(directory, 'moonpool.yaml'), 'actions: {modules: [own/none.mjs]}\n');

    await assert.rejects(loadFlows([join(directory, 'good.yaml')]), {
      code: 'CONFIG_INVALID',
      message: /own\/none\.schema\.json: it does not exist/,
    });
  });

  it('are refused when the option is no list of names', async () => {
    await writeFile(join(directory, 'moonpool.yaml'), 'actions: {modules: {a: 1}}\n');
    await assert.rejects(loadFlows([join(directory, 'good.yaml')]), { code: 'CONFIG_INVALID' });
  });
});
