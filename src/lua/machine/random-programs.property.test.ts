/**
 * A program's result after any other tenant is its result alone, and no byte of that tenant is left.
 *
 * "Alone" does not lean on what is tested: that machine's whole memory is laid back by the test.
 * `MOONPOOL_TEST_PROGRAMS` says how many programs (default 10,000), `MOONPOOL_TEST_SEED` from which number.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createSeededRandom } from '../../core/index.ts';
import { DEFAULT_LIMITS, host } from '../../../test/support/lua-machines.ts';
import { RandomLua } from '../../../test/support/random-lua.ts';
import { inspectMachine, type LuaImage, LuaError, type LuaMachine } from './index.ts';

const PROGRAM_COUNT = Number(process.env['MOONPOOL_TEST_PROGRAMS'] ?? 10_000);
const SEED = Number(process.env['MOONPOOL_TEST_SEED'] ?? 20_260_101);
/** Programs in one image: each is run as a tenant of its own. */
const PER_IMAGE = 50;
/** As many zeros as a machine's memory can be longer than its image's. */
const ZEROS = Buffer.alloc(8 * 1024 * 1024);
const LIMITS = { ...DEFAULT_LIMITS, memoryBytes: 512 * 1024 };

function aFreshMachine(image: LuaImage): LuaMachine {
  const machine = host.createMachine(LIMITS);
  machine.load(image);
  machine.fresh({ seed: 'seed' });
  return machine;
}

/** What a tenant sees of a program: its value and log, or how it failed. */
function outcomeOf(machine: LuaMachine, chunk: number, mark: string): string {
  try {
    return JSON.stringify(machine.call(chunk, { state: { mark }, variables: {}, nowMs: 1 }));
  } catch (error) {
    assert.ok(error instanceof LuaError, String(error));
    return JSON.stringify([error.code, error.message, error.details, error.logs]);
  }
}

/** Runs programs each on a machine whose whole memory the test itself lays back. */
class Alone {
  readonly #image: LuaImage;
  #machine: LuaMachine;
  readonly memory: Buffer;

  constructor(image: LuaImage) {
    this.#image = image;
    this.#machine = aFreshMachine(image);
    this.memory = Buffer.from(inspectMachine(this.#machine).memory.slice());
  }

  outcomeOf(chunk: number, mark: string): string {
    const outcome = outcomeOf(this.#machine, chunk, mark);
    const { memory } = inspectMachine(this.#machine);
    if (this.#machine.state !== 'ready') this.#machine = aFreshMachine(this.#image);
    else memory.fill(0, this.memory.length).set(this.memory);
    return outcome;
  }
}

describe('random programs', () => {
  it(`give what they give alone, each of ${PROGRAM_COUNT} after another tenant that leaves no byte`, () => {
    const random = createSeededRandom(SEED);
    const lua = new RandomLua(random);
    const shared = host.createMachine(LIMITS);
    const seen = { values: 0, failures: new Set<string>() };
    for (let done = 0; done < PROGRAM_COUNT; done += PER_IMAGE) {
      const chunks = Array.from({ length: PER_IMAGE }, (_, index) => ({
        ...{ name: `p${done + index}`, code: lua.program(), line: 1 },
      }));
      const image = host.buildImage(chunks, { salt: 'test' });
      const alone = new Alone(image);
      shared.load(image);
      for (let chunk = 0; chunk < PER_IMAGE; chunk += 1) {
        const where = `program ${done + chunk} of seed ${SEED}:\n${chunks[chunk]?.code}`;
        const mark = `TENANT${lua.below(1_000_000)}X`;
        shared.fresh({ seed: 'seed' });
        outcomeOf(shared, lua.below(PER_IMAGE), mark);

        shared.fresh({ seed: 'seed' });

        const memory = Buffer.from(inspectMachine(shared).memory.buffer);
        assert.ok(memory.subarray(0, alone.memory.length).equals(alone.memory), where);
        assert.ok(
          memory.subarray(alone.memory.length).equals(ZEROS.subarray(0, memory.length - alone.memory.length)),
          where,
        );
        // Equal memory holds no mark either; this is to see it said, and slow, so one in ten.
        if (chunk % 10 === 0) assert.equal(memory.includes(mark), false, where);
        const expected = alone.outcomeOf(chunk, 'mine');
        assert.equal(outcomeOf(shared, chunk, 'mine'), expected, where);
        if (expected.startsWith('{')) seen.values += 1;
        else seen.failures.add((JSON.parse(expected) as [string])[0]);
      }
    }
    assert.ok(seen.values > PROGRAM_COUNT / 4, `${seen.values} programs of ${PROGRAM_COUNT} gave a value`);
    assert.ok(seen.failures.size >= 2, [...seen.failures].join());
  });
});
