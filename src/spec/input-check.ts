/**
 * Checks a run's input against what its flow declares.
 */
import type { JsonObject } from '../core/index.ts';
import type { Flow } from '../flow/index.ts';
import { compileSchema } from './schema-check.ts';

/**
 * What in `input` does not fit the flow's `input_schema`, one sentence each, at most 50.
 *
 * A flow without a schema takes any object.
 */
export function checkInput(flow: Flow, input: JsonObject): readonly string[] {
  return flow.inputSchema === undefined ? [] : compileSchema(flow.inputSchema)(input);
}
