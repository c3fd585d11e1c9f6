/**
 * Branches over real lanes, in seeded orders, among branches that fail and lanes that are ended.
 *
 * Each branch proves that its machine was fresh and stayed its own, and its result must be what it
 * is alone. A branch that failed or was stopped is run again, as a retry of the engine would.
 */
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import type { JsonObject } from '../../src/core/index.ts';
import type { SegmentEnd, SegmentRequest } from '../../src/flow/index.ts';
import type { LuaLanes } from '../../src/lua/lanes/index.ts';
import { aWitnessFlow, type BranchInput, type Fate, stateAlone } from '../support/branch-witness.ts';
import { closeLanes, openLanes, runSegment } from '../support/lanes.ts';
import { countThreads, countWasmMemories, heldBufferBytes, SKIP_UNSEEN } from '../support/process-memory.ts';
import { RecordedMetrics } from '../support/recorded-metrics.ts';
import { Chance, roundsOr } from '../support/seeded-chance.ts';
import { readState, stateBytes } from '../support/segments.ts';

const flow = aWitnessFlow();
const KILLING: readonly Fate[] = ['loop', 'pattern'];
const CODE_OF: Readonly<Record<Fate, string>> = {
  none: 'joined',
  error: 'LUA_RAISED',
  memory: 'LUA_MEMORY',
  loop: 'LUA_TIMEOUT',
  pattern: 'LUA_TIMEOUT',
};
/** For what must end by itself, however slow the machine is. */
const LONG_MS = 60_000;
const SHORT_MS = 40;
/** For what takes all there is: little, so that it is soon taken. */
const MEMORY_BYTES = 1024 * 1024;

interface Branch {
  readonly input: BranchInput;
  readonly seed: string;
  readonly alone: JsonObject;
}

function someBranches(count: number): readonly Branch[] {
  const chance = new Chance(0);
  return Array.from({ length: count }, (_, index) => {
    const input: BranchInput = {
      id: `branch-${index}`,
      count: 50 + chance.below(100),
      factor: 1 + chance.below(1_000),
      fate: 'none',
    };
    const seed = `run/${index}/1`;
    return { input, seed, alone: stateAlone(input, seed) };
  });
}

interface RoundPlan {
  /** How many lanes are ended by branches that do not return. */
  readonly kills: number;
  /** How many branches are cancelled at some moment. */
  readonly cancels: number;
}

/** Lanes are ended in every second round, so that images and machines also live through rounds. */
const KILL_EVERY_ROUNDS = 2;

/** One round: all branches at once, in a new order, each with a fate of its own; then the failed ones again. */
class Round {
  readonly #lanes: LuaLanes;
  readonly #chance: Chance;
  #settledCount = 0;
  readonly #onSettled = new Map<number, () => void>();

  constructor(lanes: LuaLanes, chance: Chance) {
    this.#lanes = lanes;
    this.#chance = chance;
  }

  async run(branches: readonly Branch[], plan: RoundPlan): Promise<void> {
    const order = this.#chance.shuffle(branches);
    const again = await Promise.all(
      order.map((branch, at) => {
        if (at < plan.kills) return this.#runFated(branch, this.#chance.pick(KILLING));
        if (at < plan.kills + plan.cancels) return this.#runCancelled(branch);
        return this.#runFated(branch, this.#drawFate());
      }),
    );
    await Promise.all(again.filter((branch) => branch !== undefined).map((branch) => this.#runWell(branch)));
  }

  #drawFate(): Fate {
    const drawn = this.#chance.below(1_000);
    return drawn < 100 ? 'error' : drawn < 110 ? 'memory' : 'none';
  }

  /** Returns the branch when it is to run again. */
  async #runFated(branch: Branch, fate: Fate): Promise<Branch | undefined> {
    if (fate === 'none') {
      await this.#runWell(branch);
      return undefined;
    }
    // It begins with the node that never returns: on a busy machine another node may take as long as its limit.
    const limits = KILLING.includes(fate)
      ? { luaTimeoutMs: SHORT_MS, start: { kind: 'node', node: 'n1' } as const }
      : {};
    const end = await this.#start(branch, fate, fate === 'memory' ? { luaMemoryBytes: MEMORY_BYTES } : limits);

    assert.equal(end.kind === 'failed' ? end.error.code : end.kind, CODE_OF[fate], describeEnd(end));
    return branch;
  }

