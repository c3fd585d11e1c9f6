/**
 * What a node without a body does: Lua, an expression, an action, a call of another flow, a question to a person.
 */
import type { JsonObject, JsonValue } from '../core/index.ts';
import { setOwn } from '../core/index.ts';
import type { ActionFacts, NodeWork, Output } from '../flow/index.ts';
import { checkLanguage, checkLuaText } from './code-check.ts';
import { FLOW_CALL, HUMAN_INPUT } from './engine-actions.ts';
import type { FlowCheck } from './flow-check.ts';
import type { ImportTable } from './import-table.ts';
import { present } from './present.ts';
import { quote } from './problem-list.ts';
import { checkLimiterUse } from './rate-limiter-reader.ts';
import { whySchemaUnusable } from './schema-check.ts';
import { readSecretPlaces } from './secret-reader.ts';
import { readCondition, readExpression, readExpressionValue, readTemplates } from './text-check.ts';
import { checkActionInput } from './with-check.ts';
import { childOf, type MapNode, type ScalarNode, textOf, toJson, toJsonObject, type YamlNode } from './yaml-tree.ts';

const NOTHING: NodeWork = { kind: 'none' };

/** The node a work stands in. */
export interface WorkPlace {
  readonly check: FlowCheck;
  /** For messages. */
  readonly name: string;
  readonly imports: ImportTable;
  /** The number of the next Lua text. */
  readonly chunk: number;
}

/** `run` or `script` of `node`. */
export function readRun(place: WorkPlace, node: MapNode): NodeWork {
  const { check, name } = place;
  const isLua = saysLua(check, childOf(node, 'language'), name);
  const run = childOf(node, 'run') ?? childOf(node, 'script');
  if (run?.kind === 'map') return readRunObject(place, run, isLua);
  return run?.kind === 'scalar' && isLua ? readLua(place, run) : NOTHING;
}

/** False for a word that names another language, which is reported. */
function saysLua(check: FlowCheck, node: YamlNode | undefined, name: string): boolean {
  const word = textOf(node);
  return word === undefined || node === undefined || checkLanguage(check, word, node.start, name);
}

function readRunObject(place: WorkPlace, run: MapNode, isLua: boolean): NodeWork {
  const { check, name } = place;
  const typeNode = childOf(run, 'type');
  const type = textOf(typeNode);
  if (type === undefined) return NOTHING;
  if (type === 'expression') return readExpressionWork(check, run);
  if (!saysLua(check, typeNode, name)) return NOTHING;
  requireKeys(check, run, { type, needed: ['code'], foreign: ['value', 'output_key'] });
  const code = childOf(run, 'code');
  return code?.kind === 'scalar' && isLua ? readLua(place, code) : NOTHING;
}

function readExpressionWork(check: FlowCheck, run: MapNode): NodeWork {
  requireKeys(check, run, { type: 'expression', needed: ['value', 'output_key'], foreign: ['code'] });
  const value = childOf(run, 'value');
  const outputKey = textOf(childOf(run, 'output_key'));
  if (value === undefined || outputKey === undefined) return NOTHING;
  return { kind: 'expression', value: readExpressionValue(check, value), outputKey };
}

interface RunKeys {
  readonly type: string;
  readonly needed: readonly string[];
  readonly foreign: readonly string[];
}

function requireKeys(check: FlowCheck, run: MapNode, { type, needed, foreign }: RunKeys): void {
  for (const key of needed) {
    if (run.entries.has(key)) continue;
    const message = `\`run\` with \`type: ${type}\` needs the key ${quote(key)}.`;
    check.problems.add({ code: 'SPEC_INVALID', at: run.start, message });
  }
  for (const key of foreign) {
    const entry = run.entries.get(key);
    if (entry === undefined) continue;
    const message = `${quote(key)} does not belong to \`run\` with \`type: ${type}\`.`;
    check.problems.add({ code: 'SPEC_INVALID', at: entry.keyStart, message });
  }
}

function readLua({ check, name, chunk }: WorkPlace, node: ScalarNode): NodeWork {
  if (typeof node.value !== 'string') return NOTHING;
  checkLuaText(check, node, name);
  const { line } = check.problems.placeOf(node.start);
  const isBlock = node.style === 'literal' || node.style === 'folded';
  return { kind: 'lua', code: node.value, line: isBlock ? line + 1 : line, chunk };
}

/** `uses` of `node`: an action, or one of the two that the engine does itself. */
export function readAction(place: WorkPlace, node: MapNode): NodeWork {
  const { check } = place;
  const uses = textOf(childOf(node, 'uses'));
  if (uses === undefined) return NOTHING;
  const withNode = childOf(node, 'with');
  const { facts, input } = readWith(place, node, uses);
  const output = present({ output: readOutput(check, childOf(node, 'output')) });
  if (uses === FLOW_CALL) return { ...readFlowCall(place, withNode), ...output };
  if (uses === HUMAN_INPUT) return { ...readQuestion(check, withNode, input), ...output };
  const parts = { ...output, ...present({ secrets: readSecretPlaces(check, { facts, withNode, input }) }) };
  const own = readOwnText(check, withNode, facts?.ownText);
  if (own === undefined) return { kind: 'action', uses, with: input, ...parts };
  const rest = Object.entries(input).filter(([key]) => !Object.hasOwn(own, key));
  const data = Object.hasOwn(input, 'data') ? {} : OWN_TEXT_DATA;
  return { kind: 'action', uses, with: { ...Object.fromEntries(rest), ...data }, ownText: own, ...parts };
}

