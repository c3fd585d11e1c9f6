/**
 * Starts everything a server is: configuration, flows, engine, schedules, HTTP; and stops it.
 *
 * Invariant: nothing listens before every flow and every option was found right, and the
 * listener is the first thing to go when the server stops.
 */
import { join } from 'node:path';
import { ConfigError, createHealth, type Log, MoonpoolError, nearestWord, systemClock } from '../core/index.ts';
import type { Runner } from '../engine/index.ts';
import { createScheduler } from '../schedule/index.ts';
import { checkEndpoints, createServer, isLoopback } from '../server/index.ts';
import type { Flow } from '../flow/index.ts';
import { formatDiagnostic, SpecError } from '../spec/index.ts';
import { type ConfigOverride, type LoadedConfig, loadConfig } from './config.ts';
import { openDataFolder } from './data-folder.ts';
import { createEngine } from './engine.ts';
import { loadFlows } from './flows.ts';
import { createLog } from './log.ts';
import { createMetrics } from './metrics.ts';

/** What `moonpool serve` was asked for. */
export interface ServeRequest {
  readonly paths: readonly string[];
  readonly configFile?: string;
  readonly profile?: string;
  readonly port?: number;
  readonly host?: string;
  readonly dataDirectory?: string;
  /** Moonpool's own version. */
  readonly version: string;
  readonly io: {
    readonly stdout: { readonly isTerminal: boolean };
    readonly stderr: {
      /** Takes a line for people. */
      write(text: string): void;
    };
  };
}

/** A server that listens, until closed. */
export interface AppServer {
  /** Where it listens: `http://127.0.0.1:8080`. */
  readonly url: string;
  /** False when other machines can reach it, whatever `url` says. */
  readonly isLoopbackOnly: boolean;
  /** Finishes what is in hand, then stops everything. Calling it again gives the same promise. */
  close(): Promise<void>;
}

const STDOUT = 1;
/** How long requests in hand have; with the engine's own time it stays below the ten seconds of a stop. */
const LISTENER_CLOSE_MS = 6_000;

/**
 * Serves the flows of `request.paths`.
 *
 * @throws HTTP_PORT_TAKEN, STORE_LOCKED, CONFIG_INVALID, or a `SpecError` with every diagnostic
 */
export async function startServe(request: ServeRequest): Promise<AppServer> {
  await using opened = new AsyncDisposableStack();
  const config = await loadConfig({ ...request, overrides: overridesOf(request) });
  const { options } = config;
  const flows = await loadServedFlows(request, config);
  const folder = opened.use(await openDataFolder(request.dataDirectory ?? '.moonpool'));
  const clock = systemClock;
  const form = request.io.stdout.isTerminal ? 'lines' : 'json';
  const log = createLog({ level: options.log.level, clock, fd: STDOUT, form });
  opened.defer(() => log.flush());
  const metrics = createMetrics({ clock });
  const health = createHealth({ clock });
  const engine = await createEngine({ flows, config, folder, ...{ clock, log, metrics, health } });
  opened.defer(() => engine.close());
  const scheduler = createScheduler({
    ...{ flows, clock, log, health, metrics },
    start: (flow) => runScheduled(engine.runner, flow),
  });
  opened.defer(() => scheduler.stop());
  const server = await createServer(
    {
      ...{ runner: engine.runner, runs: engine.runs, flows, health, log, metrics, clock, version: request.version },
      metricsText: () => metrics.text(),
      lastGoodDirectory: join(folder.directory, 'last-good'),
      token: options.server.token === '' ? folder.token : options.server.token,
    },
    { server: options.server, admission: options.admission },
  );
  const { url } = await server.listen();
  opened.defer(() => server.close(AbortSignal.timeout(LISTENER_CLOSE_MS)));
  scheduler.start();
  announce(log, { config, flows, url });
  const resources = opened.move();
  let closing: Promise<void> | undefined;
  return {
    url,
    isLoopbackOnly: isLoopback(options.server.host),
    close() {
      closing ??= resources.disposeAsync();
      return closing;
    },
  };
}

function overridesOf({ port, host }: ServeRequest): readonly ConfigOverride[] {
  const overrides: ConfigOverride[] = [];
  if (port !== undefined) overrides.push({ path: 'server.port', value: port, option: '--port' });
  if (host !== undefined) overrides.push({ path: 'server.host', value: host, option: '--host' });
  return overrides;
}

async function loadServedFlows({ paths, io }: ServeRequest, config: LoadedConfig): Promise<readonly Flow[]> {
  const { flows, diagnostics } = await loadFlows(paths, { config });
  const problems = [...diagnostics, ...checkEndpoints(flows)];
  if (problems.some(({ severity }) => severity === 'error')) throw new SpecError(problems);
  requireConfiguredFlows(config, flows);
  for (const warning of problems) io.stderr.write(`${formatDiagnostic(warning)}\n`);
  return flows;
}

async function runScheduled(runner: Runner, flow: Flow): Promise<void> {
  const outcome = await runner.start(flow, {}, { priority: 'normal' }).outcome;
  if (outcome.kind !== 'succeeded') throw new MoonpoolError(outcome.error.code, outcome.error.message);
}

/** A value set for a flow that is not served is a typing error, and would otherwise do nothing. */
function requireConfiguredFlows(config: LoadedConfig, flows: readonly Flow[]): void {
  const names = flows.map(({ name }) => name);
  const problems = config.configuredFlows.flatMap((name) => {
    if (names.includes(name)) return [];
    const near = nearestWord(name, names);
    const meant = near === undefined ? '' : `, did you mean ${near}?`;
    return [{ path: `flows.${name}`, message: `no flow of this name is served${meant}` }];
  });
  if (problems.length > 0) throw new ConfigError(problems);
}

function announce(log: Log, start: { config: LoadedConfig; flows: readonly Flow[]; url: string }): void {
  const { config, flows, url } = start;
  log.info('server.started', {
    url,
    profile: config.profile,
    flows: flows.map(({ name }) => name),
    memory_limit_bytes: config.memory.bytes,
    ...(config.file === undefined ? {} : { config: config.file }),
  });
}
