/** Secrets in flows, over the whole program: they go out, and nothing of them comes back. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { type AppEngine, createEngine, loadConfig, loadFlows } from '../../src/app/index.ts';
import { type JsonObject, type JsonValue, type Metrics, MoonpoolError } from '../../src/core/index.ts';
import type { RunEvent, RunStore, SecretPort } from '../../src/engine/index.ts';
import type { Flow } from '../../src/flow/index.ts';
import { createSecrets } from '../../src/secrets/index.ts';
import { createMemoryRunStore } from '../../src/store/index.ts';
import { anAction, startEngine } from '../support/engine.ts';
import { type FakeHost, startFakeHost } from '../support/index.ts';

const KEY = 'k3y/with+signs&"quotes"';
const PIN = '90210777';
/** Every form in which the values might be seen. */
const TRACES = [
  KEY,
  PIN,
  'k3y/with',
  encodeURIComponent(KEY),
  JSON.stringify(KEY).slice(1, -1),
  Buffer.from(KEY).toString('base64').slice(0, 20),
  Buffer.from(`user:${KEY}`).toString('base64').slice(10, 24),
  Buffer.from(KEY).toString('hex'),
];

describe('secrets', () => {
  let folder: string;
  let host: FakeHost;
  let engine: AppEngine | undefined;
  let seen: { url: string; headers: JsonObject; body: string }[];
  let logged: string;
  let events: RunEvent[];
  /** Names and labels of everything that was counted. */
  let counted: string;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'secrets-'));
    seen = [];
    logged = '';
    events = [];
    counted = '';
    host = await startFakeHost((request, response) => {
      void (async () => {
        const body = Buffer.concat(await Array.fromAsync(request)).toString();
        const headers = request.headers as JsonObject;
        seen.push({ url: request.url ?? '', headers, body });
        if (request.url?.startsWith('/redirect') === true) {
          response.writeHead(302, { location: `http://localhost:${host.port}/echo` }).end();
          return;
        }
        const token = String(headers['authorization'] ?? '').replace('Bearer ', '');
        response.setHeader('content-type', 'application/json');
        response.setHeader('x-echo', encodeURIComponent(token));
        response.end(JSON.stringify({ url: request.url, headers, body, [token]: 1, pin: Number(headers['x-pin']) }));
      })();
    });
  });

  afterEach(async () => {
    await engine?.close();
    engine = undefined;
    await host.close();
    rmSync(folder, { recursive: true });
  });

  async function open(flowText: string, config: string, more: JsonObject = {}): Promise<Flow> {
    writeFileSync(join(folder, 'moonpool.yaml'), config);
    writeFileSync(join(folder, 'pin.txt'), `${PIN}\n`);
    writeFileSync(join(folder, 'flow.yaml'), flowText.replaceAll('HOST', host.url));
    const loaded = await loadConfig({
      paths: [join(folder, 'flow.yaml')],
      environment: { KEY, ...(more as Record<string, string>) },
    });
    const { flows, diagnostics } = await loadFlows([join(folder, 'flow.yaml')], { config: loaded });
    const [flow] = flows;
    assert.ok(flow, JSON.stringify(diagnostics));
    const write = (event: string, fields?: JsonObject): void => {
      logged += `${JSON.stringify([event, fields])}\n`;
    };
    const count = (...told: readonly unknown[]): void => void (counted += `${JSON.stringify(told)}\n`);
    const metrics: Metrics = {
      counter: (name) => ({ add: (by, labels) => count(name, by, labels) }),
      histogram: (name) => ({ observe: (value) => count(name, value) }),
      gauge: count,
    };
    const log = { debug: write, info: write, warn: write, error: write };
    engine = await createEngine({ flows, config: loaded, dataDirectory: join(folder, 'data'), log, metrics });
    return flow;
  }

  /** The outcome of a run, as JSON. */
  async function run(flow: Flow, input: JsonObject = {}): Promise<{ kind: string; text: string; json: JsonValue }> {
    assert.ok(engine);
    const outcome = await engine.runner.start(flow, input, { onEvent: (event) => events.push(event) }).outcome;
    const parts: JsonValue =
      outcome.kind === 'succeeded'
        ? {
            state: JSON.parse(new TextDecoder().decode(outcome.state)) as JsonValue,
            response: (outcome.response ?? null) as unknown as JsonValue,
          }
        : { error: outcome.error as unknown as JsonValue };
    const bytes = outcome.kind === 'succeeded' ? (outcome.response?.bytes ?? []) : [];
    return { kind: outcome.kind, text: JSON.stringify(parts) + Buffer.from(bytes).toString(), json: parts };
  }

  function assertNothingShows(...texts: readonly string[]): void {
    const all = [...texts, logged, JSON.stringify(events), counted].join('\n');
    for (const trace of TRACES) assert.equal(all.includes(trace), false, `${trace} in ${all}`);
  }

  const CONFIG = 'secrets:\n  key: {env: KEY}\n  pin: {file: pin.txt}\n';

  it('go out where the flow prints them, and come back struck, however they are written', async () => {
    const flow = await open(
      `
settings: {secrets: [key, pin]}
nodes:
  - name: call
    uses: http.post
    with:
      url: HOST/echo
      query: {k: "{{ secrets.key }}"}
      headers: {authorization: "Bearer {{ secrets.key }}", x-pin: "{{ secrets.pin }}"}
      json: {deep: [{key: "{{ secrets.key }}"}], mixed: "{{ state.user }}:{{ secrets.pin }}"}
      as: json
    output: answer
  - {name: say, uses: log, with: {message: "{{ state.answer | tojson }}"}}
  - {name: lua, run: "print(state.answer.body) return { secrets = tostring(secrets) }"}
  - {name: out, uses: http.respond, with: {body: "{{ state.answer }}", headers: {x-a: "{{ state.answer.headers['x-echo'] }}"}}}
`,
      CONFIG,
    );

    const { kind, text } = await run(flow, { user: 'ada' });

    assert.equal(kind, 'succeeded', text);
    assert.equal(seen[0]?.headers['authorization'], `Bearer ${KEY}`);
    assert.equal(seen[0]?.headers['x-pin'], PIN);
    assert.deepEqual(JSON.parse(seen[0]?.body ?? ''), { deep: [{ key: KEY }], mixed: `ada:${PIN}` });
    assert.equal(new URL(seen[0]?.url ?? '', host.url).searchParams.get('k'), KEY);
    assert.ok(text.includes('[secret:key]') && text.includes('[secret:pin]'), text);
    assertNothingShows(text);
  });

  it('are not put in where data looks as if it stood for one', async () => {
    const flow = await open(
      `
nodes:
  - name: call
    uses: http.post
    with:
      url: HOST/echo
      headers: {authorization: "{{ state.text }}{{ secrets.key }}"}
      json: {a: "{{ state.object }}", b: "{{ state.text }}", c: "{{ state.list }}"}
    output: answer
`,
      CONFIG,
    );
    const marks = '{{ secrets.pin }}[secret:pin]{"$secret":"pin"}';

    const { kind, text } = await run(flow, {
      object: { $secret: 'pin' },
      text: marks,
      list: [{ $text: [{ $secret: 'pin' }] }, '\u200b{{secrets.pin}}', '{"$secret":"pin"}'],
    });

    assert.equal(kind, 'succeeded', text);
    assert.equal(seen[0]?.headers['authorization'], `${marks}${KEY}`);
    assert.deepEqual(JSON.parse(seen[0]?.body ?? ''), {
      a: { $secret: 'pin' },
      b: marks,
      c: [{ $text: [{ $secret: 'pin' }] }, '\u200b{{secrets.pin}}', '{"$secret":"pin"}'],
    });
    assertNothingShows(text);
  });

  it('do not follow a redirect to another origin', async () => {
    const flow = await open(
      'nodes: [{name: call, uses: http.get, with: {url: HOST/redirect, headers: {x-key: "{{ secrets.key }}"}}, output: a}]\n',
      `${CONFIG}http: {allow_private: [localhost]}\n`,
    );

    await run(flow);

    assert.deepEqual(
      seen.map(({ url, headers }) => [url, headers['x-key']]),
      [
        ['/redirect', KEY],
        ['/echo', undefined],
      ],
    );
    assertNothingShows();
  });

  it('are struck from errors and from blobs', async () => {
    const flow = await open(
      `
nodes:
  - {name: bad, uses: http.get, with: {url: "nowhere:{{ secrets.key }}"}, on_error: {mode: graceful}}
  - {name: worse, uses: http.get, with: {url: HOST/echo, as: "{{ secrets.key }}"}, output: b, on_error: {mode: graceful}}
  - {name: status, uses: http.get, with: {url: "HOST/{{ secrets.key }}", fail_on_status: "{{ secrets.key }}"}, output: c, on_error: {mode: graceful}}
  - {name: load, uses: http.get, with: {url: HOST/echo, headers: {authorization: "Bearer {{ secrets.key }}"}, as: blob}, output: handle}
  - {name: parse, uses: json.parse, with: {blob: "{{ state.handle.blob }}"}, output: parsed}
  - {name: out, uses: http.respond, with: {body: "{{ state.handle.blob }}"}}
`,
      CONFIG,
    );

    const { kind, text } = await run(flow);

    assert.equal(kind, 'succeeded', text);
    assert.ok(text.includes('Bearer [secret:key]'), text);
    assertNothingShows(text);
  });

  it('may be kept to flows and hosts', async () => {
    const flow = await open(
      `
name: mine
nodes:
  - {name: own, uses: http.get, with: {url: HOST/a, headers: {a: "{{ secrets.local }}"}}, on_error: {mode: graceful}, output: x}
  - {name: a, run: "local e = state.error state.error = nil return { first = e and e.message or 'none' }"}
  - {name: away, uses: http.get, with: {url: HOST/b, headers: {a: "{{ secrets.away }}"}}, on_error: {mode: graceful}}
  - {name: b, run: "return { second = state.error.message }"}
  - {name: theirs, uses: http.get, with: {url: HOST/c, headers: {a: "{{ secrets.theirs }}"}}, on_error: {mode: graceful}}
output_schema: {first: "{{ state.first }}", second: "{{ state.second }}", third: "{{ state.error }}"}
`,
      `secrets:
  local: {env: KEY, flows: [mine], hosts: [127.0.0.1]}
  away: {env: KEY, hosts: [api.example.com, "*.example.org"]}
  theirs: {env: KEY, flows: [other]}
`,
    );

    const { json } = await run(flow);
    const state = (json as { state: { first: string; second: string; third: { code: string; message: string } } })
      .state;

    assert.equal(state.first, 'none');
    assert.match(state.second, /may not be sent to "?127\.0\.0\.1/);
    assert.equal(state.third.code, 'FLOW_SECRET');
    assert.match(state.third.message, /The flow mine may not use the secret theirs/);
    assert.deepEqual(
      seen.map(({ url }) => url),
      ['/a'],
    );
    assert.match(logged, /secret\.missing.*theirs/);
  });

  it('that are missing fail the node and are told at start, with where they were looked for', async () => {
    const text = 'nodes: [{name: call, uses: http.get, with: {url: HOST, headers: {a: "{{ secrets.NAME }}"}}}]\n';
    const rows: readonly (readonly [string, RegExp])[] = [
      ['secrets: {a: {env: NOT_SET}}\n', /The secret a has no value: the environment variable NOT_SET is not set\./],
      ['secrets: {a: {file: gone}}\n', /the file that secrets\.a\.file names cannot be read \(ENOENT\)\./],
      ['secrets: {b: {env: KEY}}\n', /There is no secret a: neither secrets\.a in the configuration nor a file/],
    ];
    for (const [config, message] of rows) {
      const flow = await open(text.replaceAll('NAME', 'a'), config);

      const { kind, text: told } = await run(flow);

      assert.equal(kind, 'failed');
      assert.match(told, message);
      assert.match(told, /FLOW_SECRET/);
      assert.match(logged, message);
      await engine?.close();
    }
    assert.equal(seen.length, 0);
  });

  it('come from the files of a folder too, which flows cannot open', async () => {
    mkdirSync(join(folder, 'mounted', '..data'), { recursive: true });
    writeFileSync(join(folder, 'mounted', 'token'), KEY);
    const flow = await open(
      `
nodes:
  - {name: call, uses: http.get, with: {url: HOST/a, headers: {a: "{{ secrets.token }}"}}, output: x}
  - {name: read, uses: file.read, with: {path: mounted/token}, output: y, on_error: {mode: graceful}}
`,
      'files: {secrets_folder: mounted}\n',
    );

    const { text } = await run(flow);

    assert.equal(seen[0]?.headers['a'], KEY);
    assert.match(text, /lies outside the folder that flows may use/);
    assertNothingShows(text);
  });

  it('of fewer than 6 or more than 16,384 characters are refused at start, unseen', async () => {
    const flow = 'nodes: [{name: a}]\n';
    const config = 'secrets: {a: {env: LONG}, b: {env: SHORT}}\n';

    await assert.rejects(open(flow, config, { LONG: 'x'.repeat(16_385), SHORT: 'abcde' }), (error) => {
      const { message } = error as Error;
      assert.match(message, /secrets\.a\.env: the secret a is longer than 16384 characters/);
      assert.match(message, /secrets\.b\.env: the secret b is shorter than 6 characters/);
      return !message.includes('abcde');
    });
    await open(flow, config, { LONG: 'x'.repeat(16_384), SHORT: 'abcdef' });
  });

  it('cannot be read as env too', async () => {
    await assert.rejects(
      open('nodes: [{name: a}]\n', 'secrets: {a: {env: KEY}}\nenv: {allow: [KEY]}\n'),
      /secrets\.a\.env: the variable KEY is allowed by env\.allow too/,
    );
  });
});

