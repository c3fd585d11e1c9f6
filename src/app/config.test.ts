/** Where the configuration of a command comes from, over real files and every table. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import {
  checkConfig,
  environmentName,
  layerFromEnvironment,
  layerFromPaths,
  ORDER_RULES,
  PROFILES,
} from '../control/index.ts';
import { ConfigError, type OptionProblem } from '../core/index.ts';
import { CONFIG_TREE, type ConfigRequest, findMemory, loadConfig } from './config.ts';

async function problemsOf(request: ConfigRequest): Promise<readonly OptionProblem[]> {
  try {
    await loadConfig({ environment: {}, ...request });
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.problems;
  }
  return [];
}

describe('loadConfig', () => {
  let folder: string;
  const inFolder = (name: string): string => join(folder, name);
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'config-'));
    mkdirSync(inFolder('flows'));
    writeFileSync(inFolder('flows/moonpool.yaml'), 'server: {port: 9001}\nenv: {allow: [SITE, UNSET]}\n');
    writeFileSync(inFolder('flows/a.yaml'), 'nodes: []\n');
    writeFileSync(inFolder('bad.yaml'), 'server:\n  prot: 1\nhttp: {pool: {total: 3}, allow_private: ["///"]}\n');
    writeFileSync(inFolder('latin.yaml'), Buffer.from([0x61, 0x3a, 0xe9]));
    writeFileSync(inFolder('big.yaml'), `#${'x'.repeat(1024 * 1024)}`);
  });
  after(() => rmSync(folder, { recursive: true }));

  it('gives the defaults where nothing is set', async () => {
    const { options, profile, file, flowEnvironment } = await loadConfig({ profile: 'default', environment: {} });

    assert.equal(options.server.port, 8080);
    assert.equal(options.http.poolTotalCount, 16);
    assert.equal(options.lua.memoryBytes, 16 * 1024 * 1024);
    assert.deepEqual([profile, file, flowEnvironment], ['default', undefined, {}]);
  });

  it('finds moonpool.yaml beside the flows, for a folder and for a file', async () => {
    for (const path of [inFolder('flows'), inFolder('flows/a.yaml')]) {
      const { options, file } = await loadConfig({ paths: [path], environment: {} });

      assert.equal(options.server.port, 9001);
      assert.equal(file, inFolder('flows/moonpool.yaml'));
    }
  });

  it('lets the command line win over the environment, and that over the file', async () => {
    const environment = { MOONPOOL_SERVER__PORT: '9002' };
    const paths = [inFolder('flows')];
    const overrides = [{ path: 'server.port', value: 9003, option: '--port' }];

    assert.equal((await loadConfig({ paths, environment })).options.server.port, 9002);
    assert.equal((await loadConfig({ paths, environment, overrides })).options.server.port, 9003);
  });

  it('shows flows the allowed variables that are set, and no others', async () => {
    const environment = { SITE: 'north', HOME: '/root', MOONPOOL_SERVER__TOKEN: 'secret' };

    const { flowEnvironment } = await loadConfig({ paths: [inFolder('flows')], environment });

    assert.deepEqual({ ...flowEnvironment }, { SITE: 'north' });
  });

  it('reports the problems of all sources at once', async () => {
    const problems = await problemsOf({
      configFile: inFolder('bad.yaml'),
      environment: { MOONPOOL_LUA__LANES: '0' },
      overrides: [{ path: 'server.port', value: 70_000, option: '--port' }],
      profile: 'default',
    });

    assert.deepEqual(
      problems.map(({ path, place }) => [path, place?.line]),
      [
        ['server.prot', 2],
        ['lua.lanes', undefined],
        ['server.port', undefined],
        ['http.pool.per_host', 3],
        ['http.allow_private', 3],
      ],
    );
  });

  it('refuses a named file that is missing, a folder, no UTF-8 or too large', async () => {
    const load = (configFile: string) => loadConfig({ configFile: inFolder(configFile), environment: {} });

    await assert.rejects(load('none.yaml'), { code: 'CLI_FILE' });
    await assert.rejects(load('flows'), { code: 'CLI_FILE' });
    await assert.rejects(load('latin.yaml'), { code: 'CLI_FILE', message: /not UTF-8/ });
    await assert.rejects(load('big.yaml'), { code: 'CONFIG_INVALID', message: /larger than 1 MiB/ });
  });

  it('refuses an unknown profile and names those there are', async () => {
    await assert.rejects(loadConfig({ profile: 'pi', environment: {} }), {
      code: 'CLI_USAGE',
      message: /auto, default, pi-zero-2w, phase-2a/,
    });
  });

  it('takes a profile that fits the machine by itself', async () => {
    const { profile } = await findMemory();

    assert.equal((await loadConfig({ environment: {} })).profile, profile);
  });
});

describe('the tree of all tables', () => {
  const defaults = PROFILES['default'] ?? assert.fail('there is no default profile');

  for (const [name, profile] of Object.entries(PROFILES)) {
    it(`takes every value of profile ${name}`, () => {
      const { config, problems } = checkConfig(CONFIG_TREE, { profile, layers: [] });

      assert.deepEqual(problems, []);
      for (const path of Object.keys(profile.settings)) {
        assert.deepEqual(config.effective(path)?.source, { kind: 'profile', name });
      }
    });
  }

  it('has every option that a rule between options names', () => {
    const { config } = checkConfig(CONFIG_TREE, { profile: defaults, layers: [] });

    for (const { lower, upper } of ORDER_RULES) {
      assert.ok(config.effective(lower) !== undefined && config.effective(upper) !== undefined, `${lower}, ${upper}`);
    }
  });

  it('lets the environment set every option by its name, to the value it has', () => {
    const { config } = checkConfig(CONFIG_TREE, { profile: defaults, layers: [] });

    for (const path of config.paths) {
      const { text = '' } = config.effective(path) ?? {};
      const name = environmentName(path);
      const value = text.startsWith('(') ? '' : text;
      const layers = [layerFromEnvironment({ [name]: value })];
      const again = checkConfig(CONFIG_TREE, { profile: defaults, layers });

      assert.deepEqual(again.problems, [], `${name}=${value}`);
      assert.deepEqual(again.config.effective(path)?.source, { kind: 'environment', name });
      assert.deepEqual(again.config.effective(path)?.value, config.effective(path)?.value, path);
    }
  });

  it('takes the lowest and highest value of every option and refuses one past them', () => {
    const { config } = checkConfig(CONFIG_TREE, { profile: defaults, layers: [] });
    const problemsWith = (path: string, value: number) =>
      checkConfig(CONFIG_TREE, {
        profile: defaults,
        layers: [layerFromPaths({ [path]: value }, { kind: 'api', name: 'a test' })],
        rules: [],
      }).problems.length;

    for (const [path, { low, high }] of Object.entries(NUMBERS)) {
      assert.ok(config.effective(path) !== undefined, path);
      assert.deepEqual(
        [low, high].map((value) => problemsWith(path, value)),
        [0, 0],
        path,
      );
      assert.deepEqual(
        [low - 1, high + 1].map((value) => problemsWith(path, value)),
        [1, 1],
        path,
      );
    }
  });
});

/** Bounds of SERVING's table that an operator may lean on. */
const NUMBERS: Record<string, { readonly low: number; readonly high: number }> = {
  'server.port': { low: 0, high: 65_535 },
  'http.pool.total': { low: 1, high: 100 },
  'http.pool.per_host': { low: 1, high: 30 },
  'lua.lanes': { low: 1, high: 64 },
  'admission.concurrent': { low: 1, high: 10_000 },
  'admission.queue': { low: 1, high: 10_000 },
  'limits.state_bytes': { low: 1024, high: 16 * 1024 * 1024 },
};
