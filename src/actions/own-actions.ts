/**
 * The operator's own actions: their schema files for who checks flows, their modules for who runs them.
 *
 * A module runs with all rights of the server, so only configuration names one. Everything wrong
 * with all of them is reported at once, before anything runs.
 */
import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  type Clock,
  ConfigError,
  isErrorCode,
  type JsonObject,
  type JsonValue,
  KIB,
  MoonpoolError,
} from '../core/index.ts';
import type { Action, ActionCall, ActionFacts, ActionResult } from '../engine/index.ts';
import { actionError } from './action-input.ts';
import type { CompileSchema } from './data-validate/index.ts';
import { readOwnActionFacts } from './own-action-facts.ts';

/** What an action of the operator does; the input has passed its schema. */
export type OwnActionRun = (input: JsonObject, call: ActionCall) => Promise<ActionResult>;

/** A module of actions, as found: its facts and where its code lies. */
export interface OwnActionModule {
  /** As the configuration names it. */
  readonly name: string;
  readonly path: string;
  readonly facts: readonly ActionFacts[];
}

const MAX_SCHEMA_BYTES = 256 * KIB;
const LOAD_TIMEOUT_MS = 10_000;
const EXTENSION = /\.(?:m?js|m?ts)$/;
const OPTION = 'actions.modules';

/**
 * Reads the schema file of each module, and no code.
 *
 * @param directory what relative names start from
 * @throws CONFIG_INVALID with every problem of all of them
 */
export async function findOwnActions(
  names: readonly string[],
  { directory, compileSchema }: { readonly directory: string; readonly compileSchema: CompileSchema },
): Promise<readonly OwnActionModule[]> {
  const problems: string[] = [];
  const modules: OwnActionModule[] = [];
  const owners = new Map<string, string>();
  for (const name of names) {
    const path = resolve(directory, name);
    if (!EXTENSION.test(name)) {
      problems.push(`${name} is no module; name a .js, .mjs, .ts or .mts file`);
      continue;
    }
    const schemaName = name.replace(EXTENSION, '.schema.json');
    const text = await readSchemaFile(resolve(directory, schemaName));
    const read =
      typeof text === 'string' ? readOwnActionFacts(text, compileSchema) : { facts: [], problems: [text.reason] };
    problems.push(...read.problems.map((problem) => `${schemaName}: ${problem}`));
    for (const { name: action } of read.facts) {
      const owner = owners.get(action);
      if (owner !== undefined) problems.push(`${schemaName}: ${action} is an action of ${owner} already`);
      owners.set(action, name);
    }
    modules.push({ name, path, facts: read.facts });
  }
  requireNone(problems);
  return modules;
}

async function readSchemaFile(path: string): Promise<string | { readonly reason: string }> {
  try {
    await using file = await open(path, 'r');
    const facts = await file.stat();
    if (!facts.isFile()) return { reason: 'it is not a regular file' };
    if (facts.size > MAX_SCHEMA_BYTES)
      return { reason: `it has ${facts.size} bytes; at most ${MAX_SCHEMA_BYTES} are read` };
    return await file.readFile('utf8');
  } catch (error) {
    const code = (error as { code?: unknown }).code;
    if (code === 'ENOENT') return { reason: 'it does not exist; each module has its schema file beside it' };
    return { reason: `it cannot be read (${String(code)})` };
  }
}

/**
 * Loads the code of the modules and gives their actions.
 *
 * @param tools what a module's `actions` is called with when it is a function
 * @throws CONFIG_INVALID with every problem of all of them
 */
export async function loadOwnActions(
  modules: readonly OwnActionModule[],
  { tools, clock }: { readonly tools: object; readonly clock: Clock },
): Promise<readonly Action[]> {
  const problems: string[] = [];
  const actions: Action[] = [];
  for (const { name, path, facts } of modules) {
    try {
      const runs = await withinTime(loadRuns(path, tools), clock);
      problems.push(...mismatches(facts, runs).map((problem) => `${name} ${problem}`));
      for (const fact of facts) actions.push(toAction(fact, runs[fact.name] as OwnActionRun));
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      problems.push(`${name} cannot be loaded: ${reason.split('\n', 1)[0]?.slice(0, 300)}`);
    }
  }
  requireNone(problems);
  return actions;
}

/** Where what a module has and what its schema file describes differ. */
function mismatches(facts: readonly ActionFacts[], runs: { readonly [name: string]: unknown }): readonly string[] {
  const described = new Set(facts.map(({ name }) => name));
  const missing = facts.filter(({ name }) => !Object.hasOwn(runs, name) || typeof runs[name] !== 'function');
  return [
    ...Object.keys(runs).flatMap((name) =>
      described.has(name) ? [] : [`has ${name}, which its schema file does not describe`],
    ),
    ...missing.map(({ name }) => `has no function for ${name}, which its schema file describes`),
  ];
}

async function loadRuns(path: string, tools: object): Promise<{ readonly [name: string]: unknown }> {
  const module = (await import(pathToFileURL(path).href)) as { readonly actions?: unknown };
  const given: unknown =
    typeof module.actions === 'function' ? await (module.actions as (tools: object) => unknown)(tools) : module.actions;
  if (typeof given === 'object' && given !== null && !Array.isArray(given))
    return given as { readonly [name: string]: unknown };
  throw new Error('it must export `actions`: an object of functions by name, or a function that gives one');
}

/** A module that waits for ever at its top must not keep the server from saying so. */
async function withinTime<T>(work: Promise<T>, clock: Clock): Promise<T> {
  const late = Promise.withResolvers<never>();
  const cancel = clock.after(LOAD_TIMEOUT_MS, () => late.reject(new Error('it was not loaded within 10 s')));
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    cancel();
  }
}

function toAction(facts: ActionFacts, run: OwnActionRun): Action {
  return {
    ...facts,
    async run(input, call) {
      let result: unknown;
      try {
        result = await run(input, call);
      } catch (error) {
        throw toOwnError(error);
      }
      return toResult(facts.name, result);
    },
  };
}

/** An error with a code of the catalogue keeps it: that is how an action says that another try may help. */
function toOwnError(error: unknown): unknown {
  if (error instanceof MoonpoolError || !(error instanceof Error)) return error;
  const code: unknown = (error as { code?: unknown }).code;
  return typeof code === 'string' && isErrorCode(code)
    ? new MoonpoolError(code, error.message, { cause: error })
    : error;
}

/** What code of others gives, as what we can keep: plain JSON, nothing shared with it. */
function toResult(name: string, result: unknown): ActionResult {
  if (typeof result !== 'object' || result === null || !Object.hasOwn(result, 'value')) {
    throw actionError(name, 'gave no {value} as its result.');
  }
  const { value, response } = result as ActionResult;
  const plain = { value: value ?? null, ...(response === undefined ? {} : { response }) };
  try {
    const copy = JSON.parse(JSON.stringify(plain)) as { value?: JsonValue } & Omit<ActionResult, 'value'>;
    return { ...copy, value: copy.value ?? null };
  } catch (error) {
    throw actionError(name, 'gave a result that cannot be written as JSON.', { cause: error });
  }
}

function requireNone(problems: readonly string[]): void {
  if (problems.length > 0) throw new ConfigError(problems.map((problem) => ({ path: OPTION, message: problem })));
}
