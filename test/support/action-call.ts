/**
 * The circumstances of an action call, for tests that call actions directly.
 */
import type { RunId } from '../../src/core/index.ts';
import { compileSchema } from '../../src/spec/index.ts';
import type { Action, ActionCall, ActionResult } from '../../src/engine/index.ts';
import type { JsonObject } from '../../src/core/index.ts';

/** The schema check, for tests of actions, which do not know where it comes from. */
export { compileSchema };

/** A call by the node `node` of the flow `flow`, with `more` on top. */
function anActionCall(more: Partial<ActionCall> = {}): ActionCall {
  return {
    runId: 'run-1' as RunId,
    node: 'node',
    flowName: 'flow',
    flowDirectory: '/',
    idempotencyKey: 'run-1/node/0',
    attempt: 1,
    nowMs: 1_000,
    signal: new AbortController().signal,
    ...more,
  };
}

/** What in `value` does not fit `schema`, as the engine finds it. @throws SPEC_INVALID for a schema that cannot be used */
export function schemaProblems(schema: JsonObject, value: JsonObject): readonly string[] {
  return compileSchema(schema)(value);
}

/** Calls an action as the engine does: the input is checked against the schema first. */
export async function callAction(
  action: Action,
  input: JsonObject,
  more: Partial<ActionCall> = {},
): Promise<ActionResult> {
  const problems = schemaProblems(action.withSchema, input);
  if (problems.length > 0) throw new Error(`schema: ${problems.join('; ')}`);
  return action.run(input, anActionCall(more));
}
