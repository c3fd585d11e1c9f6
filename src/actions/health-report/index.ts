/**
 * `health.report`: a flow says how what it looks after is doing; `/health` shows it.
 */
import { getOwn, type HealthPort, type JsonObject } from '../../core/index.ts';
import type { Action } from '../../engine/index.ts';
import { actionError, readText, shown } from '../action-input.ts';
import { objectSchema } from '../action-schema.ts';

const NAME = 'health.report';
const MAX_REASON_LENGTH = 300;

const WITH_SCHEMA = objectSchema(
  {
    part: {
      type: 'string',
      minLength: 1,
      maxLength: 64,
      description: 'What is reported on; the same name replaces the report before.',
    },
    status: {
      enum: ['ok', 'degraded', 'failed'],
      description: '`failed` counts as degraded: the server itself goes on.',
    },
    reason: {
      type: ['string', 'null'],
      description: 'One sentence, shown to everybody; cut at 300 characters. Put no secret in it.',
    },
  },
  ['part', 'status'],
);

const RESULT_SCHEMA: JsonObject = {
  type: 'object',
  properties: { status: { type: 'string', description: 'What was reported.' } },
};

/** `health.report`. */
export function createHealthReportAction(deps: { readonly health: HealthPort }): Action {
  return {
    name: NAME,
    effect: 'idempotent',
    about: 'Reports how a part of a flow is doing, for /health.',
    withSchema: WITH_SCHEMA,
    resultSchema: RESULT_SCHEMA,
    async run(input) {
      const part = readText(input, 'part');
      const status = getOwn(input, 'status');
      if (part === undefined) throw actionError(NAME, 'part must be a name.');
      if (status !== 'ok' && status !== 'degraded' && status !== 'failed') {
        throw actionError(NAME, `status must be ok, degraded or failed, got ${shown(status)}.`);
      }
      const reason = readText(input, 'reason')
        ?.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
        .slice(0, MAX_REASON_LENGTH);
      if (status === 'ok') deps.health.report(part, 'ok');
      else
        deps.health.report(
          part,
          'degraded',
          status === 'failed' ? `failed${reason === undefined ? '' : `: ${reason}`}` : reason,
        );
      return { value: { status } };
    },
  };
}
