/** Tests of flows over real lanes: what they see, what they refuse, and that they come out the same each time. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { runFlowTests, type TestResult } from '../../src/app/index.ts';
import { silentLog } from '../../src/core/index.ts';
import { type Diagnostic, formatDiagnostic, SpecError } from '../../src/spec/index.ts';

let folder: string;
let count = 0;

before(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'flow-tests-'));
});
after(() => rmSync(folder, { recursive: true }));

interface Told {
  readonly results: readonly TestResult[];
  readonly warnings: readonly Diagnostic[];
}

/** Runs the tests of files that lie in a folder of their own. */
async function run(
  files: Readonly<Record<string, string>>,
  more: { isReal?: boolean; at?: string } = {},
): Promise<Told> {
  count += 1;
  const place = path.join(folder, String(count));
  mkdirSync(place);
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(place, name), text);
  const results: TestResult[] = [];
  const warnings: Diagnostic[] = [];
  await runFlowTests({
    paths: [path.join(place, more.at ?? '')],
    isReal: more.isReal ?? false,
    log: silentLog,
    signal: new AbortController().signal,
    onWarning: (warning) => warnings.push(warning),
    onResult: (_, result) => results.push(result),
  });
  return { results, warnings };
}

/** What the one test with these keys finds wrong, as `line what: expected / got` or the message. */
async function differences(flow: string, test: string): Promise<readonly string[]> {
  const { results } = await run({
    'a.yaml': flow,
    'a.test.yaml': `tests:\n  - name: one\n${test.replace(/^/gm, '    ')}\n`,
  });
  return (results[0]?.differences ?? []).map(({ line, what, expected, got, message }) =>
    message === undefined
      ? `${line} ${what}: ${JSON.stringify(expected)} / ${JSON.stringify(got)}`
      : `${line} ${what}: ${message}`,
  );
}

async function passes(flow: string, test: string): Promise<void> {
  assert.deepEqual(await differences(flow, test), []);
}

const CALL = `
nodes:
  - { name: fetch, uses: http.get, with: { url: "http://127.0.0.1:9/{{ state.id }}" }, output: { status: result.status } }
`;
const SLOW = `
nodes:
  - name: fetch
    uses: http.get
    with: { url: "https://example.org/" }
    timeout: 10s
    retry: { max_retries: 3, base_delay: 1h, max_delay: 10h }
    output: { status: result.status }
  - { name: nap, uses: time.sleep, with: { for: 3h } }
  - { name: late, run: "return { at = now() }" }
`;
const ASK = `
nodes:
  - name: ask
    uses: human.input
    with: { prompt: How many?, schema: { type: object, properties: { n: { type: integer } }, required: [n] } }
    output: asked
  - { name: double, interrupt: after, run: "return { n = state.asked.n * 2 }" }
`;

