/**
 * `log`: a line in the server's log, marked with flow, node and run.
 */
import { getOwn, isJsonObject, type JsonObject, type Log } from '../../core/index.ts';
import type { Action } from '../../engine/index.ts';
import { readText, toPlainText } from '../action-input.ts';
import { objectSchema } from '../action-schema.ts';

const MAX_MESSAGE_LENGTH = 2_000;
const MAX_FIELDS_LENGTH = 4_096;

const WITH_SCHEMA = objectSchema(
  {
    message: { type: ['string', 'number', 'boolean', 'null'], description: 'What happened; cut at 2,000 characters.' },
    level: { enum: ['debug', 'info', 'warn', 'error', null], description: 'Default info.' },
    fields: {
      type: ['object', 'null'],
      description: 'More to say, as data; left out above 4 KiB. Put no secret in it.',
    },
  },
  ['message'],
);

const RESULT_SCHEMA: JsonObject = {
  type: 'object',
  properties: { logged: { type: 'boolean', description: 'Always true.' } },
};

/** `log`. */
export function createLogAction(deps: { readonly log: Log }): Action {
  return {
    name: 'log',
    effect: 'idempotent',
    about: 'Writes a line to the log of the server.',
    withSchema: WITH_SCHEMA,
    resultSchema: RESULT_SCHEMA,
    async run(input, call) {
      const level = readText(input, 'level');
      const message = toPlainText(getOwn(input, 'message') ?? '').slice(0, MAX_MESSAGE_LENGTH);
      const fields = getOwn(input, 'fields');
      const line = {
        message,
        flow: call.flowName,
        node: call.node,
        run_id: call.runId,
        ...(isJsonObject(fields) ? boundedFields(fields) : {}),
      };
      const write = level === 'debug' || level === 'warn' || level === 'error' ? level : 'info';
      deps.log[write]('flow.logged', line);
      return { value: { logged: true } };
    },
  };
}

/** Under one key, so that a flow cannot pass for the server itself. */
function boundedFields(fields: JsonObject): JsonObject {
  const { length } = JSON.stringify(fields);
  return length > MAX_FIELDS_LENGTH ? { fields_left_out: length } : { fields };
}
