/**
 * Files of cases: YAML text → checked cases, or every reason why a file cannot be used.
 *
 * A case says one thing about the language in our words, shows a flow, and what comes of it. The
 * form of what is expected says which doors the case goes through.
 */
import { parse } from 'yaml';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/core/index.ts';
import { compileSchema } from '../../src/spec/index.ts';

/** How a run is to fail. */
export interface ExpectedError {
  readonly code: string;
  /** The innermost node that failed. */
  readonly node?: string;
  /** Part of the message. */
  readonly text?: string;
}

/** Something `validate` is to find. */
export interface ExpectedProblem {
  readonly code: string;
  readonly line?: number;
  readonly column?: number;
  /** Part of the message and its hint. */
  readonly text?: string;
}

/** One thing a run waits for. */
export interface ExpectedWaiting {
  readonly node: string;
  readonly when?: 'before' | 'after' | 'result';
  readonly prompt?: JsonValue;
}

/** What is given to a waiting run. */
export interface Gift {
  readonly value: JsonValue;
  /** Which node, of several that wait. */
  readonly node?: string;
  /** The code with which the run refuses it, and waits on. */
  readonly refused?: string;
}

/** Part of an event; `data` may be part of the data. */
export interface ExpectedEvent {
  readonly event: string;
  /** `''` or absent: the main path. */
  readonly branch?: string;
  readonly node?: string;
  readonly data?: JsonObject;
}

/** One HTTP request, and what it is to be answered. */
export interface ExpectedAnswer {
  readonly request: {
    readonly method?: string;
    readonly path: string;
    readonly headers?: { readonly [name: string]: string };
    readonly body?: JsonValue;
  };
  readonly status: number;
  readonly json?: JsonValue;
  readonly json_has?: JsonObject;
  readonly text?: string;
  readonly headers?: { readonly [name: string]: string };
}

/** One case, as its file has it. */
export interface LanguageCase {
  /** Ids of `sentences.yaml` that it shows. */
  readonly covers: readonly string[];
  readonly sentence: string;
  readonly why?: string;
  /** Why it does not hold yet; the case is run, and must not hold. */
  readonly open?: string;
  readonly flow: string;
  /** Further files beside the flow, by name. */
  readonly files?: { readonly [name: string]: string };
  /** Names of `files` that are put over the flow. */
  readonly overlays?: readonly string[];
  /** Variables that a site sets for the flow. */
  readonly site?: JsonObject;
  readonly input?: JsonObject;
  readonly interrupts?: { readonly before?: readonly string[]; readonly after?: readonly string[] };
  readonly state?: JsonObject;
  readonly state_has?: JsonObject;
  readonly error?: ExpectedError;
  readonly waiting?: readonly ExpectedWaiting[];
  readonly give?: readonly Gift[];
  readonly problems?: readonly ExpectedProblem[];
  readonly strict?: boolean;
  /** Names of `files` that are served with the flow: what is wrong is found by the server only. */
  readonly beside?: readonly string[];
  readonly answers?: readonly ExpectedAnswer[];
  /** Keys that `moonpool schema` must offer, as JSON pointers. */
  readonly schema_has?: readonly string[];
  /** Nodes in the order they started: on the main path, or by branch. */
  readonly path?: readonly string[] | { readonly [branch: string]: readonly string[] };
  readonly events?: readonly ExpectedEvent[];
  readonly warnings?: readonly ExpectedProblem[];
  /** The run has more events than a server keeps, so nobody listens. */
  readonly quiet?: boolean;
}

/** A case with where it comes from and the name of its flow. */
export interface NamedCase extends LanguageCase {
  /** `state-3`: the section and the place in its file, from 1. */
  readonly id: string;
  readonly section: string;
}

const TEXT: JsonObject = { type: 'string', minLength: 1 };
const NAMES: JsonObject = { type: 'array', items: TEXT, minItems: 1 };
const OBJECT: JsonObject = { type: 'object' };
const HEADERS: JsonObject = { type: 'object', additionalProperties: TEXT };

function table(properties: JsonObject, ...required: readonly string[]): JsonObject {
  return { type: 'object', properties, required, additionalProperties: false };
}

const PROBLEMS: JsonObject = {
  type: 'array',
  items: table({ code: TEXT, line: { type: 'integer' }, column: { type: 'integer' }, text: TEXT }, 'code'),
};

