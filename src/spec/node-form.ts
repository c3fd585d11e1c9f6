/**
 * Which kind of node an entry of the file is, and whether its keys belong to that kind.
 *
 * A node has one work: `run`, `uses`, `steps`, `call`, a `type`, or none. The shape of every key was
 * checked before; here is which of them go together.
 */
import type { FlowCheck } from './flow-check.ts';
import { quote } from './problem-list.ts';
import { childOf, type MapNode, textOf } from './yaml-tree.ts';

/** What a node is, by the key that says so. */
export type NodeKind = 'run' | 'uses' | 'steps' | 'call' | 'while_loop' | 'dynamic_parallel' | 'none';

/** The kind of a node. */
export interface NodeForm {
  readonly kind: NodeKind;
  /** `parallel_each` or `strategy`: the work runs once per item. */
  readonly isRepeated: boolean;
}

/** Keys that only some nodes have. */
interface Belonging {
  readonly keys: readonly string[];
  readonly kinds: readonly NodeKind[];
  /** Also beside `parallel_each` and `strategy`. */
  readonly isForItems?: true;
  /** What the keys belong to, in words. */
  readonly to: string;
}

const BELONGINGS: readonly Belonging[] = [
  { keys: ['with'], kinds: ['uses'], to: '`uses`' },
  { keys: ['output'], kinds: ['uses', 'call', 'dynamic_parallel'], to: '`uses`' },
  { keys: ['input'], kinds: ['call', 'dynamic_parallel'], to: '`call`' },
  { keys: ['max_iterations', 'body', 'on_limit'], kinds: ['while_loop'], to: '`type: while_loop`' },
  { keys: ['items', 'action', 'subgraph'], kinds: ['dynamic_parallel'], to: '`type: dynamic_parallel`' },
  {
    keys: ['item_var', 'index_var', 'max_concurrency', 'fail_fast'],
    kinds: ['dynamic_parallel'],
    isForItems: true,
    to: '`type: dynamic_parallel`',
  },
];

const WORKS = ['run', 'script', 'uses', 'steps', 'call'] as const;

/** The kind of the node `name`; reports keys that do not go with it. */
export function readForm(check: FlowCheck, node: MapNode, name: string): NodeForm {
  const type = textOf(childOf(node, 'type'));
  const hasType = node.entries.has('type');
  const isRepeated = node.entries.has('parallel_each') || node.entries.has('strategy');
  const works = WORKS.filter((key) => node.entries.has(key) && !(key === 'steps' && type === 'dynamic_parallel'));
  refuseSecondWork(check, node, name, hasType ? ['type', ...works] : works);
  const form: NodeForm = { kind: kindOf(type, works[0]), isRepeated };
  // A type that is no word of the language was reported, and nothing is known of what belongs to it.
  if (hasType && form.kind === 'none') return form;
  if (isRepeated && (hasType || form.kind === 'none')) refuseRepeated(check, node, name);
  refuseForeignKeys(check, node, name, form);
  return form;
}

function kindOf(type: string | undefined, work: (typeof WORKS)[number] | undefined): NodeKind {
  if (type === 'while_loop' || type === 'dynamic_parallel') return type;
  if (type !== undefined || work === undefined) return 'none';
  return work === 'script' ? 'run' : work;
}

function refuseSecondWork(check: FlowCheck, node: MapNode, name: string, works: readonly string[]): void {
  const extra = works[1] === undefined ? undefined : node.entries.get(works[1]);
  if (extra === undefined) return;
  const message = `The node ${quote(name)} has both ${quote(works[0] as string)} and ${quote(extra.key)}.`;
  check.problems.add({ code: 'SPEC_INVALID', at: extra.keyStart, message, hint: 'Make two nodes of it.' });
}

function refuseRepeated(check: FlowCheck, node: MapNode, name: string): void {
  const entry = node.entries.get('parallel_each') ?? node.entries.get('strategy');
  if (entry === undefined) return;
  const message = `${quote(entry.key)} repeats what a node does itself, and ${quote(name)} has no \`run\`, \`uses\`, \`call\` or \`steps\`.`;
  check.problems.add({ code: 'SPEC_INVALID', at: entry.keyStart, message });
}

function refuseForeignKeys(check: FlowCheck, node: MapNode, name: string, form: NodeForm): void {
  for (const { keys, kinds, isForItems, to } of BELONGINGS) {
    if (kinds.includes(form.kind) || (isForItems === true && form.isRepeated)) continue;
    for (const key of keys) refuseKey(check, node, key, { name, to });
  }
  if (!form.isRepeated && !node.entries.has('parallel')) {
    const hint = form.kind === 'dynamic_parallel' ? 'Write `max_concurrency`.' : undefined;
    refuseKey(check, node, 'max_workers', { name, to: '`parallel` or `parallel_each`', hint });
  }
}

interface Refusal {
  readonly name: string;
  readonly to: string;
  readonly hint?: string | undefined;
}

function refuseKey(check: FlowCheck, node: MapNode, key: string, { name, to, hint }: Refusal): void {
  const entry = node.entries.get(key);
  if (entry === undefined) return;
  const message = `${quote(key)} belongs to ${to}, which the node ${quote(name)} does not have.`;
  check.problems.add({ code: 'SPEC_INVALID', at: entry.keyStart, message, ...(hint === undefined ? {} : { hint }) });
}

/** Reports keys that a node with `form` must have and has not. */
export function requireNodeKeys(check: FlowCheck, node: MapNode, form: string, keys: readonly string[]): void {
  for (const key of keys) {
    if (node.entries.has(key)) continue;
    const at = node.entries.get('type')?.keyStart ?? node.start;
    check.problems.add({ code: 'SPEC_INVALID', at, message: `A node with ${form} needs the key ${quote(key)}.` });
  }
}
