/**
 * The YAML library's nodes → our tree: aliases and `<<` resolved, keys unique, values those of JSON.
 *
 * Bounded: aliases may make the tree look at most 100,000 nodes larger than the file, 64 characters
 * of text counting as one more. Recursion is safe because the reader refused deep files.
 */
import { isAlias, isMap, isScalar, isSeq, type Pair, Scalar, type YAMLMap } from 'yaml';
import { type ProblemSink, quote } from './problem-list.ts';
import { kindName, type MapEntry, type MapNode, type ScalarStyle, type YamlNode } from './yaml-tree.ts';

const MAX_ALIASED_NODES = 100_000;
const MAX_ALIASED_DEPTH = 100;

const KNOWN_TAGS = new Set(
  ['str', 'int', 'float', 'bool', 'null', 'map', 'seq'].map((tag) => `tag:yaml.org,2002:${tag}`),
);

const STYLES: Readonly<Record<string, ScalarStyle>> = {
  [Scalar.QUOTE_SINGLE]: 'single',
  [Scalar.QUOTE_DOUBLE]: 'double',
  [Scalar.BLOCK_LITERAL]: 'literal',
  [Scalar.BLOCK_FOLDED]: 'folded',
};

/** What an anchor stands for; `node` is missing while it is still being built. */
interface Anchor {
  node?: YamlNode;
}

interface Size {
  readonly count: number;
  readonly depth: number;
}

const LEAF: Size = { count: 1, depth: 0 };

/** Builds one tree. */
export class TreeBuilder {
  readonly #problems: ProblemSink;
  readonly #anchors = new Map<string, Anchor>();
  readonly #sizes = new Map<YamlNode, Size>();
  #aliasedCount = 0;

  constructor(problems: ProblemSink) {
    this.#problems = problems;
  }

  /** The tree of `node`; undefined when it cannot be one, with the reason among the problems. */
  build(node: unknown): YamlNode | undefined {
    if (isAlias(node)) return this.#resolveAlias(node.source, node.range?.[0] ?? 0);
    const anchor: Anchor = {};
    const tagged = node as { anchor?: string; tag?: string; range?: readonly number[] | null } | null;
    if (tagged?.anchor !== undefined) this.#anchors.set(tagged.anchor, anchor);
    if (tagged?.tag !== undefined && !KNOWN_TAGS.has(tagged.tag)) {
      this.#refuse(tagged.range?.[0] ?? 0, `The tag ${quote(tagged.tag)} is not allowed.`, 'Remove it.');
      return undefined;
    }
    const built = this.#buildOwn(node);
    if (built !== undefined) anchor.node = built;
    return built;
  }

