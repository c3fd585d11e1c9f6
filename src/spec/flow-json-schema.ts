/**
 * The JSON Schema of a flow file, made from the same key tables that check one.
 *
 * Good for editors: keys with their sentence, allowed words, action names, and per action the
 * keys of its `with`. It says less than `parseFlow`: targets, joins and code are not its matter.
 */
import { isJsonObject, type JsonObject, type JsonValue, setOwn } from '../core/index.ts';
import type { ActionCatalogue } from '../flow/index.ts';
import { withEngineActions } from './engine-actions.ts';
import { FLOW_KEYS } from './flow-language.ts';
import { BODY_NODE_KEYS, ITEM_ACTION_KEYS, NODE_KEYS } from './node-language.ts';
import { describeShape, type KeyFact, type KeyTable, type Shape } from './shape.ts';

/** As `core` reads them. */
const DURATION_PATTERN = '^\\d{1,12}(\\.\\d{1,6})?(ms|s|m|h|d)?$';
const SIZE_PATTERN = '^\\d{1,12}(\\.\\d{1,6})?(B|KB|MB|KiB|MiB)?$';

/** The JSON Schema (draft 2020-12) of flow files that may use the actions of `catalogue`. */
export function flowJsonSchema(catalogue: ActionCatalogue): JsonObject {
  const actions = withEngineActions(catalogue);
  const known = actions.names().toSorted();
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Moonpool flow',
    description: 'A flow of Lua nodes and actions.',
    ...tableSchema(FLOW_KEYS),
    $defs: {
      action_name: {
        anyOf: known.map((name) => ({ const: name, description: actions.find(name)?.about ?? '' })),
      },
      action_input: { allOf: known.map((name) => withRule(name, actions)) },
      node: nodeSchema(NODE_KEYS),
      body_node: nodeSchema(BODY_NODE_KEYS),
      item_action: { ...tableSchema(ITEM_ACTION_KEYS, usesOf(ITEM_ACTION_KEYS)), ...ACTION_INPUT },
    },
  };
}

/** Tables that stand in `$defs`: they refer to themselves, or to names that only the catalogue knows. */
const DEFINED: ReadonlyMap<KeyTable, string> = new Map([
  [NODE_KEYS, 'node'],
  [BODY_NODE_KEYS, 'body_node'],
  [ITEM_ACTION_KEYS, 'item_action'],
]);

const ACTION_INPUT: JsonObject = { $ref: '#/$defs/action_input' };

function usesOf(table: KeyTable): JsonObject {
  return { uses: { description: table['uses']?.about ?? '', $ref: '#/$defs/action_name' } };
}

/** What a node has to have, and cannot have, by what it is. */
function nodeSchema(table: KeyTable): JsonObject {
  return {
    ...tableSchema(table, usesOf(table)),
    allOf: [
      ACTION_INPUT,
      ruleOfType('while_loop', { required: ['condition', 'max_iterations', 'body'] }, [
        'run',
        'script',
        'uses',
        'steps',
        'call',
        'items',
        'action',
        'subgraph',
        'parallel_each',
        'strategy',
      ]),
      ruleOfType(
        'dynamic_parallel',
        { required: ['items'], oneOf: ['action', 'steps', 'subgraph'].map((key) => ({ required: [key] })) },
        ['run', 'script', 'uses', 'call', 'parallel', 'body', 'max_iterations', 'parallel_each', 'strategy'],
      ),
    ],
  };
}

/** With `type: word`, `wanted` holds and none of `foreign` is there. */
function ruleOfType(word: string, wanted: JsonObject, foreign: readonly string[]): JsonObject {
  return {
    if: whenIs('type', word),
    then: { ...wanted, properties: Object.fromEntries(foreign.map((key) => [key, false])) },
  };
}

/** An object with `word` under `key`; without the type, editors would offer what follows for a node that is still empty. */
function whenIs(key: string, word: string): JsonObject {
  return { type: 'object', properties: { [key]: { const: word } }, required: [key] };
}

