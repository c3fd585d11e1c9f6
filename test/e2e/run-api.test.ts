import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { runMoonpool, startServer } from '../support/index.ts';
import { openEvents } from '../support/sse.ts';

const ASK = `
name: ask
endpoint: { path: /ask, method: POST }
nodes:
  - { name: ask, uses: human.input, with: { prompt: 'How many?', schema: { type: integer } }, output: n }
  - { name: double, run: 'return { twice = state.n * 2 }' }
`;

interface RunRecord {
  readonly id: string;
  readonly status: string;
  readonly state: unknown;
}

describe('runs over HTTP, of the real command', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'moonpool-runs-'));
    await writeFile(join(folder, 'ask.yaml'), ASK);
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const post = async (url: string, body: unknown, headers = {}): Promise<[number, RunRecord]> => {
    const init = { method: 'POST', headers: { 'content-type': 'application/json', ...headers } };
    const response = await fetch(url, { ...init, body: JSON.stringify(body) });
    return [response.status, (await response.json()) as RunRecord];
  };

  it('start, wait, are followed, take input and end; a stop with an open stream is quick', async () => {
    const server = await startServer([folder, '--data', join(folder, 'data')]);
    try {
      const [status, waiting] = await post(`${server.url}/api/flows/ask/runs?wait=30s`, {});
      assert.deepEqual([status, waiting.status], [202, 'waiting']);
      const path = `${server.url}/api/runs/${waiting.id}`;
      await using stream = await openEvents(`${path}/events`);
      await stream.until('run.waiting');
      assert.equal((await post(`${path}/input`, { input: 'many' }))[0], 422);

      assert.equal((await post(`${path}/input`, { input: 21 }))[0], 202);

      assert.equal((await stream.until()).at(-1)?.event, 'run.finished');
      const record = (await (await fetch(path)).json()) as RunRecord;
      assert.deepEqual(record.state, { n: 21, twice: 42 });
      const [asked, held] = await post(`${server.url}/ask`, {});
      assert.equal(asked, 202);
      await using open = await openEvents(`${server.url}/api/runs/${held.id}/events`);
      await open.until('run.waiting');
      const startMs = performance.now();
      const { code } = await server.stop();
      assert.equal(code, 0);
      assert.ok(performance.now() - startMs < 10_000);
      await open.until();
    } finally {
      await server.stop();
    }
  });

  it('are for whoever has the token of the data folder, when other machines can reach the server', async () => {
    const data = join(folder, 'open-data');
    await using server = await startServer([folder, '--data', data, '--host', '0.0.0.0']);
    const url = `${server.url}/api/flows/ask/runs`;
    assert.equal((await post(url, {}))[0], 401);
    const token = (await readFile(join(data, 'admin.token'), 'utf8')).trim();
    assert.equal((await post(url, {}, { authorization: `Bearer ${token}` }))[0], 202);
  });

  it('on the command line end with 75 and what they wait for', async () => {
    const { code, stdout, stderr } = await runMoonpool(['run', join(folder, 'ask.yaml'), '--stream', '-q']);
    assert.equal(code, 75);
    assert.match(stderr, /^run \S+ waits for input: ask: How many\? .*\(step main\/ask\/0\)\n$/);
    assert.match(stdout.trimEnd().split('\n').at(-1) ?? '', /"event":"run\.waiting"/);
    const refused = await runMoonpool(['run', join(folder, 'ask.yaml'), '--interrupt-before', 'doble']);
    assert.equal(refused.code, 2);
    assert.match(refused.stderr, /Did you mean double\?/);
  });
});
