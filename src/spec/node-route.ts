/**
 * Where a node itself says the run goes: `goto`, `parallel`, or the `fan_in` of its items.
 */
import { workersOf } from './each-reader.ts';
import type { FlowCheck } from './flow-check.ts';
import { quote } from './problem-list.ts';
import { type RouteDraft, type RuleDraft, targetOf } from './route-draft.ts';
import { readCondition } from './text-check.ts';
import { childOf, itemsOf, type MapEntry, type MapNode, type ScalarNode, type YamlNode } from './yaml-tree.ts';

/** The node that is asked. */
export interface RouteSubject {
  readonly name: string;
  /** It runs something per item, so `fan_in` names who gets the results. */
  readonly isEach: boolean;
}

/** The route the node writes; undefined when edges or the order of the list say where to go. */
export function readNodeRoute(check: FlowCheck, node: MapNode, { name, isEach }: RouteSubject): RouteDraft | undefined {
  const written = node.entries.get('parallel');
  if (written !== undefined && isEach) {
    const message = `The node ${quote(name)} has items and \`parallel\` branches.`;
    const hint = 'Let a node of its own fan out.';
    check.problems.add({ code: 'SPEC_INVALID', at: written.keyStart, message, hint });
  }
  const parallel = isEach ? undefined : written;
  const goto = node.entries.get('goto');
  const fanIn = node.entries.get('fan_in');
  const results = isEach ? targetOf(fanIn?.value) : undefined;
  const first = parallel ?? (results === undefined ? undefined : fanIn);
  if (first !== undefined && goto !== undefined) {
    const message = `The node ${quote(name)} has both \`goto\` and ${quote(first.key)}.`;
    check.problems.add({ code: 'SPEC_INVALID', at: goto.keyStart, message, hint: 'Put `goto` on the join.' });
  }
  if (results !== undefined) return { kind: 'rules', rules: [{ to: results }] };
  if (parallel !== undefined) return readFan(check, node, parallel);
  if (fanIn !== undefined && typeof (fanIn.value as ScalarNode).value === 'string') {
    const message = '`fan_in` names a join only beside `parallel`.';
    const hint = 'Write `fan_in: true` to mark a join.';
    check.problems.add({ code: 'SPEC_INVALID', at: fanIn.keyStart, message, hint });
  }
  return goto === undefined ? undefined : readGoto(check, goto.value);
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
