/** How layers become one configuration, and what is said when they cannot. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { bytes, duration, int, type JsonValue, KIB, MIB, text, texts } from '../core/index.ts';
import { layerFromFile } from './config-file.ts';
import { environmentName, layerFromEnvironment, layerFromPaths } from './layer.ts';
import type { Profile } from './profile.ts';
import { checkConfig, resolveConfig } from './resolve.ts';
import type { ConfigLayer } from './setting.ts';

const TREE = {
  server: {
    port: int({ key: 'port', fallback: 8080, min: 0, max: 65_535, about: 'Port.' }),
    token: text({ key: 'token', fallback: '', maxLength: 8, about: 'Bearer token.' }),
    hosts: texts({ key: 'hosts', fallback: [], maxCount: 2, about: 'Host names.' }),
    handlerTimeoutMs: duration({ key: 'handler_timeout', fallback: 25_000, min: 1, max: 600_000, about: 'Handler.' }),
    requestTimeoutMs: duration({ key: 'request_timeout', fallback: 30_000, min: 1, max: 600_000, about: 'Request.' }),
  },
  http: {
    // One key with a dot, one nested table: both are sections to a user.
    poolTotal: int({ key: 'pool.total', fallback: 16, min: 1, max: 100, about: 'Connections.' }),
    pool: { perHost: int({ key: 'per_host', fallback: 6, min: 1, max: 30, about: 'Connections to a host.' }) },
    maxBytes: bytes({ key: 'max_body', fallback: MIB, min: KIB, max: 16 * MIB, about: 'Answer.' }),
  },
};
const BARE: Profile = { name: 'bare', settings: {}, maxima: {} };
const SMALL: Profile = {
  name: 'small',
  settings: { 'http.pool.total': 4, 'http.pool.per_host': 2 },
  maxima: { 'http.pool.total': 50 },
};

const check = (layers: readonly ConfigLayer[], profile = BARE) => checkConfig(TREE, { profile, layers });
const file = (yaml: string): ConfigLayer => layerFromFile('moonpool.yaml', yaml);
const command = (values: { [path: string]: JsonValue }): ConfigLayer =>
  layerFromPaths(values, { kind: 'command', name: '--port' });
/** Problems as `place path: message hint`, the way people read them. */
const problemsOf = (layers: readonly ConfigLayer[], profile = BARE): string[] =>
  check(layers, profile).problems.map(({ place, path, message, hint }) => {
    const at = place === undefined ? '' : `${place.line}:${place.column} `;
    return `${at}${path}: ${message}${hint === undefined ? '' : ` ${hint}`}`;
  });

