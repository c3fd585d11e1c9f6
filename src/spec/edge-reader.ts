/**
 * The `edges` list → one route draft per origin.
 *
 * Three spellings of a fan-out become the same draft: `type: parallel` edges with `fan_in`,
 * `{from, parallel: [a, b]}`, and `{from, to: [a, b], parallel: true}`. An edge with `targets`
 * chooses by a value.
 */
import { END } from '../flow/index.ts';
import type { FlowCheck } from './flow-check.ts';
import { readBranchOptions } from './branch-options.ts';
import { quote } from './problem-list.ts';
import {
  type BranchOptions,
  type ParallelDraft,
  type RouteDraft,
  type RuleDraft,
  type SwitchDraft,
  type Target,
  targetOf,
} from './route-draft.ts';
import { BROKEN, readCondition, readSwitchValue } from './text-check.ts';
import { childOf, flagOf, itemsOf, type MapNode, textOf, toJson, type YamlNode } from './yaml-tree.ts';

/** The routes of all origins, with each origin's first place. */
export interface EdgeDrafts {
  readonly routes: ReadonlyMap<string, RouteDraft>;
  readonly origins: readonly Target[];
}

interface Gathered {
  readonly origin: Target;
  readonly rules: RuleDraft[];
  readonly fans: FanDraft[];
  readonly switches: SwitchDraft[];
}

/** One edge of a fan-out, with the keys in which edges of the same fan-out may differ. */
interface FanDraft extends ParallelDraft {
  readonly edge: MapNode;
}

/** Keys that say something of all branches of a fan-out. */
const FAN_KEYS = ['max_workers', 'timeout', 'retry', 'circuit_breaker', 'on_error'] as const;

/** Reads all edges; targets are looked up later. */
export function readEdges(check: FlowCheck, list: YamlNode | undefined): EdgeDrafts {
  const byOrigin = new Map<string, Gathered>();
  for (const edge of itemsOf(list)) {
    const origin = targetOf(childOf(edge, 'from'));
    if (edge.kind !== 'map' || origin === undefined) continue;
    if (origin.name === END) {
      check.problems.add({ code: 'SPEC_INVALID', at: origin.at, message: 'No edge can leave `__end__`.' });
      continue;
    }
    let gathered = byOrigin.get(origin.name);
    if (gathered === undefined) byOrigin.set(origin.name, (gathered = { origin, rules: [], fans: [], switches: [] }));
    const fan = readFan(check, edge);
    if (fan !== undefined) {
      gathered.fans.push(fan);
      continue;
    }
    refuseFanKeys(check, edge);
    if (edge.entries.has('targets')) gathered.switches.push(...readSwitch(check, edge));
    else gathered.rules.push(...readRule(check, edge));
  }
  const routes = new Map<string, RouteDraft>();
  for (const [name, gathered] of byOrigin) routes.set(name, combine(check, gathered));
  return { routes, origins: [...byOrigin.values()].map((gathered) => gathered.origin) };
}

function combine(check: FlowCheck, gathered: Gathered): RouteDraft {
  const { origin, rules, fans, switches } = gathered;
  const chosen = switches[0];
  if (chosen !== undefined) {
    if (switches.length > 1 || rules.length > 0 || fans.length > 0) {
      const message = `From ${quote(origin.name)} go an edge with \`targets\` and others.`;
      const hint = 'An edge with `targets` decides alone; name every value there.';
      check.problems.add({ code: 'SPEC_INVALID', at: origin.at, message, hint });
    }
    return chosen;
  }
  const first = fans[0];
  return first === undefined ? { kind: 'rules', rules } : combineFans(check, gathered, first);
}

function combineFans(check: FlowCheck, { origin, rules, fans }: Gathered, first: FanDraft): ParallelDraft {
  const rule = rules[0];
  if (rule !== undefined) {
    const message = `From ${quote(origin.name)} go both parallel and other edges.`;
    const hint = 'Let an edge lead to a node of its own that fans out.';
    check.problems.add({ code: 'SPEC_INVALID', at: rule.to.at, message, hint });
  }
  const join = fans.find((fan) => fan.join !== undefined)?.join;
  for (const fan of fans) {
    if (fan.join === undefined || join === undefined || fan.join.name === join.name) continue;
    const message = `The branches from ${quote(origin.name)} name two joins: ${quote(join.name)} and ${quote(fan.join.name)}.`;
    check.problems.add({ code: 'SPEC_INVALID', at: fan.join.at, message, hint: 'A fan-out has one join.' });
  }
  checkAgreement(check, fans);
  const options = Object.assign({}, ...fans.map((fan) => fan.options).toReversed()) as BranchOptions;
  const branches = fans.flatMap((fan) => fan.branches);
  return { kind: 'parallel', at: first.at, branches, options, ...(join === undefined ? {} : { join }) };
}

/** All branches run under the same rules, so edges of one fan-out cannot name different ones. */
function checkAgreement(check: FlowCheck, fans: readonly FanDraft[]): void {
  for (const key of FAN_KEYS) {
    const entries = fans.map((fan) => fan.edge.entries.get(key)).filter((entry) => entry !== undefined);
    const texts = entries.map((entry) => JSON.stringify(toJson(entry.value)));
    const other = entries[texts.findIndex((text) => text !== texts[0])];
    if (other === undefined) continue;
    const message = `The branches of one fan-out name different ${quote(key)}.`;
    const hint = 'Write it on one of the edges; it counts for all branches.';
    check.problems.add({ code: 'SPEC_INVALID', at: other.keyStart, message, hint });
  }
}

