/**
 * What a flow tree comes to, by plain recursion: one branch after the other, no engine, no lanes.
 *
 * Written from the language's text, not from the engine. Where the outcome is a matter of chance
 * (which of two failures came first) the model says so instead of guessing. Used by tests only.
 */
import type { JsonObject, JsonValue } from '../../src/core/index.ts';
import { type FlowTree, itemsOf, type TreeBranches, type TreeNode, type TreeWork } from './flow-tree.ts';

/** How a run ends: its state, or the code of its error. */
export type ModelOutcome =
  | { readonly kind: 'succeeded'; readonly state: JsonObject }
  | { readonly kind: 'failed'; readonly code: string }
  | { readonly kind: 'chance' };

/** The most node steps a model counts before it gives up. */
const MAX_STEPS = 600;
/** The longest results of a fan-out, as JSON: states hold the states of the branches before, which soon is much. */
const MAX_LENGTH = 50_000;

class Failure extends Error {
  readonly code: string;
  readonly node: string | undefined;
  constructor(code: string, node?: string) {
    super(code);
    this.code = code;
    this.node = node;
  }
}

/** Thrown where the outcome depends on timing. */
class Chance extends Error {}

interface ModelPath {
  readonly key: string;
  state: JsonObject;
  /** The one Lua global. */
  kept: number;
  visits: Map<string, number>;
  /** In a branch of a dynamic fan-out: keys set. */
  touched: Set<string> | undefined;
  readonly nodes: 'main' | 'called';
  /** Whether other paths run beside it. */
  readonly isBeside: boolean;
}

/** What was given to the node of that name. */
export function givenTo(node: string): JsonObject {
  return { g: node };
}

/** The number of the call of a step, from 0, decides whether it fails: the same for model and engine. */
export class CallCounts {
  readonly #counts = new Map<string, number>();

  /** How often the step was called before. */
  next(step: string): number {
    const count = this.#counts.get(step) ?? 0;
    this.#counts.set(step, count + 1);
    return count;
  }
}

/** The outcome of `tree` for an empty input. */
export function modelOutcome(tree: FlowTree): ModelOutcome {
  try {
    return { kind: 'succeeded', state: new Model(tree).run() };
  } catch (error) {
    if (error instanceof Chance) return { kind: 'chance' };
    if (error instanceof Failure) return { kind: 'failed', code: error.code };
    throw error;
  }
}

class Model {
  readonly #tree: FlowTree;
  readonly #calls = new CallCounts();
  readonly #breakers = new Map<string, number>();
  #steps = 0;
  /** Something was ended by chance earlier or later: what it had done is not known. */
  #isRaced = false;

  constructor(tree: FlowTree) {
    this.#tree = tree;
  }

  run(): JsonObject {
    const path = aPath('main', { a: 0, b: 0, c: 0 }, 'main');
    this.#runList(path, this.#tree.nodes, '');
    return path.state;
  }

