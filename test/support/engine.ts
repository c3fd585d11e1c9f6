/**
 * A runner over real lanes and the memory store, with actions a test supplies.
 */
import {
  type Clock,
  createSeededRandom,
  type JsonObject,
  type JsonValue,
  type Log,
  resolveOptions,
  silentLog,
  silentMetrics,
  systemClock,
} from '../../src/core/index.ts';
import {
  type Action,
  type ActionCall,
  type ActionRegistry,
  type ActionResult,
  type BlobStore,
  createRunner,
  type RunLimits,
  type RunStore,
  type SecretPort,
  type Runner,
} from '../../src/engine/index.ts';
import { LUA_OPTIONS, LuaLanes } from '../../src/lua/lanes/index.ts';
import { createLuaHost } from '../../src/lua/machine/index.ts';
import { readWasmFile } from '../../src/lua/lanes/index.ts';
import type { Flow } from '../../src/flow/index.ts';
import { parseFlow } from '../../src/spec/index.ts';
import { createMemoryRunStore } from '../../src/store/index.ts';

const wasm = await readWasmFile();
const host = await createLuaHost(wasm);

/** An action for tests. */
export function anAction(
  name: string,
  run: (input: JsonObject, call: ActionCall) => JsonValue | Promise<JsonValue>,
  more: Partial<Pick<Action, 'effect' | 'withSchema' | 'takesSecrets'>> & { response?: ActionResult['response'] } = {},
): Action {
  const { response, effect = 'safe', withSchema = { type: 'object' }, takesSecrets = false } = more;
  return {
    name,
    effect,
    about: 'An action of a test.',
    withSchema,
    resultSchema: {},
    takesSecrets,
    async run(input, call) {
      const value = await run(input, call);
      return { value, ...(response === undefined ? {} : { response }) };
    },
  };
}

/** A registry of `actions`. */
function aRegistry(...actions: readonly Action[]): ActionRegistry {
  return {
    find: (name) => actions.find((action) => action.name === name),
    names: () => actions.map((action) => action.name),
  };
}

/** What `startEngine` gives. */
export interface TestEngine extends AsyncDisposable {
  readonly runner: Runner;
  readonly lanes: LuaLanes;
  readonly store: RunStore;
  /** A checked flow from YAML; fails the test when it has problems. */
  flow(yaml: string): Flow;
}

const LIMITS: RunLimits = {
  luaTimeoutMs: 5_000,
  luaEndpointTimeoutMs: 2_000,
  maxLuaTimeoutMs: 60_000,
  luaMemoryBytes: 16 * 1024 * 1024,
  maxLuaMemoryBytes: 64 * 1024 * 1024,
  parkedBytes: 96 * 1024 * 1024,
  stateBytes: 1024 * 1024,
  runTimeoutMs: 60_000,
};

/** A running engine; dispose it to end its threads. */
export function startEngine(
  options: {
    readonly actions?: readonly Action[];
    readonly limits?: Partial<RunLimits>;
    readonly store?: RunStore;
    readonly blobs?: BlobStore;
    /** Default: nobody reads it. */
    readonly log?: Log;
    /** The runner's clock; lanes always have the machine's. */
    readonly clock?: Clock;
    /** Default: as many as the configuration says. */
    readonly lanes?: number;
    readonly secrets?: SecretPort;
  } = {},
): TestEngine {
  const actions = aRegistry(...(options.actions ?? []));
  const lanes = new LuaLanes({
    wasm,
    salt: 'salt of the tests',
    options: resolveOptions('lua', LUA_OPTIONS, options.lanes === undefined ? {} : { lanes: options.lanes }),
    clock: systemClock,
    log: silentLog,
    metrics: silentMetrics,
  });
  const store = options.store ?? createMemoryRunStore({ maxRuns: 1_000 });
  const runner = createRunner({
    segments: lanes,
    actions,
    store,
    blobs: options.blobs,
    clock: options.clock ?? systemClock,
    seeds: createSeededRandom(1),
    log: options.log ?? silentLog,
    metrics: silentMetrics,
    limits: { ...LIMITS, ...options.limits },
    env: {},
    ...(options.secrets === undefined ? {} : { secrets: options.secrets }),
  });
  return {
    runner,
    lanes,
    store,
    flow(yaml) {
      const { flow, diagnostics } = parseFlow(yaml, {
        file: 'test.yaml',
        directory: '.',
        actions,
        checkLua: (code) => host.checkChunk(code),
      });
      if (flow === undefined) throw new Error(diagnostics.map((problem) => problem.message).join('\n'));
      return flow;
    },
    async [Symbol.asyncDispose]() {
      await lanes.close();
    },
  };
}
