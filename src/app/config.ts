/**
 * The whole configuration of this program: which tables it is made of, and where its layers
 * come from. The only file that reads the environment.
 *
 * Command line > environment > `moonpool.yaml` > profile > defaults. The environment is read
 * once, here; what flows may see of it is copied out by name.
 */
import { open, readFile, stat } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { ACTION_OPTIONS, type ActionOptions } from '../actions/index.ts';
import { checkHttpOptions, HTTP_OPTIONS } from '../connections/index.ts';
import {
  ADMISSION_OPTIONS,
  type Config,
  type ConfigLayer,
  detectMemoryLimit,
  ENV_OPTIONS,
  FILE_OPTIONS,
  LIMIT_OPTIONS,
  LOG_OPTIONS,
  layerFromEnvironment,
  layerFromFile,
  layerFromPaths,
  MAX_CONFIG_BYTES,
  type MemoryLimit,
  type Profile,
  PROFILE_NAMES,
  type ResolvedTree,
  resolveConfig,
  selectProfile,
} from '../control/index.ts';
import { ConfigError, type JsonValue, MoonpoolError } from '../core/index.ts';
import { LUA_OPTIONS } from '../lua/lanes/index.ts';
import { SERVER_OPTIONS } from '../server/index.ts';
import { KV_OPTIONS } from '../store/index.ts';
import { WORK_LIMITS } from '../work/index.ts';

/** Every option of Moonpool, as `moonpool.yaml` nests them. */
export const CONFIG_TREE = {
  server: SERVER_OPTIONS,
  admission: ADMISSION_OPTIONS,
  http: HTTP_OPTIONS,
  lua: LUA_OPTIONS,
  limits: LIMIT_OPTIONS,
  files: FILE_OPTIONS,
  actions: ACTION_OPTIONS,
  env: ENV_OPTIONS,
  work: WORK_LIMITS,
  kv: KV_OPTIONS,
  log: LOG_OPTIONS,
};

/** The name of the configuration file that is looked for. */
const CONFIG_FILE_NAME = 'moonpool.yaml';

/** For what no profile sets. */
const NO_PROFILE: Profile = { name: 'none', settings: {}, maxima: {} };

/** Every option's value. */
export type MoonpoolOptions = ResolvedTree<typeof CONFIG_TREE>;

/** One value set on the command line. */
export interface ConfigOverride {
  /** Dotted path: `server.port`. */
  readonly path: string;
  readonly value: JsonValue;
  /** The command-line option that set it: `--port`. */
  readonly option: string;
}

/** Where to look for a configuration. */
export interface ConfigRequest {
  /** The flows or folders on the command line; `moonpool.yaml` is looked for beside them, then here. */
  readonly paths?: readonly string[];
  /** The file of `--config`; it must exist. */
  readonly configFile?: string;
  /** The name of `--profile`; default `auto`. */
  readonly profile?: string;
  /** Later ones win. */
  readonly overrides?: readonly ConfigOverride[];
  /** Stands for the environment of the process. */
  readonly environment?: { readonly [name: string]: string | undefined };
}

/** A checked configuration, and what was found on the way to it. */
export interface LoadedConfig extends Config<typeof CONFIG_TREE> {
  /** The profile in force; never `auto`. */
  readonly profile: string;
  readonly memory: MemoryLimit;
  /** The file that was read, as it was named or found. */
  readonly file?: string;
  /** What flows see as `env`: the variables that `env.allow` names and that are set. */
  readonly flowEnvironment: { readonly [name: string]: string };
  /** The variable in which a secret is; a function, so that no value is printed with the configuration. */
  readonly secretVariable: (name: string) => string | undefined;
}

/** The memory limit in force, and the profile that `auto` takes for it. */
export interface MachineMemory {
  readonly limit: MemoryLimit;
  readonly profile: string;
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    // Kernel files differ by system: one that is not there says nothing.
    return undefined;
  }
}

function isMissing(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code;
  return code === 'ENOENT' || code === 'ENOTDIR';
}

/** Looks at the machine. */
export async function findMemory(): Promise<MachineMemory> {
  const limit = await detectMemoryLimit({ readText, physicalBytes: totalmem() });
  return { limit, profile: selectProfile('auto', limit.bytes)?.name ?? 'default' };
}

/** The file's layer, or undefined when there is no such file. */
async function readConfigFile(path: string): Promise<ConfigLayer | undefined> {
  try {
    await using file = await open(path, 'r');
    // One byte more than may be is enough to be refused.
    const buffer = new Uint8Array(MAX_CONFIG_BYTES + 1);
    let length = 0;
    for (;;) {
      const { bytesRead } = await file.read(buffer, length, buffer.length - length);
      length += bytesRead;
      if (bytesRead === 0 || length === buffer.length) break;
    }
    return layerFromFile(path, new TextDecoder('utf-8', { fatal: true }).decode(buffer.subarray(0, length)));
  } catch (error) {
    if (isMissing(error)) return undefined;
    const reason = error instanceof TypeError ? 'it is not UTF-8 text' : (error as NodeJS.ErrnoException).code;
    throw new MoonpoolError('CLI_FILE', `The configuration file ${path} cannot be read (${reason}).`, { cause: error });
  }
}

