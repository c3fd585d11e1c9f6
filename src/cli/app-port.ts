/**
 * What the commands need of `app`. Loaded only by the commands that use it, because a server,
 * a Lua machine and their libraries are much to load for `--help`.
 */
import type { FlowTestRequest, LoadedConfig, MachineMemory, Runner } from '../app/index.ts';
import type { JsonObject, Log } from '../core/index.ts';
import type { Flow } from '../flow/index.ts';
import type { Diagnostic } from '../spec/index.ts';
import type { CliIo } from './io.ts';

/** What the flow files hold, and everything that is wrong or odd about them. */
export interface LoadedFlows {
  /** Those without errors, in the order of `paths`. */
  readonly flows: readonly Flow[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Something that runs flows, until closed. */
export interface AppEngine {
  readonly runner: Runner;
  /** Ends what is under way and gives everything back. */
  close(): Promise<void>;
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

/** `app` as the commands see it. */
export interface CliApp {
  /**
   * Reads configuration file and environment over a profile's defaults.
   *
   * @throws CONFIG_INVALID with all problems; CLI_FILE for a named file that cannot be read
   */
  loadConfig(request: { readonly paths: readonly string[] }): Promise<LoadedConfig>;
  /**
   * Reads and checks flow files, and all flow files of folders. Runs nothing.
   *
   * @param options.config replaces variables and gives the limits; absent: nothing outside the files is read
   * @param options.overlays files put over every flow, the last one last
   * @throws CLI_FILE when a path cannot be read
   */
  loadFlows(
    paths: readonly string[],
    options: { readonly strict?: boolean; readonly config?: LoadedConfig; readonly overlays?: readonly string[] },
  ): Promise<LoadedFlows>;
  /** The JSON Schema of a flow file, with the actions that the configuration here registers. */
  flowSchema(): JsonObject | Promise<JsonObject>;
  /**
   * Something to run `flows` on.
   *
   * @throws STORE_LOCKED, STORE_FULL, CLI_MACHINE for the data folder
   */
  createEngine(options: {
    readonly flows: readonly Flow[];
    readonly config: LoadedConfig;
    readonly dataDirectory?: string;
    readonly log: Log;
  }): Promise<AppEngine>;
  /**
   * Starts serving; log lines go to `io.stdout`.
   *
   * @throws HTTP_PORT_TAKEN, STORE_LOCKED, CONFIG_INVALID, a `SpecError` with every diagnostic
   */
  startServe(options: {
    readonly paths: readonly string[];
    readonly configFile?: string;
    readonly profile?: string;
    readonly port?: number;
    readonly host?: string;
    readonly dataDirectory?: string;
    readonly version: string;
    readonly io: CliIo;
  }): Promise<AppServer>;
  /**
   * Runs the tests of flows.
   *
   * @throws a `SpecError` with everything that is wrong with test files and flows, before anything runs; CLI_FILE
   */
  runFlowTests(request: FlowTestRequest): Promise<void>;
  /** The memory limit in force and the profile it chooses. */
  findMemory(): Promise<MachineMemory>;
  /** Loads the Lua machine and runs one line; gives its version: `Lua 5.4`. */
  probeLua(): Promise<string>;
}

/** How a command gets hold of `app`. */
export type LoadApp = () => Promise<CliApp>;
