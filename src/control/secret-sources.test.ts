import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { layerFromFile } from './config-file.ts';
import { layerFromEnvironment } from './layer.ts';
import { type Config, checkConfig } from './resolve.ts';
import type { ConfigLayer } from './setting.ts';

function check(...layers: readonly ConfigLayer[]): {
  readonly sources: Config<Record<never, never>>['secretSources'];
  readonly problems: readonly string[];
} {
  const { config, problems } = checkConfig({}, { profile: { name: 'p', settings: {}, maxima: {} }, layers, rules: [] });
  return {
    sources: config.secretSources,
    problems: problems.map(
      ({ path, message, place }) => `${place?.line ?? 0}:${place?.column ?? 0} ${path}: ${message}`,
    ),
  };
}

const file = (text: string): ConfigLayer => layerFromFile('moonpool.yaml', text);

describe('secrets in a configuration', () => {
  it('say where each value is, and who may have it', () => {
    const { sources, problems } = check(
      file(
        'secrets:\n  api_key: {env: API_KEY}\n  pin: {file: run/pin, flows: [a, b], hosts: [API.example.com, "*.h"]}\n',
      ),
    );

    assert.deepEqual(problems, []);
    assert.deepEqual(sources, [
      { name: 'api_key', from: { kind: 'env', variable: 'API_KEY' } },
      { name: 'pin', from: { kind: 'file', path: 'run/pin' }, flows: ['a', 'b'], hosts: ['api.example.com', '*.h'] },
    ]);
  });

  it('may come from the environment, which goes before the file', () => {
    const { sources, problems } = check(
      layerFromEnvironment({ MOONPOOL_SECRETS__KEY__ENV: 'OTHER', MOONPOOL_SECRETS__KEY__FLOWS: 'a, b' }),
      file('secrets: {key: {file: x, hosts: [h]}}\n'),
    );

    assert.deepEqual(problems, []);
    assert.deepEqual(sources, [
      { name: 'key', from: { kind: 'env', variable: 'OTHER' }, flows: ['a', 'b'], hosts: ['h'] },
    ]);
  });

  const WRONG: readonly (readonly [string, string])[] = [
    ['secrets: {key: s3cr3t-value}', '1:11 secrets.key: must be an object with env, file, flows, hosts'],
    ['secrets: s3cr3t-value', '1:1 secrets: must be an object'],
    [
      'secrets: {key: {value: s3cr3t-value}}',
      '1:17 secrets.key.value: unknown option, the keys here are env, file, flows, hosts',
    ],
    ['secrets: {key: {env: "s3cr3t-value"}}', '1:17 secrets.key.env: must be the name of an environment variable'],
    ['secrets: {key: {file: ""}}', '1:17 secrets.key.file: must be a path of at most 4096 characters'],
    ['secrets: {key: {env: A, flows: [1]}}', '1:25 secrets.key.flows: must be a list of at most 64 names of flows'],
    ['secrets: {key: {env: A, hosts: {a: b}}}', '1:25 secrets.key.hosts: must be a list of at most 64 hosts'],
    [
      'secrets: {"a b": {env: A}}',
      '1:11 secrets.a b: is no name of a secret: letters, digits, "_", "-" and "." only, at most 128',
    ],
    ['secrets: {key: {flows: [a]}}', '1:24 secrets.key: needs env or file: where the value is'],
    ['secrets: {key: {env: A, file: b}}', '1:31 secrets.key: takes env or file, not both'],
  ];
  for (const [text, problem] of WRONG) {
    it(`are refused with their place and without what was written: ${text}`, () => {
      const { problems } = check(file(`${text}\n`));

      assert.deepEqual(problems.slice(0, 1), [problem]);
      assert.equal(JSON.stringify(problems).includes('s3cr3t'), false);
    });
  }

  it('are at most 64', () => {
    const some = (count: number): string =>
      `secrets: {${Array.from({ length: count }, (_, index) => `k${index}: {env: A}`).join(', ')}}\n`;

    assert.deepEqual(check(file(some(64))).problems, []);
    assert.equal(check(file(some(65))).problems.length, 1);
  });

  it('are suggested for what is nearly their key', () => {
    const { problems } = checkConfig(
      {},
      { profile: { name: 'p', settings: {}, maxima: {} }, layers: [file('secret: {a: {env: B}}\n')], rules: [] },
    );

    assert.equal(problems[0]?.hint, 'Did you mean secrets?');
  });
});
