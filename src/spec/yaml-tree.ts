/**
 * A YAML document as a plain tree with places, and the few ways the checker reads it.
 *
 * Aliases are resolved: the same node may hang in several places, so trees are never changed.
 * Knows nothing of the YAML library. Offsets are UTF-16 positions in the file's text.
 */
import { type JsonObject, type JsonValue, setOwn } from '../core/index.ts';

/** How a text was written; decides how places inside it are found. */
export type ScalarStyle = 'plain' | 'single' | 'double' | 'literal' | 'folded';

/** A single value. */
export interface ScalarNode {
  readonly kind: 'scalar';
  readonly start: number;
  readonly end: number;
  readonly value: string | number | boolean | null;
  readonly style: ScalarStyle;
}

/** A sequence. */
export interface ListNode {
  readonly kind: 'list';
  readonly start: number;
  readonly items: readonly YamlNode[];
}

/** A mapping; keys are unique. */
export interface MapNode {
  readonly kind: 'map';
  readonly start: number;
  readonly entries: ReadonlyMap<string, MapEntry>;
}

/** One key of a mapping with its value. */
export interface MapEntry {
  readonly key: string;
  readonly keyStart: number;
  readonly value: YamlNode;
}

/** Any node of the tree. */
export type YamlNode = ScalarNode | ListNode | MapNode;

/** The value under `key`; undefined for an absent key or when `node` is no mapping. */
export function childOf(node: YamlNode | undefined, key: string): YamlNode | undefined {
  return node?.kind === 'map' ? node.entries.get(key)?.value : undefined;
}

/** The items of a list; none for anything else. */
export function itemsOf(node: YamlNode | undefined): readonly YamlNode[] {
  return node?.kind === 'list' ? node.items : [];
}

/** The text of a text node; undefined for anything else. */
export function textOf(node: YamlNode | undefined): string | undefined {
  return node?.kind === 'scalar' && typeof node.value === 'string' ? node.value : undefined;
}

/** True or false when `node` says so; undefined for anything else. */
export function flagOf(node: YamlNode | undefined): boolean | undefined {
  return node?.kind === 'scalar' && typeof node.value === 'boolean' ? node.value : undefined;
}

/** The tree as JSON. Nodes that several aliases name become one shared value. */
export function toJson(node: YamlNode): JsonValue {
  return convert(node, new Map());
}

/** The mapping as JSON; an empty object for anything else. */
export function toJsonObject(node: YamlNode | undefined): JsonObject {
  return node?.kind === 'map' ? (toJson(node) as JsonObject) : {};
}

function convert(node: YamlNode, done: Map<YamlNode, JsonValue>): JsonValue {
  if (node.kind === 'scalar') return node.value;
  const known = done.get(node);
  if (known !== undefined) return known;
  const value = node.kind === 'list' ? node.items.map((item) => convert(item, done)) : convertMap(node, done);
  done.set(node, value);
  return value;
}

function convertMap(node: MapNode, done: Map<YamlNode, JsonValue>): JsonObject {
  const object: { [key: string]: JsonValue } = {};
  for (const { key, value } of node.entries.values()) setOwn(object, key, convert(value, done));
  return object;
}

/** A copy of the tree with every place `by` further on. Nodes that several aliases name stay one node. */
export function shiftTree(root: YamlNode, by: number): YamlNode {
  return by === 0 ? root : shift(root, by, new Map());
}

function shift(node: YamlNode, by: number, done: Map<YamlNode, YamlNode>): YamlNode {
  const known = done.get(node);
  if (known !== undefined) return known;
  const start = node.start + by;
  const moved: YamlNode =
    node.kind === 'scalar'
      ? { ...node, start, end: node.end + by }
      : node.kind === 'list'
        ? { kind: 'list', start, items: node.items.map((item) => shift(item, by, done)) }
        : { kind: 'map', start, entries: new Map([...node.entries].map((pair) => shiftEntry(pair, by, done))) };
  done.set(node, moved);
  return moved;
}

function shiftEntry(
  [name, { key, keyStart, value }]: readonly [string, MapEntry],
  by: number,
  done: Map<YamlNode, YamlNode>,
): [string, MapEntry] {
  return [name, { key, keyStart: keyStart + by, value: shift(value, by, done) }];
}

/** The node a JSON path leads to, or the deepest one on the way to it. */
export function nodeAt(root: YamlNode, path: readonly string[]): YamlNode {
  let node = root;
  for (const step of path) {
    const next = node.kind === 'list' ? node.items[Number(step)] : childOf(node, step);
    if (next === undefined) return node;
    node = next;
  }
  return node;
}

/** The word for what a node is, as messages use it. */
export function kindName(node: YamlNode): string {
  if (node.kind === 'list') return 'a list';
  if (node.kind === 'map') return 'an object';
  if (node.value === null) return 'null';
  if (typeof node.value === 'string') return 'text';
  return typeof node.value === 'number' ? `the number ${node.value}` : `${node.value}`;
}