describe('a test of a flow', () => {
  it('sees the state, the path and the paths of branches', async () => {
    const flow = `
nodes:
  - { name: go, parallel: [left, right], fan_in: meet }
  - { name: left, goto: more }
  - { name: right, run: "return { x = 1 }" }
  - { name: more }
  - { name: meet, run: "return { parallel_results = null, n = #state.parallel_results }" }
`;
    await passes(
      flow,
      'input: { a: 1 }\nexpect:\n  state: { a: 1, n: 2, parallel_results: null }\n  path: [go, meet]\n  branches: { left: [left, more], right: [right] }',
    );
    assert.deepEqual(
      await differences(flow, 'expect:\n  state: { n: 3 }\n  path: [go]\n  branches: { left: [left] }'),
      [
        '4 state.n: 3 / 2',
        '4 state.parallel_results: undefined / null',
        '5 path: ["go"] / ["go","meet"]',
        '6 branches.left: ["left"] / ["left","more"]',
      ],
    );
  });

  it('answers calls with stubs: by node, by action, by what they are called with, one after the other', async () => {
    for (const stub of [
      '{ node: fetch, result: { status: 200 } }',
      '{ action: http.get, expect_with: { url: "http://127.0.0.1:9/7" }, result: { status: 200 } }',
      '{ node: fetch, if_with: { url: x }, result: { status: 500 } }, { node: fetch, calls: [{ result: { status: 200 } }] }',
    ]) {
      await passes(
        CALL,
        `input: { id: 7 }\nstubs: [${stub}]\nexpect: { state_has: { status: 200 }, calls: { fetch: [{ url: "http://127.0.0.1:9/7" }] } }`,
      );
    }
  });

  it('tells when a call is not as expected, and of calls too many', async () => {
    assert.deepEqual(
      await differences(CALL, 'stubs: [{ node: fetch, expect_with: { url: x } }]\nexpect: { calls: { fetch: [] } }'),
      ['3 with of fetch.url: "x" / "http://127.0.0.1:9/"', '4 calls.fetch: [] / [{"url":"http://127.0.0.1:9/"}]'],
    );
    const flow = 'nodes:\n  - { name: fetch, uses: http.get, with: { url: u }, goto: fetch }';
    const [first = '', second = ''] = await differences(flow, 'stubs: [{ node: fetch, calls: [{}, {}] }]');
    assert.match(first, /^3 calls of fetch: http\.get was called more than the 2 times/);
    assert.match(second, /^2 the run: The run failed at fetch with FLOW_ACTION/);
  });

  it('refuses actions that touch the world, also inside others, and says what to do', async () => {
    const inside =
      'nodes:\n  - { name: fetch, uses: ratelimit.wrap, with: { limiter: l, action: http.get, args: { url: u } } }';
    for (const flow of [CALL, inside]) {
      const [first] = await differences(flow, 'expect: { error: { code: FLOW_ACTION } }');
      assert.equal(
        first,
        '2 call of fetch: The node fetch called http.get, which touches the world: give the test a stub for it, or run with --real.',
      );
    }
    await passes(
      inside,
      'stubs: [{ action: http.get, result: { status: 1 } }]\nexpect: { state_has: { result: { status: 1 } } }',
    );
  });

  it('does not refuse what only computes', async () => {
    const flow = `
nodes:
  - { name: parse, uses: json.parse, with: { text: '{"a": 1}' }, output: parsed }
  - { name: csv, uses: csv.parse, with: { text: "a,b\\n1,2\\n" }, output: table }
  - { name: keep, uses: memory.set, with: { key: k, value: 3 } }
  - { name: say, uses: log, with: { message: hello } }
  - { name: health, uses: health.report, with: { part: p, status: ok } }
  - { name: answer, uses: http.respond, with: { status: 201, json: { ok: true } } }
`;
    await passes(
      flow,
      'expect: { response: { status: 201, body: { ok: true } }, calls: { say: [{ message: hello }] } }',
    );
  });

  it('touches the world with --real, but for stubs', async () => {
    const server = createServer((request, response) => response.end(request.url)).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as AddressInfo;
    const flow = `
nodes:
  - { name: one, uses: http.get, with: { url: "http://127.0.0.1:${port}/one" }, timeout: 5s, output: { one: result.body } }
  - { name: two, uses: http.get, with: { url: "http://127.0.0.1:${port}/two" }, output: { two: result.body } }
  - { name: keep, uses: kv.set, with: { namespace: n, key: k, value: 1 } }
  - { name: look, uses: kv.get, with: { namespace: n, key: k }, output: { kept: result.value } }
`;
    const test =
      'stubs: [{ node: two, result: { body: stub } }]\ntests: [{ name: a, expect: { state_has: { one: /one, two: stub, kept: 1 } } }]';
    const { results } = await run({ 'a.yaml': flow, 'a.test.yaml': test }, { isReal: true });
    server.close();

    assert.deepEqual(results[0]?.differences, []);
  });

  it('does not wait: retries, timeouts and sleeps happen in the time of the test', async () => {
    await passes(
      SLOW,
      `now: 2026-06-01T00:00:00Z
stubs: [{ node: fetch, calls: [{ error: { code: CONN_TIMEOUT } }, { delay: 11s }, { delay: 9s, result: { status: 200 } }] }]
expect:
  state_has: { status: 200, at: ${Date.UTC(2026, 5, 1) + 3 * 3_600_000 + 19_000 + 3 * 3_600_000} }
  path: [fetch, fetch, fetch, nap, late]
  events:
    - { event: retry.scheduled, data: { attempt: 2, delay_ms: 3600000 } }
    - { event: effect.finished, at_ms: ${Date.UTC(2026, 5, 1) + 3_610_000}, data: { error: { code: FLOW_TIMEOUT } } }
    - { event: retry.scheduled, data: { attempt: 3, delay_ms: 7200000 } }
    - { event: node.finished, node: late }`,
    );
  });

  it('says which event did not come', async () => {
    const [found] = await differences(
      SLOW,
      'stubs: [{ node: fetch }]\nexpect:\n  events:\n    - { event: node.started, node: late }\n    - { event: node.started, node: nap }',
    );
    assert.equal(
      found,
      '7 events[1]: No such event came after the one before. What came: node.finished late, run.finished.',
    );
  });

  it('gives what a waiting run asks for, refused values too', async () => {
    await passes(ASK, 'expect: { waiting: { node: ask, when: result, prompt: How many? } }');
    await passes(
      ASK,
      'given: [{ value: { n: 1 } }]\nexpect: { waiting: { node: double, when: after }, path: [ask, double] }',
    );
    await passes(
      ASK,
      'given: [{ node: ask, value: { n: x }, refused: FLOW_INPUT }, { node: ask, value: { n: 2 } }, { node: double, value: { ok: true } }]\nexpect: { state_has: { n: 4, ok: true } }',
    );
    const two = 'given: [{ value: { n: x } }, { value: { n: 2 } }, { value: {} }, { value: 3 }]';
    const [refused = '', left] = await differences(ASK, two);
    assert.match(refused, /^3 given: .*\bn\b/);
    assert.equal(left, '3 given: The run did not ask for this: it succeeded before.');
    assert.deepEqual(await differences(ASK, 'given: [{ node: double, value: {} }]\nexpect: { waiting: true }'), [
      '3 given: The run did not ask for this: it waits at ask.',
    ]);
  });

  it('expects success unless it says otherwise', async () => {
    const fails = 'nodes:\n  - { name: n, run: "error(\'no\')" }';
    await passes(fails, 'expect: { error: { code: LUA_RAISED, node: n, message_has: "no" } }');
    assert.match(
      (await differences(fails, 'expect: { state: {} }')).join(),
      /^2 the run: The run failed at n with LUA_RAISED: /,
    );
    assert.match(
      (await differences(fails, 'expect: { error: { code: LUA_MEMORY } }')).join(),
      /^3 error\.code: "LUA_MEMORY" \/ "LUA_RAISED: /,
    );
    assert.match((await differences(ASK, 'input: {}')).join(), /^2 the run: The run waits at ask \(result\)/);
    const works = 'nodes: [{ name: n }]';
    assert.deepEqual(await differences(works, 'expect: { error: { code: LUA_RAISED } }'), [
      '3 the run: The run succeeded and should fail.',
    ]);
    assert.deepEqual(await differences(works, 'expect: { waiting: true }'), [
      '3 the run: The run succeeded and should wait for somebody.',
    ]);
  });

  it('has variables, overlays, interrupts and an environment of its own', async () => {
    const flow =
      'variables: { greeting: Hi, who: you }\nnodes:\n  - { name: n, uses: template.render, with: { template: "{{ t }}", data: { t: "{{ variables.greeting }} {{ variables.who }} {{ env.HOME }}" } } }';
    const files = {
      'a.yaml': flow,
      'over.yaml': 'nodes: [{ name: more, run: "return { more = true }" }]',
      'a.test.yaml': `
variables: { who: Bo }
env: { HOME: x }
tests:
  - { name: plain, expect: { state_has: { text: Hi Bo x } } }
  - { name: other, variables: { greeting: Hello }, overlays: [over.yaml], expect: { state_has: { text: Hello Bo x, more: true } } }
  - { name: waits, interrupt_before: [n], expect: { waiting: { node: n, when: before }, path: [] } }
`,
    };
    const { results } = await run(files);

    assert.deepEqual(
      results.map(({ differences: found }) => found),
      [[], [], []],
    );
  });

  it('has the names of secrets in place of their values', async () => {
    const flow = `
settings: { secrets: [token] }
nodes:
  - { name: fetch, uses: http.get, with: { url: u, headers: { authorization: "Bearer {{ secrets.token }}" } } }
`;
    await passes(
      flow,
      'stubs: [{ node: fetch, result: { status: 200 } }]\nexpect: { calls: { fetch: [{ headers: { authorization: "Bearer [secret:token]" } }] } }',
    );
  });

  it('comes out the same every time: chance, time and the order of tables are its own', async () => {
    const flow = `
nodes:
  - name: each
    type: dynamic_parallel
    items: [1, 2, 3, 4, 5, 6]
    steps: [{ name: call, uses: http.get, with: { url: "u{{ item }}" }, retry: { jitter: true, base_delay: 10s } }]
    fan_in: chance
  - { name: chance, run: "local t = {} for k in pairs({ a = 1, b = 2, c = 3, d = 4 }) do t[#t + 1] = k end return { r = math.random(1, 1000000), order = t, at = now() }" }
`;
    const test = `tests:\n${['a', 'b'].map((name) => `  - { name: ${name}, stubs: [{ action: http.get, if_with: { url: u3 }, calls: [{ error: { code: CONN_TIMEOUT } }, {}] }, { action: http.get }], expect: { state: {}, calls: { each/call: [] } } }`).join('\n')}`;
    const [one, two] = (await run({ 'a.yaml': flow, 'a.test.yaml': test })).results;

    const told = (result: TestResult | undefined) =>
      JSON.stringify(result?.differences.map(({ line: _, ...rest }) => rest));
    assert.equal(told(one), told(two));
    assert.match(told(one), /"url":"u1".*"url":"u3".*"url":"u3".*"url":"u6"/);
    assert.match(told(one), /"what":"state\.r"/);
  });
});

