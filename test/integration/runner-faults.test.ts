import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { silentLog } from '../../src/core/index.ts';
import type { BlobStore, RunOutcome } from '../../src/engine/index.ts';
import { createMemoryRunStore } from '../../src/store/index.ts';
import { anAction, startEngine } from '../support/engine.ts';

function codeOf(outcome: RunOutcome): string {
  return outcome.kind === 'succeeded' ? 'succeeded' : outcome.error.code;
}

describe('Runner when things go wrong', () => {
  it('keeps no journal open for a run that ended before it began', async () => {
    const errors: string[] = [];
    const log = { ...silentLog, error: (event: string) => errors.push(event) };
    await using engine = startEngine({ store: createMemoryRunStore({ maxRuns: 2 }), log });
    const flow = engine.flow(`
name: strict
input_schema: { type: object, properties: { n: { type: integer } } }
nodes: [{ name: n, run: 'return { x = 1 }' }]
`);

    for (let round = 0; round < 5; round += 1) {
      assert.equal(
        codeOf(await engine.runner.start(flow, {}, { signal: AbortSignal.abort() }).outcome),
        'FLOW_CANCELLED',
      );
      assert.equal(codeOf(await engine.runner.start(flow, { n: 'x' }).outcome), 'FLOW_INPUT');
    }

    assert.equal((await engine.runner.start(flow, {}).outcome).kind, 'succeeded');
    assert.deepEqual(errors, []);
  });

  it('ends a run, not the process, when a listener throws', async () => {
    await using engine = startEngine();
    const flow = engine.flow("name: f\nnodes: [{ name: n, run: 'return { x = 1 }' }]");
    const onEvent = (): void => {
      throw new Error('a listener that throws');
    };

    const outcome = await engine.runner.start(flow, {}, { onEvent }).outcome;

    assert.equal(codeOf(outcome), 'BUG_INVARIANT');
    assert.equal(engine.runner.activeCount, 0);
  });

  it('gives back what an action keeps after its run was cancelled', async () => {
    const held = new Set<string>();
    const { promise: givenBack, resolve } = Promise.withResolvers<void>();
    const blobs: BlobStore = {
      async put() {
        throw new Error('unused');
      },
      async read() {
        throw new Error('unused');
      },
      async release(runId) {
        if (held.delete(runId)) resolve();
      },
    };
    const { promise: called, resolve: onCall } = Promise.withResolvers<void>();
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    const action = anAction('test.deaf', async (_, call) => {
      onCall();
      await ended;
      held.add(call.runId);
      return 1;
    });
    await using engine = startEngine({ actions: [action], blobs });
    const run = engine.runner.start(engine.flow('name: f\nnodes: [{ name: n, uses: test.deaf }]'), {});
    await called;
    run.cancel('the test says so');
    await run.outcome;

    end();

    await givenBack;
    assert.equal(held.size, 0);
  });
});
