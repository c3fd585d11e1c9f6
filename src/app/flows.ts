/**
 * From paths on the command line to checked flows: finds the files, reads them, checks them all.
 *
 * Runs nothing and opens no socket. Lua is compiled in the calling thread, in a machine that is
 * dropped afterwards.
 */
import type { Dirent } from 'node:fs';
import { open, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve, sep } from 'node:path';
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

/** Longest flow file that is read. */
const MAX_FLOW_BYTES = 1 * MIB;
/** Files looked at below one folder. */
const MAX_FILE_COUNT = 10_000;
/** Folders never hold flows when they are called this, or begin with a dot. */
const SKIPPED_FOLDERS: ReadonlySet<string> = new Set(['node_modules']);

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
    const kind = await stat(file).catch((error: unknown) => {
      throw unreadable(file, error);
    });
    if (!kind.isFile()) throw new MoonpoolError('CLI_FILE', `The overlay ${file} is no file. Name a YAML file.`);
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
    const kind = await stat(path).catch((error: unknown) => {
      throw unreadable(path, error);
    });
    // A device may go on for ever, and opening a pipe nobody writes to cannot be interrupted.
    if (!kind.isFile() && !kind.isDirectory()) {
      throw new MoonpoolError('CLI_FILE', `${path} is neither a file nor a folder. Write the flow to a file.`);
    }
    if (!kind.isDirectory()) {
      found.push(path);
      continue;
    }
    const inside = await findInFolder(path);
    if (inside.length === 0) {
      throw new MoonpoolError('CLI_FILE', `The folder ${path} holds no flow file (*.yaml with nodes or edges).`);
    }
    found.push(...inside);
  }
  return [...new Set(found)];
}

async function findInFolder(folder: string): Promise<readonly string[]> {
  const found: string[] = [];
  const open = [folder];
  let seen = 0;
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const current = next;
    const entries: Dirent[] = await readdir(current, { withFileTypes: true }).catch((error: unknown) => {
      throw unreadable(current, error);
    });
    for (const entry of entries) {
      seen += 1;
      if (seen > MAX_FILE_COUNT) {
        throw new MoonpoolError(
          'CLI_FILE',
          `The folder ${folder} holds more than ${MAX_FILE_COUNT} files. Name the flows.`,
        );
      }
      if (entry.name.startsWith('.') || SKIPPED_FOLDERS.has(entry.name)) continue;
      const path = join(current, entry.name);
      if (entry.isDirectory()) open.push(path);
      else if (entry.isFile() && (await holdsFlow(path))) found.push(path);
    }
  }
  return found.toSorted();
}

async function holdsFlow(path: string): Promise<boolean> {
  const name = basename(path);
  return isFlowFile(name) && isFlowFile(name, await readFlowFile(path));
}

async function readFlowFile(path: string): Promise<string> {
  try {
    await using file = await open(path, 'r');
    const { size } = await file.stat();
    if (size > MAX_FLOW_BYTES) {
      throw new MoonpoolError(
        'CLI_FILE',
        `The file ${path} has ${size} bytes; a flow file has at most ${MAX_FLOW_BYTES}.`,
      );
    }
    return await file.readFile('utf8');
  } catch (error) {
    throw unreadable(path, error);
  }
}

function unreadable(path: string, error: unknown): MoonpoolError {
  if (error instanceof MoonpoolError) return error;
  const code = (error as NodeJS.ErrnoException).code ?? 'unknown error';
  const why = code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`;
  return new MoonpoolError('CLI_FILE', `The file ${path} ${why}. Check the path.`, { cause: error });
}