describe('resolveConfig', () => {
  it('gives the defaults, frozen, in the shape of the tree', () => {
    const { options } = resolveConfig(TREE, { profile: BARE, layers: [] });

    assert.deepEqual(options, {
      server: { port: 8080, token: '', hosts: [], handlerTimeoutMs: 25_000, requestTimeoutMs: 30_000 },
      http: { poolTotal: 16, pool: { perHost: 6 }, maxBytes: MIB },
    });
    assert.ok(Object.isFrozen(options) && Object.isFrozen(options.http) && Object.isFrozen(options.http.pool));
  });

  it('lets command, environment, file, profile and default win in that order, key by key', () => {
    const layers = [
      command({ 'server.port': 1 }),
      layerFromEnvironment({ MOONPOOL_SERVER__PORT: '2', MOONPOOL_HTTP__POOL__TOTAL: '20' }),
      file('server: {port: 3, request_timeout: 40s}\nhttp: {pool: {total: 30, per_host: 5}}'),
    ];

    const { config, problems } = check(layers, SMALL);

    assert.deepEqual(problems, []);
    assert.equal(config.options.server.port, 1);
    assert.equal(config.options.http.poolTotal, 20);
    assert.equal(config.options.http.pool.perHost, 5);
    assert.equal(config.options.server.requestTimeoutMs, 40_000);
    assert.equal(config.options.server.handlerTimeoutMs, 25_000);
  });

  it('says who set each value', () => {
    const { config } = check(
      [layerFromEnvironment({ MOONPOOL_SERVER__PORT: '2' }), file('http:\n  max_body: 2MiB')],
      SMALL,
    );

    assert.deepEqual(config.effective('server.port'), {
      value: 2,
      text: '2',
      source: { kind: 'environment', name: 'MOONPOOL_SERVER__PORT' },
    });
    assert.deepEqual(config.effective('http.max_body'), {
      value: 2 * MIB,
      text: '2MiB',
      source: { kind: 'file', file: 'moonpool.yaml', line: 2, column: 13 },
    });
    assert.deepEqual(config.effective('http.pool.total')?.source, { kind: 'profile', name: 'small' });
    assert.deepEqual(config.effective('server.hosts')?.source, { kind: 'default' });
    assert.equal(config.effective('server.prot'), undefined);
    assert.deepEqual(config.paths.slice(0, 2), ['server.port', 'server.token']);
  });

  it('reports every problem of every layer at once, those of overridden values too', () => {
    const layers = [
      command({ 'server.port': 'abc' }),
      layerFromEnvironment({ MOONPOOL_HTTP__POOL__TOTAL: '101', MOONPOOL_HTPP: '1' }),
      file('server:\n  port: -1\n  prot: 5\nhttp:\n  pool: 7\n  max_body: {a: 1}\ncolour: red'),
    ];

    assert.deepEqual(problemsOf(layers), [
      '2:9 server.port: must be a whole number from 0 to 65535, got -1',
      '3:3 server.prot: unknown option Did you mean server.port?',
      '5:9 http.pool: must be an object with total, per_host, got 7',
      '6:3 http.max_body: takes one value, not an object',
      '7:1 colour: unknown option The keys here are server, http, flows, secrets.',
      'htpp: unknown option (MOONPOOL_HTPP) Did you mean http?',
      'http.pool.total: must be a whole number from 1 to 100, got 101 (MOONPOOL_HTTP__POOL__TOTAL)',
      'server.port: must be a whole number from 0 to 65535, got abc (--port)',
    ]);
    assert.throws(() => resolveConfig(TREE, { profile: BARE, layers }), { code: 'CONFIG_INVALID' });
  });

  it('passes a bad value over for the next weaker one', () => {
    const { config } = check([layerFromEnvironment({ MOONPOOL_SERVER__PORT: 'x' }), file('server: {port: 3}')]);

    assert.equal(config.options.server.port, 3);
  });

  it('reports an unknown section once, however much it holds', () => {
    assert.deepEqual(problemsOf([file('servr: {port: 1, token: abc, hosts: []}')]), [
      '1:1 servr: unknown option Did you mean server?',
    ]);
  });

  it('finds a known key that stands in the wrong section', () => {
    assert.deepEqual(problemsOf([file('per_host: 3')]), [
      '1:1 per_host: unknown option Did you mean http.pool.per_host?',
    ]);
  });

  it('takes an empty file, an empty section and an empty object as nothing set', () => {
    for (const yaml of ['', '# only a comment\n', 'server:\nhttp: {}\nflows:', '{}']) {
      assert.deepEqual(problemsOf([file(yaml)]), [], yaml);
    }
  });

  it('says that an option without a value is not set', () => {
    assert.deepEqual(problemsOf([file('server:\n  port:')]), [
      '2:3 server.port: must be a whole number from 0 to 65535, got null',
    ]);
  });

  it('never shows a secret, in a problem or as a value in force', () => {
    const { config, problems } = check([layerFromEnvironment({ MOONPOOL_SERVER__TOKEN: 'hunter2-hunter2' })]);

    assert.doesNotMatch(JSON.stringify(problems), /hunter2/);
    assert.match(problems[0]?.message ?? '', /text \(not shown\)/);
    assert.equal(config.effective('server.token')?.text, '(not shown)');
  });

  it('takes prototype names as unknown options', () => {
    assert.equal(problemsOf([file('__proto__: {port: 1}\nconstructor: 1\nserver: {__proto__: 1}')]).length, 3);
    assert.equal(({} as { port?: number }).port, undefined);
  });
});

describe('configuration rules between options', () => {
  it('refuses values that do not nest, at the one the user wrote', () => {
    assert.deepEqual(problemsOf([file('server:\n  request_timeout: 5s')]), [
      '2:20 server.handler_timeout: must be less than server.request_timeout, got 25s (default) and 5s (moonpool.yaml:2:20)',
    ]);
  });

  it('accepts equality only where a rule says so', () => {
    assert.deepEqual(problemsOf([file('http: {pool: {total: 3, per_host: 3}}')]), []);
    assert.equal(problemsOf([file('http: {pool: {total: 3, per_host: 4}}')]).length, 1);
    assert.equal(problemsOf([file('server: {handler_timeout: 30s}')]).length, 1);
  });

  it('says nothing about options that are wrong by themselves', () => {
    assert.equal(problemsOf([file('http: {pool: {total: 0, per_host: 20}}')]).length, 1);
  });
});

