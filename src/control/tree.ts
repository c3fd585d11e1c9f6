/**
 * A configuration as one tree of options tables: sections by name, options at the leaves.
 *
 * `app` composes the tree from the tables of all components; this folder only reads it. A key
 * with dots (`pool.total`) stands for nested sections. Invariant: no two options share a path.
 */
import { type Field, MoonpoolError } from '../core/index.ts';

/** Sections and tables by their YAML names; a table's options stand under the names its code uses. */
export type ConfigTree = { readonly [name: string]: Field<unknown> | ConfigTree };

/** The complete options of a tree, in the tree's own shape. */
export type ResolvedTree<T extends ConfigTree> = {
  readonly [K in keyof T]: T[K] extends Field<infer V> ? V : T[K] extends ConfigTree ? ResolvedTree<T[K]> : never;
};

/** One option of a tree. */
export interface Leaf {
  /** Dotted YAML path: `http.pool.total`. */
  readonly path: string;
  /** Where its value goes in the resolved tree. */
  readonly names: readonly string[];
  readonly field: Field<unknown>;
}

/** A tree's options by path, and which keys each section knows. */
export interface TreeIndex {
  readonly leaves: ReadonlyMap<string, Leaf>;
  /** Keys by section path; the root's path is empty. */
  readonly sections: ReadonlyMap<string, ReadonlySet<string>>;
}

function isField(node: Field<unknown> | ConfigTree): node is Field<unknown> {
  return typeof node['parse'] === 'function';
}

function collect(tree: ConfigTree, prefix: readonly string[], names: readonly string[], into: Leaf[]): void {
  for (const [name, node] of Object.entries(tree)) {
    if (isField(node)) {
      into.push({ path: [...prefix, node.key].join('.'), names: [...names, name], field: node });
    } else {
      collect(node, [...prefix, name], [...names, name], into);
    }
  }
}

/** The section a path lies in: `http.pool` for `http.pool.total`, empty for `http`. */
function parentPath(path: string): string {
  return path.slice(0, Math.max(path.lastIndexOf('.'), 0));
}

/**
 * All options and sections of `tree`.
 *
 * @throws BUG_INVARIANT when two options share a path, or one's path is another's section
 */
export function indexTree(tree: ConfigTree): TreeIndex {
  const found: Leaf[] = [];
  collect(tree, [], [], found);
  const leaves = new Map<string, Leaf>();
  const sections = new Map<string, Set<string>>([['', new Set()]]);
  for (const leaf of found) {
    if (leaves.has(leaf.path)) throw new MoonpoolError('BUG_INVARIANT', `Two options are called ${leaf.path}.`);
    leaves.set(leaf.path, leaf);
    for (let path = leaf.path; path !== ''; path = parentPath(path)) {
      const parent = parentPath(path);
      const keys = sections.get(parent) ?? new Set();
      keys.add(path.slice(parent === '' ? 0 : parent.length + 1));
      sections.set(parent, keys);
    }
  }
  for (const path of sections.keys()) {
    if (leaves.has(path)) throw new MoonpoolError('BUG_INVARIANT', `${path} is both an option and a section.`);
  }
  return { leaves, sections };
}
