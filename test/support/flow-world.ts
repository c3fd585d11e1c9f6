/**
 * A world in which runs happen one thing at a time, in an order a test draws.
 *
 * Segments are computed in this thread, by the lanes' own code; segments, actions and writes of
 * the journal wait until they are picked. Time moves when nothing else is left. Used by tests only.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createSeededRandom, type JsonObject, type JsonValue, MoonpoolError, silentLog } from '../../src/core/index.ts';
import { Decider } from '../../src/engine/decider.ts';
import type { Command, Happening } from '../../src/engine/decision.ts';
import {
  type Action,
  createRunner,
  type RunLimits,
  type Run,
  type RunOptions,
  type RunOutcome,
  type Runner,
  type RunStore,
  type SegmentRunner,
} from '../../src/engine/index.ts';
import type { Flow } from '../../src/flow/index.ts';
import { Job } from '../../src/lua/lanes/job.ts';
import { LaneMachine } from '../../src/lua/lanes/lane-machine.ts';
import { readWasmFile } from '../../src/lua/lanes/index.ts';
import { PreparedFlow } from '../../src/lua/lanes/prepared-flow.ts';
import { executeSegment } from '../../src/lua/lanes/segment-execution.ts';
import { parseFlow } from '../../src/spec/index.ts';
import { createMemoryRunStore } from '../../src/store/index.ts';
import { FakeClock } from './fake-clock.ts';
import { CallCounts, givenTo } from './flow-model.ts';
import { type FlowTree, toYaml } from './flow-tree.ts';
import { RecordedMetrics } from './recorded-metrics.ts';
import type { Chance } from './seeded-chance.ts';

const machine = new LaneMachine(await readWasmFile(), 'salt of the world');
await machine.ready();

/** Longer than anything in a random flow. */
const RUN_MS = 1_000_000_000;
/** Far more than any random flow takes. */
const MAX_STEPS = 20_000;
const LIMITS: RunLimits = {
  luaTimeoutMs: 60_000,
  luaEndpointTimeoutMs: 60_000,
  maxLuaTimeoutMs: 60_000,
  luaMemoryBytes: 16 * 1024 * 1024,
  maxLuaMemoryBytes: 64 * 1024 * 1024,
  parkedBytes: 96 * 1024 * 1024,
  stateBytes: 8 * 1024 * 1024,
  runTimeoutMs: RUN_MS,
};

/** What a decider was told, and what it said. */
export interface Decision {
  readonly happening: Happening;
  readonly commands: readonly Command[];
}

/** The circumstances of a world. */
export interface WorldOptions {
  readonly limits?: Partial<RunLimits>;
  /** Whether writes of the journal are picked too: a slow disk. */
  readonly hasSlowStore?: boolean;
  readonly actions?: readonly Action[];
}

/** See the head of this file. */
export class FlowWorld {
  readonly clock = new FakeClock();
  readonly metrics = new RecordedMetrics();
  readonly runner: Runner;
  readonly store: RunStore;
  readonly #chance: Chance;
  readonly #calls = new CallCounts();
  #pending: (() => void)[] = [];

