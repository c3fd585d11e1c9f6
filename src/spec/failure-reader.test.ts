import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { flowOf, messagesOf, problemsOf } from '../../test/support/flow-text.ts';
import type { FlowNode } from '../flow/index.ts';

const DEFAULT_RETRY = {
  maxRetries: 3,
  baseDelayMs: 1_000,
  maxDelayMs: 60_000,
  backoff: 'exponential',
  factor: 2,
  jitter: 0,
};

function nodeWith(keys: string, top = ''): FlowNode | undefined {
  return flowOf(`${top}nodes:\n  - name: a\n    run: return {}\n    ${keys}\n  - name: b\n    run: return {}\n`)
    .nodes[0];
}

function problemsWith(keys: string): readonly string[] {
  return problemsOf(`nodes:\n  - name: a\n    ${keys}\n  - name: b\n`);
}

/** [what is written, what it means beside the defaults] */
const RETRIES: readonly (readonly [string, object])[] = [
  ['{}', {}],
  ['{max_retries: 0, base_delay: 0, max_delay: 500ms}', { maxRetries: 0, baseDelayMs: 0, maxDelayMs: 500 }],
  ['{max_retries: 100, base_delay: 2}', { maxRetries: 100, baseDelayMs: 2_000 }],
  ['{backoff: linear}', { backoff: 'linear' }],
  ['{backoff: constant}', { backoff: 'constant' }],
  ['{backoff: fixed}', { backoff: 'constant' }],
  ['{backoff: 3}', { factor: 3 }],
  ['{backoff_multiplier: 1.5}', { factor: 1.5 }],
  ['{jitter: true}', { jitter: 0.5 }],
  ['{jitter: false}', { jitter: 0 }],
  ['{jitter: 0.25}', { jitter: 0.25 }],
  ['{retry_on: [CONN_TIMEOUT, CONN_TIMEOUT]}', { retryOn: ['CONN_TIMEOUT'] }],
];

describe('retry', () => {
  for (const [written, meant] of RETRIES) {
    it(`reads ${written}`, () => {
      assert.deepEqual(nodeWith(`retry: ${written}`)?.retry, { ...DEFAULT_RETRY, ...meant });
    });
  }

  it('takes `CONN_*` for every code that begins so', () => {
    const codes = nodeWith('retry: {retry_on: ["CONN_*", LUA_TIMEOUT]}')?.retry?.retryOn ?? [];

    assert.ok(codes.includes('CONN_TIMEOUT') && codes.includes('CONN_CONNECT') && codes.includes('LUA_TIMEOUT'));
    assert.ok(codes.every((code) => code.startsWith('CONN_') || code === 'LUA_TIMEOUT'));
  });

  const REFUSED: readonly (readonly [string, readonly string[]])[] = [
    ['{max_retries: -1}', ['3:26 SPEC_INVALID']],
    ['{max_retries: 101}', ['3:26 SPEC_INVALID']],
    ['{backoff: 0.5}', ['3:22 SPEC_INVALID']],
    ['{backoff: 101}', ['3:22 SPEC_INVALID']],
    ['{backoff: quadratic}', ['3:22 SPEC_INVALID']],
    ['{backoff: linear, backoff_multiplier: 2}', ['3:30 SPEC_INVALID']],
    ['{jitter: 1.1}', ['3:21 SPEC_INVALID']],
    ['{retry_on: []}', ['3:23 SPEC_INVALID']],
    ['{retry_on: [CONN_TIMEOT]}', ['3:24 SPEC_INVALID']],
    ['{retry_on: ["NO_*"]}', ['3:24 SPEC_INVALID']],
    ['{retry_on: [ConnectionError]}', ['3:24 SPEC_INVALID']],
    ['{max_stored_errors: 3}', ['w 3:13 SPEC_IGNORED']],
    ['{attempts: 3}', ['3:13 SPEC_UNKNOWN_KEY']],
  ];
  for (const [written, expected] of REFUSED) {
    it(`refuses or warns of ${written}`, () => {
      assert.deepEqual(problemsWith(`retry: ${written}`), expected);
    });
  }

  it('says which code was meant', () => {
    assert.deepEqual(messagesOf('nodes:\n  - {name: a, retry: {retry_on: [CONN_TIMEOT]}}\n'), [
      'There is no error code `CONN_TIMEOT`. Did you mean `CONN_TIMEOUT`?',
    ]);
  });
});

describe('circuit_breaker', () => {
  it('has defaults', () => {
    assert.deepEqual(nodeWith('circuit_breaker: {}')?.breaker, { failureThreshold: 5, resetTimeoutMs: 30_000 });
    assert.deepEqual(nodeWith('circuit_breaker: {failure_threshold: 1, reset_timeout: 1ms}')?.breaker, {
      failureThreshold: 1,
      resetTimeoutMs: 1,
    });
  });

  it('has limits, and ignores what has no meaning here', () => {
    assert.deepEqual(problemsWith('circuit_breaker: {failure_threshold: 0}'), ['3:42 SPEC_INVALID']);
    assert.deepEqual(problemsWith('circuit_breaker: {reset_timeout: 0}'), ['3:38 SPEC_INVALID']);
    assert.deepEqual(problemsWith('circuit_breaker: {half_open_max_calls: 2}'), ['w 3:23 SPEC_IGNORED']);
  });
});

describe('timeout of a node', () => {
  it('is a duration, cut to the limit of a run', () => {
    const text = 'nodes: [{name: a, timeout: 2m}]\n';

    assert.equal(flowOf(text).nodes[0]?.timeoutMs, 120_000);
    assert.equal(flowOf(text, { limits: { timeoutMs: 60_000 } }).nodes[0]?.timeoutMs, 60_000);
    assert.deepEqual(problemsOf(text, { limits: { timeoutMs: 60_000 } }), ['w 1:28 SPEC_LIMIT']);
  });
});

