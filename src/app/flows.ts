/**
 * From paths on the command line to checked flows: finds the files, reads them, checks them all.
 *
 * Runs nothing and opens no socket. Lua is compiled in the calling thread, in a machine that is
 * dropped afterwards.
 */
import type { Dirent } from 'node:fs';
import { open, readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type JsonObject, MIB, MoonpoolError } from '../core/index.ts';
import { checkCron } from '../schedule/index.ts';
import { type ActionCatalogue, type Diagnostic, type Flow, isFlowFile, parseFlow } from '../spec/index.ts';
import { createLuaCheck } from './lua-check.ts';

/** Longest flow file that is read. */
const MAX_FLOW_BYTES = 1 * MIB;
/** Files looked at below one folder. */
const MAX_FILE_COUNT = 10_000;
/** Folders never hold flows when they are called this, or begin with a dot. */
const SKIPPED_FOLDERS: ReadonlySet<string> = new Set(['node_modules']);

/** How flows are checked. */
export interface LoadOptions {
  readonly actions: ActionCatalogue;
  /** Values the configuration sets for variables of a flow, given its name and what it declares. */
  readonly variablesOf?: (flow: string, declared: readonly string[]) => JsonObject;
  readonly strict?: boolean;
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
 */
export async function loadFlows(paths: readonly string[], options: LoadOptions): Promise<LoadedFlows> {
  const flows: Flow[] = [];
  const diagnostics: Diagnostic[] = [];
  const checkLua = await createLuaCheck();
  for (const path of await findFlowFiles(paths)) {
    const text = await readFlowFile(path);
    const result = parseFlow(text, {
      file: path,
      directory: dirname(path),
      actions: options.actions,
      checkLua,
      ...(options.variablesOf === undefined ? {} : { variablesOf: options.variablesOf }),
      ...(options.strict === undefined ? {} : { strict: options.strict }),
    });
    diagnostics.push(...result.diagnostics);
    if (result.flow === undefined) continue;
    const bad = scheduleProblem(result.flow);
    if (bad === undefined) flows.push(result.flow);
    else diagnostics.push(bad);
  }
  return { flows, diagnostics };
}

function scheduleProblem(flow: Flow): Diagnostic | undefined {
  if (flow.schedule?.cron === undefined) return undefined;
  const problem = checkCron(flow.schedule.cron, flow.schedule.zone);
  if (problem === undefined) return undefined;
  return { severity: 'error', code: 'SPEC_INVALID', file: flow.file, line: 1, column: 1, message: problem };
}

async function findFlowFiles(paths: readonly string[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const path of paths) {
    const kind = await stat(path).catch((error: unknown) => {
      throw unreadable(path, error);
    });
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
      else if (entry.isFile() && /\.ya?ml$/.test(entry.name)) {
        if (isFlowFile(basename(path), await readFlowFile(path))) found.push(path);
      }
    }
  }
  return found.toSorted();
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
