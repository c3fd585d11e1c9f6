/**
 * The JSON Schema of a flow file, made from the same key tables that check one.
 *
 * Good for editors: keys with their sentence, allowed words, action names, and per action the
 * keys of its `with`. It says less than `parseFlow`: targets, joins and code are not its matter.
 */
import { isJsonObject, type JsonObject, type JsonValue, setOwn } from '../core/index.ts';
import type { ActionCatalogue } from '../flow/index.ts';
import { FLOW_KEYS } from './flow-language.ts';
import { NODE_KEYS } from './node-language.ts';
import { describeShape, type KeyFact, type KeyTable, type Shape } from './shape.ts';

/** As `core` reads them. */
const DURATION_PATTERN = '^\\d{1,12}(\\.\\d{1,6})?(ms|s|m|h|d)?$';
const SIZE_PATTERN = '^\\d{1,12}(\\.\\d{1,6})?(B|KB|MB|KiB|MiB)?$';

/** The JSON Schema (draft 2020-12) of flow files that may use `actions`. */
export function flowJsonSchema(actions: ActionCatalogue): JsonObject {
  const known = actions.names().toSorted();
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Moonpool flow',
    description: 'A flow of Lua nodes and actions.',
    ...tableSchema(FLOW_KEYS),
    $defs: {
      node: {
        ...tableSchema(NODE_KEYS, {
          uses: {
            description: NODE_KEYS['uses']?.about ?? '',
            anyOf: known.map((name) => ({ const: name, description: actions.find(name)?.about ?? '' })),
          },
        }),
        allOf: known.map((name) => withRule(name, actions)),
      },
    },
  };
}

/** A node that uses `name` has a `with` that fits; where a template stands, anything fits. */
function withRule(name: string, actions: ActionCatalogue): JsonObject {
  const schema = actions.find(name)?.withSchema ?? {};
  return {
    if: { properties: { uses: { const: name } }, required: ['uses'] },
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
    if (fact.status === 'later') continue;
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
      return { type: 'number' };
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
      return shape.table === NODE_KEYS ? { $ref: '#/$defs/node' } : tableSchema(shape.table);
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
