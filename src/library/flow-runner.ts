/**
 * Something that runs flows in this process, until it is closed.
 */
import { type JsonObject, type Log, type Metrics, silentLog, silentMetrics } from '../core/index.ts';
import { type AppEngine, createEngine, loadConfig } from '../app/index.ts';
import type { Flow } from '../flow/index.ts';
import { FlowRun, type FlowRunOptions } from './flow-run.ts';

/** What a runner is made with. */
export interface RunnerOptions {
  /**
   * The flows it will run. Hosts that they name literally may be called also when their addresses are private;
   * when one of them keeps something (`kv.*`), the data folder is opened.
   */
  readonly flows: readonly Flow[];
  /** The configuration file. Default: `moonpool.yaml` beside the first flow, if any. */
  readonly configFile?: string;
  /** Stands for the environment of the process, of which `MOONPOOL_*` and what `env.allow` names count. Default: nothing. */
  readonly environment?: { readonly [name: string]: string | undefined };
  /** Where flows keep what outlives a run; made when it is not there. Default `.moonpool`, when a flow needs it. */
  readonly dataDirectory?: string;
  /** Gets what happens, with fields. Default: nobody. */
  readonly log?: Log;
  /** Counts what happens. Default: nobody. */
  readonly metrics?: Metrics;
}

/** Runs flows. */
export class FlowRunner implements AsyncDisposable {
  readonly #engine: AppEngine;

  /** @internal */
  constructor(engine: AppEngine) {
    this.#engine = engine;
  }

  /**
   * Starts a run of `flow`; input that does not fit its schema makes the run fail with FLOW_INPUT.
   *
   * @throws FLOW_CANCELLED once the runner is being closed
   */
  start(flow: Flow, input: JsonObject = {}, options: FlowRunOptions = {}): FlowRun {
    return new FlowRun(this.#engine.runner.start(flow, input, options));
  }

  /** Runs under way, waiting ones included. */
  get activeCount(): number {
    return this.#engine.runner.activeCount;
  }

  /** Ends runs under way, threads, connections and files. Harmless when called again. Takes at most some seconds. */
  close(): Promise<void> {
    return this.#engine.close();
  }

  /** The same as {@link close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

/**
 * A runner for `flows`. Its threads start when there is work and do not keep the process alive when there is none.
 *
 * @throws CONFIG_INVALID; STORE_LOCKED when another process has the data folder
 */
export async function createRunner(options: RunnerOptions): Promise<FlowRunner> {
  const { flows, configFile, environment = {}, dataDirectory, log = silentLog, metrics = silentMetrics } = options;
  const config = await loadConfig({
    paths: flows.slice(0, 1).map(({ file }) => file),
    environment,
    ...(configFile === undefined ? {} : { configFile }),
  });
  const folder = dataDirectory === undefined ? {} : { dataDirectory };
  return new FlowRunner(await createEngine({ flows, config, log, metrics, ...folder }));
}
