import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { aFlow, aNode } from '../../test/support/segments.ts';
import { canGoOnAfterFailure, failedWith, isRetried, retryDelayMs } from './failure.ts';
import type { Retry } from './flow.ts';

const RETRY: Retry = {
  maxRetries: 3,
  baseDelayMs: 100,
  maxDelayMs: 1_000,
  backoff: 'exponential',
  factor: 3,
  jitter: 0,
};

describe('retryDelayMs', () => {
  for (const [backoff, delays] of [
    ['exponential', [100, 300, 900, 1_000, 1_000]],
    ['linear', [100, 200, 300, 400, 500]],
    ['constant', [100, 100, 100, 100, 100]],
  ] as const) {
    it(`is ${delays.join(', ')} with ${backoff} backoff`, () => {
      assert.deepEqual(
        delays.map((_, index) => retryDelayMs({ ...RETRY, backoff }, index + 1, 'seed')),
        delays,
      );
    });
  }

  it('is never above the maximum, however far exponential growth goes', () => {
    assert.equal(retryDelayMs(RETRY, 1_000, 'seed'), 1_000);
    assert.equal(retryDelayMs({ ...RETRY, backoff: 'linear' }, 11, 'seed'), 1_000);
    assert.equal(retryDelayMs({ ...RETRY, baseDelayMs: 1_001 }, 1, 'seed'), 1_000);
  });

  it('loses a share of jitter at most, drawn from the seed and the attempt', () => {
    const jittered = { ...RETRY, backoff: 'constant', baseDelayMs: 1_000, jitter: 0.25 } as const;
    const delays = Array.from({ length: 500 }, (_, index) => retryDelayMs(jittered, 1, `seed ${index}`));

    assert.ok(delays.every((delay) => Number.isInteger(delay) && delay >= 750 && delay <= 1_000));
    assert.ok(Math.min(...delays) < 770 && Math.max(...delays) > 980);
    assert.equal(retryDelayMs(jittered, 1, 'seed 7'), delays[7]);
    assert.notEqual(retryDelayMs(jittered, 2, 'seed 7'), delays[7]);
  });

  it('is whole, and zero when nothing is to be waited', () => {
    assert.equal(retryDelayMs({ ...RETRY, baseDelayMs: 1, factor: 1.5 }, 2, 'seed'), 2);
    assert.equal(retryDelayMs({ ...RETRY, baseDelayMs: 0, jitter: 1 }, 3, 'seed'), 0);
    assert.equal(retryDelayMs({ ...RETRY, maxDelayMs: 0 }, 3, 'seed'), 0);
  });
});

describe('isRetried', () => {
  it('holds for as many attempts as there are retries', () => {
    assert.deepEqual(
      [1, 3, 4].map((attempt) => isRetried(RETRY, attempt, 'LUA_RAISED')),
      [true, true, false],
    );
    assert.equal(isRetried({ ...RETRY, maxRetries: 0 }, 1, 'LUA_RAISED'), false);
    assert.equal(isRetried(undefined, 1, 'LUA_RAISED'), false);
  });

  it('holds for the codes named only', () => {
    const some = { ...RETRY, retryOn: ['CONN_TIMEOUT'] };
    assert.deepEqual([isRetried(some, 1, 'CONN_TIMEOUT'), isRetried(some, 1, 'LUA_RAISED')], [true, false]);
    assert.equal(isRetried({ ...RETRY, retryOn: [] }, 1, 'LUA_RAISED'), false);
  });
});

describe('the failure of a node in bodies', () => {
  const breaker = { failureThreshold: 1, resetTimeoutMs: 1 };
  const steps = { kind: 'steps', entry: { kind: 'end' } } as const;
  const inner = aNode({ name: 'a/b/c', owner: 'a/b', breaker });
  const flow = aFlow({
    nodes: [
      aNode({ name: 'a', work: steps, onError: { mode: 'graceful' }, breaker }),
      aNode({ name: 'a/b', owner: 'a', work: steps }),
      inner,
    ],
  });

  it('can be gone on from when a body around takes it, but for those the path does not own', () => {
    assert.equal(canGoOnAfterFailure(flow, inner, undefined), true);
    assert.equal(canGoOnAfterFailure(flow, inner, 'a'), false);
    assert.equal(canGoOnAfterFailure(flow, inner, 'a/b'), false);
    assert.equal(canGoOnAfterFailure(flow, { ...inner, retry: RETRY }, 'a/b'), true);
    assert.equal(canGoOnAfterFailure(flow, { ...inner, retry: { ...RETRY, maxRetries: 0 } }, 'a/b'), false);
  });

  it('is told to the breakers of all of them, not to those of actions', () => {
    const names = (root?: string): string[] => failedWith(flow, inner, root).map(({ node }) => node);
    assert.deepEqual([names(), names('a'), names('a/b')], [['a/b/c', 'a'], ['a/b/c'], ['a/b/c']]);
    assert.deepEqual(failedWith(flow, inner, 'a/b'), [{ node: 'a/b/c', success: false }]);
    const action = { ...inner, work: { kind: 'action', uses: 'x.y', with: {} } } as const;
    assert.deepEqual(failedWith(flow, action, 'a/b'), []);
  });
});