  get #branches(): TreeBranches {
    return this.#tree.branches;
  }

  /** Node after node from the first; `prefix` is the name of the body and a slash. */
  #runList(path: ModelPath, list: readonly TreeNode[], prefix: string): void {
    for (let at = 0; at < list.length; ) {
      const node = list[at] as TreeNode;
      const skip = this.#visit(path, node, prefix);
      if (skip === 'again') continue;
      if (skip === 'fork') this.#fork(path, node, prefix);
      at += 1 + (typeof skip === 'number' ? skip : 0);
    }
  }

  /** Runs a node, retries and failures included; says where it goes. */
  #visit(path: ModelPath, node: TreeNode, prefix: string): number | 'again' | 'fork' {
    const name = prefix + node.name;
    const { condition } = node;
    if (condition !== undefined && node.work.kind !== 'while' && !(numberAt(path, condition.key) < condition.below)) {
      this.#step();
      return this.#route(path, node, name);
    }
    if (node.interrupt === 'before') wait(path, name);
    const failure = this.#attempts(path, node, name);
    if (failure !== undefined) {
      if (node.graceful === undefined) throw failure;
      merge(path, { error: { code: failure.code, node: failure.node ?? name } });
      return node.graceful.skip ?? this.#route(path, node, name);
    }
    if (node.interrupt === 'after') wait(path, name);
    return this.#route(path, node, name);
  }

  /** The failure that is left when no attempt is. */
  #attempts(path: ModelPath, node: TreeNode, name: string): Failure | undefined {
    for (let attempt = 1; ; attempt += 1) {
      const failure = failureOf(() => this.#attempt(path, node, name, attempt));
      if (failure === undefined) return undefined;
      if (!isRetried(node, attempt, failure.code)) return new Failure(failure.code, failure.node ?? name);
      if (this.#isRaced) throw new Chance();
      for (const visited of path.visits.keys()) if (visited.startsWith(`${name}/`)) path.visits.delete(visited);
    }
  }

  #route(path: ModelPath, { route }: TreeNode, name: string): number | 'again' | 'fork' {
    switch (route.kind) {
      case 'next':
        return 0;
      case 'fork':
        return 'fork';
      case 'again':
        return numberAt(path, route.key) < route.below ? 'again' : 0;
      case 'rules':
        if (numberAt(path, route.key) < route.below) return route.skip;
        if (route.hasElse) return 0;
        throw new RouteFailure('FLOW_NO_ROUTE', name);
    }
  }

  #step(): void {
    this.#steps += 1;
    if (this.#steps > MAX_STEPS) throw new Chance();
  }

  #attempt(path: ModelPath, node: TreeNode, name: string, attempt: number): void {
    const { breaker, work } = node;
    if (breaker === undefined) {
      this.#step();
      return this.#work(path, work, name, attempt);
    }
    const id = `${path.nodes}/${name}`;
    const failures = this.#breakers.get(id) ?? 0;
    if (path.isBeside && breaker < 100) throw new Chance();
    this.#step();
    if (failures >= breaker) {
      if (work.kind === 'act') visit(path, name, attempt);
      throw new Failure('FLOW_BREAKER', name);
    }
    try {
      this.#work(path, work, name, attempt);
    } catch (error) {
      if (error instanceof Failure) this.#breakers.set(id, failures + 1);
      throw error;
    }
    this.#breakers.set(id, 0);
  }

  #work(path: ModelPath, work: TreeWork, name: string, attempt: number): void {
    switch (work.kind) {
      case 'none':
        return;
      case 'count':
        return merge(path, { [work.key]: numberAt(path, work.key) + work.by });
      case 'lua':
        path.kept += work.by;
        return merge(path, { [work.key]: numberAt(path, work.key) + path.kept });
      case 'lua-raise':
        path.kept += 1;
        if (numberAt(path, work.key) % 2 === 0) return;
        throw new Failure('LUA_RAISED', name);
      case 'act': {
        const count = this.#calls.next(`${path.key}/${name}/${visit(path, name, attempt)}`);
        if (count < work.fails) throw new Failure(work.code, name);
        return merge(path, { [work.key]: numberAt(path, work.key) + 1 });
      }
      case 'ask':
        visit(path, name, attempt);
        return merge(path, givenTo(name));
      case 'call':
        return this.#call(path, work, name, attempt);
      case 'steps':
        return this.#runList(path, work.nodes, `${name}/`);
      case 'while':
        return this.#loop(path, work, name);
      case 'each':
        return this.#each(path, work, name, attempt);
    }
  }

  #loop(path: ModelPath, work: Extract<TreeWork, { kind: 'while' }>, name: string): void {
    const holds = (): boolean => numberAt(path, work.key) < work.below;
    for (let iteration = 0; holds() && iteration < work.max; iteration += 1) {
      this.#runList(path, work.nodes, `${name}/`);
    }
    if (holds() && work.isStrict) throw new Failure('FLOW_LOOP_LIMIT', name);
  }

  #runCalled(key: string, value: JsonValue, isBeside: boolean): JsonObject {
    const path = { ...aPath(key, { a: value, b: 0, c: 0 }, 'called'), isBeside };
    this.#runList(path, this.#tree.called, '');
    return path.state;
  }

  #call(path: ModelPath, work: Extract<TreeWork, { kind: 'call' }>, name: string, attempt: number): void {
    const key = `${path.key}/${name}.${visit(path, name, attempt)}/call`;
    const result = noted(name, () => this.#runCalled(key, numberAt(path, work.key), path.isBeside));
    const sum = Number(result['a']) + Number(result['b']);
    merge(path, work.hasOutput ? { [work.key]: sum } : result);
  }

  #each(path: ModelPath, work: Extract<TreeWork, { kind: 'each' }>, name: string, attempt: number): void {
    const { count, failFast, hasMatrix, body } = work;
    const matrices = hasMatrix ? [{ m: 1 }, { m: 2 }] : [undefined];
    const given = matrices.flatMap((matrix) =>
      itemsOf(count).map((item) => ({ ...(matrix === undefined ? {} : { matrix }), item })),
    );
    if (given.length === 0) return merge(path, { parallel_results: [] });
    const fanOut = `${path.key}/${name}.${visit(path, name, attempt)}`;
    const ends = given.map((one, index) => {
      const vars = { ...one, [hasMatrix ? 'item_index' : 'index']: index };
      const key = `${fanOut}/${index}`;
      return ending(() => {
        if (body === 'call') return this.#runCalled(key, one.item, true);
        const own: ModelPath = { ...aPath(key, path.state, path.nodes), touched: new Set(), isBeside: true };
        merge(own, vars);
        // Beside a work of the node's own, that work is a node named `item`.
        this.#runList(own, body, hasMatrix ? `${name}/item/` : `${name}/`);
        return Object.fromEntries([...(own.touched ?? [])].map((touched) => [touched, own.state[touched] ?? null]));
      });
    });
    // The nodes of a called flow mean nothing to the caller.
    if (failFast) this.#failFast(ends, body === 'call' ? name : undefined);
    const resultKey = hasMatrix ? 'result' : 'state';
    const results = ends.map(({ state, error }, index): JsonObject => {
      const { matrix, item } = given[index] as { matrix?: JsonObject; item: JsonValue };
      const shown = matrix === undefined ? { item } : { matrix, item };
      const failed = error === undefined ? {} : { error };
      const set = hasMatrix ? withoutGiven(state ?? {}, { ...shown, item_index: index }) : (state ?? {});
      return { index, ...shown, success: error === undefined, [resultKey]: set, ...failed, attempts: 1 };
    });
    mergeResults(path, results);
  }

  /** The first failure ends the others: which it is must not matter, nor what the others had done. */
  #failFast(ends: readonly Ending[], node: string | undefined): void {
    const errors = ends.flatMap(({ error }) => (error === undefined ? [] : [error]));
    const [first] = errors;
    if (first === undefined) return;
    const isOther = (error: typeof first): boolean =>
      error.code !== first.code || (node === undefined && error.node !== first.node);
    if (errors.some(isOther)) throw new Chance();
    if (ends.length > 1) this.#isRaced = true;
    throw new Failure(first.code, node ?? first.node);
  }

  #fork(path: ModelPath, node: TreeNode, prefix: string): void {
    if (node.route.kind !== 'fork') return;
    const name = prefix + node.name;
    const { onError, retries } = this.#branches;
    const fanOut = `${path.key}/${name}.${visit(path, name, 1)}`;
    const ends = node.route.branches.map((branch): Ending & { attempts: number } => {
      const own = prefix + (branch[0]?.name ?? '');
      for (let attempts = 1; ; attempts += 1) {
        const end = ending(() => {
          const below: ModelPath = { ...aPath(`${fanOut}/${own}`, path.state, path.nodes), isBeside: true };
          this.#runList(below, branch, prefix);
          return below.state;
        });
        if (end.error === undefined || attempts > retries) return { ...end, attempts };
        if (this.#isRaced) throw new Chance();
      }
    });
    if (onError === 'fail') this.#failFast(ends, undefined);
    const results = ends.map(({ state, error, attempts }, index): JsonObject => {
      const branch = (node.route.kind === 'fork' && node.route.branches[index]?.[0]?.name) || '';
      const failed = error === undefined ? {} : { error };
      return { branch, success: error === undefined, state: state ?? {}, ...failed, attempts };
    });
    mergeResults(path, results);
  }
}

