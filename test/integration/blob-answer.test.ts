/** A run that answers with a blob: the bytes outlive the run, whose blobs do not. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { createActions } from '../../src/actions/index.ts';
import type { Action, BlobStore } from '../../src/engine/index.ts';
import { createDataStores, type DataStores } from '../support/data-stores.ts';
import { anAction, startEngine, type TestEngine } from '../support/engine.ts';

const FLOW = `
name: answer
nodes:
  - {name: make, uses: test.make, output: file}
  - {name: reply, uses: http.respond, with: {body: '{{ state.file }}'}}
`;

let stores: DataStores;
let blobs: BlobStore;
let engine: TestEngine;
before(async () => {
  stores = await createDataStores();
  blobs = await stores.openBlobs();
  const make = anAction('test.make', async (_, call) => {
    async function* source(): AsyncGenerator<Uint8Array> {
      yield Uint8Array.of(0xff, 0x00, 0x80);
    }
    return { ...(await blobs.put(call.runId, source(), { type: 'image/png', maxBytes: 10 })) };
  });
  const respond = createActions({ blobs } as never).find('http.respond') as Action;
  engine = startEngine({ actions: [make, respond], blobs });
});
after(async () => {
  await engine[Symbol.asyncDispose]();
  await stores.remove();
});

describe('an answer that is a blob', () => {
  it('has its bytes in the outcome and no place on the disk afterwards', async () => {
    const run = engine.runner.start(engine.flow(FLOW), {});
    const outcome = await run.outcome;

    assert.ok(outcome.kind === 'succeeded');
    assert.deepEqual([...(outcome.response?.bytes ?? [])], [0xff, 0x00, 0x80]);
    assert.equal(outcome.response?.headers['content-type'], 'image/png');
    await assert.rejects(blobs.read(outcome.response?.blob ?? '', new AbortController().signal), /no run refers/);
  });
});
