/**
 * The `nodes` list → node drafts: what each does, and where it says the run goes.
 *
 * Shapes were checked before; here is what crosses keys: one work per node, code, templates,
 * actions. Values of a wrong shape are read as absent, since they were reported.
 */
import type { JsonObject, JsonValue } from '../core/index.ts';
import { setOwn } from '../core/index.ts';
import { checkLanguage, checkLuaText } from './code-check.ts';
import type { NodeWork, OnError, Output } from '../flow/index.ts';
import type { FlowCheck } from './flow-check.ts';
import { quote } from './problem-list.ts';
import type { RouteDraft, RuleDraft, Target } from './route-draft.ts';
import { readCondition, readExpression, readExpressionValue, readTemplates } from './text-check.ts';
import { checkActionInput } from './with-check.ts';
import { childOf, itemsOf, type MapNode, type ScalarNode, textOf, type YamlNode } from './yaml-tree.ts';

/** A node whose targets are not looked up yet. */
export interface NodeDraft {
  readonly name: string;
  /** Offset of the name. */
  readonly at: number;
  readonly work: NodeWork;
  readonly route?: RouteDraft;
  readonly onError: OnError;
  readonly fallback?: Target;
}

/** The drafts of all nodes that have a usable name. */
export function readNodes(check: FlowCheck, list: YamlNode | undefined): readonly NodeDraft[] {
  const drafts: NodeDraft[] = [];
  const names = new Map<string, number>();
  let chunk = 0;
  for (const item of itemsOf(list)) {
    if (item.kind !== 'map') continue;
    const nameNode = childOf(item, 'name');
    const name = textOf(nameNode);
    if (name === undefined || nameNode === undefined) continue;
    checkName(check, name, nameNode.start, names);
    const work = readWork(check, item, name, chunk);
    if (work.kind === 'lua') chunk += 1;
    const route = readRoute(check, item, name);
    const fallback = targetOf(childOf(childOf(item, 'on_error'), 'fallback'));
    drafts.push({
      name,
      at: nameNode.start,
      work,
      onError: readOnError(check, item, fallback),
      ...(route === undefined ? {} : { route }),
      ...(fallback === undefined ? {} : { fallback }),
    });
  }
  return drafts;
}

function checkName(check: FlowCheck, name: string, at: number, names: Map<string, number>): void {
  const firstAt = names.get(name);
  if (firstAt !== undefined) {
    const message = `The name ${quote(name)} is taken by the node in line ${check.problems.placeOf(firstAt).line}.`;
    check.problems.add({ code: 'SPEC_INVALID', at, message, hint: 'Give each node its own name.' });
  } else {
    names.set(name, at);
  }
  if (name.startsWith('__')) {
    const message = `The node name ${quote(name)} is reserved.`;
    check.problems.add({ code: 'SPEC_INVALID', at, message, hint: 'Names may not begin with `__`.' });
  } else if (!isUsableName(name)) {
    const message = `${quote(name)} cannot be the name of a node.`;
    check.problems.add({
      code: 'SPEC_INVALID',
      at,
      message,
      hint: 'Names have no `/`, no control characters and no blanks at the ends.',
    });
  }
}

/** Names go into paths and log lines. */
export function isUsableName(name: string): boolean {
  return name !== '' && name === name.trim() && !/[/\p{Cc}\p{Zl}\p{Zp}]/u.test(name);
}

function readWork(check: FlowCheck, node: MapNode, name: string, chunk: number): NodeWork {
  const kinds = ['run', 'script', 'uses'].filter((key) => node.entries.has(key));
  const extra = kinds[1] === undefined ? undefined : node.entries.get(kinds[1]);
  if (extra !== undefined) {
    const message = `The node ${quote(name)} has both ${quote(kinds[0] as string)} and ${quote(extra.key)}.`;
    check.problems.add({ code: 'SPEC_INVALID', at: extra.keyStart, message, hint: 'Make two nodes of it.' });
  }
  for (const key of kinds[0] === 'uses' ? [] : ['with', 'output']) {
    const entry = node.entries.get(key);
    if (entry === undefined) continue;
    const message = `${quote(key)} belongs to \`uses\`, which the node ${quote(name)} does not have.`;
    check.problems.add({ code: 'SPEC_INVALID', at: entry.keyStart, message });
  }
  const language = textOf(childOf(node, 'language'));
  const isLua = language === undefined || checkLanguage(check, language, childOf(node, 'language')?.start ?? 0, name);
  const run = childOf(node, 'run') ?? childOf(node, 'script');
  if (run !== undefined) return readRun(check, run, { name, chunk, isLua });
  return kinds[0] === 'uses' ? readAction(check, node, name) : { kind: 'none' };
}

interface RunCircumstances {
  readonly name: string;
  readonly chunk: number;
  /** False when the node said another language, which was reported. */
  readonly isLua: boolean;
}

