/**
 * What a person gave a waiting run, held against what it asks for.
 */
import { isJsonObject, type JsonObject, type JsonValue, MoonpoolError } from '../core/index.ts';
import type { WaitingFor } from './ports.ts';
import { compileSchema } from '../spec/index.ts';

/** The value as it goes into the run. @throws FLOW_INPUT with all problems */
export function toGivenValue({ node, when, schema }: WaitingFor, value: JsonValue): JsonValue {
  // What is given around an interrupted node is merged into the state.
  if (when !== 'result' && !isJsonObject(value)) {
    throw fault(node, [`the input must be an object, which is merged into the state`]);
  }
  const problems = schema === undefined ? [] : compileSchema(schema as JsonObject)(value);
  if (problems.length > 0) throw fault(node, problems);
  return value;
}

function fault(node: string, problems: readonly string[]): MoonpoolError {
  const message = `The input does not fit what ${node} asks for: ${problems.map((problem) => problem.replace(/\.$/, '')).join('; ')}.`;
  return new MoonpoolError('FLOW_INPUT', message, { details: { problems } });
}
