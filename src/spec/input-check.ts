/**
 * Makes a run's input fit what its flow declares, and says where it does not.
 */
import type { JsonObject } from '../core/index.ts';
import type { Flow } from '../flow/index.ts';
import { coerce } from './input-coercion.ts';
import { compileSchema } from './schema-check.ts';

/** Input as a flow gets it, and everything about it that does not fit. */
export interface PreparedInput {
  /** Texts turned into the numbers and flags they spell, defaults filled in. */
  readonly input: JsonObject;
  /** One sentence each, at most 50. */
  readonly problems: readonly string[];
}

/** `input` by the flow's `input_schema`; a flow without one takes any object as it is. */
export function prepareInput({ inputSchema }: Pick<Flow, 'inputSchema'>, input: JsonObject): PreparedInput {
  if (inputSchema === undefined) return { input, problems: [] };
  const coerced = coerce(inputSchema, input) as JsonObject;
  return { input: coerced, problems: compileSchema(inputSchema)(coerced) };
}
