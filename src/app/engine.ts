/**
 * Plugs an engine together: lanes, work thread, connections, stores, actions, runner.
 *
 * Knows no HTTP and no command line. Invariant: what was opened here is closed here, the last
 * first, also when something in between fails.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAllActions, type OwnActionModule } from '../actions/index.ts';
import { createHttpClient } from '../connections/index.ts';
import {
  type Clock,
  createHealth,
  type HealthPort,
  HOUR_MS,
  type Log,
  type Metrics,
  MIB,
  randomHex,
  randomSeed,
  silentMetrics,
  systemClock,
  toErrorData,
} from '../core/index.ts';
import { createRunner, type RunLimits, type Runner, type RunStore } from '../engine/index.ts';
import { LuaLanes, readWasmFile } from '../lua/lanes/index.ts';
import type { Flow } from '../flow/index.ts';
import { strikeBlobs, strikeHealth, strikeLog, type Secrets } from '../secrets/index.ts';
import { compileSchema } from '../spec/index.ts';
import { createBlobStore, createKvStore, createMemoryRunStore } from '../store/index.ts';
import { createWorkThread } from '../work/index.ts';
import { findActionModules } from './action-modules.ts';
import type { LoadedConfig, MoonpoolOptions } from './config.ts';
import { type DataFolder, openDataFolder } from './data-folder.ts';
import { hostsOf, keepsSomething, secretsNeeded } from './flow-needs.ts';
import { loadSecrets } from './secret-values.ts';

/** What an engine runs on. */
export interface EngineParts {
  readonly flows: readonly Flow[];
  readonly config: LoadedConfig;
  /** Opened by the caller, who closes it after the engine. Absent: one is opened when the flows keep something. */
  readonly folder?: DataFolder;
  /** Where that one lies; default `.moonpool`. */
  readonly dataDirectory?: string;
  readonly log: Log;
  /** Default: the machine's. */
  readonly clock?: Clock;
  /** Default: nobody counts. */
  readonly metrics?: Metrics;
  /** Default: nobody looks. */
  readonly health?: HealthPort;
}

/** Something that runs flows, until closed. */
export interface AppEngine {
  readonly runner: Runner;
  /** The runner's journal. */
  readonly runs: RunStore;
  /** Ends what is under way and gives everything back. Harmless when called again. */
  close(): Promise<void>;
}

/**
 * Runs known at once, and what came into those that ended, so that their events can be told again: entries of one
 * (about 250 bytes each, so some 10 MB at worst), and bytes of JSON of all.
 */
const JOURNAL = { maxRuns: 200, maxEndedEntries: 200, maxEndedValueBytes: 4 * MIB };
/** All blobs together. */
const BLOB_BYTES = 512 * MIB;
/** How long runs under way have when the engine is closed. */
const DRAIN_MS = 2_500;

/** @throws STORE_LOCKED, CLI_MACHINE for the data folder; CONFIG_INVALID */
export async function createEngine(parts: EngineParts): Promise<AppEngine> {
  await using opened = new AsyncDisposableStack();
  const { config, clock = systemClock, metrics = silentMetrics } = parts;
  const { secrets, paths: secretPaths } = await loadSecrets(config);
  const log = strikeLog(parts.log, secrets);
  const health = strikeHealth(parts.health ?? createHealth({ clock }), secrets);
  tellMissingSecrets(parts.flows, secrets, log);
  const { options } = config;
  const modules = await findActionModules({ config });
  const folder = parts.folder ?? (await openFolderFor(parts, modules, opened));
  const lanes = new LuaLanes({
    ...{ wasm: await readWasmFile(), salt: folder?.salt ?? randomHex(16), options: options.lua },
    ...{ clock, log, metrics },
    mayAddLane: () => hasRoomForLane(config),
  });
  opened.defer(() => lanes.close());
  const [first] = parts.flows;
  if (first !== undefined) lanes.warmUp(first);
  const work = createWorkThread({ clock, log, limits: options.work });
  opened.defer(() => work.close());
  const http = createHttpClient(options.http, { clock, log, metrics, declaredHosts: hostsOf(parts.flows) });
  opened.defer(() => http.close(AbortSignal.timeout(DRAIN_MS)));
  const directory = folder?.directory ?? (await throwawayFolder(opened));
  const files = { filesRoot: options.files.root, refusedFolders: [directory, ...secretPaths] };
  const kv = await createKvStore(join(directory, 'kv'), options.kv, {
    log,
    onDamaged: (namespace, file) =>
      health.report('kv', 'degraded', `The values of ${namespace} were damaged and set aside as ${file}.`),
  });
  const store = await createBlobStore(join(directory, 'blobs'), { maxTotalBytes: BLOB_BYTES });
  const blobs = strikeBlobs(store, secrets);
  const { stateBytes } = options.limits;
  const tools = { http, kv, blobs, work, health, log, clock, ...files, stateBytes, compileSchema };
  const actions = await createAllActions(tools, modules);
  const runs = createMemoryRunStore(JOURNAL);
  const runner = createRunner({
    segments: lanes,
    actions,
    store: runs,
    blobs,
    ...{ clock, log, metrics },
    seeds: { next: () => randomSeed() / 4_294_967_296 },
    limits: toRunLimits(options),
    ...{ secrets, env: config.flowEnvironment },
  });
  opened.defer(() => runner.drain(AbortSignal.timeout(DRAIN_MS)));
  const resources = opened.move();
  let closing: Promise<void> | undefined;
  return {
    runner,
    runs,
    close() {
      closing ??= resources.disposeAsync();
      return closing;
    },
  };
}

/** Says at start what the runs of `flows` would fail of. */
function tellMissingSecrets(flows: readonly Flow[], secrets: Secrets, log: Log): void {
  for (const { flow, secret } of secretsNeeded(flows)) {
    try {
      secrets.use(secret, flow);
    } catch (error) {
      log.warn('secret.missing', { flow, secret, reason: toErrorData(error).message });
    }
  }
}

/** True while memory would suffice even if one lane more used all it may. */
function hasRoomForLane({ memory, options }: LoadedConfig): boolean {
  const mostBytes = options.lua.laneHeapBytes + options.lua.memoryBytes;
  return process.memoryUsage.rss() + mostBytes <= memory.bytes;
}

/** The ceilings of runs, out of the configuration. */
export function toRunLimits(options: MoonpoolOptions): RunLimits {
  return {
    luaTimeoutMs: options.lua.timeoutMs,
    luaEndpointTimeoutMs: Math.min(options.lua.endpointTimeoutMs, options.lua.timeoutMs),
    maxLuaTimeoutMs: options.limits.flowLuaTimeoutMs,
    luaMemoryBytes: options.lua.memoryBytes,
    maxLuaMemoryBytes: options.lua.memoryBytes,
    parkedBytes: options.lua.parkedBytes,
    stateBytes: options.limits.stateBytes,
    runTimeoutMs: 24 * HOUR_MS,
  };
}

/** A data folder when one was asked for or a flow keeps something; a flow that only computes leaves no trace. */
async function openFolderFor(
  parts: EngineParts,
  modules: readonly OwnActionModule[],
  opened: AsyncDisposableStack,
): Promise<DataFolder | undefined> {
  if (parts.dataDirectory === undefined && !keepsSomething(parts.flows, modules)) return undefined;
  return opened.use(await openDataFolder(parts.dataDirectory ?? '.moonpool'));
}

/** For blobs of a run that has no data folder. */
async function throwawayFolder(opened: AsyncDisposableStack): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'moonpool-'));
  opened.defer(() => rm(directory, { recursive: true, force: true }));
  return directory;
}
