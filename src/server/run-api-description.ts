/**
 * The run API in the words of OpenAPI 3.1.
 */
import type { JsonObject, JsonValue } from '../core/index.ts';
import { LISTED_COUNT, MAX_LISTED_COUNT, RUN_STATUSES } from './run-query.ts';

const NULLABLE_TEXT: JsonObject = { type: ['string', 'null'] };
const INSTANT: JsonObject = { type: 'string', format: 'date-time' };

/** Schemas that the paths refer to. */
export const RUN_SCHEMAS: JsonObject = {
  Run: {
    type: 'object',
    required: ['id', 'flow', 'status'],
    properties: {
      id: { type: 'string' },
      flow: { type: 'string' },
      status: { enum: RUN_STATUSES },
      state: { description: 'The final state; null while there is none, and in lists absent.' },
      error: { type: ['object', 'null'], properties: { code: { type: 'string' }, message: { type: 'string' } } },
      started_at: INSTANT,
      ended_at: { ...INSTANT, type: ['string', 'null'] },
      waiting_for: { type: ['array', 'null'], items: { $ref: '#/components/schemas/WaitingFor' } },
    },
  },
  WaitingFor: {
    type: 'object',
    required: ['step', 'node', 'when'],
    properties: {
      step: { type: 'string' },
      node: { type: 'string' },
      when: { enum: ['before', 'after', 'result'] },
      prompt: {},
      schema: { description: 'JSON Schema of what is to be given.' },
    },
  },
};

const RUN = { schema: { $ref: '#/components/schemas/Run' } };
const PROBLEM: JsonObject = {
  description: 'Why not.',
  content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
};
const ID: JsonObject = { name: 'id', in: 'path', required: true, schema: { type: 'string' } };

function inQuery(name: string, schema: JsonObject, description: string): JsonObject {
  return { name, in: 'query', required: false, schema, description };
}

function jsonAnswer(description: string, content: JsonObject = RUN): JsonObject {
  return { description, content: { 'application/json': content } };
}

function jsonBody(properties: JsonObject, required: readonly string[] = []): JsonObject {
  const schema = { type: 'object', properties, required: [...required], additionalProperties: false };
  return { content: { 'application/json': { schema } } };
}

/** The paths of the run API. `needsToken`: other machines can reach the server. */
export function describeRunApi(needsToken: boolean): { readonly [path: string]: JsonObject } {
  const security: JsonObject = needsToken ? { security: [{ token: [] }] } : {};
  const operation: Operation = (operationId, summary, { responses, ...rest }) => {
    return { operationId, summary, ...rest, responses: { ...responses, default: PROBLEM }, ...security };
  };
  return { ...describeRuns(operation), ...describeOneRun(operation) };
}

type Operation = (
  operationId: string,
  summary: string,
  parts: { readonly responses: JsonObject; readonly [key: string]: JsonValue },
) => JsonObject;

function describeRuns(operation: Operation): { readonly [path: string]: JsonObject } {
  return {
    '/api/flows/{name}/runs': {
      post: operation('startRun', 'Start a run of a flow.', {
        parameters: [
          { name: 'name', in: 'path', required: true, schema: { type: 'string' } },
          inQuery('wait', { type: 'string' }, 'How long to wait for the end, such as 30s; at most 60s.'),
        ],
        requestBody: jsonBody({ input: { type: 'object' } }),
        responses: {
          200: jsonAnswer('The run, which has ended.'),
          202: jsonAnswer('The run, which goes on or waits.'),
        },
      }),
    },
    '/api/runs': {
      get: operation('listRuns', 'List runs, newest first.', {
        parameters: [
          inQuery('flow', { type: 'string' }, 'Only of this flow.'),
          inQuery('status', { enum: RUN_STATUSES }, 'Only those that stand so.'),
          inQuery('after', { type: 'string' }, 'Only runs that began before the one of this id.'),
          inQuery(
            'limit',
            { type: 'integer', minimum: 1, maximum: MAX_LISTED_COUNT, default: LISTED_COUNT },
            'How many.',
          ),
        ],
        responses: {
          200: jsonAnswer('A page of runs; `next` is what to give as `after`.', {
            schema: { type: 'object', properties: { runs: { type: 'array', items: RUN.schema }, next: NULLABLE_TEXT } },
          }),
        },
      }),
    },
  };
}

function describeOneRun(operation: Operation): { readonly [path: string]: JsonObject } {
  return {
    '/api/runs/{id}': {
      get: operation('showRun', 'Show a run.', { parameters: [ID], responses: { 200: jsonAnswer('The run.') } }),
    },
    '/api/runs/{id}/events': {
      get: operation('followRun', 'Follow the events of a run until it ends.', {
        parameters: [ID, { name: 'Last-Event-ID', in: 'header', required: false, schema: { type: 'string' } }],
        responses: {
          200: { description: 'Server-sent events.', content: { 'text/event-stream': {} } },
          204: { description: 'The client has them all.' },
        },
      }),
    },
    '/api/runs/{id}/input': {
      post: operation('giveInput', 'Give a waiting run what it asks for.', {
        parameters: [ID],
        requestBody: jsonBody({ input: {}, step: { type: 'string' } }, ['input']),
        responses: { 202: jsonAnswer('The run, which goes on.') },
      }),
    },
    '/api/runs/{id}/cancel': {
      post: operation('cancelRun', 'Stop a run.', {
        parameters: [ID],
        responses: { 200: jsonAnswer('The run, which has ended.'), 202: jsonAnswer('The run, which is about to end.') },
      }),
    },
  };
}
