/**
 * What can be reached, and whether branches reach their joins.
 *
 * A node is looked at once per join it can run under, because inside a branch the order of the
 * list is no way on. Every body is looked at by itself. Needs routes whose targets all exist.
 */
import { END, type Flow, type FlowNode, type ParallelRoute, type Route } from '../flow/index.ts';
import type { FlowCheck } from './flow-check.ts';
import type { NodeDraft } from './node-reader.ts';
import { quote } from './problem-list.ts';

/** Looks at more than this many (node, join) pairs only for hostile files. */
const MAX_VISITS = 2_000_000;

/** (node, join) pairs that may still be looked at in one file. */
export interface VisitBudget {
  visitsLeft: number;
}

/** A fresh budget, for one file. */
export function createVisitBudget(): VisitBudget {
  return { visitsLeft: MAX_VISITS };
}

/** The nodes of one list with their routes, and where it begins. */
export interface Graph extends Pick<Flow, 'entry' | 'nodes'> {
  readonly drafts: readonly NodeDraft[];
  readonly budget: VisitBudget;
}

/** Reports unreachable nodes (warning), joins that no branch reaches, and branches that run into foreign joins. */
export function checkGraph(check: FlowCheck, graph: Graph): void {
  new GraphWalk(check, graph).run();
}

/** The main path, or the branches of one join. */
interface Path {
  readonly join: string | undefined;
  readonly seen: Set<string>;
}

class GraphWalk {
  readonly #check: FlowCheck;
  readonly #entry: Route;
  readonly #nodes: ReadonlyMap<string, FlowNode>;
  readonly #places: ReadonlyMap<string, number>;
  readonly #paths = new Map<string | undefined, Path>();
  readonly #open: { readonly name: string; readonly path: Path }[] = [];
  readonly #fans: { readonly route: ParallelRoute; readonly at: number }[] = [];
  readonly #budget: VisitBudget;

  constructor(check: FlowCheck, { entry, nodes, drafts, budget }: Graph) {
    this.#check = check;
    this.#entry = entry;
    this.#budget = budget;
    this.#nodes = new Map(nodes.map((node) => [node.name, node]));
    this.#places = new Map(drafts.map((draft) => [draft.name, draft.at]));
  }

  run(): void {
    this.#follow(this.#entry, this.#pathOf(undefined), this.#places.values().next().value ?? 0);
    for (let next = this.#open.pop(); next !== undefined; next = this.#open.pop()) {
      this.#budget.visitsLeft -= 1;
      if (this.#budget.visitsLeft < 0) {
        this.#check.problems.add({ code: 'SPEC_INVALID', at: 0, message: 'The graph is too large to check.' });
        return;
      }
      const node = this.#nodes.get(next.name);
      if (node !== undefined) this.#visit(node, next.path);
    }
    this.#checkJoins();
    this.#warnOfUnreachable();
  }

  #visit(node: FlowNode, path: Path): void {
    const at = this.#places.get(node.name) ?? 0;
    this.#follow(node.next, path, at);
    const { fallback } = node.onError;
    if (fallback !== undefined && fallback !== path.join) this.#enter(fallback, path);
  }

  #follow(route: Route, path: Path, at: number): void {
    if (route.kind === 'next' && path.join === undefined) this.#enter(route.to, path);
    if (route.kind === 'rules' || route.kind === 'switch') {
      for (const to of targetsOf(route)) if (to !== END && to !== path.join) this.#enter(to, path);
    }
    if (route.kind === 'parallel') this.#fanOut(route, path, at);
  }

  #fanOut(route: ParallelRoute, path: Path, at: number): void {
    if (route.join === path.join) {
      const message = `The fan-out of this node joins at ${quote(route.join)}, which is the join of the branch it stands in.`;
      this.#check.problems.add({ code: 'SPEC_INVALID', at, message, hint: 'Give the inner fan-out its own join.' });
      return;
    }
    this.#fans.push({ route, at });
    const inner = this.#pathOf(route.join);
    for (const branch of route.branches) this.#enter(branch, inner);
    this.#enter(route.join, path);
  }

  #enter(name: string, path: Path): void {
    if (path.seen.has(name)) return;
    path.seen.add(name);
    this.#open.push({ name, path });
  }

  #pathOf(join: string | undefined): Path {
    let path = this.#paths.get(join);
    if (path === undefined) this.#paths.set(join, (path = { join, seen: new Set() }));
    return path;
  }

  /** Every branch must have some way that ends, or its join waits for ever. */
  #checkJoins(): void {
    const endings = new Map<string, ReadonlySet<string>>();
    const reported = new Set<string>();
    for (const { route, at } of this.#fans) {
      let ending = endings.get(route.join);
      if (ending === undefined) endings.set(route.join, (ending = this.#nodesThatEnd(route.join)));
      for (const branch of route.branches) {
        if (ending.has(branch) || reported.has(`${branch}/${route.join}`)) continue;
        reported.add(`${branch}/${route.join}`);
        const message = `The branch ${quote(branch)} never reaches its join ${quote(route.join)}.`;
        const hint = `Add a way from it to ${quote(route.join)}.`;
        this.#check.problems.add({ code: 'SPEC_INVALID', at: this.#places.get(branch) ?? at, message, hint });
      }
    }
  }

  /** Nodes of the branches under `join` from which the join, or the branch's own end, can be reached. */
  #nodesThatEnd(join: string): ReadonlySet<string> {
    const before = new Map<string, string[]>();
    const open: string[] = [];
    const ending = new Set<string>();
    const mark = (name: string): void => {
      if (ending.has(name)) return;
      ending.add(name);
      open.push(name);
    };
    for (const name of this.#paths.get(join)?.seen ?? []) {
      const node = this.#nodes.get(name);
      if (node === undefined) continue;
      for (const to of waysOn(node)) {
        if (to === END || to === join) mark(name);
        else if (before.get(to)?.push(name) === undefined) before.set(to, [name]);
      }
    }
    for (let name = open.pop(); name !== undefined; name = open.pop()) before.get(name)?.forEach(mark);
    return ending;
  }

  #warnOfUnreachable(): void {
    const seen = new Set([...this.#paths.values()].flatMap((path) => [...path.seen]));
    for (const name of this.#nodes.keys()) {
      if (seen.has(name)) continue;
      this.#check.problems.add({
        code: 'SPEC_UNREACHABLE',
        severity: 'warning',
        at: this.#places.get(name) ?? 0,
        message: `The node ${quote(name)} can never be reached.`,
      });
    }
  }
}

/** Where rules or a choice lead. */
function targetsOf(route: Extract<Route, { kind: 'rules' | 'switch' }>): readonly string[] {
  return route.kind === 'rules' ? route.rules.map((rule) => rule.to) : Object.values(route.targets);
}

/** Where a branch can go after `node`; the end of the branch is `__end__`. */
function waysOn(node: FlowNode): readonly string[] {
  const { next, onError } = node;
  const fallback = onError.fallback === undefined ? [] : [onError.fallback];
  switch (next.kind) {
    case 'rules':
    case 'switch':
      return [...targetsOf(next), ...fallback];
    case 'parallel':
      return [next.join, ...fallback];
    default:
      return [END, ...fallback];
  }
}