  #buildOwn(node: unknown): YamlNode | undefined {
    if (isMap(node)) return this.#buildMap(node);
    if (isSeq(node)) {
      const start = node.range?.[0] ?? 0;
      const items = node.items.map((item) => this.build(item)).filter((item) => item !== undefined);
      return this.#measure({ kind: 'list', start, items }, items);
    }
    if (isScalar(node)) return this.#buildScalar(node);
    // An empty document has no node at all.
    return { kind: 'scalar', start: 0, end: 0, value: null, style: 'plain' };
  }

  #buildScalar(node: Scalar): YamlNode | undefined {
    const [start, end] = node.range ?? [0, 0];
    const { value } = node;
    if (typeof value === 'number' && !isExact(value, node.source)) {
      const hint = 'Write it in quotes to keep it as text.';
      this.#refuse(start, `The number ${quote(node.source ?? String(value))} cannot be kept exactly.`, hint);
      return undefined;
    }
    if (value !== null && !['string', 'number', 'boolean'].includes(typeof value)) {
      this.#refuse(start, 'This value has no place in JSON.');
      return undefined;
    }
    const style = STYLES[node.type ?? ''] ?? 'plain';
    return { kind: 'scalar', start, end, value: value as string | number | boolean | null, style };
  }

  #buildMap(map: YAMLMap): MapNode {
    const entries = new Map<string, MapEntry>();
    const merged: YamlNode[] = [];
    for (const pair of map.items) {
      const entry = this.#buildEntry(pair, map.range?.[0] ?? 0);
      if (entry === undefined) continue;
      const { key, keyStart, value } = entry;
      if (key === '<<' && (pair.key as Partial<Scalar>).type === Scalar.PLAIN) {
        merged.push(value);
      } else if (entries.has(key)) {
        this.#refuse(keyStart, `The key ${quote(key)} stands twice in one object.`, 'Keep one of them.');
      } else {
        entries.set(key, entry);
      }
    }
    for (const source of merged) this.#mergeInto(entries, source);
    const node: MapNode = { kind: 'map', start: map.range?.[0] ?? 0, entries };
    this.#measure(
      node,
      [...entries.values()].map((entry) => entry.value),
    );
    return node;
  }

  #buildEntry({ key, value }: Pair<unknown, unknown>, mapStart: number): MapEntry | undefined {
    const keyStart = (key as Partial<Scalar> | null)?.range?.[0] ?? mapStart;
    const name = this.#nameOf(key, keyStart);
    const built = value === null ? nullAt(keyStart) : this.build(value);
    return name === undefined || built === undefined ? undefined : { key: name, keyStart, value: built };
  }

  /** `<<` adds what the object does not have itself. */
  #mergeInto(entries: Map<string, MapEntry>, source: YamlNode): void {
    for (const part of source.kind === 'list' ? source.items : [source]) {
      if (part.kind !== 'map') {
        this.#refuse(part.start, `\`<<\` takes an object or a list of objects, not ${kindName(part)}.`);
        continue;
      }
      for (const [key, entry] of part.entries) if (!entries.has(key)) entries.set(key, entry);
      if (!this.#chargeAliased(part.entries.size, part.start)) return;
    }
  }

  #nameOf(key: unknown, at: number): string | undefined {
    // Numbers and the like stand as they are written: `1.0: x` has the key "1.0".
    if (isScalar(key) && key.value !== null) return typeof key.value === 'string' ? key.value : key.source;
    this.#refuse(at, 'A key must be text.');
    return undefined;
  }

  #resolveAlias(name: string, at: number): YamlNode | undefined {
    const anchor = this.#anchors.get(name);
    if (anchor?.node !== undefined) {
      return this.#chargeAliased(this.#sizeOf(anchor.node).count, at) ? anchor.node : undefined;
    }
    const message = anchor === undefined ? `The anchor ${quote(`&${name}`)} is not defined before this.` : undefined;
    this.#refuse(at, message ?? `The alias ${quote(`*${name}`)} stands inside what it names.`);
    return undefined;
  }

  #chargeAliased(count: number, at: number): boolean {
    const wasWithin = this.#aliasedCount <= MAX_ALIASED_NODES;
    this.#aliasedCount += count;
    if (this.#aliasedCount <= MAX_ALIASED_NODES) return true;
    if (!wasWithin) return false;
    this.#refuse(at, `Aliases expand to more than ${MAX_ALIASED_NODES} values.`, 'Use fewer aliases.');
    return false;
  }

  /** How large a node is with its aliases written out: what whoever walks the tree will meet. */
  #sizeOf(node: YamlNode): Size {
    if (node.kind !== 'scalar') return this.#sizes.get(node) ?? LEAF;
    // Long texts count by their length: repeated by aliases they would grow without end too.
    return typeof node.value === 'string' ? { count: 1 + Math.floor(node.value.length / 64), depth: 0 } : LEAF;
  }

  #measure<T extends YamlNode>(node: T, children: readonly YamlNode[]): T {
    let count = 1;
    let depth = 0;
    for (const child of children) {
      const size = this.#sizeOf(child);
      count += size.count;
      depth = Math.max(depth, size.depth + 1);
    }
    if (depth > MAX_ALIASED_DEPTH) this.#refuse(node.start, `Aliases nest deeper than ${MAX_ALIASED_DEPTH} levels.`);
    this.#sizes.set(node, { count, depth });
    return node;
  }

  #refuse(at: number, message: string, hint?: string): void {
    this.#problems.add({ code: 'SPEC_SYNTAX', at, message, ...(hint === undefined ? {} : { hint }) });
  }
}

function nullAt(start: number): YamlNode {
  return { kind: 'scalar', start, end: start, value: null, style: 'plain' };
}

/** Whole numbers beyond 2^53, infinities and NaN do not survive JSON. */
function isExact(value: number, source: string | undefined): boolean {
  if (!Number.isFinite(value)) return false;
  return !Number.isInteger(value) || Number.isSafeInteger(value) || /[.eE]/.test(source ?? '');
}
