/**
 * One action call: checks the rendered `with`, calls, and turns whatever comes back into an outcome.
 */
import { type ErrorData, type JsonObject, MoonpoolError, toErrorData } from '../core/index.ts';
import { compileSchema } from '../spec/index.ts';
import type { Action, ActionCall, ActionRegistry, EffectOutcome } from './ports.ts';

type Check = ReturnType<typeof compileSchema>;

/** Compiled once per action; actions live as long as the server. */
const checks = new WeakMap<Action, Check>();

function checkOf(action: Action): Check {
  let check = checks.get(action);
  if (check === undefined) {
    check = compileSchema(action.withSchema);
    checks.set(action, check);
  }
  return check;
}

/**
 * Calls the action `uses` with `input`.
 *
 * Never rejects: an action that throws has failed, with its own code when it has one, else with
 * FLOW_ACTION.
 */
export async function performEffect(
  actions: ActionRegistry,
  uses: string,
  input: JsonObject,
  call: ActionCall,
): Promise<EffectOutcome> {
  try {
    const action = actions.find(uses);
    if (action === undefined) {
      throw new MoonpoolError('SPEC_UNKNOWN_ACTION', `The action ${uses} is not registered.`);
    }
    const problems = checkOf(action)(input);
    if (problems.length > 0) {
      throw new MoonpoolError(
        'FLOW_ACTION',
        `${uses} was called with something it cannot use: ${problems.join('; ')}.`,
      );
    }
    const result = await action.run(input, call);
    return { kind: 'done', ...result };
  } catch (error) {
    return { kind: 'failed', error: effectError(uses, error) };
  }
}

function effectError(uses: string, error: unknown): ErrorData {
  if (error instanceof MoonpoolError) return toErrorData(error);
  const message = error instanceof Error ? error.message : String(error);
  return { code: 'FLOW_ACTION', message: `${uses} failed: ${message}` };
}