describe('configuration profile', () => {
  it('tightens a maximum: 50 is taken and 51 refused', () => {
    assert.deepEqual(problemsOf([file('http: {pool: {total: 50}}')], SMALL), []);
    assert.deepEqual(problemsOf([file('http: {pool: {total: 51}}')], SMALL), [
      '1:22 http.pool.total: must be at most 50 in profile small, got 51',
    ]);
  });

  it('may not name an option that is not there', () => {
    const profile = { name: 'odd', settings: { 'server.colour': 1 }, maxima: {} };

    assert.throws(() => check([], profile), { code: 'BUG_INVARIANT' });
  });
});

describe('configuration tree', () => {
  it('refuses two options with one path', () => {
    const port = int({ key: 'port', fallback: 1, min: 0, max: 2, about: '' });

    assert.throws(() => checkConfig({ a: port, b: port }, { profile: BARE, layers: [] }), { code: 'BUG_INVARIANT' });
    const both = { port, deep: { ...port, key: 'port.deep' } };
    assert.throws(() => checkConfig(both, { profile: BARE, layers: [] }), { code: 'BUG_INVARIANT' });
  });
});

describe('configuration from the environment', () => {
  it('names every option by its path', () => {
    const { config } = check([]);

    for (const path of config.paths) {
      const [setting] = layerFromEnvironment({ [environmentName(path)]: '1' }).settings;
      assert.equal(setting?.path.join('.'), path);
    }
    assert.equal(environmentName('http.pool.per_host'), 'MOONPOOL_HTTP__POOL__PER_HOST');
  });

  it('leaves other variables alone', () => {
    assert.deepEqual(layerFromEnvironment({ PATH: '/bin', MOONPOOLX: '1', moonpool_server__port: '1' }).settings, []);
  });

  it('reads lists separated by commas; an empty text is an empty list', () => {
    const hosts = (value: string) =>
      check([layerFromEnvironment({ MOONPOOL_SERVER__HOSTS: value })]).config.options.server.hosts;

    assert.deepEqual(hosts('a.local, b.local'), ['a.local', 'b.local']);
    assert.deepEqual(hosts(''), []);
  });

  it('takes a value that is set and empty as set', () => {
    assert.deepEqual(problemsOf([layerFromEnvironment({ MOONPOOL_SERVER__PORT: '' })]), [
      'server.port: must be a whole number from 0 to 65535, got empty text (MOONPOOL_SERVER__PORT)',
    ]);
  });
});

describe('flow variables in the configuration', () => {
  const YAML =
    'flows:\n  whats-next:\n    variables:\n      feed_url: http://nas/a.ics\n      rules: {a: [1], b: {}}\n';

  it('are whole values by flow and name', () => {
    const { config, problems } = check([file(YAML)]);

    assert.deepEqual(problems, []);
    assert.deepEqual(config.flowVariables('whats-next', []), {
      feed_url: 'http://nas/a.ics',
      rules: { a: [1], b: {} },
    });
    assert.deepEqual(config.flowVariables('other', []), {});
    assert.deepEqual(config.configuredFlows, ['whats-next']);
  });

  it('come from the environment too, with names as loose as a shell needs', () => {
    const layer = layerFromEnvironment({
      MOONPOOL_FLOWS__WHATS_NEXT__VARIABLES__FEED_URL: 'http://nas/b.ics',
      'MOONPOOL_FLOWS__whats-next__VARIABLES__count': '5',
    });

    const { config, problems } = check([layer, file(YAML)]);

    assert.deepEqual(problems, []);
    const variables = config.flowVariables('whats-next', ['feed_url', 'count']);
    assert.equal(variables['feed_url'], 'http://nas/b.ics');
    assert.equal(variables['count'], 5);
  });

  it('are the only thing below a flow', () => {
    assert.deepEqual(problemsOf([file('flows:\n  a:\n    vars: {x: 1}\n  b: 3\n  c:\n    variables: 4\n')]), [
      '3:5 flows.a.vars: unknown option, the only one here is variables',
      '4:3 flows.b: must be an object',
      '6:5 flows.c.variables: must be an object',
    ]);
  });
});

describe('configuration checks of components', () => {
  const portCheck = ({ server }: { server: { port: number } }) =>
    server.port === 13 ? [{ path: 'server.port', message: 'must not be 13' }] : [];
  const problemsWith = (layer: ConfigLayer) =>
    checkConfig(TREE, { profile: BARE, layers: [layer], check: portCheck }).problems;

  it('are reported at the place of the value in force', () => {
    assert.deepEqual(problemsWith(file('server: {port: 13}')), [
      { path: 'server.port', message: 'must not be 13', place: { file: 'moonpool.yaml', line: 1, column: 16 } },
    ]);
    assert.deepEqual(problemsWith(command({ 'server.port': 13 })), [
      { path: 'server.port', message: 'must not be 13 (--port)' },
    ]);
  });
});
