/**
 * A branch gives what it gives alone: random programs, in random orders, on one to three lanes,
 * while other segments are cancelled and lanes are ended at random moments.
 *
 * "Alone" is one machine in this thread, made anew from the image for each program: it knows
 * nothing of lanes. `MOONPOOL_TEST_SEED` and `MOONPOOL_TEST_ROUNDS` say which and how many.
 */
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { createSeededRandom, type JsonObject, MoonpoolError } from '../../src/core/index.ts';
import type { Flow, SegmentEnd } from '../../src/flow/index.ts';
import type { LuaLanes } from '../../src/lua/lanes/index.ts';
import { type LuaImage, toUpdates } from '../../src/lua/machine/index.ts';
import { aLuaFlow, closeLanes, openLanes, runSegment, SALT } from '../support/lanes.ts';
import { DEFAULT_LIMITS, host } from '../support/lua-machines.ts';
import { RandomLua } from '../support/random-lua.ts';
import { Chance, roundsOr, TEST_SEED } from '../support/seeded-chance.ts';
import { readState, stateBytes } from '../support/segments.ts';

/** Programs of one flow: each is a branch. */
const PROGRAM_COUNT = 40;
/** Small, so that random programs meet it, and soon. */
const MEMORY_BYTES = 2 * 1024 * 1024;
const LONG_MS = 60_000;

interface Program {
  readonly node: string;
  readonly chunk: number;
  readonly state: JsonObject;
  readonly seed: string;
}

/** State or failure, as text that can be compared. */
type Outcome = string;

/** Random programs as branches, and two nodes that never return, one past reach of the count hook. */
function aFlowOfPrograms(round: number): Flow {
  const lua = new RandomLua(createSeededRandom(TEST_SEED + round));
  const programs = Array.from({ length: PROGRAM_COUNT }, () => lua.program());
  return aLuaFlow(...programs, 'while true do end', '(("a"):rep(30000)):find((".-"):rep(20) .. "b")');
}

function outcomeAlone(image: LuaImage, { chunk, state, seed }: Program): Outcome {
  using machine = host.createMachine({ ...DEFAULT_LIMITS, memoryBytes: MEMORY_BYTES });
  machine.load(image);
  machine.fresh({ seed });
  try {
    const { value } = machine.call(chunk, { state, variables: {}, nowMs: 5 });
    return JSON.stringify({ ...state, ...toUpdates(value) });
  } catch (error) {
    assert.ok(error instanceof MoonpoolError, String(error));
    return JSON.stringify([error.code, error.message]);
  }
}

function outcomeOf(end: SegmentEnd): Outcome {
  if (end.kind === 'failed') return JSON.stringify([end.error.code, end.error.message]);
  assert.equal(end.kind, 'joined');
  return end.kind === 'joined' ? JSON.stringify(readState(end.state)) : '';
}

/** Runs segments of one flow over lanes, each with a priority and a run drawn for it. */
class Crowd {
  readonly #lanes: LuaLanes;
  readonly #flow: Flow;
  readonly #chance: Chance;

  constructor(lanes: LuaLanes, flow: Flow, chance: Chance) {
    this.#lanes = lanes;
    this.#flow = flow;
    this.#chance = chance;
  }

  async run(
    { node, state, seed }: Omit<Program, 'chunk'>,
    timeoutMs = LONG_MS,
    signal?: AbortSignal,
  ): Promise<Outcome> {
    const end = await runSegment(
      this.#lanes,
      this.#flow,
      {
        ...{ start: { kind: 'node', node }, join: 'join', state: stateBytes(state), seed, nowMs: 5 },
        ...{ luaTimeoutMs: timeoutMs, luaMemoryBytes: MEMORY_BYTES },
        priority: this.#chance.pick(['critical', 'normal', 'optional'] as const),
        runId: `run-${this.#chance.below(4)}`,
      },
      signal === undefined ? {} : { signal },
    );
    return outcomeOf(end);
  }

  /** Ends a lane by a node that does not return, after `turns` turns of the event loop. */
  async kill(turns: number): Promise<void> {
    await passTurns(turns);
    const node = `n${PROGRAM_COUNT + this.#chance.below(2)}`;
    const outcome = await this.run({ node, state: {}, seed: 'endless' }, 30);
    assert.match(outcome, /^\["LUA_TIMEOUT"/);
  }

  /** Starts a program and cancels it after `turns` turns: it waits, runs or has ended then. */
  async cancel(program: Program, turns: number): Promise<Outcome | undefined> {
    const abort = new AbortController();
    const running = this.run(program, LONG_MS, abort.signal).catch((error: Error) => {
      assert.equal(error.name, 'AbortError', String(error));
      return undefined;
    });
    await passTurns(turns);
    abort.abort();
    return await running;
  }
}

async function passTurns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

async function runRound(laneCount: number, round: number): Promise<Set<string>> {
  const chance = new Chance(round);
  const flow = aFlowOfPrograms(round);
  const chunks = flow.nodes.map(({ name, work }) => ({ name, code: work.kind === 'lua' ? work.code : '', line: 1 }));
  const image = host.buildImage(chunks, { salt: SALT });
  const crowd = new Crowd(openLanes({ lanes: laneCount }), flow, chance);
  const programs = Array.from({ length: PROGRAM_COUNT }, (_, chunk): Program => {
    return { node: `n${chunk}`, chunk, state: { mark: `mark-${chunk}` }, seed: `seed-${chunk}` };
  });
  const alone = programs.map((program) => outcomeAlone(image, program));
  const at = (program: Program, where: string): string => `${program.node}, ${where}, seed ${TEST_SEED} + ${round}`;

  const disturbers = [crowd.kill(chance.below(200)), crowd.kill(chance.below(200))];
  await Promise.all([
    ...disturbers,
    ...chance.shuffle(programs).flatMap((program) => [
      crowd.run(program).then((outcome) => assert.equal(outcome, alone[program.chunk], at(program, 'crowded'))),
      ...(chance.below(4) === 0
        ? [
            crowd.cancel(program, chance.below(100)).then((outcome) => {
              if (outcome !== undefined) assert.equal(outcome, alone[program.chunk], at(program, 'not stopped'));
            }),
          ]
        : []),
    ]),
  ]);
  for (const program of chance.shuffle(programs).slice(0, 5)) {
    assert.equal(await crowd.run(program), alone[program.chunk], at(program, 'afterwards'));
  }
  return new Set(alone.map((outcome) => (outcome.startsWith('{') ? 'value' : (JSON.parse(outcome) as [string])[0])));
}

describe('random programs as branches', () => {
  afterEach(closeLanes);

  const rounds = roundsOr(5);
  for (const laneCount of [1, 2, 3]) {
    it(`give what they give alone on ${laneCount} lane${laneCount > 1 ? 's' : ''}, ${PROGRAM_COUNT} of them in ${rounds} rounds, lanes ended and branches cancelled among them`, async () => {
      const seen = new Set<string>();
      for (let round = 0; round < rounds; round += 1) {
        for (const kind of await runRound(laneCount, laneCount * 1_000 + round)) seen.add(kind);
        await closeLanes();
      }

      assert.ok(seen.has('value') && seen.has('LUA_RAISED'), [...seen].join());
    });
  }
});
