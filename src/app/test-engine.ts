/**
 * What tests of flows run on: the real lanes, and for each test its own clock, actions and runner.
 *
 * Invariant: nothing of one test is there for the next; nothing is kept in the data folder of the
 * user, and without `isReal` nothing outside the test is touched.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ActionDeps, createActions, createAllActions, type OwnActionModule } from '../actions/index.ts';
import { createHttpClient } from '../connections/index.ts';
import { type Clock, createHealth, type Log, MIB, silentMetrics } from '../core/index.ts';
import { type Action, type ActionRegistry, createRunner, type SegmentRunner } from '../engine/index.ts';
import type { Flow } from '../flow/index.ts';
import {
  type FlowTest,
  JumpClock,
  runToRest,
  StubbedActions,
  TEST_SECRETS,
  type TestFile,
  type TestResult,
  toResult,
} from '../flow-test/index.ts';
import { LuaLanes, readWasmFile } from '../lua/lanes/index.ts';
import { compileSchema } from '../spec/index.ts';
import { createBlobStore, createKvStore, createMemoryRunStore } from '../store/index.ts';
import { createWorkThread, type WorkThread } from '../work/index.ts';
import type { LoadedConfig } from './config.ts';
import { toRunLimits } from './engine.ts';
import { hostsOf } from './flow-needs.ts';

/** Values of tests in blobs, all together. */
const BLOB_BYTES = 64 * MIB;
/** Runs of one test: the one it is about. */
const JOURNAL = { maxRuns: 10, maxEndedEntries: 0 };
const CLOSE_MS = 2_500;
const SEEDS = 4_294_967_296;

/** One test with all it needs. */
export interface ReadyTest {
  readonly suite: TestFile;
  readonly test: FlowTest;
  readonly flow: Flow;
  readonly config: LoadedConfig;
  readonly modules: readonly OwnActionModule[];
}

/** How tests are run. */
export interface TestEngineOptions {
  /** The limits of lanes. */
  readonly config: LoadedConfig;
  /** Actions without a stub touch the world. */
  readonly isReal: boolean;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** Runs tests, one after the other, until closed. */
export class TestEngine implements AsyncDisposable {
  readonly #options: TestEngineOptions;
  readonly #lanes: LuaLanes;
  readonly #work: WorkThread;
  readonly #directory: string;
  readonly #opened: AsyncDisposableStack;
  #count = 0;

  private constructor(
    options: TestEngineOptions,
    parts: { lanes: LuaLanes; work: WorkThread; directory: string; opened: AsyncDisposableStack },
  ) {
    this.#options = options;
    this.#lanes = parts.lanes;
    this.#work = parts.work;
    this.#directory = parts.directory;
    this.#opened = parts.opened;
  }

  /** An engine on the machine's clock; what tests see of time is their own. */
  static async open(options: TestEngineOptions): Promise<TestEngine> {
    await using opened = new AsyncDisposableStack();
    const { clock, log, config } = options;
    const directory = await mkdtemp(join(tmpdir(), 'moonpool-test-'));
    opened.defer(() => rm(directory, { recursive: true, force: true }));
    const lanes = new LuaLanes({
      // The order of `pairs` is the same in every run of the tests.
      ...{ wasm: await readWasmFile(), salt: 'flow-test', options: config.options.lua },
      ...{ clock, log, metrics: silentMetrics },
      mayAddLane: () => true,
    });
    opened.defer(() => lanes.close());
    const work = createWorkThread({ clock, log, limits: config.options.work });
    opened.defer(() => work.close());
    return new TestEngine(options, { lanes, work, directory, opened: opened.move() });
  }

  /** Runs one test. */
  async run({ suite, test, flow, config, modules }: ReadyTest): Promise<TestResult> {
    const { isReal, log, signal } = this.#options;
    const clock = new JumpClock(test.nowMs, this.#options.clock);
    const stubbed = new StubbedActions(test, { clock, isReal });
    await using own = new AsyncDisposableStack();
    const blobs = await createBlobStore(join(this.#directory, `blobs-${this.#count}`), { maxTotalBytes: BLOB_BYTES });
    const around = (action: Action): Action => stubbed.wrap(action);
    const deps = { ...(await this.#toolsOf({ flow, config, clock, own })), blobs, around };
    const runner = createRunner({
      segments: holding(this.#lanes, clock),
      actions: isReal
        ? await clock.hold(() => createAllActions(deps, modules))
        : withUnloaded(createActions(deps), { modules, around }),
      store: createMemoryRunStore(JOURNAL),
      blobs,
      ...{ clock, log, metrics: silentMetrics },
      seeds: { next: () => test.seed / SEEDS },
      limits: toRunLimits(config.options),
      env: test.env,
      secrets: TEST_SECRETS,
    });
    const seen = await runToRest({ runner, flow, test, signal });
    return toResult(suite, test, {
      ...seen,
      calls: stubbed.calls,
      differences: [...stubbed.differences, ...seen.differences],
    });
  }

  async #toolsOf({
    flow,
    config,
    clock,
    own,
  }: {
    readonly flow: Flow;
    readonly config: LoadedConfig;
    readonly clock: JumpClock;
    readonly own: AsyncDisposableStack;
  }): Promise<Omit<ActionDeps, 'blobs'>> {
    const { log } = this.#options;
    const { options } = config;
    const http = createHttpClient(options.http, {
      ...{ clock: this.#options.clock, log, metrics: silentMetrics },
      declaredHosts: hostsOf([flow]),
    });
    own.defer(() => http.close(AbortSignal.timeout(CLOSE_MS)));
    this.#count += 1;
    const kv = await createKvStore(join(this.#directory, `kv-${this.#count}`), options.kv, {
      log,
      onDamaged: () => {},
    });
    return {
      ...{ http, kv, work: this.#work, log, clock: clock.inside(), compileSchema },
      health: createHealth({ clock }),
      filesRoot: options.files.root,
      refusedFolders: [this.#directory],
      stateBytes: options.limits.stateBytes,
    };
  }

  /** Ends lanes and the work thread; nothing of the tests stays. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#opened.disposeAsync();
  }
}

/** Lanes during whose work time stands still. */
function holding(lanes: SegmentRunner, clock: JumpClock): SegmentRunner {
  return { runSegment: (flow, request, options) => clock.hold(() => lanes.runSegment(flow, request, options)) };
}

/** `registry` with the operator's own actions, of which no code is loaded: they run only as stubs. */
function withUnloaded(
  registry: ActionRegistry,
  { modules, around }: { readonly modules: readonly OwnActionModule[]; readonly around: (action: Action) => Action },
): ActionRegistry {
  const own = new Map<string, Action>();
  for (const { facts } of modules) {
    for (const fact of facts) own.set(fact.name, around({ ...fact, run: () => Promise.resolve({ value: null }) }));
  }
  return {
    find: (name) => own.get(name) ?? registry.find(name),
    names: () => [...new Set([...registry.names(), ...own.keys()])].toSorted(),
  };
}
