/**
 * Where a node itself says the run goes: `goto`, `parallel`, or the `fan_in` of its items.
 */
import { workersOf } from './each-reader.ts';
import type { FlowCheck } from './flow-check.ts';
import { quote } from './problem-list.ts';
import { type RouteDraft, type RuleDraft, targetOf } from './route-draft.ts';
import { readCondition } from './text-check.ts';
import { childOf, itemsOf, type MapEntry, type MapNode, textOf } from './yaml-tree.ts';

/** The node that is asked. */
export interface RouteSubject {
  readonly name: string;
  /** It runs something per item, so `fan_in` names who gets the results. */
  readonly isEach: boolean;
}

/** The route the node writes; undefined when edges or the order of the list say where to go. */
export function readNodeRoute(check: FlowCheck, node: MapNode, subject: RouteSubject): RouteDraft | undefined {
  return subject.isEach ? readItemsRoute(check, node, subject.name) : readOwnRoute(check, node, subject.name);
}

/** After items: to the node that gets their results, or wherever `goto` says. */
function readItemsRoute(check: FlowCheck, node: MapNode, name: string): RouteDraft | undefined {
  const parallel = node.entries.get('parallel');
  if (parallel !== undefined) {
    const message = `The node ${quote(name)} has items and \`parallel\` branches.`;
    const hint = 'Let a node of its own fan out.';
    check.problems.add({ code: 'SPEC_INVALID', at: parallel.keyStart, message, hint });
  }
  const fanIn = node.entries.get('fan_in');
  const results = targetOf(fanIn?.value);
  if (fanIn === undefined || results === undefined) return readGoto(check, node);
  refuseGoto(check, node, name, fanIn.key);
  return { kind: 'rules', rules: [{ to: results }] };
}

function readOwnRoute(check: FlowCheck, node: MapNode, name: string): RouteDraft | undefined {
  const parallel = node.entries.get('parallel');
  if (parallel !== undefined) {
    refuseGoto(check, node, name, parallel.key);
    return readFan(check, node, parallel);
  }
  const fanIn = node.entries.get('fan_in');
  if (fanIn !== undefined && textOf(fanIn.value) !== undefined) {
    const message = '`fan_in` names a join only beside `parallel`.';
    const hint = 'Write `fan_in: true` to mark a join.';
    check.problems.add({ code: 'SPEC_INVALID', at: fanIn.keyStart, message, hint });
  }
  return readGoto(check, node);
}

function refuseGoto(check: FlowCheck, node: MapNode, name: string, beside: string): void {
  const goto = node.entries.get('goto');
  if (goto === undefined) return;
  const message = `The node ${quote(name)} has both \`goto\` and ${quote(beside)}.`;
  check.problems.add({ code: 'SPEC_INVALID', at: goto.keyStart, message, hint: 'Put `goto` on the join.' });
}

function readFan(check: FlowCheck, node: MapNode, parallel: MapEntry): RouteDraft {
  const branches = itemsOf(parallel.value)
    .map(targetOf)
    .filter((target) => target !== undefined);
  const join = targetOf(childOf(node, 'fan_in'));
  const maxWorkers = workersOf(check, childOf(node, 'max_workers'));
  return {
    kind: 'parallel',
    at: parallel.keyStart,
    branches,
    ...(join === undefined ? {} : { join }),
    ...(maxWorkers === undefined ? {} : { options: { maxWorkers } }),
  };
}

function readGoto(check: FlowCheck, node: MapNode): RouteDraft | undefined {
  const goto = childOf(node, 'goto');
  if (goto === undefined) return undefined;
  const single = targetOf(goto);
  if (single !== undefined) return { kind: 'rules', rules: [{ to: single }] };
  const rules = itemsOf(goto).flatMap((item): RuleDraft[] => {
    const to = targetOf(childOf(item, 'to'));
    const condition = childOf(item, 'if');
    const asked = condition === undefined ? {} : readCondition(check, condition, 'if');
    return to === undefined ? [] : [{ to, ...asked }];
  });
  return { kind: 'rules', rules };
}
