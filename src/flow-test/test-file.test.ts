/** Test files: what is read, and what is wrong with which place. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { toJson } from '../spec/index.ts';
import { parseTestFile } from './test-file.ts';
import { DEFAULT_NOW_MS } from './test-language.ts';

function read(text: string) {
  const { suite, diagnostics } = parseTestFile(text, 'a.test.yaml');
  assert.deepEqual(diagnostics, []);
  assert.ok(suite);
  return suite;
}

/** The problems of a text, each as `line:column CODE message hint`. */
function problemsOf(text: string): readonly string[] {
  return parseTestFile(text, 'a.test.yaml').diagnostics.map(({ line, column, code, message, hint = '' }) =>
    `${line}:${column} ${code} ${message} ${hint}`.trim(),
  );
}

describe('parseTestFile', () => {
  it('gives what a test leaves out', () => {
    const [test] = read('tests: [{ name: one }]').tests;

    assert.ok(test);
    const { node: _, expect, at, ...rest } = test;
    assert.deepEqual([at, expect], [16, undefined]);
    assert.deepEqual(rest, {
      name: 'one',
      input: {},
      variables: {},
      env: {},
      overlays: [],
      nowMs: DEFAULT_NOW_MS,
      seed: 1,
      stubs: [],
      given: [],
      interrupts: { before: [], after: [] },
    });
  });

  it('puts what a test says over what the file says for all', () => {
    const text = `
flow: other.yaml
now: 2026-06-01T12:00:00Z
seed: 5
variables: { a: 1, b: 2 }
env: { HOME: x }
stubs: [{ action: log, result: 1 }]
tests:
  - name: one
  - { name: two, now: 2026-06-01T14:00:00+02:00, seed: 6, variables: { b: 3 }, stubs: [{ node: n, calls: [{ result: 2 }] }] }
`;
    const { flow, tests } = read(text);

    assert.equal(flow, 'other.yaml');
    assert.deepEqual(
      tests.map(({ nowMs, seed, variables, env }) => ({ nowMs, seed, variables, env })),
      [
        { nowMs: 1_780_315_200_000, seed: 5, variables: { a: 1, b: 2 }, env: { HOME: 'x' } },
        { nowMs: 1_780_315_200_000, seed: 6, variables: { a: 1, b: 3 }, env: { HOME: 'x' } },
      ],
    );
    assert.deepEqual(
      tests[1]?.stubs.map(({ action, node, isList }) => [action, node, isList]),
      [
        [undefined, 'n', true],
        ['log', undefined, false],
      ],
    );
  });

  it('reads stubs and what is given', () => {
    const [test] = read(`
tests:
  - name: one
    stubs: [{ action: http.get, if_with: { url: u }, delay: 2s, error: { code: CONN_TIMEOUT }, expect_with: { a: 1 } }]
    given: [{ value: [1] }, { node: ask, value: 2, refused: FLOW_INPUT }]
`).tests;

    const [answer] = test?.stubs[0]?.answers ?? [];
    assert.equal(answer?.delayMs, 2_000);
    assert.deepEqual(answer?.error, { code: 'CONN_TIMEOUT', message: 'The stub says so.' });
    assert.deepEqual(
      test?.given.map(({ node, value, isRefused }) => [node, toJson(value), isRefused]),
      [
        [undefined, [1], false],
        ['ask', 2, true],
      ],
    );
  });

  for (const [what, text, problem] of [
    ['broken YAML', 'tests: [', /^1:9 SPEC_SYNTAX/],
    ['no tests', 'tests: []', /^1:8 SPEC_INVALID `tests` must be a list of at least 1/],
    ['a test without a name', 'tests: [{ input: {} }]', /^1:9 SPEC_INVALID .* needs the key `name`/],
    ['an unknown key', 'tests: [{ name: a, inptu: {} }]', /^1:20 SPEC_UNKNOWN_KEY .* Did you mean `input`\?/],
    ['an unknown expectation', 'tests: [{ name: a, expect: { stat: {} } }]', /^1:30 .* Did you mean `state`\?/],
    ['two tests of one name', 'tests: [{ name: a }, { name: a }]', /^1:30 SPEC_INVALID Two tests/],
    ['a stub for nothing', 'tests: [{ name: a, stubs: [{ result: 1 }] }]', /^1:28 .*`action` or `node`/],
    [
      'a stub with two answers',
      'tests: [{ name: a, stubs: [{ node: n, result: 1, error: { code: LUA_RAISED } }] }]',
      /either `result` or `error`/,
    ],
    [
      'a stub with calls and an answer',
      'tests: [{ name: a, stubs: [{ node: n, delay: 1s, calls: [{}] }] }]',
      /either `calls` or `delay`/,
    ],
    [
      'an unknown code',
      'tests: [{ name: a, stubs: [{ node: n, error: { code: LUA_RAISE } }] }]',
      /^1:54 .* Did you mean `LUA_RAISED`/,
    ],
    [
      'an unknown code that is expected',
      'tests: [{ name: a, expect: { error: { code: LUA_RAISE } } }]',
      /^1:45 .* Did you mean/,
    ],
    ['no instant', 'now: monday\ntests: [{ name: a }]', /^1:6 SPEC_INVALID `now` must be an instant/],
    ['a seed below 0', 'seed: -1\ntests: [{ name: a }]', /^1:7 SPEC_INVALID `seed` must be a whole number from 0/],
    ['a seed of 2^32', 'seed: 4294967296\ntests: [{ name: a }]', /^1:7 SPEC_INVALID/],
  ] as const) {
    it(`refuses ${what}, with its place`, () => {
      const problems = problemsOf(text);

      assert.equal(problems.length, 1, problems.join('\n'));
      assert.match(problems[0] ?? '', problem);
    });
  }
});