function readRun(check: FlowCheck, run: YamlNode, about: RunCircumstances): NodeWork {
  if (run.kind === 'scalar') return readLua(check, run, about);
  const type = textOf(childOf(run, 'type'));
  if (run.kind !== 'map' || type === undefined) return { kind: 'none' };
  if (type !== 'expression') {
    const at = childOf(run, 'type')?.start ?? run.start;
    if (!checkLanguage(check, type, at, about.name)) return { kind: 'none' };
    requireKeys(check, run, { type, needed: ['code'], foreign: ['value', 'output_key'] });
    const code = childOf(run, 'code');
    return code?.kind === 'scalar' ? readLua(check, code, about) : { kind: 'none' };
  }
  requireKeys(check, run, { type, needed: ['value', 'output_key'], foreign: ['code'] });
  const value = childOf(run, 'value');
  const outputKey = textOf(childOf(run, 'output_key'));
  if (value === undefined || outputKey === undefined) return { kind: 'none' };
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

function readLua(check: FlowCheck, node: ScalarNode, about: RunCircumstances): NodeWork {
  if (typeof node.value !== 'string' || !about.isLua) return { kind: 'none' };
  checkLuaText(check, node, about.name);
  const { line } = check.problems.placeOf(node.start);
  const isBlock = node.style === 'literal' || node.style === 'folded';
  return { kind: 'lua', code: node.value, line: isBlock ? line + 1 : line, chunk: about.chunk };
}

function readAction(check: FlowCheck, node: MapNode, name: string): NodeWork {
  const usesNode = childOf(node, 'uses');
  const uses = textOf(usesNode);
  if (uses === undefined || usesNode === undefined) return { kind: 'none' };
  const withNode = childOf(node, 'with');
  const input = withNode === undefined ? {} : (readTemplates(check, withNode) as JsonObject);
  const facts = check.actions.find(uses);
  if (facts === undefined) {
    const hint = check.problems.suggest(uses, check.actions.names());
    const message = `The action ${quote(uses)} of the node ${quote(name)} does not exist.`;
    check.problems.add({
      code: 'SPEC_UNKNOWN_ACTION',
      at: usesNode.start,
      message,
      ...(hint === undefined ? {} : { hint }),
    });
  } else if (withNode === undefined || withNode.kind === 'map') {
    checkActionInput(check, facts, withNode ?? usesNode, input);
  }
  const output = readOutput(check, childOf(node, 'output'));
  return { kind: 'action', uses, with: input, ...(output === undefined ? {} : { output }) };
}

function readOutput(check: FlowCheck, node: YamlNode | undefined): Output | undefined {
  if (node?.kind !== 'map') return textOf(node);
  const output: { [key: string]: JsonValue } = {};
  for (const { key, value } of node.entries.values()) {
    setOwn(output, key, readExpression(check, value, key));
  }
  return output;
}

function readOnError(check: FlowCheck, node: MapNode, fallback: Target | undefined): OnError {
  const onError = childOf(node, 'on_error');
  const mode = textOf(childOf(onError, 'mode'));
  if (fallback === undefined) return { mode: mode === 'graceful' ? 'graceful' : 'raise' };
  // A fallback says by itself that the failure is taken care of.
  if (mode === 'raise') {
    const message = '`fallback` is never used with `mode: raise`.';
    check.problems.add({ code: 'SPEC_INVALID', at: fallback.at, message, hint: 'Write `mode: graceful`.' });
  }
  return { mode: 'graceful', fallback: fallback.name };
}

/** A text node as a target. */
export function targetOf(node: YamlNode | undefined): Target | undefined {
  const name = textOf(node);
  return name === undefined || node === undefined ? undefined : { name, at: node.start };
}

function readRoute(check: FlowCheck, node: MapNode, name: string): RouteDraft | undefined {
  const parallel = node.entries.get('parallel');
  const goto = node.entries.get('goto');
  if (parallel !== undefined && goto !== undefined) {
    const message = `The node ${quote(name)} has both \`goto\` and \`parallel\`.`;
    check.problems.add({ code: 'SPEC_INVALID', at: goto.keyStart, message, hint: 'Put `goto` on the join.' });
  }
  const fanIn = node.entries.get('fan_in');
  if (parallel !== undefined) {
    const branches = itemsOf(parallel.value)
      .map(targetOf)
      .filter((target) => target !== undefined);
    const join = targetOf(fanIn?.value);
    return { kind: 'parallel', at: parallel.keyStart, branches, ...(join === undefined ? {} : { join }) };
  }
  if (fanIn !== undefined && typeof (fanIn.value as ScalarNode).value === 'string') {
    const message = '`fan_in` names a join only beside `parallel`.';
    check.problems.add({
      code: 'SPEC_INVALID',
      at: fanIn.keyStart,
      message,
      hint: 'Write `fan_in: true` to mark a join.',
    });
  }
  return goto === undefined ? undefined : readGoto(check, goto.value);
}

function readGoto(check: FlowCheck, node: YamlNode): RouteDraft {
  const single = targetOf(node);
  if (single !== undefined) return { kind: 'rules', rules: [{ to: single }] };
  const rules = itemsOf(node).flatMap((item): RuleDraft[] => {
    const to = targetOf(childOf(item, 'to'));
    const condition = childOf(item, 'if');
    const asked = condition === undefined ? {} : readCondition(check, condition, 'if');
    return to === undefined ? [] : [{ to, ...asked }];
  });
  return { kind: 'rules', rules };
}
