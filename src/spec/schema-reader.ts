/**
 * What a flow says of its input, its state and its answer.
 */
import type { JsonObject, JsonValue } from '../core/index.ts';
import type { OutputField } from '../flow/index.ts';
import { isFieldMap, readFieldMap, readTypeMap } from './field-schema.ts';
import type { FlowCheck } from './flow-check.ts';
import { present } from './present.ts';
import { quote } from './problem-list.ts';
import { whySchemaUnusable } from './schema-check.ts';
import { readCondition, readTemplates } from './text-check.ts';
import { childOf, type MapEntry, type MapNode, textOf, toJson, toJsonObject } from './yaml-tree.ts';

const OUTPUT_KEYS = ['value', 'include_if', 'default'];

/** `input_schema` as JSON Schema, whichever way it is written. */
export function readInputSchema(check: FlowCheck, root: MapNode): JsonObject | undefined {
  const node = childOf(root, 'input_schema');
  if (node?.kind !== 'map') return undefined;
  const schema = isFieldMap(node) ? readFieldMap(check, node, 'input_schema') : toJsonObject(node);
  if (schema !== undefined) checkUsable(check, root, 'input_schema', schema);
  return schema;
}

/** `state_schema` as JSON Schema: types by key, or JSON Schema itself. It describes the state; nothing is refused by it. */
export function readStateSchema(check: FlowCheck, root: MapNode): JsonObject | undefined {
  const node = childOf(root, 'state_schema');
  if (node?.kind !== 'map') return undefined;
  const isJsonSchema = textOf(childOf(node, 'type')) === 'object' || childOf(node, 'properties')?.kind === 'map';
  const schema = isJsonSchema ? toJsonObject(node) : readTypeMap(check, node);
  checkUsable(check, root, 'state_schema', schema);
  return schema;
}

function checkUsable(check: FlowCheck, root: MapNode, key: string, schema: JsonObject): void {
  const reason = whySchemaUnusable(schema);
  if (reason === undefined) return;
  const at = root.entries.get(key)?.keyStart ?? root.start;
  check.problems.add({ code: 'SPEC_INVALID', at, message: `${quote(key)} cannot be used: ${reason}.` });
}

/** `output_schema` field by field; undefined when the flow has none. */
export function readOutputSchema(check: FlowCheck, root: MapNode): readonly OutputField[] | undefined {
  const node = childOf(root, 'output_schema');
  return node?.kind === 'map' ? [...node.entries.values()].map((entry) => readOutputField(check, entry)) : undefined;
}

function readOutputField(check: FlowCheck, { key: name, value: node }: MapEntry): OutputField {
  if (node.kind !== 'map' || !OUTPUT_KEYS.some((key) => node.entries.has(key))) {
    return { name, value: readTemplates(check, node) };
  }
  for (const { key, keyStart: at } of node.entries.values()) {
    if (OUTPUT_KEYS.includes(key)) continue;
    const message = `The key ${quote(key)} is not known in ${quote(`output_schema.${name}`)}.`;
    const hint = 'An object with a key `value` of its own goes below `value`.';
    check.problems.add({ code: 'SPEC_UNKNOWN_KEY', at, message, hint });
  }
  const value = childOf(node, 'value');
  if (value === undefined) {
    const message = `${quote(`output_schema.${name}`)} needs the key \`value\`.`;
    check.problems.add({ code: 'SPEC_INVALID', at: node.start, message });
  }
  const fallback = childOf(node, 'default');
  return present({
    name,
    value: (value === undefined ? null : readTemplates(check, value)) as JsonValue,
    includeIf: readIncludeIf(check, node),
    default: fallback === undefined ? undefined : toJson(fallback),
  });
}

function readIncludeIf(check: FlowCheck, field: MapNode): string | undefined {
  const node = childOf(field, 'include_if');
  if (node === undefined) return undefined;
  const { when, negate } = readCondition(check, node, 'include_if');
  return negate === true ? `not ${when ?? 'true'}` : when;
}