/** The edge as a fan-out, or undefined when it is an ordinary edge. */
function readFan(check: FlowCheck, edge: MapNode): FanDraft | undefined {
  if (!isFan(edge)) return undefined;
  const parallel = childOf(edge, 'parallel');
  for (const key of ['when', 'condition', 'targets']) {
    const hint = 'Let a conditional edge lead to a node that fans out.';
    refuseKey(check, edge, key, { message: `A parallel edge takes no ${quote(key)}.`, hint });
  }
  if (parallel?.kind === 'list')
    refuseKey(check, edge, 'to', { message: 'An edge with a `parallel` list takes no `to`.' });
  const branches = targetsIn(parallel?.kind === 'list' ? parallel : requireTo(check, edge));
  const join = targetOf(childOf(edge, 'fan_in'));
  const options = readBranchOptions(check, edge);
  const at = branches[0]?.at ?? edge.start;
  return { kind: 'parallel', at, branches, options, edge, ...(join === undefined ? {} : { join }) };
}

/** An edge that chooses its target by the value of `when`. */
function readSwitch(check: FlowCheck, edge: MapNode): readonly SwitchDraft[] {
  for (const key of ['to', 'condition', 'fan_in']) {
    refuseKey(check, edge, key, { message: `An edge with \`targets\` takes no ${quote(key)}.` });
  }
  const when = childOf(edge, 'when');
  const targets = childOf(edge, 'targets');
  if (when === undefined) {
    const message = 'An edge with `targets` needs the key `when`.';
    check.problems.add({ code: 'SPEC_INVALID', at: edge.start, message, hint: 'Write the expression it chooses by.' });
  }
  if (targets?.kind !== 'map') return [];
  if (targets.entries.size === 0) {
    check.problems.add({ code: 'SPEC_INVALID', at: targets.start, message: '`targets` names no node.' });
  }
  const value = when === undefined ? 'null' : readSwitchValue(check, when, 'when');
  const ways = [...targets.entries.values()].flatMap(({ key, value: node }) => {
    const to = targetOf(node);
    return to === undefined ? [] : [{ text: key, to }];
  });
  return [{ kind: 'switch', value, targets: ways }];
}

function targetsIn(named: YamlNode | undefined): readonly Target[] {
  return (named?.kind === 'list' ? named.items : [named]).map(targetOf).filter((target) => target !== undefined);
}

function refuseFanKeys(check: FlowCheck, edge: MapNode): void {
  for (const key of FAN_KEYS) {
    refuseKey(check, edge, key, {
      message: `${quote(key)} says how branches run, so it belongs to parallel edges.`,
    });
  }
}

function isFan(edge: MapNode): boolean {
  const parallel = childOf(edge, 'parallel');
  return textOf(childOf(edge, 'type')) === 'parallel' || parallel?.kind === 'list' || flagOf(parallel) === true;
}

function requireTo(check: FlowCheck, edge: MapNode): YamlNode | undefined {
  const to = childOf(edge, 'to');
  if (to === undefined) {
    check.problems.add({ code: 'SPEC_INVALID', at: edge.start, message: 'The edge needs the key `to`.' });
  }
  return to;
}

function refuseKey(
  check: FlowCheck,
  edge: MapNode,
  key: string,
  why: { readonly message: string; readonly hint?: string },
): void {
  const entry = edge.entries.get(key);
  if (entry !== undefined) check.problems.add({ code: 'SPEC_INVALID', at: entry.keyStart, ...why });
}

function readRule(check: FlowCheck, edge: MapNode): readonly RuleDraft[] {
  refuseKey(check, edge, 'fan_in', { message: '`fan_in` belongs to parallel edges.', hint: 'Add `type: parallel`.' });
  const toNode = requireTo(check, edge);
  if (toNode?.kind === 'list') {
    const message = 'A list in `to` needs `parallel: true`.';
    check.problems.add({ code: 'SPEC_INVALID', at: toNode.start, message, hint: 'Or write one edge per target.' });
  }
  const condition = readEdgeCondition(check, edge);
  const to = targetOf(toNode);
  return to === undefined || condition === 'never' ? [] : [{ ...condition, to }];
}

type Condition = Pick<RuleDraft, 'when' | 'negate'>;

/** `when` and `condition` as one; `never` when it is the constant false. */
function readEdgeCondition(check: FlowCheck, edge: MapNode): Condition | 'never' {
  const whenNode = childOf(edge, 'when');
  const conditionNode = childOf(edge, 'condition');
  const flag = flagOf(whenNode);
  if (conditionNode === undefined) {
    if (whenNode === undefined || flag === true) return {};
    if (flag === false) return 'never';
    return readCondition(check, whenNode, 'when');
  }
  if (whenNode !== undefined && flag === undefined) {
    const message = '`when` beside `condition` must be true or false.';
    check.problems.add({
      code: 'SPEC_INVALID',
      at: whenNode.start,
      message,
      hint: 'Or join both with `and` in `when`.',
    });
  }
  const valueNode = conditionNode.kind === 'map' ? childOf(conditionNode, 'value') : conditionNode;
  const condition = valueNode === undefined ? BROKEN : readCondition(check, valueNode, 'condition');
  return flag === false ? { ...condition, negate: condition.negate !== true } : condition;
}