  async #runWell(branch: Branch): Promise<void> {
    const end = await this.#start(branch, 'none');

    assertAlone(end, branch);
  }

  /** Cancelled when some other branch has ended: it ran, runs or waits then, and is stopped or has its own result. */
  async #runCancelled(branch: Branch): Promise<Branch | undefined> {
    const abort = new AbortController();
    this.#onSettled.set(1 + this.#chance.below(15), () => abort.abort());
    try {
      const end = await this.#start(branch, 'none', {}, abort.signal);
      assertAlone(end, branch);
      return undefined;
    } catch (error) {
      assert.equal((error as Error).name, 'AbortError', String(error));
      return branch;
    }
  }

  async #start(
    { input, seed }: Branch,
    fate: Fate,
    more: Partial<SegmentRequest> = {},
    signal: AbortSignal = new AbortController().signal,
  ): Promise<SegmentEnd> {
    const request = {
      runId: `run-${this.#chance.below(3)}`,
      priority: this.#chance.pick(['critical', 'normal', 'optional'] as const),
      start: { kind: 'node', node: 'n0' } as const,
      join: 'join',
      state: stateBytes({ ...input, fate }),
      seed,
      luaTimeoutMs: LONG_MS,
      ...more,
    };
    try {
      return await runSegment(this.#lanes, flow, request, { signal });
    } finally {
      this.#settledCount += 1;
      this.#onSettled.get(this.#settledCount)?.();
    }
  }
}

function describeEnd(end: SegmentEnd): string {
  return 'state' in end ? JSON.stringify(readState(end.state)) : JSON.stringify(end);
}

function assertAlone(end: SegmentEnd, { input, alone }: Branch): void {
  assert.equal(end.kind, 'joined', describeEnd(end));
  const state = end.kind === 'joined' ? readState(end.state) : {};
  // Said first and apart: whose machine it was, and what of others it met.
  assert.deepEqual(
    [state['strangers'], state['owner'], state['calls'], state['again']],
    [[], input.id, `${input.id}/2`, input.id],
  );
  assert.deepEqual(state, alone);
}

async function runRounds(
  { branchCount, rounds, laneCount }: { branchCount: number; rounds: number; laneCount: number },
  plan: RoundPlan,
): Promise<RecordedMetrics> {
  const metrics = new RecordedMetrics();
  const branches = someBranches(branchCount);
  const lanes = openLanes({ lanes: laneCount }, metrics);
  for (let round = 0; round < rounds; round += 1) {
    await new Round(lanes, new Chance(1 + round)).run(
      branches,
      round % KILL_EVERY_ROUNDS === 0 ? plan : { ...plan, kills: 0 },
    );

    assert.deepEqual([lanes.waitingCount, metrics.gauges()['moonpool_lua_lanes_busy']], [0, 0], `round ${round}`);
  }
  return metrics;
}

describe('parallel branches over lanes', () => {
  afterEach(closeLanes);

  const small = { branchCount: 20, rounds: roundsOr(50), laneCount: 3 };
  it(`give what they give alone, 20 branches in ${small.rounds} rounds on 3 lanes, one lane ended every second round, two branches cancelled in each`, async () => {
    const metrics = await runRounds(small, { kills: 1, cancels: 2 });

    assert.ok(metrics.total('moonpool_lua_lanes_ended_total timeout') > 0, 'no lane was ended');
  });

  const large = { branchCount: 1_000, rounds: roundsOr(20), laneCount: 2 };
  it(`give what they give alone and leave nothing, 1,000 branches in ${large.rounds} rounds on 2 lanes, two lanes ended every second round, five branches cancelled in each`, {
    skip: SKIP_UNSEEN,
  }, async () => {
    const buffers = await heldBufferBytes();
    const before = { threads: countThreads(), memories: countWasmMemories() };

    const metrics = await runRounds(large, { kills: 2, cancels: 5 });
    await closeLanes();

    assert.ok(metrics.total('moonpool_lua_lanes_ended_total timeout') > 0, 'no lane was ended');
    assert.deepEqual(new Set(Object.values(metrics.gauges())), new Set([0]), JSON.stringify(metrics.gauges()));
    const held = (await heldBufferBytes()) - buffers;
    assert.ok(held < 1_000_000, `${held} bytes more in buffers than before`);
    assert.deepEqual({ threads: countThreads(), memories: countWasmMemories() }, before);
  });
});