describe('the journal of a run with secrets', () => {
  const secrets = createSecrets([{ name: 'key', value: KEY }]);

  it('has what is begun before a value is put in, and never the value', async () => {
    const order: string[] = [];
    const kept = createMemoryRunStore({ maxRuns: 10 });
    const store: RunStore = {
      ...kept,
      create: (summary) => kept.create(summary),
      append: (id, entries) => {
        order.push(...entries.map(({ kind }) => kind));
        return kept.append(id, entries);
      },
      read: (id) => kept.read(id),
      rest: (id, waitingFor) => kept.rest(id, waitingFor),
      finish: (id, end) => kept.finish(id, end),
    };
    const placing: SecretPort = {
      use(name, flow) {
        order.push(`use ${name}`);
        return secrets.use(name, flow);
      },
      strike: (value) => secrets.strike(value),
    };
    const echo = anAction('own.echo', (input) => ({ ...input, list: String(input['k']).length }), {
      effect: 'other',
      takesSecrets: true,
    });
    const fail = anAction(
      'own.fail',
      (input) => {
        throw new MoonpoolError('FLOW_ACTION', `It was ${String(input['k'])}.`, { details: { [KEY]: [KEY] } });
      },
      { takesSecrets: true },
    );
    await using engine = startEngine({ store, secrets: placing, actions: [echo, fail] });
    const flow = engine.flow(`
imports: {}
nodes:
  - {name: a, uses: own.echo, with: {k: "x{{ secrets.key }}"}, output: a}
  - {name: b, uses: own.fail, with: {k: "{{ secrets.key }}"}}
`);
    const told: string[] = [];

    const run = engine.runner.start(flow, {}, { onEvent: (event) => void told.push(JSON.stringify(event)) });
    const outcome = await run.outcome;

    assert.deepEqual(outcome.kind === 'failed' && outcome.error, {
      code: 'FLOW_ACTION',
      message: 'It was [secret:key].',
      details: { '[secret:key]': ['[secret:key]'] },
    });
    assert.deepEqual(order.slice(0, 5), ['run.started', 'effect.begun', 'use key', 'effect.ended', 'use key']);
    const journal = await kept.read(run.id);
    const all = JSON.stringify([journal, await kept.list(10), told]);
    assert.ok(all.includes(`"list":${KEY.length + 1}`));
    for (const trace of TRACES) assert.equal(all.includes(trace), false, trace);
  });

  it('says that an engine without secrets has none', async () => {
    await using engine = startEngine({ actions: [anAction('own.echo', (input) => input, { takesSecrets: true })] });
    const flow = engine.flow('nodes: [{name: a, uses: own.echo, with: {k: "{{ secrets.key }}"}}]\n');

    const outcome = await engine.runner.start(flow, {}).outcome;

    assert.equal(outcome.kind === 'failed' && outcome.error.code, 'FLOW_SECRET');
  });
});