/** What is known of the action, and its `with`, checked. */
function readWith(
  place: WorkPlace,
  node: MapNode,
  uses: string,
): { readonly facts: ActionFacts | undefined; readonly input: JsonObject } {
  const { check } = place;
  const withNode = childOf(node, 'with');
  const at = withNode ?? childOf(node, 'uses') ?? node;
  const facts = check.actions.find(uses);
  const secrets = facts === undefined || facts.takesSecrets === true ? 'placed' : 'refused';
  const input = withNode === undefined ? {} : (readTemplates(check, withNode, { secrets }) as JsonObject);
  if (facts === undefined) {
    refuseAction(place, uses, childOf(node, 'uses') ?? node);
  } else if (withNode === undefined || withNode.kind === 'map') {
    checkActionInput(check, facts, at, input);
    checkLimiterUse(check, uses, at, input);
  }
  return { facts, input };
}

function refuseAction({ check, name }: WorkPlace, uses: string, usesNode: YamlNode): void {
  const hint = check.problems.suggest(uses, check.actions.names());
  const message = `The action ${quote(uses)} of the node ${quote(name)} does not exist.`;
  check.problems.add({
    code: 'SPEC_UNKNOWN_ACTION',
    at: usesNode.start,
    message,
    ...(hint === undefined ? {} : { hint }),
  });
}

/** What a text that an action evaluates sees, unless the flow says it with `data`. */
const OWN_TEXT_DATA = { data: { state: '{{ state }}', variables: '{{ variables }}' } };

/** The texts of `with` that the action itself evaluates, as they are written; undefined when there are none. */
function readOwnText(
  check: FlowCheck,
  withNode: YamlNode | undefined,
  keys: ActionFacts['ownText'] = {},
): JsonObject | undefined {
  const found = Object.entries(keys).flatMap(([key, kind]) => {
    const value = childOf(withNode, key);
    const text = textOf(value);
    if (value === undefined || text === undefined) return [];
    if (kind === 'condition') readCondition(check, value, key);
    return [[key, text] as const];
  });
  return found.length === 0 ? undefined : Object.fromEntries(found);
}

/** `call` of `node`. */
export function readCall({ check, imports }: WorkPlace, node: MapNode): NodeWork {
  const call = childOf(node, 'call');
  if (call === undefined) return NOTHING;
  const output = readOutput(check, childOf(node, 'output'));
  const parts = output === undefined ? {} : { output };
  return { kind: 'call', flow: imports.nameOf(check, call), input: readInput(check, childOf(node, 'input')), ...parts };
}

/** The templates of `input`. */
export function readInput(check: FlowCheck, node: YamlNode | undefined): JsonObject {
  return node?.kind === 'map' ? (readTemplates(check, node) as JsonObject) : {};
}

/** `uses: flow.call`; templates were read with the rest of `with`. */
function readFlowCall({ check, imports }: WorkPlace, withNode: YamlNode | undefined): NodeWork & { kind: 'call' } {
  const flow = childOf(withNode, 'flow');
  const input = childOf(withNode, 'input');
  if (input !== undefined && input.kind !== 'map') {
    const message = '`input` of `flow.call` must be an object.';
    check.problems.add({ code: 'SPEC_INVALID', at: input.start, message, hint: 'Name each key of the input.' });
  }
  return {
    kind: 'call',
    flow: flow === undefined ? '' : imports.nameOf(check, flow),
    input: toJsonObject(input),
  };
}

function readQuestion(
  check: FlowCheck,
  withNode: YamlNode | undefined,
  input: JsonObject,
): NodeWork & { kind: 'input' } {
  const schemaNode = childOf(withNode, 'schema');
  const prompt = input['prompt'] ?? '';
  if (schemaNode?.kind !== 'map') return { kind: 'input', prompt };
  const schema = toJson(schemaNode) as JsonObject;
  const reason = whySchemaUnusable(schema);
  if (reason !== undefined) {
    check.problems.add({
      code: 'SPEC_INVALID',
      at: schemaNode.start,
      message: `\`schema\` cannot be used: ${reason}.`,
    });
  }
  return { kind: 'input', prompt, schema };
}

/** `output`: a state key, or keys with expressions. */
function readOutput(check: FlowCheck, node: YamlNode | undefined): Output | undefined {
  if (node?.kind !== 'map') return textOf(node);
  const output: { [key: string]: JsonValue } = {};
  for (const { key, value } of node.entries.values()) {
    setOwn(output, key, readExpression(check, value, key));
  }
  return output;
}
