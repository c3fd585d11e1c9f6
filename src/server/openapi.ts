/**
 * OpenAPI 3.1 of the endpoint flows and of the run API.
 */
import { type JsonObject, type JsonValue, setOwn } from '../core/index.ts';
import type { Parameter } from '../flow/index.ts';
import { describeRunApi, RUN_SCHEMAS } from './run-api-description.ts';
import { type EndpointFlow, placeholderName, segmentsOf } from './route-table.ts';

/** What the description says of the server. */
export interface ApiFacts {
  readonly version: string;
  /** True when an endpoint with `auth: default` needs a token for what changes state. */
  readonly needsToken: boolean;
}

/** The description of `flows` as an OpenAPI 3.1 document. */
export function describeApi(flows: readonly EndpointFlow[], facts: ApiFacts): JsonObject {
  const paths: { [path: string]: JsonObject } = {};
  for (const flow of flows) {
    const { path, method } = flow.endpoint;
    const before = Object.hasOwn(paths, path) ? paths[path] : {};
    setOwn(paths, path, { ...before, [method.toLowerCase()]: operation(flow, facts) });
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Moonpool flows', version: facts.version },
    paths: { ...paths, ...describeRunApi(facts.needsToken) },
    components: {
      schemas: { Problem: PROBLEM_SCHEMA, ...RUN_SCHEMAS },
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
    },
  };
}

const PROBLEM_SCHEMA: JsonObject = {
  type: 'object',
  required: ['type', 'title', 'status', 'code', 'detail'],
  properties: {
    type: { type: 'string' },
    title: { type: 'string' },
    status: { type: 'integer' },
    code: { type: 'string' },
    detail: { type: 'string' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['in', 'name', 'message'],
        properties: { in: { type: 'string' }, name: { type: 'string' }, message: { type: 'string' } },
      },
    },
  },
};

function operation(flow: EndpointFlow, facts: ApiFacts): JsonObject {
  const { endpoint } = flow;
  const isGet = endpoint.method === 'GET';
  const needsToken = endpoint.auth === 'token' || (endpoint.auth === 'default' && !isGet && facts.needsToken);
  const summary = endpoint.summary ?? flow.description;
  const problem = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };
  const success = { [endpoint.responseType ?? 'application/json']: {} };
  return {
    operationId: flow.name,
    ...(summary === undefined ? {} : { summary }),
    parameters: parametersOf(flow),
    ...(isGet
      ? {}
      : { requestBody: { content: { 'application/json': { schema: flow.inputSchema ?? { type: 'object' } } } } }),
    responses: {
      200: { description: 'What the flow answers.', content: success },
      default: { description: 'Why there is no answer.', content: problem },
    },
    ...(needsToken ? { security: [{ token: [] }] } : {}),
  };
}

function parametersOf({ endpoint }: EndpointFlow): JsonValue[] {
  const inPath = segmentsOf(endpoint.path).flatMap((segment) => {
    const name = placeholderName(segment);
    if (name === undefined) return [];
    const declared = endpoint.pathParams.find((parameter) => parameter.name === name);
    return [{ ...describe(declared ?? { name, type: 'string' }), in: 'path', required: true }];
  });
  const inQuery = endpoint.queryParams.map((parameter) => ({
    ...describe(parameter),
    in: 'query',
    required: parameter.required,
  }));
  return [...inPath, ...inQuery];
}

function describe(parameter: Pick<Parameter, 'name' | 'type'> & Partial<Parameter>): JsonObject {
  const { name, type, min, max, about } = parameter;
  const isText = type === 'string';
  return {
    name,
    ...(about === undefined ? {} : { description: about }),
    schema: {
      type,
      ...(min === undefined ? {} : { [isText ? 'minLength' : 'minimum']: min }),
      ...(max === undefined ? {} : { [isText ? 'maxLength' : 'maximum']: max }),
      ...(parameter.default === undefined ? {} : { default: parameter.default }),
    },
  };
}
