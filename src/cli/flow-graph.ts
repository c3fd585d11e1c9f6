/**
 * A flow as nodes and arrows, for people and tools. Pure.
 */
import { END, type Flow, type FlowNode, type ParallelRoute, type Route, START } from '../flow/index.ts';

/** One way from a node to another. */
export interface GraphEdge {
  readonly from: string;
  readonly to: string;
  /**
   * `branch`: one of several that start at once; `join`: the end of a branch; `body`: from a node to
   * the first of its body; `back`: from the end of a body to the node it belongs to.
   */
  readonly kind: 'step' | 'branch' | 'join' | 'body' | 'back';
  readonly when?: string;
}

/** A flow's shape. */
export interface FlowGraph {
  readonly name: string;
  readonly file: string;
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}

/** One node: `lua`, `action`, `expression`, `steps`, `while`, `each`, `call`, `input` or `none`. */
export interface GraphNode {
  readonly name: string;
  readonly kind: string;
  /** The node in whose body it stands. */
  readonly owner?: string;
  readonly uses?: string;
  /** The flow it calls, as it is named in the file. */
  readonly flow?: string;
  /** The overlay it stands in, when that is not the flow's own file. */
  readonly file?: string;
  readonly line: number;
  /** False for a node no way leads to. */
  readonly reachable: boolean;
}

/** Follows routes from the entry, remembering in which branch a node is reached. */
class GraphWalk {
  readonly edges: GraphEdge[] = [];
  readonly reached = new Set<string>();
  readonly #nodes: ReadonlyMap<string, FlowNode>;
  readonly #seen = new Set<string>();
  readonly #edgeIds = new Set<string>();
  readonly #bodies = new Set<string>();

  constructor(flow: Flow) {
    this.#nodes = new Map(flow.nodes.map((node) => [node.name, node]));
    // A list instead of recursion: a flow may be thousands of nodes long.
    const open: { readonly name: string; readonly join: string | undefined }[] = [];
    const follow = (from: string, route: Route, join: string | undefined): void => {
      for (const next of this.#follow(from, route, join)) {
        const id = JSON.stringify([next.name, next.join]);
        if (!this.#seen.has(id)) open.push(next);
        this.#seen.add(id);
      }
    };
    follow(START, flow.entry, undefined);
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      const node = this.#nodes.get(at.name);
      if (node === undefined) continue;
      this.reached.add(at.name);
      const entry = entryOf(node);
      if (entry !== undefined) for (const next of this.#enterBody(at.name, entry)) open.push(next);
      follow(at.name, node.next, at.join);
      if (node.onError.fallback !== undefined) {
        const rules = [{ when: 'it fails', to: node.onError.fallback }];
        follow(at.name, { kind: 'rules', rules }, at.join);
      }
    }
  }

  /** Draws the ways out of one node and gives where they lead, and inside which branch. */
  #follow(from: string, route: Route, join: string | undefined): { name: string; join: string | undefined }[] {
    switch (route.kind) {
      case 'end':
        return this.#step(from, END, join);
      case 'next':
        // In a branch the order of the list is not a way: the branch ends at its join.
        return this.#step(from, join ?? route.to, join);
      case 'rules':
        return route.rules.flatMap(({ to, when, negate }) => {
          const shown = negate === true ? `not (${when})` : when;
          return this.#step(from, to, join, shown);
        });
      case 'switch':
        return Object.entries(route.targets).flatMap(([text, to]) =>
          this.#step(from, to, join, `${route.value} is ${text}`),
        );
      case 'parallel':
        return this.#fanOut(from, route, join);
    }
  }

  #step(
    from: string,
    target: string,
    join: string | undefined,
    when?: string,
  ): { name: string; join: string | undefined }[] {
    const asked = when === undefined ? {} : { when };
    const owner = this.#nodes.get(from)?.owner;
    if (target === END && join === undefined && owner !== undefined) {
      this.#draw({ from, to: owner, kind: 'back', ...asked });
      return [];
    }
    const to = target === END ? (join ?? END) : target;
    this.#draw({ from, to, kind: to === join ? 'join' : 'step', ...asked });
    return to === join ? [] : [{ name: to, join }];
  }

  /** A body begins outside all branches: its ends lead back to its owner. */
  #enterBody(owner: string, entry: Route): { name: string; join: string | undefined }[] {
    const first = entry.kind === 'rules' ? entry.rules[0]?.to : undefined;
    if (first === undefined || this.#bodies.has(owner)) return [];
    this.#bodies.add(owner);
    this.#draw({ from: owner, to: first, kind: 'body' });
    return [{ name: first, join: undefined }];
  }

  #fanOut(from: string, route: ParallelRoute, join: string | undefined): { name: string; join: string | undefined }[] {
    const inside = route.branches.map((branch) => {
      this.#draw({ from, to: branch, kind: 'branch' });
      return { name: branch, join: route.join };
    });
    return [...inside, { name: route.join, join }];
  }

  #draw(edge: GraphEdge): void {
    const id = JSON.stringify([edge.from, edge.to, edge.kind, edge.when]);
    if (!this.#edgeIds.has(id)) this.edges.push(edge);
    this.#edgeIds.add(id);
  }
}

/** Where the body of a node begins; undefined when it has none. */
function entryOf({ work }: FlowNode): Route | undefined {
  if (work.kind === 'each') return work.body.kind === 'nodes' ? work.body.entry : undefined;
  return work.kind === 'steps' || work.kind === 'while' ? work.entry : undefined;
}

function calledBy({ work }: FlowNode): string | undefined {
  if (work.kind === 'each') return work.body.kind === 'call' ? work.body.flow : undefined;
  return work.kind === 'call' ? work.flow : undefined;
}

function toGraphNode(node: FlowNode, reachable: boolean): GraphNode {
  const { name, work, place, owner } = node;
  const flow = calledBy(node);
  return {
    name,
    kind: work.kind,
    ...(owner === undefined ? {} : { owner }),
    ...(work.kind === 'action' ? { uses: work.uses } : {}),
    ...(flow === undefined ? {} : { flow }),
    line: place.line,
    reachable,
  };
}

/** The graph of `flow`: nodes in file order, edges in the order of the nodes they leave. */
export function flowGraph(flow: Flow): FlowGraph {
  const walk = new GraphWalk(flow);
  const order = new Map(flow.nodes.map(({ name }, index) => [name, index]));
  const rank = (name: string): number => order.get(name) ?? -1;
  return {
    name: flow.name,
    file: flow.file,
    nodes: flow.nodes.map((node) => toGraphNode(node, walk.reached.has(node.name))),
    edges: walk.edges.toSorted((left, right) => rank(left.from) - rank(right.from)),
  };
}