  constructor(chance: Chance, { limits = {}, hasSlowStore = false, actions = [] }: WorldOptions = {}) {
    this.#chance = chance;
    this.store = hasSlowStore ? this.#slowStore() : createMemoryRunStore({ maxRuns: 50 });
    const known = [this.#action('test.read', 'safe'), this.#action('test.act', 'other'), ...actions];
    this.runner = createRunner({
      segments: this.#segments(),
      actions: { find: (name) => known.find((action) => action.name === name), names: () => [] },
      store: this.store,
      blobs: undefined,
      clock: this.clock,
      seeds: createSeededRandom(1),
      log: silentLog,
      metrics: this.metrics,
      limits: { ...LIMITS, ...limits },
      env: {},
    });
  }

  /** How much waits to be picked. */
  get pendingCount(): number {
    return this.#pending.length;
  }

  /** Resolves when `work` is picked and done. Gives up with the signal. */
  async picked<T>(work: () => T | Promise<T>, signal?: AbortSignal): Promise<T> {
    signal?.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const pick = (): void => resolve();
      this.#pending.push(pick);
      signal?.addEventListener('abort', () => {
        this.#pending = this.#pending.filter((other) => other !== pick);
        reject(signal.reason as Error);
      });
    });
    return work();
  }

  /** Lets one thing happen: something pending, an input, or time. False when nothing is left. */
  async step(
    run: Run | undefined,
    waiting: () => readonly { step: string; node: string }[] = () => [],
  ): Promise<boolean> {
    await nextTurn();
    const asked = waiting();
    const count = this.#pending.length + asked.length;
    if (count > 0) {
      const at = this.#chance.below(count);
      const pick = this.#pending[at];
      if (pick !== undefined) {
        this.#pending.splice(at, 1);
        pick();
      } else {
        const { step, node } = asked[at - this.#pending.length] as { step: string; node: string };
        // It may be gone, or somebody is giving it already.
        run?.give(givenTo(node), step).catch(() => {});
      }
      await nextTurn();
      return true;
    }
    const due = this.clock.nextDueInMs;
    if (due === undefined) return false;
    await this.clock.advance(due);
    return true;
  }

  /** Runs `flow` to its end, recording what was decided; `onStep` is called before each step. */
  async run(
    flow: Flow,
    options: RunOptions = {},
    onStep: (step: number, run: Run) => void = () => {},
  ): Promise<{ readonly run: Run; readonly outcome: RunOutcome; readonly decisions: readonly Decision[] }> {
    const decisions: Decision[] = [];
    let decider: Decider | undefined;
    const take = Decider.prototype.take;
    const record = (by: Decider, happening: Happening): readonly Command[] => {
      // The run's own decider is the first that takes anything; others make machines again.
      decider ??= by;
      const commands = take.call(by, happening);
      if (by === decider) decisions.push({ happening, commands });
      return commands;
    };
    Decider.prototype.take = function taking(this: Decider, happening: Happening): readonly Command[] {
      return record(this, happening);
    };
    try {
      const run = this.runner.start(flow, {}, options);
      let outcome = undefined as RunOutcome | undefined;
      void run.outcome.then((end) => {
        outcome = end;
      });
      for (let step = 0; outcome === undefined; step += 1) {
        if (step > MAX_STEPS) throw new Error('The run does not end.');
        onStep(step, run);
        const wasBusy = await this.step(run, () => decider?.waitingFor ?? []);
        if (!wasBusy && outcome === undefined) throw new Error('The run hangs.');
      }
      return { run, outcome, decisions };
    } finally {
      Decider.prototype.take = take;
    }
  }

  /** Lets everything happen until `work` settles. */
  async until<T>(work: Promise<T>): Promise<T> {
    let isSettled = false;
    const settled = work.finally(() => {
      isSettled = true;
    });
    settled.catch(() => {});
    while (!isSettled) await this.step(undefined);
    return settled;
  }

  #segments(): SegmentRunner {
    const flows = new Map<Flow, PreparedFlow>();
    return {
      runSegment: (flow, request, options) =>
        this.picked(() => {
          const prepared = flows.get(flow) ?? new PreparedFlow(flow);
          flows.set(flow, prepared);
          const job = new Job(flow, request, options);
          for (;;) {
            const context = job.context(false);
            const execution = executeSegment(prepared, job.request, {
              machine: machine.forPath(flow, job.request, context),
              tickMs: () => 0,
              report: (fact) => job.report([fact]),
              beginNode() {},
              isStopped: () => false,
              isToGiveWay: () => this.#chance.below(4) === 0,
              replacement: context.replacement,
            });
            if (execution.kind === 'paused') job.goOnFrom(execution.pause);
            else if (execution.kind === 'ended') {
              job.end(execution.outcome);
              return job.outcome;
            } else throw new Error('Nothing is late here.');
          }
        }, options.signal),
    };
  }

  #action(name: string, effect: Action['effect']): Action {
    return {
      ...{ name, effect, about: 'An action of a test.', withSchema: { type: 'object' }, resultSchema: {} },
      run: (input, { idempotencyKey, signal }) =>
        this.picked(() => {
          const step = idempotencyKey.slice(idempotencyKey.indexOf('/') + 1);
          return actAsScripted(input, this.#calls.next(step));
        }, signal),
    };
  }

  #slowStore(): RunStore {
    const store = createMemoryRunStore({ maxRuns: 50 });
    return {
      create: (summary) => this.picked(() => store.create(summary)),
      append: (id, entries) => this.picked(() => store.append(id, entries)),
      rest: (id, waitingFor) => this.picked(() => store.rest(id, waitingFor)),
      finish: (id, end) => this.picked(() => store.finish(id, end)),
      read: (id) => store.read(id),
      list: (limit, where) => store.list(limit, where),
    };
  }
}

/** The actions of random flows, by step of their run. */
export function scriptedActions(calls: Map<string, CallCounts>): readonly Action[] {
  return (['test.read', 'test.act'] as const).map((name) => ({
    ...{ name, effect: name === 'test.read' ? 'safe' : 'other', about: 'An action of a test.' },
    ...{ withSchema: { type: 'object' }, resultSchema: {} },
    async run(input, { idempotencyKey, runId }) {
      const counts = calls.get(runId) ?? new CallCounts();
      calls.set(runId, counts);
      return actAsScripted(input, counts.next(idempotencyKey));
    },
  }));
}

/** Fails as often as its input says, then gives the value and one. */
function actAsScripted(input: JsonObject, callsBefore: number): { value: number } {
  const { fails, code, value } = input as { fails: number; code: 'CONN_CONNECT'; value: number };
  if (callsBefore < fails) throw new MoonpoolError(code, 'As the script says.');
  return { value: value + 1 };
}

/** The checked flow of a tree. */
export function flowOf({ nodes, called, branches }: FlowTree): Flow {
  const actions = {
    find: () => ({ name: 'test.act', effect: 'other', about: '', withSchema: {}, resultSchema: {} }) as const,
    names: () => ['test.act', 'test.read'],
  };
  const parse = (name: string, yaml: string, imports: ReadonlyMap<string, Flow>): Flow => {
    const { flow, diagnostics } = parseFlow(yaml, { file: `${name}.yaml`, directory: '.', actions, imports });
    if (flow === undefined) throw new Error(`${diagnostics.map(({ message }) => message).join('\n')}\n${yaml}`);
    return flow;
  };
  const sub = parse('called', toYaml('called', called, branches), new Map());
  return parse('main', toYaml('main', nodes, branches), new Map([['./called.yaml', sub]]));
}

/** A state without what depends on time, and without sentences. */
export function plain(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map((one: JsonValue) => plain(one));
  if (value === null || typeof value !== 'object') return value;
  const kept = Object.entries(value as JsonObject).filter(
    ([key, one]) => !['timing_ms', 'details'].includes(key) && !(key === 'message' && typeof one === 'string'),
  );
  return Object.fromEntries(kept.map(([key, one]) => [key, plain(one)]));
}