/** [on_error, what failure does, retries] */
const ON_ERRORS: readonly (readonly [string, object, number | undefined])[] = [
  ['{}', { mode: 'raise' }, undefined],
  ['{mode: graceful}', { mode: 'graceful' }, undefined],
  ['{fallback: b}', { mode: 'graceful', fallback: 'b' }, undefined],
  ['{mode: graceful, fallback: b}', { mode: 'graceful', fallback: 'b' }, undefined],
  ['{mode: retry}', { mode: 'raise' }, 3],
  ['{mode: retry, max_retries: 5, retry_delay: 2}', { mode: 'raise' }, 5],
  ['{mode: retry, max_retries: 5, fallback: b}', { mode: 'graceful', fallback: 'b' }, 5],
  ['{max_retries: 2}', { mode: 'raise' }, 2],
];

describe('on_error', () => {
  for (const [written, failure, retries] of ON_ERRORS) {
    it(`reads ${written}`, () => {
      const node = nodeWith(`on_error: ${written}`);

      assert.deepEqual(node?.onError, failure);
      assert.equal(node?.retry?.maxRetries, retries);
    });
  }

  it('takes either word for the first wait', () => {
    assert.equal(nodeWith('on_error: {mode: retry, retry_delay: 2}')?.retry?.baseDelayMs, 2_000);
    assert.equal(nodeWith('on_error: {mode: retry, base_delay: 3s}')?.retry?.baseDelayMs, 3_000);
    assert.deepEqual(problemsWith('on_error: {mode: retry, base_delay: 3s, retry_delay: 3}'), []);
    assert.deepEqual(problemsWith('on_error: {mode: retry, base_delay: 3s, retry_delay: 4}'), ['3:45 SPEC_INVALID']);
  });

  it('refuses what contradicts itself', () => {
    assert.deepEqual(problemsWith('on_error: {mode: raise, fallback: b}'), ['3:39 SPEC_INVALID']);
    assert.deepEqual(problemsWith('on_error: {mode: retry}\n    retry: {}'), ['4:5 SPEC_INVALID']);
    assert.deepEqual(problemsWith('on_error: {mode: graceful, max_retries: 2}'), ['w 3:32 SPEC_IGNORED']);
  });
});

describe('settings.error_handling', () => {
  const top = (written: string): string => `settings: {error_handling: ${written}}\n`;

  it('holds for nodes that say nothing of errors', () => {
    assert.deepEqual(nodeWith('', top('{mode: graceful}'))?.onError, { mode: 'graceful' });
    assert.deepEqual(nodeWith('on_error: {mode: raise}', top('{mode: graceful}'))?.onError, { mode: 'raise' });
    assert.equal(nodeWith('', top('{mode: retry, max_retries: 7}'))?.retry?.maxRetries, 7);
    assert.equal(nodeWith('retry: {max_retries: 1}', top('{mode: retry, max_retries: 7}'))?.retry?.maxRetries, 1);
    assert.equal(nodeWith('on_error: {mode: graceful}', top('{mode: retry}'))?.retry, undefined);
  });

  it('leads to its fallback from nodes at the top, but not from the fallback itself', () => {
    const { nodes } = flowOf(
      `${top('{fallback: b}')}nodes: [{name: a, steps: [{name: x, run: "return {}"}]}, {name: b, run: "return {}"}]\n`,
    );

    assert.deepEqual(
      nodes.map(({ name, onError }) => [name, onError.fallback]),
      [
        ['a', 'b'],
        ['a/x', undefined],
        ['b', undefined],
      ],
    );
    assert.deepEqual(problemsOf(`${top('{fallback: c}')}nodes: [{name: a}]\n`), ['1:39 SPEC_UNKNOWN_TARGET']);
  });

  it('tries the nodes of a body again, not the body', () => {
    const { nodes } = flowOf(`${top('{mode: retry}')}nodes: [{name: a, steps: [{name: x, run: "return {}"}]}]\n`);

    assert.deepEqual(
      nodes.map((node) => node.retry?.maxRetries),
      [undefined, 3],
    );
  });

  it('ignores what has no meaning here', () => {
    assert.deepEqual(problemsOf(`${top('{capture_traceback: true, error_responses: {}}')}nodes: [{name: a}]\n`), [
      'w 1:29 SPEC_IGNORED',
      'w 1:54 SPEC_IGNORED',
    ]);
  });
});

describe('on_error of a repeated node', () => {
  const text = (onError: string): string =>
    `nodes:\n  - {name: a, parallel_each: [1], run: "return {}", on_error: ${onError}, timeout: 5s}\n  - {name: b}\n`;

  it('belongs to each item', () => {
    const [outer, item] = flowOf(text('{mode: graceful}')).nodes;

    assert.deepEqual([outer?.onError, item?.onError], [{ mode: 'raise' }, { mode: 'graceful' }]);
    assert.deepEqual([outer?.timeoutMs, item?.timeoutMs], [undefined, 5_000]);
  });

  it('leads to its fallback from the whole', () => {
    const [outer, item] = flowOf(text('{mode: retry, fallback: b}')).nodes;

    assert.deepEqual(outer?.onError, { mode: 'graceful', fallback: 'b' });
    assert.deepEqual([outer?.retry, item?.onError, item?.retry?.maxRetries], [undefined, { mode: 'raise' }, 3]);
  });
});
