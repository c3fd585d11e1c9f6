/**
 * JSON Schema (draft 2020-12) over ajv: which values fit, and which schemas may be used at all.
 *
 * The library is loaded when the first schema is used, since it costs megabytes. Schemas are
 * self-contained: no remote references. `format` is a note, not a check. Patterns are tried
 * only on texts they cannot choke on.
 */
import type { ErrorObject, ValidateFunction } from 'ajv';
import type { Ajv2020 } from 'ajv/dist/2020.js';
import { isJsonObject, type JsonObject, type JsonValue, MoonpoolError } from '../core/index.ts';
import { longestSafeText, MAX_PATTERN_LENGTH } from './pattern-cost.ts';
import { quote } from './problem-list.ts';
import { loadSchemaLibrary } from './schema-library.ts';

/** Problems of one value that are reported. */
const MAX_PROBLEMS = 50;
/** Larger values get their first problem only: all problems of a huge list would not fit in memory. */
const MAX_VALUE_NODES = 2_000;
/** Lists whose items must differ are compared pairwise, so their length must be bounded. */
const MAX_UNIQUE_ITEMS = 1_000;
const MAX_SCHEMA_DEPTH = 60;

/** One thing about a value that does not fit its schema. */
export interface SchemaProblem {
  /** Keys and indexes from the root. */
  readonly path: readonly string[];
  /** What is wrong, without place and final stop. */
  readonly message: string;
  /** The key that should not be there. */
  readonly extraKey?: string;
  /** It is about which keys are there, not about what they hold. */
  readonly isAboutKeys: boolean;
}

interface Compiled {
  readonly first: ValidateFunction;
  all?: ValidateFunction;
}

const engines: { first?: Ajv2020; all?: Ajv2020 } = {};
const compiled = new WeakMap<JsonObject, Compiled>();
const usable = new WeakSet<JsonObject>();

/**
 * A check of values against `schema`: one sentence per problem, at most 50, none when it fits.
 *
 * @throws SPEC_INVALID when the schema itself cannot be used
 */
export function compileSchema(schema: JsonObject): (value: JsonValue) => readonly string[] {
  const reason = whySchemaUnusable(schema);
  if (reason !== undefined) throw new MoonpoolError('SPEC_INVALID', `This JSON Schema cannot be used: ${reason}.`);
  return (value) =>
    findSchemaProblems(schema, value).map(({ path, message }) =>
      path.length === 0 ? `${message}.` : `${quote(path.join('.'))} ${message}.`,
    );
}

/** Why `schema` cannot be used, without final stop; undefined when it can. */
export function whySchemaUnusable(schema: JsonObject): string | undefined {
  if (usable.has(schema)) return undefined;
  const hazard = findHazard(schema, 0);
  if (hazard !== undefined) return hazard;
  try {
    compile(schema, 'first');
    usable.add(schema);
    return undefined;
  } catch (error) {
    return oneLine(error instanceof Error ? error.message : String(error));
  }
}

/**
 * What in `value` does not fit `schema`; at most 50 problems.
 *
 * @throws SPEC_INVALID when the schema itself cannot be used
 */
export function findSchemaProblems(schema: JsonObject, value: JsonValue): readonly SchemaProblem[] {
  try {
    const first = compile(schema, 'first');
    if (first(value)) return [];
    const validate = countNodes(value, MAX_VALUE_NODES) < MAX_VALUE_NODES ? compile(schema, 'all') : first;
    validate(value);
    const problems = (validate.errors ?? [])
      .filter(isTelling)
      .slice(0, MAX_PROBLEMS)
      .map((error) => toProblem(error, value));
    validate.errors = null;
    first.errors = null;
    return problems.length > 0 ? problems : [{ path: [], message: 'does not fit its schema', isAboutKeys: false }];
  } catch (error) {
    if (error instanceof RangeError) return [{ path: [], message: 'is nested too deep to check', isAboutKeys: false }];
    const reason = oneLine(error instanceof Error ? error.message : String(error));
    throw new MoonpoolError('SPEC_INVALID', `This JSON Schema cannot be used: ${reason}.`, { cause: error });
  }
}

function compile(schema: JsonObject, mode: 'first' | 'all'): ValidateFunction {
  const known = compiled.get(schema);
  const made = known?.[mode];
  if (made !== undefined) return made;
  const engine = engineFor(mode);
  try {
    const validate = engine.compile(schema) as ValidateFunction;
    compiled.set(schema, mode === 'first' ? { first: validate } : { ...(known as Compiled), all: validate });
    return validate;
  } finally {
    // The library would keep every schema it ever saw, and refuse a second one of the same $id.
    engine.removeSchema(schema);
  }
}

function engineFor(mode: 'first' | 'all'): Ajv2020 {
  const known = engines[mode];
  if (known !== undefined) return known;
  const Engine = loadSchemaLibrary();
  const made = new Engine({
    strict: false,
    allErrors: mode === 'all',
    logger: false,
    validateFormats: false,
    code: { regExp: Object.assign(createBoundedRegExp, { code: 'require("moonpool")' }) },
  });
  engines[mode] = made;
  return made;
}

/** A pattern that answers "no" for a text longer than it can safely be tried on. */
function createBoundedRegExp(pattern: string, flags: string): { test(text: string): boolean; toString(): string } {
  const regExp = new RegExp(pattern, flags);
  const longest = longestSafeText(pattern) ?? 0;
  // The library tells patterns apart by their text form.
  return { test: (text) => text.length <= longest && regExp.test(text), toString: () => String(regExp) };
}

