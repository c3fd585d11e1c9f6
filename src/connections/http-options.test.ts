import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { resolveOptions } from '../core/index.ts';
import { checkHttpOptions, HTTP_OPTIONS } from './http-options.ts';

const edges: readonly (readonly [string, unknown, unknown, unknown, unknown])[] = [
  ['pool.total', 1, 100, 0, 101],
  ['pool.per_host', 1, 30, 0, 31],
  ['pool.queue', 0, 1000, -1, 1001],
  ['pool.queue_wait', '1ms', '60s', '0ms', '61s'],
  ['timeouts.connect', '1ms', '60s', '0ms', '61s'],
  ['timeouts.headers', '1ms', '120s', '0ms', '121s'],
  ['timeouts.body', '1ms', '120s', '0ms', '121s'],
  ['timeouts.total', '1ms', '10m', '0ms', '601s'],
  ['idle', '1s', '10m', '999ms', '601s'],
];

describe('HTTP_OPTIONS', () => {
  it('are those of the default profile', () => {
    const options = resolveOptions('http', HTTP_OPTIONS);

    assert.equal(options.poolTotalCount, 16);
    assert.equal(options.poolPerHostCount, 6);
    assert.deepEqual(
      [options.connectTimeoutMs, options.headersTimeoutMs, options.bodyTimeoutMs, options.totalTimeoutMs],
      [5_000, 10_000, 20_000, 30_000],
    );
    assert.equal(options.idleMs, 30_000);
    assert.deepEqual(checkHttpOptions(options), []);
  });

  for (const [key, lowest, highest, below, above] of edges) {
    it(`takes ${key} from ${String(lowest)} to ${String(highest)} and nothing beyond`, () => {
      for (const value of [lowest, highest]) resolveOptions('http', HTTP_OPTIONS, { [key]: value as string });
      for (const value of [below, above]) {
        assert.throws(() => resolveOptions('http', HTTP_OPTIONS, { [key]: value as string }), {
          code: 'CONFIG_INVALID',
        });
      }
    });
  }

  it('refuses more per host than in total, and a line of allow_private that is nothing', () => {
    const options = resolveOptions('http', HTTP_OPTIONS, { 'pool.total': 4, allow_private: ['10.0.0.0/99', 'nas'] });

    assert.deepEqual(
      checkHttpOptions(options).map((problem) => problem.path),
      ['http.pool.per_host', 'http.allow_private'],
    );
  });
});
