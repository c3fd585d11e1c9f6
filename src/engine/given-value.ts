/**
 * What a person gave a waiting run, held against what it asks for.
 */
import { type ErrorData, isJsonObject, type JsonObject, type JsonValue, MoonpoolError } from '../core/index.ts';
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
  const { code, message, details } = inputFault(`what ${node} asks for`, problems);
  return new MoonpoolError(code, message, { details });
}

/** The error of an input that does not fit `what`: one sentence with all problems. */
export function inputFault(
  what: string,
  problems: readonly string[],
): ErrorData & { readonly details: NonNullable<ErrorData['details']> } {
  const parts = problems.map((problem) => problem.replace(/\.$/, ''));
  const message = `The input does not fit ${what}: ${parts.join('; ')}.`;
  return { code: 'FLOW_INPUT', message, details: { problems } };
}