/** What in a schema could make a check run for ever, or mean something else than it says. */
function findHazard(schema: JsonValue, depth: number): string | undefined {
  if (depth > MAX_SCHEMA_DEPTH) return `it is nested deeper than ${MAX_SCHEMA_DEPTH} levels`;
  if (Array.isArray(schema)) return firstHazard(schema, depth);
  if (!isJsonObject(schema)) return undefined;
  return hazardOfKeywords(schema) ?? firstHazard(Object.values(schema), depth);
}

function hazardOfKeywords(schema: JsonObject): string | undefined {
  const { $id, pattern, patternProperties, uniqueItems, maxItems } = schema;
  if (typeof $id === 'string' && $id.includes('json-schema.org')) return `${quote($id)} is taken`;
  // To the library this means a check that answers later.
  if (Object.hasOwn(schema, '$async')) return '`$async` is not part of JSON Schema';
  if (uniqueItems === true && !(typeof maxItems === 'number' && maxItems <= MAX_UNIQUE_ITEMS)) {
    return `uniqueItems needs a maxItems of at most ${MAX_UNIQUE_ITEMS} beside it`;
  }
  const patterns = isJsonObject(patternProperties) ? Object.keys(patternProperties) : [];
  if (typeof pattern === 'string') patterns.push(pattern);
  return patterns.map(patternHazard).find((hazard) => hazard !== undefined);
}

function firstHazard(parts: readonly JsonValue[], depth: number): string | undefined {
  for (const part of parts) {
    const hazard = findHazard(part, depth + 1);
    if (hazard !== undefined) return hazard;
  }
  return undefined;
}

function patternHazard(pattern: string): string | undefined {
  if (pattern.length > MAX_PATTERN_LENGTH) return `a pattern is longer than ${MAX_PATTERN_LENGTH} characters`;
  try {
    new RegExp(pattern, 'u');
  } catch (error) {
    return `the pattern ${quote(pattern)} is not a regular expression (${oneLine((error as Error).message)})`;
  }
  if (longestSafeText(pattern) !== undefined) return undefined;
  return `the pattern ${quote(pattern)} could try without end; avoid repeated groups that repeat inside, and back references`;
}

/** `if`, and the branches of a choice, say less than the problem beside them. */
function isTelling({ keyword }: ErrorObject): boolean {
  return keyword !== 'if';
}

function toProblem(error: ErrorObject, value: JsonValue): SchemaProblem {
  const path = error.instancePath
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  const { keyword } = error;
  const params = error.params as Readonly<Record<string, unknown>>;
  const extraKey = params['additionalProperty'] ?? params['unevaluatedProperty'];
  const isAboutKeys =
    ['required', 'additionalProperties', 'unevaluatedProperties', 'dependentRequired'].includes(keyword) &&
    !/\/(?:anyOf|oneOf|not|if|then|else)\//.test(error.schemaPath);
  const base = { path, message: wordProblem(error, path, value), isAboutKeys };
  return typeof extraKey === 'string' ? { ...base, extraKey } : base;
}

function wordProblem({ keyword, params, message }: ErrorObject, path: readonly string[], value: JsonValue): string {
  switch (keyword) {
    case 'required':
      return `needs ${quote(String(params['missingProperty']))}`;
    case 'additionalProperties':
    case 'unevaluatedProperties':
      return `has ${quote(String(params['additionalProperty'] ?? params['unevaluatedProperty']))}, which is not known`;
    case 'enum':
      return `must be one of ${(params['allowedValues'] as readonly JsonValue[])
        .slice(0, 20)
        .map((word) => JSON.stringify(word))
        .join(', ')}`;
    case 'const':
      return `must be ${JSON.stringify(params['allowedValue'])}`;
    case 'pattern': {
      const pattern = String(params['pattern']);
      const longest = longestSafeText(pattern) ?? 0;
      const text = valueAt(value, path);
      return typeof text === 'string' && text.length > longest
        ? `is longer than the ${longest} characters that the pattern ${quote(pattern)} can be tried on`
        : `must match the pattern ${quote(pattern)}`;
    }
    case 'type':
      return `must be ${String(params['type']).replaceAll(',', ' or ')}`;
    default:
      return oneLine(message ?? `does not fit ${keyword}`);
  }
}

/** The part of `value` that `path` leads to; undefined when there is none. */
export function valueAt(value: JsonValue, path: readonly string[]): JsonValue | undefined {
  let at: JsonValue | undefined = value;
  for (const step of path) {
    const holder: unknown = at;
    if (typeof holder !== 'object' || holder === null || !Object.hasOwn(holder, step)) return undefined;
    at = Reflect.get(holder, step) as JsonValue;
  }
  return at;
}

/** Nodes of `value`, counted up to `most`. */
function countNodes(value: JsonValue, most: number): number {
  const open: JsonValue[] = [value];
  let count = 0;
  for (let next = open.pop(); next !== undefined && count < most; next = open.pop()) {
    count += 1;
    if (typeof next === 'object' && next !== null)
      for (const part of Object.values(next).slice(0, most)) open.push(part);
  }
  return count;
}

function oneLine(text: string): string {
  return text
    .slice(0, 200)
    .replace(/\s+/g, ' ')
    .replace(/[\s.]+$/, '');
}
