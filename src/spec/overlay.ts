/**
 * Puts the tree of an overlay over the tree of a flow.
 *
 * Objects merge, everything else is replaced, except that `nodes` merge by `name`, `edges` by
 * `from` and `to`, and the rules of a `goto` by `to`. `__delete__: true` removes. Neither tree is
 * changed. Invariant: the result nests no deeper than the deeper of the two.
 */
import { type ProblemList, quote } from './problem-list.ts';
import { childOf, type ListNode, type MapEntry, type MapNode, textOf, toJson, type YamlNode } from './yaml-tree.ts';

const DELETE = '__delete__';

/** How a list merges: items with the same values under `keys` are one item. */
interface ListRule {
  readonly keys: readonly string[];
  /** What the lists of an item do. */
  readonly inside: Lists;
  /** One item in words; without a name for those that cannot be named. */
  readonly name: (item: MapNode) => string;
  /** Among items with the same value here (all, for ''), none behind one without a condition is looked at. */
  readonly group?: string;
}

/** The lists among an object's keys that merge. */
type Lists = { readonly [key: string]: ListRule };

const nameOf = (item: MapNode, key: string): string => {
  const value = childOf(item, key);
  return value === undefined ? 'nothing' : quote(textOf(value) ?? JSON.stringify(toJson(value)));
};

const GOTO: ListRule = {
  keys: ['to'],
  inside: {},
  name: (item) => `rule to ${nameOf(item, 'to')}`,
  group: '',
};

const FLOW_LISTS: Lists = {
  nodes: { keys: ['name'], inside: { goto: GOTO }, name: (item) => `node ${nameOf(item, 'name')}` },
  edges: {
    keys: ['from', 'to'],
    inside: {},
    name: (item) => `edge from ${nameOf(item, 'from')} to ${nameOf(item, 'to')}`,
    group: 'from',
  },
};

/** Keys that make an edge or a rule hold only sometimes. */
const CONDITIONS = ['if', 'when', 'condition'];

/** The tree of a flow with `overlay` over it; what makes no sense is among the problems then. */
export function putOver(problems: ProblemList, flow: YamlNode, overlay: YamlNode): YamlNode {
  // A file of comments only is an overlay that changes nothing.
  if (overlay.kind === 'scalar' && overlay.value === null) return flow;
  if (overlay.kind !== 'map' || overlay.entries.has(DELETE)) {
    const message =
      overlay.kind === 'map' ? 'An overlay cannot remove the whole flow.' : 'An overlay must be an object.';
    problems.add({ code: 'SPEC_INVALID', at: overlay.start, message, hint: 'Write only the keys that change.' });
    return flow;
  }
  return new Merge(problems).merge(flow, overlay, FLOW_LISTS);
}

class Merge {
  readonly #problems: ProblemList;
  readonly #added = new Set<YamlNode>();

  constructor(problems: ProblemList) {
    this.#problems = problems;
  }

  merge(base: YamlNode, over: YamlNode, lists: Lists): YamlNode {
    if (base.kind === 'map' && over.kind === 'map') return this.#mergeMaps(base, over, lists);
    this.#checkAdded(over);
    return over;
  }

