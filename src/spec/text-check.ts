/**
 * Checks expressions, conditions and templates where they stand in the file, with exact places.
 */
import { type JsonValue, MoonpoolError } from '../core/index.ts';
import {
  compileCondition,
  compileExpression,
  compileValue,
  type Condition,
  type Expression,
  hasTemplateSyntax,
  mentionsSecrets,
  type ValueOptions,
  whereSecretStands,
} from '../expr/index.ts';
import type { FlowCheck } from './flow-check.ts';
import { quote } from './problem-list.ts';
import type { RuleDraft } from './route-draft.ts';
import { offsetInScalar, offsetOfPlace } from './scalar-position.ts';
import { childOf, type ScalarNode, textOf, toJson, type YamlNode } from './yaml-tree.ts';

/** Stands in for text that was reported, so that what depends on it is not reported too. */
export const BROKEN: Pick<RuleDraft, 'when' | 'negate'> = { when: 'false' };

/** What a rule asks, from the text or constant in `node`; {@link BROKEN} when that does not parse, which was reported. */
export function readCondition(check: FlowCheck, node: YamlNode, what: string): Pick<RuleDraft, 'when' | 'negate'> {
  if (node.kind !== 'scalar' || node.value === null) {
    refuseExpression(check, node, what);
    return BROKEN;
  }
  const text = String(node.value);
  const condition = compileAt(check, node, () => withoutSecrets(check, node, compileCondition(text)));
  if (condition === undefined) return BROKEN;
  // The older shorthand `name` and `!name` for a key of the state, in words everybody evaluates alike.
  if (condition.kind !== 'state') return { when: text };
  const when = `state[${JSON.stringify(condition.name)}]`;
  return condition.isNegated ? { when, negate: true } : { when };
}

/** The text of a condition as `compileCondition` takes it, from text, a constant or `{type: expression, value}`. */
export function readConditionText(check: FlowCheck, node: YamlNode, what: string): string {
  const valueNode = node.kind === 'map' ? childOf(node, 'value') : node;
  // An object without `value`, and a list, were reported.
  if (valueNode === undefined || valueNode.kind === 'list') return 'false';
  const { when, negate } = readCondition(check, valueNode, what);
  return negate === true || when === undefined ? String((valueNode as ScalarNode).value).trim() : when;
}

/** The expression of a `switch`: like a condition, a bare name is a key of the state. */
export function readSwitchValue(check: FlowCheck, node: YamlNode, what: string): string {
  const { when, negate } = readCondition(check, node, what);
  const text = when ?? 'null';
  if (when !== undefined && negate !== true && node.kind === 'scalar')
    compileAt(check, node, () => compileExpression(text));
  return negate === true ? `not ${text}` : text;
}

/** The value of a key that takes an expression: texts are one, with or without braces; other values stand for themselves. */
export function readExpression(check: FlowCheck, node: YamlNode, what: string): JsonValue {
  if (node.kind !== 'scalar') refuseExpression(check, node, what);
  if (node.kind !== 'scalar' || typeof node.value !== 'string') return toJson(node);
  const text = node.value;
  compileAt(check, node, () => withoutSecrets(check, node, compileExpression(text)));
  return text;
}

/** The value in `node` as JSON, its texts checked as templates. */
export function readTemplates(check: FlowCheck, node: YamlNode, options?: ValueOptions): JsonValue {
  checkTemplates(check, node, options, new Set());
  return toJson(node);
}

/** The value of `type: expression` as a template: text without braces is an expression too. */
export function readExpressionValue(check: FlowCheck, node: YamlNode): JsonValue {
  const text = textOf(node);
  if (text === undefined || hasTemplateSyntax(text)) return readTemplates(check, node);
  readExpression(check, node, 'value');
  return `{{ ${text} }}`;
}

function checkTemplates(
  check: FlowCheck,
  node: YamlNode,
  options: ValueOptions | undefined,
  done: Set<YamlNode>,
): void {
  if (done.has(node)) return;
  done.add(node);
  if (node.kind === 'list') {
    for (const item of node.items) checkTemplates(check, item, options, done);
  } else if (node.kind === 'map') {
    for (const entry of node.entries.values()) checkTemplates(check, entry.value, options, done);
  } else if (typeof node.value === 'string') {
    const { value } = node;
    compileAt(check, node, () => compileValue(value, options));
  }
}

/** What `compile` gives; what it throws becomes a problem at its place in the file. */
function compileAt<T>(check: FlowCheck, node: ScalarNode, compile: () => T): T | undefined {
  try {
    return compile();
  } catch (error) {
    if (!(error instanceof MoonpoolError)) throw error;
    const { line, column, hint } = error.details;
    const sentence = 'sentence' in error ? String(error.sentence) : error.message;
    check.problems.add({
      code: 'SPEC_TEMPLATE',
      at: offsetOfPlace(check.text, node, Number(line ?? 1), Number(column ?? 1)),
      message: /[.!?]$/.test(sentence) ? sentence : `${sentence}.`,
      ...(typeof hint === 'string' ? { hint } : {}),
    });
    return undefined;
  }
}

/** Reports a secret that is read where it could be told from what happens. */
function withoutSecrets<T extends Expression | Condition>(check: FlowCheck, node: ScalarNode, compiled: T): T {
  if (!mentionsSecrets(pathsOf(compiled))) return compiled;
  const index = whereSecretStands(compiled.text);
  check.problems.add({
    code: 'SPEC_TEMPLATE',
    at: offsetInScalar(check.text, node, index),
    message: 'A secret cannot be read here.',
    hint: 'Secrets go into `with` of actions that send them on, such as http.get, and nowhere else.',
  });
  return compiled;
}

function pathsOf(compiled: Expression | Condition): readonly (readonly string[])[] {
  if (!('kind' in compiled)) return compiled.paths;
  if (compiled.kind === 'state') return [];
  return compiled.kind === 'expression' ? compiled.expression.paths : compiled.template.paths;
}

function refuseExpression(check: FlowCheck, node: YamlNode, what: string): void {
  check.problems.add({ code: 'SPEC_INVALID', at: node.start, message: `${quote(what)} must be an expression.` });
}
