/**
 * Random flows against a model that knows no engine: the same outcome in every order of things,
 * decisions that replay, nothing left running, events told again as they were.
 *
 * `MOONPOOL_TEST_SEED` and `MOONPOOL_TEST_ROUNDS` say which flows and how many.
 */
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import fc from 'fast-check';
import type { RunEvent, RunOutcome } from '../../src/engine/index.ts';
import { decisionsAgain } from '../support/decisions-again.ts';
import { startEngine } from '../support/engine.ts';
import { type CallCounts, givenTo, type ModelOutcome, modelOutcome } from '../support/flow-model.ts';
import { aTree, type FlowTree } from '../support/flow-tree.ts';
import { flowOf, FlowWorld, plain, scriptedActions, type WorldOptions } from '../support/flow-world.ts';
import { codeOf, EventLog, stateOf } from '../support/runs.ts';
import { Chance, roundsOr, TEST_SEED } from '../support/seeded-chance.ts';

const order = fc.integer({ min: 0, max: 1_000_000 });
const parameters = (numRuns: number): fc.Parameters<unknown> => ({ numRuns: roundsOr(numRuns), seed: TEST_SEED });

/** Everything at rest, as it was before the first run. */
function assertNothingLeft(world: FlowWorld): void {
  assert.deepEqual([world.pendingCount, world.clock.pendingCount, world.runner.activeCount], [0, 0, 0]);
  const { moonpool_lua_parked_bytes, moonpool_lua_parked, moonpool_runs_active } = world.metrics.gauges();
  assert.deepEqual([moonpool_lua_parked_bytes, moonpool_lua_parked, moonpool_runs_active], [0, 0, 0]);
}

function assertOutcome(actual: RunOutcome, expected: ModelOutcome): void {
  if (expected.kind === 'failed') assert.equal(codeOf(actual), expected.code);
  else if (expected.kind === 'succeeded') assert.deepEqual(plain(stateOf(actual)), expected.state);
}

/** A failure that ends branches ends them at some moment, and what they told until then is a matter of chance. */
function endsBranches({ nodes, branches }: FlowTree): boolean {
  return branches.onError === 'fail' || JSON.stringify(nodes).includes('"failFast":true');
}

function withoutRests(log: EventLog): EventLog {
  const kept = new EventLog();
  for (const event of log.events) if (event.event !== 'run.waiting') kept.take(event);
  return kept;
}

/** Delays are real in lanes, and breakers shared by all runs of a process. */
function withoutTime(tree: FlowTree): FlowTree {
  const change = (key: string, value: unknown): unknown =>
    key === 'breaker' ? undefined : key === 'delayMs' ? 0 : value;
  return JSON.parse(JSON.stringify(tree, change)) as FlowTree;
}

describe('random flows', () => {
  let chanceCount = 0;
  let otherCount = 0;
  afterEach(() => {
    // A model that mostly shrugs tests nothing.
    assert.ok(otherCount * 2 >= chanceCount, `${chanceCount} of ${chanceCount + otherCount} were a matter of chance`);
  });

  const check = async (tree: FlowTree, seed: number, options: WorldOptions): Promise<void> => {
    const expected = modelOutcome(tree);
    if (expected.kind === 'chance') {
      chanceCount += 1;
      return;
    }
    otherCount += 1;
    const world = new FlowWorld(new Chance(seed), options);
    const flow = flowOf(tree);
    const log = new EventLog();

    const { outcome, run, decisions } = await world.run(flow, { onEvent: log.take });

    assertOutcome(outcome, expected);
    assertNothingLeft(world);
    decisionsAgain(flow, decisions, seed);
    const told = new EventLog();
    await world.until(world.runner.tellAgain(run.id, flow, (event: RunEvent) => told.take(event)));
    // With a slow disk a run may go on from what it is given before it has said that it waits.
    const [a, b] = options.hasSlowStore === true ? [withoutRests(told), withoutRests(log)] : [told, log];
    if (endsBranches(tree)) assert.deepEqual(a.byBranch()[''], b.byBranch()['']);
    else assert.deepEqual(a.byBranch(), b.byBranch());
    assertNothingLeft(world);
  };

  for (const [where, options, count] of [
    ['in any order of what ends', {}, 700],
    ['without room for parked machines', { limits: { parkedBytes: 0 } }, 500],
    ['with room for some of them and a slow disk', { limits: { parkedBytes: 9_000 }, hasSlowStore: true }, 400],
  ] as const) {
    it(`come to what the model says ${where}, decide the same again and are told again the same`, async () => {
      await fc.assert(
        fc.asyncProperty(aTree({ waits: true, depth: 2 }), order, (tree, seed) => check(tree, seed, options)),
        parameters(count),
      );
    });
  }

  it('leave nothing running when they are cancelled at any step', async () => {
    await fc.assert(
      fc.asyncProperty(aTree({ waits: true, depth: 2 }), order, fc.nat(60), async (tree, seed, at) => {
        const chance = new Chance(seed);
        const limits = { parkedBytes: chance.pick([0, 9_000, 100_000_000]) };
        const world = new FlowWorld(chance, { limits, hasSlowStore: chance.below(2) === 0 });

        const { outcome, decisions } = await world.run(flowOf(tree), {}, (step, run) => {
          if (step === at) run.cancel('enough');
        });
        const decided = decisions.length;
        while (await world.step(undefined));

        assertNothingLeft(world);
        assert.equal(decisions.length, decided);
        assert.ok(codeOf(outcome) === 'FLOW_CANCELLED' || decided > 0);
      }),
      parameters(500),
    );
  });

  for (const [lanes, parkedBytes] of [
    [1, 0],
    [2, 96 * 1024 * 1024],
    [3, 9_000],
  ] as const) {
    it(`come to the same over ${lanes} real lanes, ${parkedBytes} bytes for parked machines`, async () => {
      const trees = fc
        .sample(aTree({ waits: true, depth: 2 }), { numRuns: roundsOr(60), seed: TEST_SEED + lanes })
        .map(withoutTime);
      const calls = new Map<string, CallCounts>();
      await using engine = startEngine({ actions: scriptedActions(calls), limits: { parkedBytes }, lanes });
      await Promise.all(
        trees.map(async (tree) => {
          const expected = modelOutcome(tree);
          if (expected.kind === 'chance') return;
          const run = engine.runner.start(flowOf(tree), {});
          for (let rest = await run.untilRest(); rest.kind === 'waiting'; rest = await run.untilRest()) {
            await Promise.allSettled(rest.waitingFor.map(({ node, step }) => run.give(givenTo(node), step)));
          }
          assertOutcome(await run.outcome, expected);
        }),
      );
      assert.equal(engine.runner.activeCount, 0);
    });
  }
});
