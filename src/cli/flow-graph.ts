/**
 * A flow as nodes and arrows, for people and tools. Pure.
 */
import { END, type Flow, type FlowNode, type ParallelRoute, type Route, START } from '../flow/index.ts';

/** One way from a node to another. */
export interface GraphEdge {
  readonly from: string;
  readonly to: string;
  /** `branch`: one of several that start at once; `join`: the end of a branch. */
  readonly kind: 'step' | 'branch' | 'join';
  readonly when?: string;
}

/** A flow's shape. */
export interface FlowGraph {
  readonly name: string;
  readonly file: string;
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}

/** One node: `lua`, `action`, `expression` or `none`. */
export interface GraphNode {
  readonly name: string;
  readonly kind: string;
  readonly uses?: string;
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
        return this.#step(from, join ?? END, join);
      case 'next':
        // In a branch the order of the list is not a way: the branch ends at its join.
        return this.#step(from, join ?? route.to, join);
      case 'rules':
        return route.rules.flatMap(({ to, when, negate }) => {
          const shown = negate === true ? `not (${when})` : when;
          return this.#step(from, to === END ? (join ?? END) : to, join, shown);
        });
      case 'switch':
        return Object.entries(route.targets).flatMap(([text, to]) =>
          this.#step(from, to === END ? (join ?? END) : to, join, `${route.value} is ${text}`),
        );
      case 'parallel':
        return this.#fanOut(from, route, join);
    }
  }

  #step(
    from: string,
    to: string,
    join: string | undefined,
    when?: string,
  ): { name: string; join: string | undefined }[] {
    this.#draw({ from, to, kind: to === join ? 'join' : 'step', ...(when === undefined ? {} : { when }) });
    return to === join ? [] : [{ name: to, join }];
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

/** The graph of `flow`: nodes in file order, edges in the order of the nodes they leave. */
export function flowGraph(flow: Flow): FlowGraph {
  const walk = new GraphWalk(flow);
  const order = new Map(flow.nodes.map(({ name }, index) => [name, index]));
  const rank = (name: string): number => order.get(name) ?? -1;
  return {
    name: flow.name,
    file: flow.file,
    nodes: flow.nodes.map(({ name, work, place }) => ({
      name,
      kind: work.kind,
      ...(work.kind === 'action' ? { uses: work.uses } : {}),
      ...(place.file === undefined ? {} : { file: place.file }),
      line: place.line,
      reachable: walk.reached.has(name),
    })),
    edges: walk.edges.toSorted((left, right) => rank(left.from) - rank(right.from)),
  };
}