const ANSWER = table(
  {
    request: table({ method: TEXT, path: TEXT, headers: HEADERS, body: {} }, 'path'),
    status: { type: 'integer' },
    json: {},
    json_has: OBJECT,
    text: { type: 'string' },
    headers: HEADERS,
  },
  'request',
  'status',
);

const CASE_SCHEMA = table(
  {
    covers: NAMES,
    sentence: { type: 'string', minLength: 5, maxLength: 110 },
    why: TEXT,
    open: TEXT,
    flow: TEXT,
    files: { type: 'object', additionalProperties: { type: 'string' } },
    overlays: NAMES,
    site: OBJECT,
    input: OBJECT,
    interrupts: table({ before: NAMES, after: NAMES }),
    state: OBJECT,
    state_has: OBJECT,
    error: table({ code: TEXT, node: TEXT, text: TEXT }, 'code'),
    waiting: {
      type: 'array',
      items: table({ node: TEXT, when: { enum: ['before', 'after', 'result'] }, prompt: {} }, 'node'),
      minItems: 1,
    },
    give: { type: 'array', items: table({ value: {}, node: TEXT, refused: TEXT }, 'value'), minItems: 1 },
    problems: PROBLEMS,
    strict: { type: 'boolean' },
    beside: { type: 'array', items: TEXT },
    answers: { type: 'array', items: ANSWER, minItems: 1 },
    schema_has: NAMES,
    path: { anyOf: [NAMES, { type: 'object', additionalProperties: NAMES }] },
    events: { type: 'array', items: table({ event: TEXT, branch: TEXT, node: TEXT, data: OBJECT }, 'event') },
    warnings: PROBLEMS,
    quiet: { type: 'boolean' },
  },
  'covers',
  'sentence',
  'flow',
);

/** How a case can end; exactly one is expected. */
const ENDS = ['state', 'state_has', 'error', 'waiting', 'problems', 'answers', 'schema_has'] as const;
/** What only a case that runs can have. */
const OF_RUNS = ['input', 'interrupts', 'give', 'path', 'events', 'quiet'] as const;

const check = compileSchema(CASE_SCHEMA);

/**
 * The cases of a file.
 *
 * @param section the file's name without ending
 * @returns the cases, and every problem as a sentence that names the case
 */
export function readCases(
  text: string,
  section: string,
): { readonly cases: readonly NamedCase[]; readonly problems: readonly string[] } {
  const list: unknown = parse(text);
  if (!Array.isArray(list)) return { cases: [], problems: [`${section} is no list of cases.`] };
  const cases: NamedCase[] = [];
  const problems: string[] = [];
  const sentences = new Set<string>();
  for (const [index, entry] of (list as readonly JsonValue[]).entries()) {
    const id = `${section}-${index + 1}`;
    const found = problemsOf(entry);
    const sentence = isJsonObject(entry) ? String(entry['sentence']) : '';
    if (sentences.has(sentence)) found.push('has the sentence of another case.');
    sentences.add(sentence);
    problems.push(...found.map((problem) => `Case ${id} (${sentence}): ${problem}`));
    if (found.length === 0) cases.push({ ...(entry as unknown as LanguageCase), id, section });
  }
  return { cases, problems };
}

function problemsOf(entry: JsonValue): string[] {
  const found = [...check(entry)];
  if (!isJsonObject(entry) || found.length > 0) return found;
  const ends = ENDS.filter((key) => key in entry);
  const waits = 'waiting' in entry && 'give' in entry;
  const isOne = ends.length === 1 || (waits && ends.length === 2);
  if (!isOne || (waits && ends.length !== 2)) {
    const needed = `${ENDS.join(', ')}; \`waiting\` with \`give\` has another beside it`;
    found.push(`expects ${ends.length === 0 ? 'nothing' : ends.join(' and ')}: one of ${needed}.`);
  }
  if ('give' in entry && !('waiting' in entry)) found.push('gives without saying what was waited for.');
  const isRun = !ends.some((key) => key === 'problems' || key === 'answers' || key === 'schema_has');
  for (const key of OF_RUNS) if (!isRun && key in entry) found.push(`has \`${key}\`, which only a run takes.`);
  for (const key of ['strict', 'beside']) {
    if (key in entry && !('problems' in entry)) found.push(`has \`${key}\`, which goes with \`problems\`.`);
  }
  for (const name of (entry['overlays'] ?? []) as readonly string[]) {
    if (!(name in ((entry['files'] ?? {}) as JsonObject))) found.push(`has no file ${name} to put over the flow.`);
  }
  return found;
}
