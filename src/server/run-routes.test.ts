import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { anAction, startEngine, type TestEngine } from '../../test/support/engine.ts';
import { assertProblem, type Answer, useServing, memoryRuns } from '../../test/support/serving.ts';
import type { JsonValue } from '../core/index.ts';
import type { Action } from '../engine/index.ts';
import type { Flow } from '../flow/index.ts';
import { findRunRoute } from './run-routes.ts';

const ADD = `
name: add
input_schema: { type: object, properties: { a: { type: integer }, b: { type: integer } }, required: [a, b] }
nodes:
  - { name: sum, run: 'return { sum = state.a + state.b }' }
`;
const FAIL = 'name: fail\nnodes:\n  - { name: bad, run: \'error("no luck")\' }\n';
const ASK = `
name: ask
nodes:
  - name: ask
    uses: human.input
    with: { prompt: 'How many?', schema: { type: object, properties: { n: { type: integer }, m: { type: integer } }, required: [n, m] } }
    output: answer
  - { name: last, run: 'return { sum = state.answer.n + state.answer.m }' }
`;
const HOLD = 'name: hold\nnodes:\n  - { name: hold, uses: test.hold, with: {} }\n';

describe('the run API', () => {
  const serving = useServing();
  let engine: TestEngine;
  let actions: readonly Action[];
  /** Resolves when `test.hold` is called. */
  let holding: PromiseWithResolvers<void>;
  /** Lets `test.hold` go. */
  let held: PromiseWithResolvers<void>;

  beforeEach(() => {
    held = Promise.withResolvers();
    holding = Promise.withResolvers();
    const action = anAction('test.hold', async (_input, { signal }) => {
      holding.resolve();
      signal.addEventListener('abort', () => held.reject(signal.reason), { once: true });
      await held.promise;
      return { held: true };
    });
    actions = [action];
    engine = startEngine({ actions, clock: serving().clock });
  });

  afterEach(() => engine[Symbol.asyncDispose]());

  async function serve(options: Readonly<Record<string, JsonValue>> = {}): Promise<void> {
    const flows: Flow[] = [ADD, FAIL, ASK, HOLD].map((yaml) => engine.flow(yaml));
    await serving().listen(options, { parts: { runner: engine.runner, runs: engine.store, flows } });
  }
  const post = (path: string, body: JsonValue, headers = {}): Promise<Answer> =>
    serving().post(path, JSON.stringify(body), headers);
  const start = async (flow: string, input: JsonValue = {}): Promise<string> => {
    const { json, status } = await post(`/api/flows/${flow}/runs`, { input });
    assert.equal(status, 202);
    return json['id'] as string;
  };
  const show = (id: string): Promise<Answer> => serving().ask('GET', `/api/runs/${id}`);

  it('is found at these paths only', () => {
    assert.deepEqual(findRunRoute('/api/flows/a%20b/runs'), { name: 'start', methods: ['POST'], subject: 'a%20b' });
    assert.deepEqual(findRunRoute('/api/runs'), { name: 'list', methods: ['GET', 'HEAD'], subject: '' });
    assert.equal(findRunRoute('/api/runs/x')?.name, 'show');
    for (const name of ['events', 'input', 'cancel']) assert.equal(findRunRoute(`/api/runs/x/${name}`)?.name, name);
    for (const path of [
      ...['/api/flows', '/api/flows/x', '/api/flows/runs', '/api/runs/', '/api/runs/x/', '/api/runs/x/y'],
      ...['/api/runs/x/input/y', '/api/runsx', '/api/flows/a/b/runs', '/x/api/runs', '/api/runs/x/constructor'],
    ]) {
      assert.equal(findRunRoute(path), undefined, path);
    }
  });

  it('starts a run and shows it once it has ended', async () => {
    await serve();

    const { status, json, headers } = await post('/api/flows/add/runs?wait=30s', { input: { a: 1, b: 2 } });

    assert.equal(status, 200);
    const { id, started_at, ended_at, ...rest } = json;
    assert.deepEqual(rest, {
      ...{ flow: 'add', status: 'succeeded', error: null, waiting_for: null },
      state: { a: 1, b: 2, sum: 3 },
    });
    assert.equal(started_at, '2026-01-05T08:00:00.000Z');
    assert.equal(ended_at, '2026-01-05T08:00:00.000Z');
    assert.equal(headers['location'], `/api/runs/${String(id)}`);
    assert.deepEqual((await show(id as string)).json, json);
  });

  it('answers at once without wait, and when the time to wait is up', async () => {
    await serve();
    const first = await post('/api/flows/hold/runs', { input: {} });
    assert.equal(first.status, 202);
    assert.deepEqual(Object.keys(first.json), ['id', 'status']);
    assert.equal(first.json['status'], 'running');

    await holding.promise;
    holding = Promise.withResolvers();
    let isAnswered = false;
    const answer = post('/api/flows/hold/runs?wait=40s', {}).finally(() => {
      isAnswered = true;
    });
    await holding.promise;
    await serving().clock.advance(39_999);
    assert.equal(isAnswered, false);
    await serving().clock.advance(1);

    assert.equal((await answer).status, 202);
    held.resolve();
  });

  it('answers a run that failed as finished, with its error', async () => {
    await serve();
    const { status, json } = await post('/api/flows/fail/runs?wait=5', {});
    assert.equal(status, 200);
    assert.equal(json['status'], 'failed');
    assert.equal((json['error'] as { code: string }).code, 'LUA_RAISED');
    assert.equal(json['state'], null);
  });

  it('refuses an unknown flow, input that does not fit, and a body it does not know, with all problems', async () => {
    await serve();
    assertProblem(await post('/api/flows/nobody/runs', {}), 'HTTP_NOT_FOUND');
    const misfit = await post('/api/flows/add/runs', { input: { a: 'x' } });
    assertProblem(misfit, 'FLOW_INPUT');
    assert.equal((misfit.json['errors'] as unknown[]).length, 2, misfit.text);
    assertProblem(await post('/api/flows/add/runs', { input: [] }), 'FLOW_INPUT');
    assertProblem(await post('/api/flows/add/runs', { inputs: {}, x: 1 }), 'FLOW_INPUT');
    assertProblem(await post('/api/flows/add/runs', []), 'FLOW_INPUT');
    assertProblem(await serving().post('/api/flows/add/runs', '{'), 'HTTP_BODY');
    for (const query of ['wait=61s', 'wait=soon', 'wait=-1', 'wait=1&wait=2', 'waits=1']) {
      assertProblem(await post(`/api/flows/add/runs?${query}`, { input: { a: 1, b: 2 } }), 'HTTP_REQUEST');
    }
    assert.deepEqual(await engine.store.list(10), []);
  });

  it('gives a waiting run what it asks for', async () => {
    await serve();
    const { status, json } = await post('/api/flows/ask/runs?wait=30s', {});
    assert.equal(status, 202);
    assert.equal(json['status'], 'waiting');
    const [asked] = json['waiting_for'] as [{ step: string; prompt: string }];
    assert.equal(asked.prompt, 'How many?');
    const path = `/api/runs/${String(json['id'])}`;
    assert.deepEqual((await show(json['id'] as string)).json['waiting_for'], json['waiting_for']);

    const misfit = await post(`${path}/input`, { input: { n: 'x' } });
    assertProblem(misfit, 'FLOW_INPUT');
    assert.equal((misfit.json['errors'] as unknown[]).length, 2, misfit.text);
    assertProblem(await post(`${path}/input`, { input: { n: 1, m: 2 }, step: 'main/other/0' }), 'FLOW_NOT_WAITING');
    assertProblem(await post(`${path}/input`, {}), 'FLOW_INPUT');
    assertProblem(await post(`${path}/input`, { input: 1, step: 2 }), 'FLOW_INPUT');
    const given = await post(`${path}/input`, { input: { n: 1, m: 2 }, step: asked.step });

    assert.equal(given.status, 202);
    assert.equal(given.json['id'], json['id']);
    await engine.runner.find(json['id'] as never)?.outcome;
    assert.deepEqual((await show(json['id'] as string)).json['state'], { answer: { n: 1, m: 2 }, sum: 3 });
    assertProblem(await post(`${path}/input`, { input: { n: 1, m: 2 } }), 'FLOW_NOT_WAITING');
  });

  it('takes one of two inputs that come at once', async () => {
    await serve();
    const { json } = await post('/api/flows/ask/runs?wait=30s', {});
    const path = `/api/runs/${String(json['id'])}/input`;

    const answers = await Promise.all([1, 2].map((n) => post(path, { input: { n, m: 0 } })));

    assert.deepEqual(
      answers.map(({ status }) => status).toSorted((a, b) => a - b),
      [202, 409],
    );
  });

  it('cancels what runs and what waits, and leaves alone what has ended', async () => {
    await serve();
    const waiting = (await post('/api/flows/ask/runs?wait=30s', {})).json['id'] as string;
    for (const id of [await start('hold'), waiting]) {
      const { status, json } = await serving().post(`/api/runs/${id}/cancel`, '');
      assert.equal(status, 200);
      assert.equal(json['status'], 'cancelled');
      assert.equal((json['error'] as { code: string }).code, 'FLOW_CANCELLED');
      assert.deepEqual((await post(`/api/runs/${id}/cancel`, {})).json, json);
    }
    const ended = (await post('/api/flows/add/runs?wait=5', { input: { a: 1, b: 1 } })).json;
    assert.deepEqual((await post(`/api/runs/${String(ended['id'])}/cancel`, {})).json, ended);
    assertProblem(await post(`/api/runs/${waiting}/cancel`, { why: 'x' }), 'FLOW_INPUT');
    assertProblem(await post(`/api/runs/${waiting}/input`, { input: { n: 1, m: 1 } }), 'FLOW_NOT_WAITING');
  });

  it('lists runs newest first, page by page', async () => {
    await serve();
    const ids: string[] = [];
    for (let count = 0; count < 5; count += 1) {
      ids.unshift((await post('/api/flows/add/runs?wait=5', { input: { a: count, b: 0 } })).json['id'] as string);
      await serving().clock.advance(1);
    }
    const asked = await start('hold');
    const list = async (query: string): Promise<[string[], JsonValue | undefined]> => {
      const { json, text } = await serving().ask('GET', `/api/runs${query}`);
      assert.ok(Array.isArray(json['runs']), text);
      return [(json['runs'] as { id: string }[]).map(({ id }) => id), json['next']];
    };

    assert.deepEqual(await list(''), [[asked, ...ids], null]);
    assert.deepEqual(await list('?flow=add&status=&after=&limit=2'), [ids.slice(0, 2), ids[1]]);
    assert.deepEqual(await list(`?flow=add&limit=2&after=${String(ids[1])}`), [ids.slice(2, 4), ids[3]]);
    assert.deepEqual(await list(`?flow=add&limit=2&after=${String(ids[3])}`), [ids.slice(4), null]);
    assert.deepEqual(await list('?status=running'), [[asked], null]);
    assert.deepEqual(await list('?limit=100&flow=none'), [[], null]);
    for (const query of ['limit=0', 'limit=101', 'limit=x', 'status=done', 'flwo=x', 'limit=1&limit=2']) {
      assertProblem(await serving().ask('GET', `/api/runs?${query}`), 'HTTP_REQUEST');
    }
    held.resolve();
  });

  it('knows no run of another id, and no other method', async () => {
    await serve();
    assertProblem(await show('nobody'), 'HTTP_NOT_FOUND');
    assertProblem(await serving().ask('GET', '/api/runs/nobody/events'), 'HTTP_NOT_FOUND');
    assertProblem(await post('/api/runs/nobody/input', { input: {} }), 'HTTP_NOT_FOUND');
    assertProblem(await post('/api/runs/nobody/cancel', {}), 'HTTP_NOT_FOUND');
    for (const path of ['/api/flows/add/runs', '/api/runs/x/input', '/api/runs/x/cancel']) {
      const answer = await serving().ask('GET', path);
      assertProblem(answer, 'HTTP_METHOD');
      assert.equal(answer.headers['allow'], 'POST');
    }
    assertProblem(await post('/api/runs', {}), 'HTTP_METHOD');
    assertProblem(await serving().ask('GET', '/api/runs/%zz'), 'HTTP_REQUEST');
  });

  it('is for whoever has the token when other machines can reach the server', async () => {
    await serve({ host: '0.0.0.0' });
    const token = { authorization: 'Bearer right-token' };
    const body = JSON.stringify({ input: { a: 1, b: 1 } });
    for (const [method, path] of [
      ['POST', '/api/flows/add/runs'],
      ['POST', '/api/flows/nobody/runs'],
      ['GET', '/api/runs'],
      ['GET', '/api/runs/x'],
      ['GET', '/api/runs/x/events'],
      ['POST', '/api/runs/x/input'],
      ['POST', '/api/runs/x/cancel'],
    ] as const) {
      const json = method === 'POST' ? { 'content-type': 'application/json' } : {};
      const bodyOf = method === 'POST' ? { body } : {};
      assertProblem(await serving().ask(method, path, { headers: json, ...bodyOf }), 'AUTH_REQUIRED');
      const wrong = { ...json, authorization: 'Bearer wrong-token' };
      assertProblem(await serving().ask(method, path, { headers: wrong, ...bodyOf }), 'AUTH_REQUIRED');
    }
    assert.deepEqual(await engine.store.list(10), []);
    assert.equal((await serving().post('/api/flows/add/runs', body, token)).status, 202);
    assert.equal((await serving().ask('GET', '/api/runs', { headers: token })).status, 200);
  });

  it('refuses other origins and bodies that are not JSON', async () => {
    await serve();
    const body = JSON.stringify({ input: { a: 1, b: 1 } });
    const origin = { origin: 'http://evil.example' };
    assertProblem(await serving().post('/api/flows/add/runs', body, origin), 'HTTP_ORIGIN');
    assertProblem(await serving().post('/api/runs/x/cancel', '', origin), 'HTTP_ORIGIN');
    const form = { headers: { 'content-type': 'text/plain' }, body };
    assertProblem(await serving().ask('POST', '/api/flows/add/runs', form), 'HTTP_CONTENT_TYPE');
    assertProblem(await serving().ask('GET', '/api/runs', { headers: { host: 'evil.example' } }), 'HTTP_HOST');
  });

  it('answers an endpoint whose run waits with 202, and the run goes on when it is given input', async () => {
    const endpoint = 'endpoint: { path: /ask, method: POST, timeout: 5s }\n';
    const flow = engine.flow(ASK.replace('nodes:', `${endpoint}nodes:`));
    await serving().listen({}, { parts: { runner: engine.runner, runs: engine.store, flows: [flow] } });

    const { status, json, headers } = await post('/ask', {});

    assert.equal(status, 202);
    assert.deepEqual(Object.keys(json), ['id', 'status', 'waiting_for']);
    assert.equal(json['status'], 'waiting');
    assert.equal(headers['location'], `/api/runs/${String(json['id'])}`);
    await serving().clock.advance(3_600_000);
    const run = engine.runner.find(json['id'] as never);
    assert.equal((await post(`/api/runs/${String(json['id'])}/input`, { input: { n: 1, m: 2 } })).status, 202);
    assert.equal((await run?.outcome)?.kind, 'succeeded');
  });

  it('keeps no more than 100 waiting runs that endpoints began', async () => {
    const endpoint = 'endpoint: { path: /ask, method: POST, timeout: 5s }\n';
    const flow = engine.flow(ASK.replace('nodes:', `${endpoint}nodes:`));
    await serving().listen({}, { parts: { runner: engine.runner, runs: engine.store, flows: [flow] } });
    for (let count = 0; count < 100; count += 1) assert.equal((await post('/ask', {})).status, 202);
    assertProblem(await post('/ask', {}), 'ADMIT_FULL');
    assert.equal((await engine.store.list(200, { status: 'waiting' })).length, 100);
  });

  it('says that the journal is full without saying more', async () => {
    await engine[Symbol.asyncDispose]();
    engine = startEngine({ actions, store: memoryRuns({ maxRuns: 1 }), clock: serving().clock });
    await serve();
    await post('/api/flows/ask/runs?wait=5', {});
    assertProblem(await post('/api/flows/add/runs', { input: { a: 1, b: 1 } }), 'STORE_FULL');
  });
});
