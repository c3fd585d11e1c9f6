/**
 * From paths on the command line to checked flows: finds the files, reads them, checks them all.
 *
 * Runs nothing and opens no socket. Lua is compiled in the calling thread, in a machine that is
 * dropped afterwards.
 */
import { basename, dirname, resolve, sep } from 'node:path';
import { actionFacts } from '../actions/index.ts';
import { type JsonObject, MIB, MoonpoolError } from '../core/index.ts';
import { checkCron } from '../schedule/index.ts';
import type { Flow } from '../flow/index.ts';
import {
  type Diagnostic,
  type FlowLimits,
  flowJsonSchema,
  isFlowFile,
  type ParseFlowOptions,
  parseFlow,
  type SourceFile,
} from '../spec/index.ts';
import { findActionModules } from './action-modules.ts';
import type { LoadedConfig } from './config.ts';
import { FlowImports } from './flow-imports.ts';
import { createLuaCheck } from './lua-check.ts';
import { filesBelow, kindOf, readBoundedFile } from './named-files.ts';

/** Longest flow file that is read. */
const MAX_FLOW_BYTES = 1 * MIB;

/** How flows are checked. */
export interface LoadOptions {
  /** Warns of more. Default false. */
  readonly strict?: boolean;
  /** Replaces variables and gives the ceilings; absent: nothing outside the files counts. */
  readonly config?: LoadedConfig;
  /** Files put over every flow, the last one last; they are no flows themselves. */
  readonly overlays?: readonly string[];
}

/** Checked flows and everything that was found; `flows` has only those without an error. */
export interface LoadedFlows {
  readonly flows: readonly Flow[];
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Loads every flow that `paths` name; a folder stands for all flow files in it.
 *
 * @throws CLI_FILE for a path that cannot be read
 * @throws CONFIG_INVALID for what is wrong with the schema files of own actions
 */
export async function loadFlows(paths: readonly string[], options: LoadOptions = {}): Promise<LoadedFlows> {
  const flows: Flow[] = [];
  const diagnostics: Diagnostic[] = [];
  const overlays = await readOverlays(options.overlays ?? []);
  const files = (await findFlowFiles(paths)).filter((file) => !isOneOf(file, options.overlays ?? []));
  const check = {
    actions: actionFacts(await findActionModules({ config: options.config, paths })),
    checkCron,
    checkLua: await createLuaCheck(),
    overlays,
    ...fromOptions(options),
  };
  // Overlays are put over the flows that are named, not over what those import.
  const imported = new FlowImports({
    read: readFlowFile,
    parse: (file, text, imports) =>
      parseFlow(text, { ...check, overlays: [], file, directory: dirname(file), imports }),
  });
  for (const file of files) {
    const text = await readFlowFile(file);
    const texts = [text, ...overlays.map((overlay) => overlay.text)];
    const imports = await imported.of({ file, texts, named: nameFor(file, paths) });
    const result = parseFlow(text, { ...check, file, directory: dirname(file), imports });
    diagnostics.push(...result.diagnostics);
    if (result.flow !== undefined) flows.push(result.flow);
  }
  return { flows, diagnostics: withoutRepeats([...imported.diagnostics, ...diagnostics]) };
}

/** The path of the command line through which `file` was found. */
function nameFor(file: string, paths: readonly string[]): string {
  return paths.find((path) => resolve(file).startsWith(`${resolve(path)}${sep}`)) ?? file;
}

async function readOverlays(files: readonly string[]): Promise<readonly SourceFile[]> {
  const overlays: SourceFile[] = [];
  for (const file of files) {
    if ((await kindOf(file)) !== 'file')
      throw new MoonpoolError('CLI_FILE', `The overlay ${file} is no file. Name a YAML file.`);
    overlays.push({ file, text: await readFlowFile(file) });
  }
  return overlays;
}

function isOneOf(file: string, files: readonly string[]): boolean {
  return files.some((other) => resolve(other) === resolve(file));
}

/** What is wrong with an overlay or an imported flow may be found several times, and is said once. */
function withoutRepeats(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const found = new Map(diagnostics.map((diagnostic) => [JSON.stringify(diagnostic), diagnostic]));
  return [...found.values()];
}

/** The JSON Schema of a flow file, with the names of all actions, those registered in the current folder among them. */
export async function flowSchema(): Promise<JsonObject> {
  return flowJsonSchema(actionFacts(await findActionModules({})));
}

function fromOptions({ strict, config }: LoadOptions): Pick<ParseFlowOptions, 'strict' | 'limits' | 'variablesOf'> {
  return {
    ...(strict === undefined ? {} : { strict }),
    ...(config === undefined
      ? {}
      : { limits: toFlowLimits(config), variablesOf: (flow, declared) => config.flowVariables(flow, declared) }),
  };
}

/** What a flow may ask for at most. */
function toFlowLimits({ options }: LoadedConfig): FlowLimits {
  return {
    luaTimeoutMs: options.limits.flowLuaTimeoutMs,
    luaMemoryBytes: options.lua.memoryBytes,
    maxBodyBytes: options.server.maxBodyBytes,
  };
}

async function findFlowFiles(paths: readonly string[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const path of paths) {
    if ((await kindOf(path)) === 'file') {
      found.push(path);
      continue;
    }
    const inside = await filesBelow(path, { isWanted: (_, file) => holdsFlow(file), what: 'flows' });
    if (inside.length === 0) {
      throw new MoonpoolError('CLI_FILE', `The folder ${path} holds no flow file (*.yaml with nodes or edges).`);
    }
    found.push(...inside);
  }
  return [...new Set(found)];
}

async function holdsFlow(path: string): Promise<boolean> {
  const name = basename(path);
  return isFlowFile(name) && isFlowFile(name, await readFlowFile(path));
}

function readFlowFile(path: string): Promise<string> {
  return readBoundedFile(path, { what: 'flow file', maxBytes: MAX_FLOW_BYTES });
}
