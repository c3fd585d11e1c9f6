/**
 * The `*.schema.json` beside a module of the operator's own actions: names, kinds of effect, schemas.
 *
 * All that commands which run nothing read of such a module. Pure: text in, facts or problems out.
 */
import { getOwn, isJsonObject, type JsonObject, type JsonValue, MoonpoolError } from '../core/index.ts';
import type { ActionFacts } from '../engine/index.ts';
import type { CompileSchema } from './data-validate/index.ts';

/** What a schema file holds. Problems are sentence parts with the place inside the file. */
export interface OwnActionFacts {
  readonly facts: readonly ActionFacts[];
  readonly problems: readonly string[];
}

const MAX_ACTIONS = 100;
const MAX_ABOUT_LENGTH = 500;
const NAME = /^(?=.{3,64}$)([a-z][a-z0-9_]*)(?:\.[a-z][a-z0-9_]*)+$/;
const EFFECTS: readonly (JsonValue | undefined)[] = ['safe', 'idempotent', 'other'];
const KEYS: ReadonlySet<string> = new Set(['effect', 'about', 'with', 'result']);
/** The first parts of names that are ours, some of them not used yet. */
const RESERVED_AREAS: ReadonlySet<string> = new Set(
  'cache calendar csv data file flow health http human json kv llm log memory mqtt ratelimit secrets sql template time'.split(
    ' ',
  ),
);

/** The actions that `text` describes, and everything wrong with it. */
export function readOwnActionFacts(text: string, compileSchema: CompileSchema): OwnActionFacts {
  let root: JsonValue;
  try {
    root = JSON.parse(text) as JsonValue;
  } catch {
    return { facts: [], problems: ['it is not JSON'] };
  }
  const actions = isJsonObject(root) ? getOwn(root, 'actions') : undefined;
  if (
    !isJsonObject(root) ||
    !isJsonObject(actions) ||
    Object.keys(root).some((key) => key !== 'actions' && key !== '$schema')
  ) {
    return { facts: [], problems: ['it must be {"actions": {name: {effect, about, with, result}}}'] };
  }
  const entries = Object.entries(actions);
  if (entries.length === 0 || entries.length > MAX_ACTIONS) {
    return { facts: [], problems: [`it must describe 1 to ${MAX_ACTIONS} actions, got ${entries.length}`] };
  }
  const problems: string[] = [];
  const facts: ActionFacts[] = [];
  for (const [name, entry] of entries) {
    const found = [...nameProblems(name), ...entryProblems(entry, compileSchema)];
    problems.push(...found.map((problem) => `${JSON.stringify(name.slice(0, 64))} ${problem}`));
    if (found.length === 0) facts.push(toFacts(name, entry as JsonObject));
  }
  return { facts, problems };
}

function nameProblems(name: string): readonly string[] {
  const area = NAME.exec(name)?.[1];
  if (area === undefined) return ['is no name of an action: use small letters, such as acme.lookup'];
  return RESERVED_AREAS.has(area) ? [`begins with ${area}, which is kept for built-in actions`] : [];
}

function entryProblems(entry: JsonValue, compileSchema: CompileSchema): readonly string[] {
  if (!isJsonObject(entry)) return ['must be an object'];
  const unknown = Object.keys(entry).filter((key) => !KEYS.has(key));
  const problems = unknown.map((key) => `has ${JSON.stringify(key.slice(0, 60))}, which is not known`);
  const { effect, about, with: input, result } = entry;
  if (!EFFECTS.includes(effect)) {
    problems.push('needs effect: safe (only reads), idempotent (may be repeated under one key) or other');
  }
  if (typeof about !== 'string' || about === '' || about.length > MAX_ABOUT_LENGTH) {
    problems.push(`needs about: a sentence of at most ${MAX_ABOUT_LENGTH} characters`);
  }
  if (!isJsonObject(input) || input['type'] !== 'object') problems.push('needs with: a JSON Schema of type object');
  if (result !== undefined && !isJsonObject(result)) problems.push('has a result that is no JSON Schema');
  return [
    ...problems,
    ...schemaProblems(entry, 'with', compileSchema),
    ...schemaProblems(entry, 'result', compileSchema),
  ];
}

function schemaProblems(entry: JsonObject, key: string, compileSchema: CompileSchema): readonly string[] {
  const schema = getOwn(entry, key);
  try {
    if (isJsonObject(schema)) compileSchema(schema);
    return [];
  } catch (error) {
    if (!(error instanceof MoonpoolError)) throw error;
    return [`has a schema under ${key} that cannot be used: ${error.message.replace(/\.$/, '')}`];
  }
}

function toFacts(name: string, entry: JsonObject): ActionFacts {
  return {
    name,
    effect: entry['effect'] as ActionFacts['effect'],
    about: entry['about'] as string,
    withSchema: entry['with'] as JsonObject,
    resultSchema: (entry['result'] ?? {}) as JsonObject,
    // What they do with one is the operator's own affair.
    takesSecrets: true,
  };
}
