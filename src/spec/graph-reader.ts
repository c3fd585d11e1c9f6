/**
 * `nodes`, `edges` and `config` of a checked file → the nodes of a flow with their routes, bodies included.
 */
import type { Flow, FlowNode } from '../flow/index.ts';
import { readBranchOptions } from './branch-options.ts';
import { workersOf } from './each-reader.ts';
import { type EdgeDrafts, readEdges } from './edge-reader.ts';
import { readErrorHandling } from './failure-reader.ts';
import type { FlowCheck } from './flow-check.ts';
import { checkGraph, createVisitBudget } from './graph-check.ts';
import type { ImportTable } from './import-table.ts';
import { type NodeDraft, type NodeDrafts, readNodes } from './node-reader.ts';
import { present } from './present.ts';
import { quote } from './problem-list.ts';
import { buildRoutes, type Routes } from './route-builder.ts';
import type { BranchOptions } from './route-draft.ts';
import { createSearchBudget } from './successor.ts';
import { childOf, itemsOf, type MapNode, textOf, type YamlNode } from './yaml-tree.ts';

/** Bodies have no edges of their own. */
const NO_EDGES: EdgeDrafts = { routes: new Map(), origins: [] };

type Interrupt = NonNullable<FlowNode['interrupt']>;

/** Reads and checks the graph of the flow in `root`. */
export function readGraph(check: FlowCheck, root: MapNode, imports: ImportTable): Pick<Flow, 'entry' | 'nodes'> {
  const settings = childOf(root, 'settings');
  const config = childOf(root, 'config');
  const ofConfig = workersOf(check, childOf(config, 'max_workers'));
  const ofSettings = readBranchOptions(check, childOf(settings, 'parallel'));
  const branches = present({ ...ofSettings, maxWorkers: ofSettings.maxWorkers ?? ofConfig });
  const drafts = readNodes(check, childOf(root, 'nodes'), {
    imports,
    errors: readErrorHandling(check, childOf(settings, 'error_handling')),
    maxWorkers: branches.maxWorkers,
  });
  const edges = readEdges(check, childOf(root, 'edges'));
  const routes = buildAllRoutes(check, drafts, { edges, branches });
  const interrupts = readInterrupts(check, config, drafts.all);
  const ofScope = new Map(drafts.scopes.map(({ owner }, index) => [owner, routes[index]]));
  const nodes = drafts.all.map((draft) => toNode(check, draft, { routes: ofScope.get(draft.owner), interrupts }));
  checkGraphs(check, drafts, { routes, nodes });
  return { entry: routes[0]?.entry ?? { kind: 'end' }, nodes };
}

function buildAllRoutes(
  check: FlowCheck,
  { all, scopes }: NodeDrafts,
  { edges, branches }: { readonly edges: EdgeDrafts; readonly branches: BranchOptions },
): readonly Routes[] {
  const budget = createSearchBudget();
  return scopes.map((scope) => {
    const own = scope.owner === undefined ? edges : NO_EDGES;
    return buildRoutes(check, { scope, edges: own, branches, all, budget });
  });
}

interface NodeParts {
  /** Of the list the node stands in. */
  readonly routes: Routes | undefined;
  readonly interrupts: ReadonlyMap<string, Interrupt>;
}

function toNode(check: FlowCheck, draft: NodeDraft, { routes, interrupts }: NodeParts): FlowNode {
  const { ownName: _ownName, at, route: _route, failure, needsRoute: _needsRoute, ...parts } = draft;
  const interrupt = both(draft.interrupt, interrupts.get(draft.name));
  return {
    ...parts,
    place: check.problems.placeOf(at),
    next: routes?.byNode.get(draft.name) ?? { kind: 'end' },
    onError: routes?.onErrors.get(draft.name) ?? { mode: failure.mode },
    ...(interrupt === undefined ? {} : { interrupt }),
  };
}

function checkGraphs(
  check: FlowCheck,
  { scopes }: NodeDrafts,
  { routes, nodes }: { readonly routes: readonly Routes[]; readonly nodes: readonly FlowNode[] },
): void {
  const byName = new Map(nodes.map((node) => [node.name, node]));
  const budget = createVisitBudget();
  for (const [index, { nodes: drafts }] of scopes.entries()) {
    const found = routes[index];
    // With missing targets or joins everything behind them would look unreachable.
    if (found?.isComplete !== true) continue;
    const own = drafts.map((draft) => byName.get(draft.name)).filter((node) => node !== undefined);
    checkGraph(check, { entry: found.entry, nodes: own, drafts, budget });
  }
}

/** `config.interrupt_before` and `interrupt_after`, by the nodes they name. */
function readInterrupts(
  check: FlowCheck,
  config: YamlNode | undefined,
  all: readonly NodeDraft[],
): ReadonlyMap<string, Interrupt> {
  const interrupts = new Map<string, Interrupt>();
  const names = new Set(all.map((node) => node.name));
  for (const where of ['before', 'after'] as const) {
    for (const item of itemsOf(childOf(config, `interrupt_${where}`))) {
      const name = textOf(item);
      if (name === undefined) continue;
      if (!names.has(name)) {
        const hint = check.problems.suggest(name, names);
        const message = `There is no node ${quote(name)}.`;
        const more = hint === undefined ? {} : { hint };
        check.problems.add({ code: 'SPEC_UNKNOWN_TARGET', at: item.start, message, ...more });
      }
      interrupts.set(name, both(interrupts.get(name), where) ?? where);
    }
  }
  return interrupts;
}

function both(one: Interrupt | undefined, other: Interrupt | undefined): Interrupt | undefined {
  if (one === undefined || other === undefined || one === other) return one ?? other;
  return 'both';
}
