import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { anEndpointFlow } from '../../test/support/flows.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../core/index.ts';
import { describeApi } from './openapi.ts';

const flows = [
  anEndpointFlow('list', '/things', {
    queryParams: [
      { name: 'limit', type: 'integer', required: false, default: 3, min: 1, max: 10, mapTo: 'n', about: 'How many.' },
      { name: 'word', type: 'string', required: true, min: 2, mapTo: 'word' },
    ],
  }),
  { ...anEndpointFlow('make', '/things', { method: 'POST' }), inputSchema: { type: 'object', required: ['a'] } },
  anEndpointFlow('one', '/things/{id}/{part}', {
    pathParams: [{ name: 'id', type: 'integer', required: true, mapTo: 'id' }],
    responseType: 'text/html',
    auth: 'token',
  }),
];
const document = describeApi(flows, { version: '1.2.3', needsToken: true });

function at(...path: string[]): JsonValue {
  let value: JsonValue = document;
  for (const key of path) value = (value as JsonObject)[key] as JsonValue;
  return value;
}

/** The rules of the OpenAPI 3.1 meta-schema that a document of ours could break. */
function assertOperation(path: string, operation: JsonValue | undefined): void {
  assert.ok(isJsonObject(operation));
  const fields = ['operationId', 'summary', 'parameters', 'requestBody', 'responses', 'security'];
  assert.deepEqual(
    Object.keys(operation).filter((key) => !fields.includes(key)),
    [],
  );
  const parameters = operation['parameters'] as { in: string; name: string; schema: JsonObject; required: boolean }[];
  const names = parameters.map((parameter) => `${parameter.in} ${parameter.name}`);
  assert.equal(new Set(names).size, names.length);
  for (const parameter of parameters) {
    assert.ok(['path', 'query', 'header'].includes(parameter.in));
    assert.ok(isJsonObject(parameter.schema));
    if (parameter.in === 'path') assert.equal(parameter.required, true);
  }
  const inPath = parameters.filter((parameter) => parameter.in === 'path').map((parameter) => `{${parameter.name}}`);
  assert.deepEqual(path.match(/\{[^}]+\}/g) ?? [], inPath);
  for (const [status, response] of Object.entries(operation['responses'] as JsonObject)) {
    assert.match(status, /^([1-5]\d\d|default)$/);
    assert.equal(typeof (response as JsonObject)['description'], 'string');
  }
}

describe('describeApi', () => {
  it('has the shape of an OpenAPI 3.1 document', () => {
    assert.equal(document['openapi'], '3.1.0');
    assert.deepEqual(document['info'], { title: 'Moonpool flows', version: '1.2.3' });
    assert.deepEqual(Object.keys(at('paths') as JsonObject), [
      '/things',
      '/things/{id}/{part}',
      '/api/flows/{name}/runs',
      '/api/runs',
      '/api/runs/{id}',
      '/api/runs/{id}/events',
      '/api/runs/{id}/input',
      '/api/runs/{id}/cancel',
    ]);
    for (const [path, item] of Object.entries(at('paths') as JsonObject)) {
      for (const [method, operation] of Object.entries(item as JsonObject)) {
        assert.ok(['get', 'post', 'put', 'patch', 'delete'].includes(method));
        assertOperation(path, operation);
      }
    }
    assert.doesNotThrow(() => JSON.stringify(document));
  });

  it('refers to nothing that it does not hold', () => {
    for (const [, target] of JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)) {
      assert.ok(at(...(target ?? '').split('/')), `${target} is missing`);
    }
  });

  it('describes parameters with their bounds', () => {
    assert.deepEqual(at('paths', '/things', 'get', 'parameters'), [
      {
        name: 'limit',
        description: 'How many.',
        schema: { type: 'integer', minimum: 1, maximum: 10, default: 3 },
        in: 'query',
        required: false,
      },
      { name: 'word', schema: { type: 'string', minLength: 2 }, in: 'query', required: true },
    ]);
  });

  it('describes the body by the flow’s input schema', () => {
    assert.deepEqual(at('paths', '/things', 'post', 'requestBody'), {
      content: { 'application/json': { schema: { type: 'object', required: ['a'] } } },
    });
  });

  it('asks for the token where the server does', () => {
    assert.deepEqual(at('paths', '/things', 'post', 'security'), [{ token: [] }]);
    assert.deepEqual(at('paths', '/things/{id}/{part}', 'get', 'security'), [{ token: [] }]);
    assert.equal(at('paths', '/things', 'get', 'security'), undefined);
    const open = describeApi(flows, { version: '1', needsToken: false })['paths'] as JsonObject;
    assert.equal(((open['/things'] as JsonObject)['post'] as JsonObject)['security'], undefined);
  });
});
