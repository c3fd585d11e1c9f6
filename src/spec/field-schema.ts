/**
 * The older way to write schemas, `{field: {type: str, required: true}}` and `{field: str}` → JSON Schema.
 *
 * Told apart from JSON Schema by its type names, which differ all.
 */
import type { JsonObject, JsonValue } from '../core/index.ts';
import { setOwn } from '../core/index.ts';
import { ANY_SHAPE, choiceShape, FLAG_SHAPE, key, listShape, requiredKey, textShape } from './language-parts.ts';
import { type KeyTable, type Shape, type ShapeCheck, checkShape } from './shape.ts';
import { childOf, flagOf, itemsOf, type MapNode, textOf, toJson, type YamlNode } from './yaml-tree.ts';
import { quote } from './problem-list.ts';

const TYPES: ReadonlyMap<string, string> = new Map([
  ['str', 'string'],
  ['int', 'integer'],
  ['float', 'number'],
  ['bool', 'boolean'],
  ['list', 'array'],
  ['dict', 'object'],
]);

/** Names that say nothing of the value, and those of JSON Schema, as people write them for a state. */
const MORE_TYPES: ReadonlyMap<string, string | undefined> = new Map([
  ...TYPES,
  ...[...TYPES.values()].map((name): [string, string] => [name, name]),
  ['any', undefined],
  ['optional', undefined],
  ['union', undefined],
]);

const COUNT: Shape = { kind: 'int', min: 0, max: Number.MAX_SAFE_INTEGER };

/** A field may hold fields, so its shape is looked up when it is needed. */
const FIELD: Shape = {
  kind: 'table',
  get table(): KeyTable {
    return FIELD_KEYS;
  },
};

/** The keys of a field in the older notation of `input_schema`. */
export const FIELD_KEYS: KeyTable = {
  type: requiredKey(choiceShape(...TYPES.keys()), 'What the value is; texts are turned into it where they can be.'),
  required: key(FLAG_SHAPE, 'Input without the field is refused.'),
  default: key(ANY_SHAPE, 'The value when the field is absent.'),
  min_length: key(COUNT, 'Shortest text.'),
  max_length: key(COUNT, 'Longest text.'),
  pattern: key(textShape(), 'Regular expression that the beginning of the text matches.'),
  min: key({ kind: 'number' }, 'Smallest number.'),
  max: key({ kind: 'number' }, 'Largest number.'),
  choices: key(listShape(ANY_SHAPE), 'All values that fit.'),
  properties: key({ kind: 'dictionary', of: FIELD }, 'Fields of an object.'),
  items: key(FIELD, 'What each item of a list is.'),
  description: key(textShape(), 'What the field is for.'),
};

/** True when `node` names fields with types of the older notation. */
export function isFieldMap(node: MapNode): boolean {
  return [...node.entries.values()].some(({ value }) =>
    TYPES.has(textOf(value) ?? textOf(childOf(value, 'type')) ?? ''),
  );
}

/** The JSON Schema of an object with the fields of `node`; undefined when one does not fit the notation, which was reported. */
export function readFieldMap(check: ShapeCheck, node: MapNode, what: string): JsonObject | undefined {
  let fits = true;
  for (const { key: name, value } of node.entries.values()) {
    const shape: Shape = { kind: 'either', scalar: choiceShape(...TYPES.keys()), map: FIELD };
    fits = checkShape(check, value, shape, `${what}.${name}`) && fits;
  }
  return fits ? schemaOfFields(node) : undefined;
}

function schemaOfFields(node: YamlNode): JsonObject {
  const properties: { [name: string]: JsonValue } = {};
  const required: string[] = [];
  for (const { key: name, value } of node.kind === 'map' ? node.entries.values() : []) {
    if (flagOf(childOf(value, 'required')) === true) required.push(name);
    setOwn(properties, name, schemaOfField(value));
  }
  return { type: 'object', properties, ...(required.length === 0 ? {} : { required }) };
}

function schemaOfField(field: YamlNode): JsonObject {
  const type = TYPES.get(textOf(field) ?? textOf(childOf(field, 'type')) ?? '');
  if (type === undefined) return {};
  // A field that may be absent may be null too: that is how its absence is often written.
  const isRequired = flagOf(childOf(field, 'required')) === true;
  const copied = Object.entries({ default: 'default', description: 'description', ...KEYWORDS_OF[type] }).flatMap(
    ([from, to]) => {
      const value = childOf(field, from);
      return value === undefined ? [] : [[to, toJson(value)] as const];
    },
  );
  const choices = childOf(field, 'choices');
  return {
    ...schemaInside(field, type),
    ...Object.fromEntries(copied),
    ...(choices === undefined ? {} : { enum: [...itemsOf(choices).map(toJson), ...(isRequired ? [] : [null])] }),
    type: isRequired ? type : [type, 'null'],
  };
}

/** What only values of one type have. */
function schemaInside(field: YamlNode, type: string): JsonObject {
  const [pattern, properties, items] = ['pattern', 'properties', 'items'].map((key) => childOf(field, key));
  if (type === 'object' && properties !== undefined) return schemaOfFields(properties);
  if (type === 'array' && items !== undefined) return { items: schemaOfField(items) };
  const text = textOf(pattern);
  if (type !== 'string' || text === undefined) return {};
  // The original looks at the beginning of the text only.
  return { pattern: text.startsWith('^') ? text : `^(?:${text})` };
}

/** Keys that mean the same as a keyword of JSON Schema, for one type each. */
const KEYWORDS_OF: { readonly [type: string]: { readonly [key: string]: string } } = {
  string: { min_length: 'minLength', max_length: 'maxLength' },
  integer: { min: 'minimum', max: 'maximum' },
  number: { min: 'minimum', max: 'maximum' },
};

/** The JSON Schema of a state whose keys have types by name; names that nobody knows are warned of. */
export function readTypeMap(check: ShapeCheck, node: MapNode): JsonObject {
  const properties: { [name: string]: JsonValue } = {};
  for (const { key: name, value } of node.entries.values()) {
    const written = textOf(value) ?? textOf(childOf(value, 'type'));
    const word = /^\w*/.exec(written?.trim().toLowerCase() ?? '')?.[0] ?? '';
    if (!MORE_TYPES.has(word)) {
      const message = `The type of ${quote(name)} is not known; any value fits.`;
      const hint = 'Use str, int, float, bool, list, dict or any.';
      check.problems.add({ code: 'SPEC_INVALID', severity: 'warning', at: value.start, message, hint });
    }
    const type = MORE_TYPES.get(word);
    setOwn(properties, name, type === undefined ? {} : { type: [type, 'null'] });
  }
  return { type: 'object', properties };
}
