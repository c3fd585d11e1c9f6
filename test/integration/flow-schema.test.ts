/**
 * The JSON Schema that `moonpool schema` prints, held against every flow that is shipped.
 *
 * What an editor offers is what stands under `properties` on the way to the cursor, through `$ref`
 * and through the `then` of conditions that hold for what is written so far; a real language server
 * was asked once whether it sees the same.
 */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { parse } from 'yaml';
import { flowSchema } from '../../src/app/index.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../../src/core/index.ts';
import { compileSchema, isFlowFile } from '../../src/spec/index.ts';

const SCHEMA = await flowSchema();
const fits = compileSchema(SCHEMA);
const shipped = ['examples/**/*.yaml', 'bench/flows/*.yaml']
  .flatMap((pattern) => globSync(pattern))
  .filter((file) => isFlowFile(file, readFileSync(file, 'utf8')));

/** Whether `value` fits a part of the schema. */
function doesFit(schema: JsonObject, value: JsonValue): boolean {
  const definitions = JSON.stringify(schema).includes('$ref') ? { $defs: SCHEMA['$defs'] ?? {} } : {};
  return compileSchema({ ...schema, ...definitions })(value).length === 0;
}

/** The schemas that hold for `value` at `schema`. */
function* inForce(schema: JsonValue | undefined, value: JsonValue): Generator<JsonObject> {
  if (!isJsonObject(schema)) return;
  yield schema;
  const reference = schema['$ref'];
  if (typeof reference === 'string') {
    yield* inForce(reference.slice(2).split('/').reduce<JsonValue | undefined>(stepInto, SCHEMA), value);
  }
  for (const key of ['allOf', 'anyOf', 'oneOf']) {
    for (const part of (schema[key] ?? []) as readonly JsonValue[]) yield* inForce(part, value);
  }
  if (isJsonObject(schema['if']) && doesFit(schema['if'], value)) yield* inForce(schema['then'], value);
}

function stepInto(at: JsonValue | undefined, key: string): JsonValue | undefined {
  return isJsonObject(at) ? at[key] : undefined;
}

/** The keys an editor offers at `path` of `flow`. */
function offered(flow: JsonValue, path: readonly (string | number)[]): readonly string[] {
  let schemas = [...inForce(SCHEMA, flow)];
  let value = flow;
  for (const step of path) {
    value = (value as { [key: string]: JsonValue })[step] as JsonValue;
    const below = value;
    schemas = schemas.flatMap((schema) => [
      ...inForce(typeof step === 'number' ? schema['items'] : stepInto(schema['properties'], step), below),
    ]);
  }
  const keys = schemas.flatMap((schema) =>
    Object.entries((schema['properties'] ?? {}) as JsonObject).flatMap(([key, part]) => (part === false ? [] : [key])),
  );
  return [...new Set(keys)];
}

describe('the JSON Schema of a flow', () => {
  it('is held against more than nothing', () => {
    assert.ok(shipped.length >= 4, shipped.join(' '));
  });

  for (const file of shipped) {
    it(`takes ${file}`, () => {
      assert.deepEqual(fits(parse(readFileSync(file, 'utf8')) as JsonValue), []);
    });
  }

  const OFFERS: readonly (readonly [string, JsonValue, readonly (string | number)[], readonly string[]])[] = [
    ['at the top', {}, [], ['name', 'nodes', 'settings', 'endpoint', 'output_schema']],
    ['of a node', { nodes: [{ name: 'a' }] }, ['nodes', 0], ['run', 'uses', 'goto', 'retry', 'type', 'on_error']],
    ['of an empty node', { nodes: [{}] }, ['nodes', 0], ['name', 'run']],
    ['of a node in a loop', { nodes: [{ type: 'while_loop', body: [{}] }] }, ['nodes', 0, 'body', 0], ['run', 'uses']],
    ['of an edge', { edges: [{}] }, ['edges', 0], ['from', 'to', 'when', 'parallel']],
    ['of a rule', { nodes: [{ goto: [{}] }] }, ['nodes', 0, 'goto', 0], ['if', 'to']],
    ['of Lua settings', { settings: { lua: {} } }, ['settings', 'lua'], ['timeout', 'memory']],
    ['of `on_error`', { nodes: [{ on_error: {} }] }, ['nodes', 0, 'on_error'], ['mode', 'fallback']],
    ['of a parameter', { endpoint: { query_params: {} } }, ['endpoint'], ['path', 'method', 'query_params']],
    ['of an action', { nodes: [{ uses: 'http.get', with: {} }] }, ['nodes', 0, 'with'], ['url', 'headers', 'timeout']],
    ['of another action', { nodes: [{ uses: 'log', with: {} }] }, ['nodes', 0, 'with'], ['message']],
  ];
  for (const [where, flow, path, keys] of OFFERS) {
    it(`offers the keys ${where}`, () => {
      const found = offered(flow, path);

      assert.deepEqual(
        keys.filter((key) => !found.includes(key)),
        [],
        found.join(' '),
      );
    });
  }

  it('offers nothing of an action that is not named', () => {
    assert.deepEqual(offered({ nodes: [{ with: {} }] }, ['nodes', 0, 'with']), []);
    assert.ok(!offered({ nodes: [{ uses: 'log', with: {} }] }, ['nodes', 0, 'with']).includes('url'));
  });

  it('says of every choice which words there are, and gives defaults that fit', () => {
    const wrong: string[] = [];
    const walk = (node: JsonValue, path: string): void => {
      if (typeof node !== 'object' || node === null) return;
      if (isJsonObject(node) && Object.hasOwn(node, 'default') && !path.endsWith('properties')) {
        const { default: value, ...schema } = node;
        if (!doesFit(schema, value as JsonValue)) wrong.push(path);
      }
      for (const [key, part] of Object.entries(node)) walk(part as JsonValue, `${path}/${key}`);
    };
    walk(SCHEMA, '');

    assert.deepEqual(wrong, []);
  });
});
