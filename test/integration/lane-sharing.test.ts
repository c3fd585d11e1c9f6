import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import type { SegmentFact, SegmentRequest } from '../../src/flow/index.ts';
import { aLuaFlow, aRequest, closeLanes, openLanes, runSegment, stateOf } from '../support/lanes.ts';

describe('LuaLanes, shared', () => {
  afterEach(closeLanes);

  it('lets critical work pass optional work that came before it', async () => {
    const lanes = openLanes();
    const flow = aLuaFlow('return {}');
    const order: string[] = [];
    const run = (priority: SegmentRequest['priority']): Promise<void> =>
      runSegment(lanes, flow, { priority }).then(() => void order.push(priority));

    // A lane that is up: where starting one is slow, the critical segment would get one more meanwhile.
    await runSegment(lanes, flow);
    await Promise.all([run('normal'), run('optional'), run('normal'), run('critical')]);

    assert.deepEqual(order, ['normal', 'critical', 'normal', 'optional']);
  });

  it('serves runs in turn, however many segments one of them has waiting', async () => {
    const lanes = openLanes();
    const flow = aLuaFlow('return {}');
    const order: string[] = [];
    const run = (runId: string): Promise<void> => runSegment(lanes, flow, { runId }).then(() => void order.push(runId));

    await Promise.all([...Array.from({ length: 20 }, () => run('many')), run('one')]);

    assert.equal(order.indexOf('one'), 2);
  });

  describe('with a long segment', () => {
    /** Fifty nodes that each count, draw a random number and take some milliseconds. */
    const slow = aLuaFlow(
      ...Array.from(
        { length: 50 },
        () =>
          'count = (count or 0) + 1 for i = 1, 300000 do end return { count = count, drawn = (state.drawn or 0) + math.random() }',
      ),
    );

    it('lets another run pass between two nodes', async () => {
      const lanes = openLanes();
      const order: string[] = [];
      const started = Promise.withResolvers<void>();
      const long = runSegment(lanes, slow, { runId: 'long', wantFacts: true }, { onFacts: () => started.resolve() });
      await started.promise;

      const short = runSegment(lanes, aLuaFlow('return {}'), { runId: 'short' }).then(() => order.push('short'));
      await Promise.all([long.then(() => order.push('long')), short]);

      assert.deepEqual(order, ['short', 'long']);
    });

    for (const scope of ['branch', 'node'] as const) {
      it(`gives the same result and steps as alone when it gave way, in scope ${scope}`, async () => {
        const flow = { ...slow, hash: `${slow.hash}${scope}`, settings: { lua: { scope }, maxSteps: 1_000 } };
        const options = { signal: new AbortController().signal, onFacts: () => {} };
        const alone = await openLanes().runSegment(flow, aRequest(flow), options);
        const lanes = openLanes();

        const crowded = await Promise.all(
          ['a', 'b', 'c'].map((runId) => lanes.runSegment(flow, aRequest(flow, { runId }), options)),
        );

        for (const outcome of crowded) {
          assert.deepEqual(stateOf(outcome.end), stateOf(alone.end));
          assert.equal(outcome.steps, 50);
        }
      });
    }

    it('counts every fact once when it gave way', async () => {
      const lanes = openLanes();
      const facts: SegmentFact[] = [];
      const request = { runId: 'facts', wantFacts: true };

      await Promise.all([
        runSegment(lanes, slow, request, { onFacts: (some) => facts.push(...some) }),
        runSegment(lanes, slow, { runId: 'other' }),
      ]);

      const started = facts.flatMap((fact) => (fact.kind === 'node.started' ? [fact.node] : []));
      assert.deepEqual(
        started,
        slow.nodes.map((node) => node.name),
      );
    });

    it('can be cancelled while it waits to go on', async () => {
      const lanes = openLanes();
      const abort = new AbortController();
      const long = runSegment(lanes, slow, { runId: 'long' }, { signal: abort.signal });
      const other = runSegment(lanes, slow, { runId: 'other' });

      abort.abort();

      await assert.rejects(long, { name: 'AbortError' });
      assert.deepEqual((stateOf(await other) as { count: number }).count, 50);
      assert.equal(lanes.waitingCount, 0);
    });
  });

  it('starts one lane more for critical work that waits behind a node that does not end', async () => {
    const lanes = openLanes();
    const stop = new AbortController();
    const busy = runSegment(lanes, aLuaFlow('while true do end'), { luaTimeoutMs: 60_000 }, { signal: stop.signal });

    const critical = await Promise.all(
      [1, 2, 3].map(() => runSegment(lanes, aLuaFlow('return { ok = 1 }'), { priority: 'critical' })),
    );

    assert.deepEqual(critical.map(stateOf), [{ ok: 1 }, { ok: 1 }, { ok: 1 }]);
    assert.equal(lanes.laneCount, 2);
    stop.abort();
    await assert.rejects(busy, { name: 'AbortError' });
  });
});
