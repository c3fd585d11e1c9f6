/** The example that waits for a person, through the command and over HTTP. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { installedPath, type RunningServer, runMoonpool, startServer } from '../support/index.ts';

const FLOW = installedPath('examples/approval/approval.yaml');
const DESK = { what: 'a desk', price: 450 };

describe('examples/approval on the command line', () => {
  it('says what it waits for and ends with 75, because nobody is there to answer', async () => {
    const result = await runMoonpool(['run', FLOW, '-i', JSON.stringify(DESK)]);

    assert.deepEqual([result.code, result.stdout], [75, '']);
    assert.match(result.stderr, /run \S+ waits for input: ask: May we buy a desk for 450\?/);
  });

  it('passes its tests', async () => {
    const result = await runMoonpool(['test', FLOW]);

    assert.deepEqual([result.code, result.stderr], [0, '']);
    assert.match(result.stdout, /^7 passed, 0 failed$/m);
  });
});

describe('examples/approval over HTTP', () => {
  let folder: string;
  let server: RunningServer;

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'approval-'));
    server = await startServer([FLOW, '--data', folder]);
  });
  after(async () => {
    await server.stop();
    rmSync(folder, { recursive: true });
  });

  async function post(at: string, body: unknown): Promise<Record<string, unknown>> {
    const answer = await fetch(`${server.url}${at}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    return (await answer.json()) as Record<string, unknown>;
  }

  it('asks, refuses what does not fit, and goes on with what does', async () => {
    const run = await post('/api/flows/approval/runs?wait=20s', { input: DESK });
    const [asked] = run['waiting_for'] as { node: string; prompt: string }[];
    assert.deepEqual([run['status'], asked?.node, asked?.prompt], ['waiting', 'ask', 'May we buy a desk for 450?']);

    const input = `/api/runs/${String(run['id'])}/input`;
    assert.equal((await post(input, { input: { approved: 'maybe' } }))['code'], 'FLOW_INPUT');
    await post(input, { input: { approved: false, reason: 'next year' } });

    const followed = await fetch(`${server.url}/api/runs/${String(run['id'])}/events`);
    assert.match(await followed.text(), /"outcome":"not ordered: next year"/);
  });
});
