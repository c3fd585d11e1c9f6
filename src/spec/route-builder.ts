/**
 * Route drafts → routes: targets looked up, precedence applied, joins found.
 *
 * `goto` (or `parallel` on the node) > edges > the next node of the list > end.
 */
import type { EdgeDrafts } from './edge-reader.ts';
import { END, type ParallelRoute, type Route, type RouteRule, START } from '../flow/index.ts';
import type { FlowCheck } from './flow-check.ts';
import type { NodeDraft } from './node-reader.ts';
import { quote } from './problem-list.ts';
import type { ParallelDraft, RouteDraft, RulesDraft, Target } from './route-draft.ts';
import { SuccessorSearch } from './successor.ts';

/** The routes of a flow by node name, and where it begins. */
export interface Routes {
  readonly entry: Route;
  readonly byNode: ReadonlyMap<string, Route>;
  /** False when a target or join is missing: what lies behind it is not known. */
  readonly isComplete: boolean;
}

/** What routes are made of. */
export interface RouteParts {
  readonly nodes: readonly NodeDraft[];
  readonly edges: EdgeDrafts;
  readonly onError: ParallelRoute['onError'];
}

/** Makes every route; what cannot be one is reported and becomes an end. */
export function buildRoutes(check: FlowCheck, parts: RouteParts): Routes {
  return new RouteBuilder(check, parts).build();
}

class RouteBuilder {
  readonly #check: FlowCheck;
  readonly #parts: RouteParts;
  readonly #names: ReadonlySet<string>;
  readonly #drafts: ReadonlyMap<string, RouteDraft | undefined>;
  readonly #search: SuccessorSearch;
  #isComplete: boolean;

  constructor(check: FlowCheck, parts: RouteParts) {
    this.#check = check;
    this.#parts = parts;
    this.#names = new Set(parts.nodes.map((node) => node.name));
    const hasSoundNames = this.#names.size === parts.nodes.length && !parts.nodes.some(isReserved);
    this.#isComplete = hasSoundNames;
    this.#drafts = new Map(parts.nodes.map((node) => [node.name, node.route ?? parts.edges.routes.get(node.name)]));
    this.#search = new SuccessorSearch((name) => successorsOf(this.#drafts.get(name)));
  }

  build(): Routes {
    const { nodes, edges } = this.#parts;
    for (const origin of edges.origins) if (origin.name !== START) this.#checkTarget(origin);
    this.#warnOfUnusedEdges();
    const byNode = new Map<string, Route>();
    nodes.forEach((node, index) => {
      if (node.fallback !== undefined) this.#checkTarget(node.fallback);
      // Not from the map by name: of two nodes with one name each still has targets to check.
      const draft = node.route ?? edges.routes.get(node.name);
      byNode.set(node.name, this.#toRoute(draft, nodes[index + 1]?.name));
    });
    const first = nodes[0];
    const start = edges.routes.get(START) ?? first;
    if (start === undefined) return { entry: { kind: 'end' }, byNode, isComplete: false };
    const entry: Route =
      'kind' in start ? this.#toRoute(start, undefined) : { kind: 'rules', rules: [{ to: start.name }] };
    return { entry, byNode, isComplete: this.#isComplete };
  }

  #toRoute(draft: RouteDraft | undefined, next: string | undefined): Route {
    if (draft?.kind === 'parallel') return this.#toParallel(draft);
    if (draft?.kind === 'rules') return this.#toRules(draft);
    return next === undefined ? { kind: 'end' } : { kind: 'next', to: next };
  }

  #toRules(draft: RulesDraft): Route {
    const rules: RouteRule[] = [];
    let isDecided = false;
    for (const { when, negate, to } of draft.rules) {
      if (!this.#checkTarget(to, END)) continue;
      if (isDecided) {
        const message = `The way to ${quote(to.name)} is never taken: a rule before it always holds.`;
        this.#check.problems.add({ code: 'SPEC_UNREACHABLE', severity: 'warning', at: to.at, message });
      }
      isDecided ||= when === undefined;
      rules.push({
        to: to.name,
        ...(when === undefined ? {} : { when }),
        ...(negate === true ? { negate } : {}),
      });
    }
    return { kind: 'rules', rules };
  }

  #toParallel(draft: ParallelDraft): Route {
    const seen = new Set<string>();
    for (const branch of draft.branches) {
      if (!this.#checkTarget(branch)) continue;
      if (seen.has(branch.name)) this.#refuse(branch.at, `The branch ${quote(branch.name)} is named twice.`);
      if (branch.name === draft.join?.name) {
        this.#refuse(branch.at, `The join ${quote(branch.name)} cannot be one of its own branches.`);
      }
      seen.add(branch.name);
    }
    const join = draft.join === undefined ? this.#findJoin(draft) : draft.join.name;
    if (draft.join !== undefined && !this.#checkTarget(draft.join)) return { kind: 'end' };
    if (join === undefined || seen.size === 0) return { kind: 'end' };
    return { kind: 'parallel', branches: [...seen], join, onError: this.#parts.onError };
  }

  #findJoin(draft: ParallelDraft): string | undefined {
    const branches = draft.branches.map((branch) => branch.name);
    if (!branches.every((name) => this.#names.has(name))) return undefined;
    const found = this.#search.nearest(branches);
    if (typeof found === 'object') return found.join;
    const message =
      found === undefined
        ? `The branches ${branches.slice(0, 5).map(quote).join(', ')} have no common successor to join them.`
        : 'The graph is too large to look for the join of this fan-out.';
    this.#isComplete = false;
    this.#check.problems.add({ code: 'SPEC_INVALID', at: draft.at, message, hint: 'Name the join with `fan_in`.' });
    return undefined;
  }

  #checkTarget(target: Target, alsoAllowed?: string): boolean {
    const { name, at } = target;
    if (this.#names.has(name) || name === alsoAllowed) return true;
    if (name === START || name === END) {
      this.#refuse(at, `${quote(name)} cannot stand here.`);
      return false;
    }
    this.#isComplete = false;
    const hint = this.#check.problems.suggest(name, this.#names);
    const message = `There is no node ${quote(name)}.`;
    this.#check.problems.add({ code: 'SPEC_UNKNOWN_TARGET', at, message, ...(hint === undefined ? {} : { hint }) });
    return false;
  }

  #warnOfUnusedEdges(): void {
    const routed = new Set(this.#parts.nodes.filter((node) => node.route !== undefined).map((node) => node.name));
    for (const { name, at } of this.#parts.edges.origins) {
      if (!routed.has(name)) continue;
      const message = `The edges from ${quote(name)} are not used: the node itself says where to go.`;
      this.#check.problems.add({ code: 'SPEC_IGNORED', severity: 'warning', at, message });
    }
  }

  #refuse(at: number, message: string): void {
    this.#isComplete = false;
    this.#check.problems.add({ code: 'SPEC_INVALID', at, message });
  }
}

/** What the file writes as following. */
function successorsOf(draft: RouteDraft | undefined): readonly string[] {
  if (draft === undefined) return [];
  if (draft.kind === 'rules') return draft.rules.map((rule) => rule.to.name);
  const branches = draft.branches.map((branch) => branch.name);
  return draft.join === undefined ? branches : [...branches, draft.join.name];
}

function isReserved(node: NodeDraft): boolean {
  return node.name === START || node.name === END;
}