describe('tests of flows', () => {
  /** The lines of what is wrong with test file or flow. */
  async function problems(files: Readonly<Record<string, string>>): Promise<readonly string[]> {
    const error: unknown = await run(files).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof SpecError, String(error));
    return error.diagnostics.map((diagnostic) =>
      formatDiagnostic({ ...diagnostic, file: path.basename(diagnostic.file) }),
    );
  }

  it('are refused before anything runs when one of them names what is not there', async () => {
    const test = `
tests:
  - name: a
    variables: { who: x }
    stubs: [{ action: http.gte }, { node: fecth }, { node: fetch, result: { status: "200" } }]
    given: [{ node: fetc, value: 1 }]
    expect: { path: [fetsh], branches: { b: [fets] }, calls: { ftch: [] }, error: { node: etch } }
`;
    assert.deepEqual(await problems({ 'a.yaml': CALL, 'a.test.yaml': test }), [
      'a.test.yaml:4:18: error SPEC_UNKNOWN_KEY: The flow `a` has no variable `who`.',
      'a.test.yaml:5:13: error SPEC_UNKNOWN_ACTION: There is no action `http.gte`. Did you mean `http.get`?',
      'a.test.yaml:5:35: error SPEC_UNKNOWN_TARGET: The flow `a` has no node `fecth`. Did you mean `fetch`?',
      'a.test.yaml:5:75: error SPEC_INVALID: `http.get` gives no such result: `status` must be integer.',
      'a.test.yaml:6:21: error SPEC_UNKNOWN_TARGET: The flow `a` has no node `fetc`. Did you mean `fetch`?',
      'a.test.yaml:7:22: error SPEC_UNKNOWN_TARGET: The flow `a` has no node `fetsh`. Did you mean `fetch`?',
      'a.test.yaml:7:46: error SPEC_UNKNOWN_TARGET: The flow `a` has no node `fets`.',
      'a.test.yaml:7:64: error SPEC_UNKNOWN_TARGET: The flow `a` has no node `ftch`. Did you mean `fetch`?',
      'a.test.yaml:7:91: error SPEC_UNKNOWN_TARGET: The flow `a` has no node `etch`. Did you mean `fetch`?',
    ]);
  });

  it('are refused with everything that is wrong with the flow', async () => {
    const found = await problems({
      'a.yaml': 'nodes: [{ name: a, rnu: x }]',
      'a.test.yaml': 'tests: [{ name: a }, { name: b }]',
    });

    assert.equal(found.length, 1);
    assert.match(found[0] ?? '', /^a\.yaml:1:20: error SPEC_UNKNOWN_KEY/);
  });

  it('are found beside a flow, and in folders', async () => {
    const files = { 'a.yaml': 'nodes: [{ name: a }]', 'a.test.yaml': 'tests: [{ name: a }]' };

    for (const at of ['', 'a.yaml', 'a.test.yaml']) {
      assert.deepEqual(
        (await run(files, { at })).results.map(({ passed }) => passed),
        [true],
        at,
      );
    }
  });

  it('must be there', async () => {
    await assert.rejects(run({ 'a.yaml': CALL }), { code: 'CLI_FILE', message: /holds no \*\.test\.yaml/ });
    await assert.rejects(run({ 'a.yaml': CALL }, { at: 'a.yaml' }), {
      code: 'CLI_FILE',
      message: /no a\.test\.yaml beside/,
    });
    await assert.rejects(run({}, { at: 'x.test.yaml' }), { code: 'CLI_FILE', message: /does not exist/ });
    await assert.rejects(run({ 'a.test.yaml': 'tests: [{ name: a }]' }), {
      code: 'CLI_FILE',
      message: /a\.yaml does not exist/,
    });
  });

  it('tell of warnings and run all the same', async () => {
    const { results, warnings } = await run({
      'a.yaml': 'settings: { ltm: 1 }\nnodes: [{ name: a }]',
      'a.test.yaml': 'tests: [{ name: a }]',
    });

    assert.deepEqual([warnings.map(({ code }) => code), results.length], [['SPEC_IGNORED'], 1]);
  });
});
