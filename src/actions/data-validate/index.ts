/**
 * `data.validate`: a value against a JSON Schema. What does not fit is a result, not a failure.
 */
import { getOwn, isJsonObject, type JsonObject, type JsonValue, MoonpoolError } from '../../core/index.ts';
import type { Action } from '../../engine/index.ts';
import { actionError } from '../action-input.ts';
import { objectSchema } from '../action-schema.ts';

const NAME = 'data.validate';
/** Schemas kept compiled at once, by their text: most flows use one, written out. */
const MAX_CACHED = 32;

/** A check of values against a schema: one sentence per problem, none when it fits. @throws SPEC_INVALID for a bad one */
export type CompileSchema = (schema: JsonObject) => (value: JsonValue) => readonly string[];

const WITH_SCHEMA = objectSchema(
  {
    value: { description: 'Any value.' },
    schema: {
      type: 'object',
      description: 'JSON Schema (draft 2020-12) without references to elsewhere; `format` is not checked.',
    },
  },
  ['value', 'schema'],
);

const RESULT_SCHEMA: JsonObject = {
  type: 'object',
  properties: {
    valid: { type: 'boolean' },
    problems: { type: 'array', description: 'One sentence per problem with its place, at most 50.' },
  },
};

/** `data.validate`. */
export function createDataValidateAction(deps: { readonly compileSchema: CompileSchema }): Action {
  const checks = new Map<string, ReturnType<CompileSchema>>();

  function checkFor(schema: JsonObject): ReturnType<CompileSchema> {
    const key = JSON.stringify(schema);
    const check = checks.get(key) ?? compile(schema, deps.compileSchema);
    // The one used last stands at the end; the one at the front goes first.
    checks.delete(key);
    if (checks.size >= MAX_CACHED) checks.delete(checks.keys().next().value ?? key);
    checks.set(key, check);
    return check;
  }

  return {
    name: NAME,
    effect: 'safe',
    about: 'Checks a value against a JSON Schema.',
    withSchema: WITH_SCHEMA,
    resultSchema: RESULT_SCHEMA,
    async run(input) {
      const schema = getOwn(input, 'schema');
      const problems = checkFor(isJsonObject(schema) ? schema : {})(getOwn(input, 'value') ?? null);
      return { value: { valid: problems.length === 0, problems } };
    },
  };
}

function compile(schema: JsonObject, compileSchema: CompileSchema): ReturnType<CompileSchema> {
  try {
    return compileSchema(schema);
  } catch (error) {
    if (!(error instanceof MoonpoolError)) throw error;
    throw actionError(NAME, error.message, { cause: error });
  }
}
