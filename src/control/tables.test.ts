/** The range of every option of the tables that stand here. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { layerFromPaths } from './layer.ts';
import { listOptions } from './option-row.ts';
import { PROFILES } from './profile.ts';
import { checkConfig } from './resolve.ts';
import { ADMISSION_OPTIONS, ENV_OPTIONS, FILE_OPTIONS, LIMIT_OPTIONS, LOG_OPTIONS } from './tables.ts';

const TREE = {
  limits: LIMIT_OPTIONS,
  files: FILE_OPTIONS,
  env: ENV_OPTIONS,
  log: LOG_OPTIONS,
  admission: ADMISSION_OPTIONS,
};

/** Path → values that are taken (lowest, highest) and refused (one past each). */
const RANGES: Record<string, { taken: (string | number | string[])[]; refused: (string | number | string[])[] }> = {
  'limits.state_bytes': { taken: ['1KiB', 1024, '16MiB'], refused: [1023, 16 * 1024 * 1024 + 1] },
  'limits.flow.lua_timeout': { taken: ['1ms', '10m'], refused: ['0ms', 0, '600001ms'] },
  'files.root': { taken: ['.', '/', 'x'.repeat(4096)], refused: ['x'.repeat(4097), 1] },
  'files.secrets_folder': { taken: ['', '/run/secrets', 'x'.repeat(4096)], refused: ['x'.repeat(4097), 1] },
  'env.allow': {
    taken: [[], ['A', '_b9'], Array.from({ length: 64 }, (_, index) => `V${index}`)],
    refused: [['A-B'], ['1A'], [''], ['A='], Array.from({ length: 65 }, (_, index) => `V${index}`)],
  },
  'log.level': { taken: ['debug', 'info', 'warn', 'error'], refused: ['trace', 'INFO', ''] },
  'admission.concurrent': { taken: [1, 10_000], refused: [0, 10_001, 1.5] },
  'admission.queue': { taken: [1, 10_000], refused: [0, 10_001] },
  'admission.queue_wait': { taken: ['1ms', '10m'], refused: ['0ms', '600001ms', '-1s'] },
};

const problemCount = (path: string, value: string | number | string[]): number =>
  checkConfig(TREE, {
    profile: { name: 'default', settings: {}, maxima: {} },
    layers: [layerFromPaths({ [path]: value }, { kind: 'api', name: 'a test' })],
  }).problems.length;

describe('configuration tables', () => {
  it('are all tried here', () => {
    assert.deepEqual(
      listOptions(TREE, [])
        .map(({ path }) => path)
        .sort(),
      Object.keys(RANGES).sort(),
    );
  });

  for (const [path, { taken, refused }] of Object.entries(RANGES)) {
    it(`takes the lowest and highest ${path} and refuses one past them`, () => {
      for (const value of taken) assert.equal(problemCount(path, value), 0, String(value));
      for (const value of refused) assert.equal(problemCount(path, value), 1, String(value));
    });
  }
});

describe('listOptions', () => {
  it('gives each option as documentation shows it', () => {
    const settings = { 'admission.concurrent': 16, 'log.level': 'info' };
    const rows = listOptions(TREE, [{ name: 'pi', settings, maxima: {} }]);

    assert.deepEqual(
      rows.find(({ path }) => path === 'admission.concurrent'),
      {
        path: 'admission.concurrent',
        environment: 'MOONPOOL_ADMISSION__CONCURRENT',
        range: 'a whole number from 1 to 10000',
        fallback: '64',
        profiles: { pi: '16' },
        about: 'Requests to endpoint flows that are worked on at once.',
      },
    );
    assert.deepEqual(rows.find(({ path }) => path === 'log.level')?.profiles, {});
  });
});

describe('profiles', () => {
  it('keep their timeouts nested and their pools within the maxima they set', () => {
    for (const { settings, maxima } of Object.values(PROFILES)) {
      for (const [path, most] of Object.entries(maxima)) assert.ok(Number(settings[path]) <= Number(most), path);
    }
  });
});
