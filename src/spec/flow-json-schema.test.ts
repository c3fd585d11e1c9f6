import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CATALOGUE, parse, problemsOf } from '../../test/support/flow-text.ts';
import type { JsonObject, JsonValue } from '../core/index.ts';
import { flowJsonSchema } from './flow-json-schema.ts';
import { findSchemaProblems } from './schema-check.ts';
import { readYaml } from './yaml-reader.ts';
import { toJson } from './yaml-tree.ts';

const SCHEMA = flowJsonSchema(CATALOGUE);

function schemaProblems(text: string): readonly string[] {
  const { root } = readYaml(text, 'flow.yaml');
  if (root === undefined) throw new Error('not YAML');
  return findSchemaProblems(SCHEMA, toJson(root)).map(({ path }) => path.join('.'));
}

const GOOD: readonly string[] = [
  'nodes: [{name: a}]\n',
  'nodes:\n  - name: a\n    uses: http.get\n    with: {url: x, retries: "{{ state.n }}"}\n    goto: [{if: state.x, to: a}, {to: __end__}]\n',
  'settings: {lua: {timeout: 2, memory: 1MiB}}\nnodes: [{name: a, run: {type: lua, code: x}}]\n',
  'nodes: [{name: a, parallel: [b], fan_in: c}, {name: b}, {name: c, fan_in: true}]\n',
  'nodes: [{name: a}]\nedges: [{from: a, to: __end__, condition: {type: expression, value: x}, when: false}]\n',
  'nodes: [{name: a, type: while_loop, condition: state.x, max_iterations: 3, body: [{run: x}, {name: b, steps: [{uses: log}]}]}]\n',
  'nodes: [{name: a, type: dynamic_parallel, items: "{{ state.x }}", action: {uses: http.get, with: {url: "{{ item }}"}}, goto: __end__}]\n',
  'nodes: [{name: a, parallel_each: [1], run: x, retry: {jitter: true, backoff: 2}, on_error: {mode: graceful}, goto: __end__}]\n',
  'nodes: [{name: a, uses: human.input, with: {prompt: x, schema: {type: string}}, interrupt: after, timeout: 5s}]\n',
  'nodes: [{name: a}]\nedges: [{from: a, when: state.k, targets: {x: a, y: __end__}}]\nconfig: {interrupt_before: [a], max_workers: 2}\n',
  'nodes: [{name: a}]\nendpoint: {path: /a, query_params: {n: {type: integer}}, cache: {ttl: 5m}}\nschedule: {at_start: true}\n',
];

const BAD: readonly (readonly [string, string])[] = [
  ['nodes: [{name: a, type: while_loop, condition: x, body: [{}]}]\n', 'nodes.0'],
  ['nodes: [{name: a, type: while_loop, condition: x, max_iterations: 1, run: y, body: [{}]}]\n', 'nodes.0.run'],
  ['nodes: [{name: a, type: dynamic_parallel, items: [1], steps: [{}], subgraph: b.yaml, goto: __end__}]\n', 'nodes.0'],
  ['nodes: [{name: a, steps: [{rnu: x}]}]\n', 'nodes.0.steps.0'],
  ['nodes: [{name: a, steps: [{uses: http.get, with: {url: 1}}]}]\n', 'nodes.0.steps.0.with.url'],
  [
    'nodes: [{name: a, type: dynamic_parallel, items: [1], action: {uses: lgo}, goto: __end__}]\n',
    'nodes.0.action.uses',
  ],
  ['nodes: [{name: a, retry: {jitter: 2}}]\n', 'nodes.0.retry.jitter'],
  ['nodes: []\n', 'nodes'],
  ['nodes: [{name: a, uses: lgo}]\n', 'nodes.0.uses'],
  ['nodes: [{name: a, retry: {max_retries: 101}}]\n', 'nodes.0.retry.max_retries'],
  ['nodes: [{name: a, uses: http.get, with: {url: 1}}]\n', 'nodes.0.with.url'],
  ['nodes: [{name: a}]\nsettings: {timeout: soon}\n', 'settings.timeout'],
  ['nodes: [{name: a}]\nsettings: {max_steps: 0}\n', 'settings.max_steps'],
];

describe('flowJsonSchema', () => {
  for (const text of GOOD) {
    it(`takes what parseFlow takes: ${text.slice(0, 60)}`, () => {
      assert.notEqual(parse(text).flow, undefined, problemsOf(text).join());
      assert.deepEqual(schemaProblems(text), []);
    });
  }
  for (const [text, path] of BAD) {
    it(`refuses what parseFlow refuses: ${text.slice(0, 60)}`, () => {
      assert.equal(parse(text).flow, undefined);
      assert.ok(schemaProblems(text).includes(path), schemaProblems(text).join(' '));
    });
  }

  it('names every action with its sentence', () => {
    const name = (SCHEMA['$defs'] as JsonObject)['action_name'] as { anyOf: readonly JsonObject[] };

    assert.deepEqual(
      name.anyOf.map((way) => way['const']),
      ['flow.call', 'http.get', 'human.input', 'log'],
    );
    assert.deepEqual(name.anyOf[1], { const: 'http.get', description: 'What http.get does.' });
  });

  it('describes every key it offers', () => {
    const undescribed: string[] = [];
    const walk = (value: JsonValue, path: string): void => {
      if (typeof value !== 'object' || value === null) return;
      const { properties } = value as { properties?: JsonObject };
      for (const [key, part] of Object.entries(path.includes('allOf') ? {} : (properties ?? {}))) {
        if (typeof (part as JsonObject)['description'] !== 'string') undescribed.push(`${path}.${key}`);
      }
      for (const [key, part] of Object.entries(value)) walk(part, `${path}.${key}`);
    };
    walk(SCHEMA, '');

    assert.deepEqual(undescribed, []);
  });
});