  #mergeMaps(base: MapNode, over: MapNode, lists: Lists): MapNode {
    const entries = new Map(base.entries);
    for (const entry of over.entries.values()) {
      const { key, value } = entry;
      const before = entries.get(key);
      const rule = Object.hasOwn(lists, key) ? lists[key] : undefined;
      const removal = removalOf(value);
      if (removal !== undefined) {
        this.#remove(entries, entry, removal);
      } else if (before === undefined) {
        this.#checkAdded(value);
        entries.set(key, entry);
      } else if (rule !== undefined && before.value.kind === 'list' && value.kind === 'list') {
        entries.set(key, { ...before, value: this.#mergeLists(before.value, value, rule) });
      } else if (before.value.kind === 'map' && value.kind === 'map') {
        entries.set(key, { ...before, value: this.#mergeMaps(before.value, value, {}) });
      } else {
        this.#checkAdded(value);
        entries.set(key, entry);
      }
    }
    return { kind: 'map', start: base.start, entries };
  }

  #remove(entries: Map<string, MapEntry>, { key, keyStart }: MapEntry, marker: MapNode): void {
    if (!this.#isSoundRemoval(marker, [])) return;
    if (entries.delete(key)) return;
    const hint = this.#problems.suggest(key, entries.keys());
    const message = `There is no key ${quote(key)} here to remove.`;
    this.#problems.add({ code: 'SPEC_UNKNOWN_KEY', at: keyStart, message, ...(hint === undefined ? {} : { hint }) });
  }

  #mergeLists(base: ListNode, over: ListNode, rule: ListRule): ListNode {
    const result: (YamlNode | undefined)[] = [...base.items];
    // Several items may share their keys: the first in the overlay is the first in the flow, and so on.
    const places = new Map<string, number[]>();
    base.items.forEach((item, index) => {
      const key = keyOf(item, rule);
      if (key === undefined) return;
      const same = places.get(key);
      if (same === undefined) places.set(key, [index]);
      else same.push(index);
    });
    const added: YamlNode[] = [];
    for (const item of over.items) {
      const key = keyOf(item, rule);
      const index = key === undefined ? undefined : places.get(key)?.shift();
      const before = index === undefined ? undefined : result[index];
      const removal = removalOf(item);
      if (removal !== undefined) {
        if (!this.#isSoundRemoval(removal, rule.keys)) continue;
        if (index === undefined) this.#reportNothingToRemove(base, removal, rule);
        else result[index] = undefined;
      } else if (index === undefined || before === undefined) {
        this.#checkAdded(item);
        added.push(item);
      } else {
        result[index] = this.merge(before, item, rule.inside);
      }
    }
    const kept = result.filter((item) => item !== undefined);
    const items = [...kept];
    for (const item of added) {
      const before = placeFor(item, kept, rule);
      items.splice(before === undefined ? items.length : items.indexOf(before), 0, item);
    }
    return { kind: 'list', start: base.start, items };
  }

  #reportNothingToRemove(base: ListNode, item: MapNode, rule: ListRule): void {
    const key = rule.keys[0] as string;
    const known = base.items.map((other) => textOf(childOf(other, key))).filter((word) => word !== undefined);
    const hint = rule.keys.length > 1 ? undefined : this.#problems.suggest(textOf(childOf(item, key)) ?? '', known);
    this.#problems.add({
      code: 'SPEC_UNKNOWN_TARGET',
      at: item.start,
      message: `There is no ${rule.name(item)} to remove.`,
      ...(hint === undefined ? {} : { hint }),
    });
  }

  /** `__delete__` is true, and stands with nothing but the keys that say what is meant. */
  #isSoundRemoval(marker: MapNode, keys: readonly string[]): boolean {
    for (const { key, keyStart, value } of marker.entries.values()) {
      const isFlag = key === DELETE;
      if (isFlag ? value.kind === 'scalar' && value.value === true : keys.includes(key)) continue;
      const message = isFlag ? '`__delete__` must be true.' : `${quote(key)} has no meaning beside \`__delete__\`.`;
      this.#problems.add({ code: 'SPEC_INVALID', at: keyStart, message, hint: 'Remove it.' });
      return false;
    }
    return true;
  }

  /** What an overlay adds has nothing to remove in it. */
  #checkAdded(node: YamlNode): void {
    if (node.kind === 'scalar' || this.#added.has(node)) return;
    this.#added.add(node);
    if (node.kind === 'list') {
      for (const item of node.items) this.#checkAdded(item);
      return;
    }
    for (const { key, keyStart, value } of node.entries.values()) {
      if (key === DELETE) {
        const message = 'There is nothing here to remove.';
        this.#problems.add({ code: 'SPEC_INVALID', at: keyStart, message, hint: 'Remove `__delete__`.' });
      }
      this.#checkAdded(value);
    }
  }
}

/** The node when it says that something is to be removed. */
function removalOf(node: YamlNode): MapNode | undefined {
  return node.kind === 'map' && node.entries.has(DELETE) ? node : undefined;
}

/** What tells an item from its siblings; undefined for one that lacks its first key. */
function keyOf(item: YamlNode, rule: ListRule): string | undefined {
  if (item.kind !== 'map' || !item.entries.has(rule.keys[0] as string)) return undefined;
  return JSON.stringify(
    rule.keys.map((key) => {
      const value = childOf(item, key);
      return value === undefined ? null : toJson(value);
    }),
  );
}

/** The item an added one goes before, because it would never be looked at behind it; undefined: it goes to the end. */
function placeFor(item: YamlNode, items: readonly YamlNode[], { group }: ListRule): YamlNode | undefined {
  if (group === undefined || !isConditional(item)) return undefined;
  const groupOf = (other: YamlNode): string | undefined => (group === '' ? '' : textOf(childOf(other, group)));
  return items.find((other) => !isConditional(other) && groupOf(other) === groupOf(item));
}

function isConditional(item: YamlNode): boolean {
  return item.kind === 'map' && CONDITIONS.some((key) => item.entries.has(key));
}