/** A node that uses `name` has a `with` that fits; where a template stands, anything fits. */
function withRule(name: string, actions: ActionCatalogue): JsonObject {
  const schema = actions.find(name)?.withSchema ?? {};
  return {
    if: whenIs('uses', name),
    then: { properties: { with: allowTemplates(schema) } },
  };
}

const TEMPLATE: JsonObject = { type: 'string', pattern: '\\{[{%]' };

/** The schema with a template allowed for every value below the top. */
function allowTemplates(schema: JsonObject): JsonObject {
  const copy: { [key: string]: JsonValue } = {};
  for (const [key, value] of Object.entries(schema)) setOwn(copy, key, allowInKeyword(key, value));
  return copy;
}

function allowInKeyword(keyword: string, value: JsonValue): JsonValue {
  if (keyword === 'items' || keyword === 'additionalProperties') return orTemplate(value);
  if ((keyword !== 'properties' && keyword !== 'patternProperties') || !isJsonObject(value)) return value;
  const copy: { [key: string]: JsonValue } = {};
  for (const [key, part] of Object.entries(value)) setOwn(copy, key, orTemplate(part));
  return copy;
}

function orTemplate(schema: JsonValue): JsonValue {
  const takesAnything = !isJsonObject(schema) || Object.keys(schema).length === 0;
  return takesAnything ? schema : { anyOf: [allowTemplates(schema), TEMPLATE] };
}

function tableSchema(table: KeyTable, replaced: JsonObject = {}): JsonObject {
  const properties: { [key: string]: JsonValue } = {};
  for (const [name, fact] of Object.entries(table)) {
    // Keys that are refused are not offered for completion.
    if (fact.status === 'later' || fact.status === 'code') continue;
    setOwn(properties, name, replaced[name] ?? keySchema(fact));
  }
  const required = Object.keys(table).filter((name) => table[name]?.required === true);
  return {
    type: 'object',
    properties,
    additionalProperties: false,
    ...(required.length === 0 ? {} : { required }),
  };
}

function keySchema(fact: KeyFact): JsonObject {
  const deprecated = fact.status === 'ignored' ? { deprecated: true } : {};
  return { description: fact.about, ...shapeSchema(fact.shape), ...fact.schema, ...deprecated };
}

function shapeSchema(shape: Shape): JsonObject {
  switch (shape.kind) {
    case 'any':
      return {};
    case 'text':
      return shape.maxLength === undefined ? { type: 'string' } : { type: 'string', maxLength: shape.maxLength };
    case 'flag':
      return { type: 'boolean' };
    case 'number':
      return {
        type: 'number',
        ...(shape.min === undefined ? {} : { minimum: shape.min }),
        ...(shape.max === undefined ? {} : { maximum: shape.max }),
      };
    case 'one-of':
      return { anyOf: shape.of.map(shapeSchema) };
    case 'int':
      return { type: 'integer', minimum: shape.min, maximum: shape.max };
    case 'duration':
      return { type: ['string', 'number'], pattern: DURATION_PATTERN, $comment: describeShape(shape) };
    case 'size':
      return { type: ['string', 'integer'], pattern: SIZE_PATTERN, $comment: describeShape(shape) };
    case 'choice':
      return { enum: shape.words };
    case 'object':
      return { type: 'object' };
    case 'dictionary':
      return { type: 'object', additionalProperties: shapeSchema(shape.of) };
    case 'list':
      return {
        type: 'array',
        items: shapeSchema(shape.of),
        ...(shape.minCount > 0 ? { minItems: shape.minCount } : {}),
      };
    case 'table':
      return DEFINED.has(shape.table) ? { $ref: `#/$defs/${DEFINED.get(shape.table)}` } : tableSchema(shape.table);
    case 'either':
      return { anyOf: waysOf(shape) };
  }
}

function waysOf({ scalar, list, map }: Shape & { kind: 'either' }): readonly JsonObject[] {
  const ways: JsonObject[] = [];
  if (scalar !== undefined) {
    ways.push(scalar.kind === 'any' ? { type: ['string', 'number', 'boolean'] } : shapeSchema(scalar));
  }
  for (const way of [list, map]) if (way !== undefined) ways.push(shapeSchema(way));
  return ways;
}
