/**
 * Route drafts → routes: targets looked up, precedence applied, joins found.
 *
 * `goto` (or `parallel` on the node) > edges > the next node of the list > end. Every list of nodes
 * is looked at by itself: ways inside a body stay inside.
 */
import type { EdgeDrafts } from './edge-reader.ts';
import { END, type OnError, type Route, type RouteRule, START } from '../flow/index.ts';
import type { FlowCheck } from './flow-check.ts';
import type { NodeDraft, NodeScope } from './node-reader.ts';
import { quote } from './problem-list.ts';
import type { BranchOptions, ParallelDraft, RouteDraft, RulesDraft, SwitchDraft, Target } from './route-draft.ts';
import { type SearchBudget, SuccessorSearch } from './successor.ts';

/** The routes of one list by the nodes' full names, and where it begins. */
export interface Routes {
  readonly entry: Route;
  readonly byNode: ReadonlyMap<string, Route>;
  /** What a failure does, by the nodes' full names. */
  readonly onErrors: ReadonlyMap<string, OnError>;
  /** False when a target or join is missing: what lies behind it is not known. */
  readonly isComplete: boolean;
}

/** What routes are made of. */
export interface RouteParts {
  readonly scope: NodeScope;
  readonly edges: EdgeDrafts;
  /** How branches run unless their fan-out says otherwise. */
  readonly branches: BranchOptions;
  /** All nodes of the flow, to tell a way out of a body from a wrong name. */
  readonly all: readonly NodeDraft[];
  readonly budget: SearchBudget;
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
  /** What own names begin with in the flow. */
  readonly #prefix: string;
  #isComplete: boolean;

  constructor(check: FlowCheck, parts: RouteParts) {
    const { nodes, owner } = parts.scope;
    this.#check = check;
    this.#parts = parts;
    this.#prefix = owner === undefined ? '' : `${owner}/`;
    this.#names = new Set(nodes.map((node) => node.ownName));
    const hasSoundNames = this.#names.size === nodes.length && !nodes.some(isReserved);
    this.#isComplete = hasSoundNames;
    this.#drafts = new Map(nodes.map((node) => [node.ownName, node.route ?? parts.edges.routes.get(node.ownName)]));
    this.#search = new SuccessorSearch((name) => successorsOf(this.#drafts.get(name)), parts.budget);
  }

  build(): Routes {
    const { scope, edges } = this.#parts;
    for (const origin of edges.origins) if (origin.name !== START) this.#checkTarget(origin);
    this.#warnOfUnusedEdges();
    const byNode = new Map<string, Route>();
    const onErrors = new Map<string, OnError>();
    scope.nodes.forEach((node, index) => {
      onErrors.set(node.name, this.#toOnError(node));
      // Not from the map by name: of two nodes with one name each still has targets to check.
      const draft = node.route ?? edges.routes.get(node.ownName);
      const next = scope.nodes[index + 1]?.ownName;
      if (node.needsRoute && draft === undefined && next === undefined) this.#refuseLost(node);
      byNode.set(node.name, this.#toRoute(draft, next));
    });
    const first = scope.nodes[0];
    const start = edges.routes.get(START);
    const isComplete = this.#isComplete && first !== undefined;
    if (start !== undefined)
      return { entry: this.#toRoute(start, undefined), byNode, onErrors, isComplete: this.#isComplete };
    const entry: Route =
      first === undefined ? { kind: 'end' } : { kind: 'rules', rules: [{ to: this.#full(first.ownName) }] };
    return { entry, byNode, onErrors, isComplete };
  }

  #toOnError({ failure: { mode, fallback } }: NodeDraft): OnError {
    if (fallback === undefined) return { mode };
    return this.#checkTarget(fallback) ? { mode, fallback: this.#full(fallback.name) } : { mode };
  }

  #full(ownName: string): string {
    return ownName === END ? END : `${this.#prefix}${ownName}`;
  }

  #toRoute(draft: RouteDraft | undefined, next: string | undefined): Route {
    if (draft?.kind === 'parallel') return this.#toParallel(draft);
    if (draft?.kind === 'rules') return this.#toRules(draft);
    if (draft?.kind === 'switch') return this.#toSwitch(draft);
    return next === undefined ? { kind: 'end' } : { kind: 'next', to: this.#full(next) };
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
        to: this.#full(to.name),
        ...(when === undefined ? {} : { when }),
        ...(negate === true ? { negate } : {}),
      });
    }
    return { kind: 'rules', rules };
  }

  #toSwitch({ value, targets }: SwitchDraft): Route {
    const known = targets.filter(({ to }) => this.#checkTarget(to, END));
    return {
      kind: 'switch',
      value,
      targets: Object.fromEntries(known.map(({ text, to }) => [text, this.#full(to.name)])),
    };
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
    return {
      kind: 'parallel',
      branches: [...seen].map((name) => this.#full(name)),
      join: this.#full(join),
      onError: 'fail',
      ...this.#parts.branches,
      ...draft.options,
    };
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
    const { owner } = this.#parts.scope;
    const message = `There is no node ${quote(name)}${owner === undefined ? '' : ` in the body of ${quote(owner)}`}.`;
    const hint = this.#hintFor(name);
    this.#check.problems.add({ code: 'SPEC_UNKNOWN_TARGET', at, message, ...(hint === undefined ? {} : { hint }) });
    return false;
  }

  /** Says how bodies bound a way when the name stands elsewhere in the flow. */
  #hintFor(name: string): string | undefined {
    const near = this.#check.problems.suggest(name, this.#names);
    if (near !== undefined || this.#check.problems.isFull) return near;
    const elsewhere = this.#parts.all.find((node) => node.ownName === name || node.name === name);
    if (elsewhere === undefined) return undefined;
    if (this.#parts.scope.owner !== undefined)
      return 'A way inside a body leads to nodes of that body, or to `__end__`.';
    return `It stands in the body of ${quote(elsewhere.owner ?? '')}; go to that node.`;
  }

  #refuseLost({ name, at, work }: NodeDraft): void {
    const output = work.kind === 'each' ? work.output : '';
    const message = `Nothing follows ${quote(name)}, so its results in ${quote(output)} go nowhere.`;
    const hint = 'Name the node that gets them with `fan_in`, or write `goto: __end__`.';
    this.#check.problems.add({ code: 'SPEC_INVALID', at, message, hint });
  }

  #warnOfUnusedEdges(): void {
    const routed = new Set(
      this.#parts.scope.nodes.filter((node) => node.route !== undefined).map((node) => node.ownName),
    );
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
  if (draft.kind === 'switch') return draft.targets.map((target) => target.to.name);
  const branches = draft.branches.map((branch) => branch.name);
  return draft.join === undefined ? branches : [...branches, draft.join.name];
}

function isReserved(node: NodeDraft): boolean {
  return node.ownName === START || node.ownName === END;
}