/** The folders in which a configuration file may lie: those of the flows, then the current one. */
async function searchFolders(paths: readonly string[]): Promise<readonly string[]> {
  const folders: string[] = [];
  for (const path of paths) {
    try {
      folders.push((await stat(path)).isDirectory() ? path : dirname(path));
    } catch {
      // Whoever reads the flows says what is wrong with the path.
    }
  }
  return [...new Set([...folders, '.'])];
}

async function findConfigFile(
  request: ConfigRequest,
): Promise<{ readonly path: string; readonly layer: ConfigLayer } | undefined> {
  if (request.configFile !== undefined) {
    const layer = await readConfigFile(request.configFile);
    if (layer !== undefined) return { path: request.configFile, layer };
    throw new MoonpoolError(
      'CLI_FILE',
      `The configuration file ${request.configFile} does not exist. Give --config the name of a file.`,
    );
  }
  for (const folder of await searchFolders(request.paths ?? [])) {
    const path = join(folder, CONFIG_FILE_NAME);
    const layer = await readConfigFile(path);
    if (layer !== undefined) return { path, layer };
  }
  return undefined;
}

function pickVariables(
  names: readonly string[],
  environment: { readonly [name: string]: string | undefined },
): { readonly [name: string]: string } {
  const picked: Record<string, string> = {};
  for (const name of names) {
    const value = Object.hasOwn(environment, name) ? environment[name] : undefined;
    if (value !== undefined) picked[name] = value;
  }
  return Object.freeze(picked);
}

/**
 * The configuration in force for a command.
 *
 * @throws CONFIG_INVALID with every problem of every layer
 * @throws CLI_FILE for a file that cannot be read, and for a named one that does not exist
 * @throws CLI_USAGE for an unknown profile
 */
export async function loadConfig(request: ConfigRequest = {}): Promise<LoadedConfig> {
  const environment = request.environment ?? process.env;
  const { limit } = await findMemory();
  const name = request.profile ?? 'auto';
  const profile = selectProfile(name, limit.bytes);
  if (profile === undefined) {
    throw new MoonpoolError('CLI_USAGE', `There is no profile ${name}. The profiles are ${PROFILE_NAMES.join(', ')}.`);
  }
  const file = await findConfigFile(request);
  const overrides = (request.overrides ?? []).map(({ path, value, option }) =>
    layerFromPaths({ [path]: value }, { kind: 'command', name: option }),
  );
  const layers = [...overrides.reverse(), layerFromEnvironment(environment)];
  if (file !== undefined) layers.push(file.layer);
  const config = resolveConfig(CONFIG_TREE, {
    profile,
    layers,
    check: ({ http }) => checkHttpOptions(http),
  });
  requireSecretVariables(config);
  const secretVariables = config.secretSources.flatMap(({ from }) => (from.kind === 'env' ? from.variable : []));
  const secrets = pickVariables(secretVariables, environment);
  return Object.freeze({
    ...config,
    profile: profile.name,
    memory: limit,
    ...(file === undefined ? {} : { file: file.path }),
    flowEnvironment: pickVariables(config.options.env.allow, environment),
    secretVariable: (variable: string) => (Object.hasOwn(secrets, variable) ? secrets[variable] : undefined),
  });
}

/** A secret that flows could read as `env` would be none. */
function requireSecretVariables({ options, secretSources }: Config<typeof CONFIG_TREE>): void {
  const problems = secretSources.flatMap(({ name, from }) => {
    if (from.kind !== 'env' || !options.env.allow.includes(from.variable)) return [];
    const message = `the variable ${from.variable} is allowed by env.allow too, where flows can read it`;
    return [{ path: `secrets.${name}.env`, message }];
  });
  if (problems.length > 0) throw new ConfigError(problems);
}

/**
 * What the configuration file beside `paths` says of `actions`, for commands that run nothing.
 *
 * The rest of the file is not judged, and the environment is not read.
 *
 * @throws CONFIG_INVALID for a file that is not well-formed, and for a bad value under `actions`
 */
export async function readActionOptions(
  paths: readonly string[],
): Promise<{ readonly options: ActionOptions; readonly file?: string }> {
  const file = await findConfigFile({ paths });
  const settings = (file?.layer.settings ?? []).filter(({ path }) => path[0] === 'actions');
  const { options } = resolveConfig(
    { actions: ACTION_OPTIONS },
    { profile: NO_PROFILE, layers: [{ settings, problems: file?.layer.problems ?? [] }] },
  );
  return { options: options.actions, ...(file === undefined ? {} : { file: file.path }) };
}