function failureOf(work: () => void): Failure | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
}

function isRetried({ retry }: TreeNode, attempt: number, code: string): boolean {
  if (retry === undefined || attempt > retry.max) return false;
  return retry.isForAll || ['CONN_CONNECT', 'LUA_RAISED'].includes(code);
}

/** Something on the way after a node failed: only bodies around are asked, never the node itself. */
class RouteFailure extends Failure {}

interface Ending {
  readonly state?: JsonObject;
  readonly error?: { readonly code: string; readonly node?: string };
}

function ending(work: () => JsonObject): Ending {
  try {
    return { state: work() };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return { error: { code: error.code, ...(error.node === undefined ? {} : { node: error.node }) } };
  }
}

function withoutGiven(state: JsonObject, given: JsonObject): JsonObject {
  const isGiven = (key: string): boolean => JSON.stringify(state[key]) === JSON.stringify(given[key]);
  return Object.fromEntries(Object.entries(state).filter(([key]) => !isGiven(key)));
}

/** What fails in a called flow is the failure of the node that calls. */
function noted<T>(name: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof Failure) throw new Failure(error.code, name);
    throw error;
  }
}

function aPath(key: string, state: JsonObject, nodes: ModelPath['nodes']): ModelPath {
  return { key, state, kept: 0, visits: new Map(), touched: undefined, nodes, isBeside: false };
}

/** A person gives something around a node. */
function wait(path: ModelPath, name: string): void {
  visit(path, name, 1);
  merge(path, givenTo(name));
}

function merge(path: ModelPath, updates: JsonObject): void {
  path.state = { ...path.state, ...updates };
  for (const key of Object.keys(updates)) path.touched?.add(key);
}

function mergeResults(path: ModelPath, results: readonly JsonObject[]): void {
  if (JSON.stringify(results).length > MAX_LENGTH) throw new Chance();
  merge(path, { parallel_results: results });
}

function numberAt(path: ModelPath, key: string): number {
  return Number(path.state[key]);
}

function visit(path: ModelPath, name: string, attempt: number): number {
  const count = path.visits.get(name) ?? 0;
  if (attempt > 1 && count > 0) return count - 1;
  path.visits.set(name, count + 1);
  return count;
}
