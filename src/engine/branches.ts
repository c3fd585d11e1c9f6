/**
 * Branches of a run: started as many at once as may, ended, tried again, and brought together.
 *
 * Part of the decider, which lends it what it needs; as pure as that. Invariant: results stand
 * in the order of declaration or of the items, whatever ended first.
 */
import { type ErrorData, MoonpoolError } from '../core/index.ts';
import {
  type BranchResult,
  type Flow,
  type FlowNode,
  isRetried,
  type ItemResult,
  type ItemStart,
  retryDelayMs,
  type SegmentEnd,
  type SegmentStart,
} from '../flow/index.ts';
import type { BreakerUse, Command, UnnumberedEvent } from './decision.ts';
import type { RunTimers } from './run-timers.ts';
import {
  type BranchEnd,
  branchName,
  type FanOut,
  type FanOutKind,
  type Lineage,
  type Path,
  type Phase,
  policyOf,
  startOf,
  newPath,
} from './path.ts';

/** What the decider lends. */
export interface Lent {
  /** The one branch of a fan-out that is run, when a machine is made again; undefined for all. */
  readonly only: (fanOutId: string) => Lineage | undefined;
  readonly add: (path: Path) => void;
  readonly forget: (path: Path) => void;
  readonly setPhase: (path: Path, phase: Phase) => void;
  readonly command: (command: Command) => void;
  readonly publish: (path: Path, event: Omit<UnnumberedEvent, 'branch'>) => void;
  readonly compute: (path: Path, start: SegmentStart) => void;
  readonly ask: (path: Path, breaker: BreakerUse, then: (error: ErrorData | undefined) => void) => void;
  readonly timers: RunTimers;
  /** Ends what the paths have in flight and forgets them. */
  readonly abandon: (paths: readonly Path[]) => void;
  readonly failPath: (path: Path, error: ErrorData, node: string | undefined) => void;
}

/** Items under way at once when the flow does not say: ten thousand must not hold the memory of ten thousand. */
const ITEMS_AT_ONCE = 1_000;

type Forking = Extract<SegmentEnd, { kind: 'parallel' | 'each' | 'call' }>;

/** See the head of this file. */
export class Branches {
  readonly #lent: Lent;
  /** Branches that their breaker refused: it learns nothing from them. */
  readonly #refused = new WeakSet<Path>();
  /** Most that the states of all branches of one fan-out may have together. */
  stateBytes = 0;

  constructor(lent: Lent) {
    this.#lent = lent;
  }

  /** Begins the fan-out, the items or the call with which a segment of `parent` ended; `visit` counts those before. */
  fork(parent: Path, end: Forking, visit: number): void {
    const node = parent.flow.nodes.find(({ name }) => name === end.node);
    const over = kindOf(parent.flow, node, end);
    const attempt = end.kind === 'parallel' ? 1 : end.attempt;
    const count = over.kind === 'static' ? over.route.branches.length : over.kind === 'items' ? over.items.length : 1;
    const restart = parent.restartCount === 0 ? '' : `^${parent.restartCount}`;
    const fanOut: FanOut = {
      over,
      node: end.node,
      id: `${parent.id}/${end.node}.${visit}${restart}${attempt === 1 ? '' : `~${attempt}`}`,
      key: `${parent.key}/${end.node}.${visit}`,
      attempt,
      count,
      policy: over.kind === 'static' ? policyOf(over.route) : itemPolicy(node, count),
      branchMemo: end.kind === 'call' ? undefined : end.branchMemo,
      running: new Set(),
      nextIndex: 0,
      results: [],
      endedCount: 0,
      stateBytes: 0,
      timer: undefined,
    };
    this.#lent.setPhase(parent, { kind: 'forked', fanOut });
    const timeoutMs = over.kind === 'static' ? undefined : node?.timeoutMs;
    if (timeoutMs !== undefined) {
      const expire = (atMs: number): void => this.#expire(parent, fanOut, { timeoutMs, atMs });
      fanOut.timer = this.#lent.timers.start(parent, timeoutMs, expire);
    }
    const only = this.#lent.only(fanOut.id);
    if (only === undefined) return this.#startNext(parent, fanOut);
    fanOut.nextIndex = count;
    this.#start(parent, fanOut, only);
  }

  /** A branch came in. */
  end(path: Path, result: BranchEnd): void {
    const { parent, fanOut, index } = placeOf(path);
    this.#lent.forget(path);
    fanOut.stateBytes += result.state?.byteLength ?? 0;
    // What cannot fit into the state of the join need not be held until all are there.
    const { state: _, ...withoutState } = result;
    const kept = fanOut.stateBytes > this.stateBytes && fanOut.over.kind !== 'call' ? withoutState : result;
    const timing = { timing_ms: path.nowMs - path.startedAtMs, attempts: path.attempt };
    fanOut.results[index] =
      fanOut.over.kind === 'items'
        ? { index, vars: (fanOut.over.items[index] as ItemStart).vars, ...kept, ...timing }
        : { branch: branchName(fanOut, index), ...kept, ...timing };
    parent.nowMs = Math.max(parent.nowMs, path.nowMs);
    const failed = result.error === undefined ? {} : { error: { ...result.error } };
    if (fanOut.over.kind !== 'call') {
      const data = { success: result.success, ...failed };
      this.#lent.publish(path, { event: 'branch.finished', at_ms: path.nowMs, data });
    }
    this.#tellBreaker(path, fanOut, result.success);
    fanOut.endedCount += 1;
    if (fanOut.endedCount === fanOut.count) this.#bringTogether(parent, fanOut);
    else this.#startNext(parent, fanOut);
  }

  /** A branch failed: it is tried again, collected, or the fan-out fails with it. */
  fail(path: Path, error: ErrorData, node: string | undefined): void {
    const { parent, fanOut } = placeOf(path);
    const { policy } = fanOut;
    if (policy.retry !== undefined && isRetried(policy.retry, path.attempt, error.code)) {
      this.#tellBreaker(path, fanOut, false);
      this.#tryAgain(path, retryDelayMs(policy.retry, path.attempt, path.key));
      return;
    }
    const named = node === undefined ? error : { ...error, node };
    if (policy.onError === 'collect' && fanOut.over.kind !== 'call') {
      // A branch that was late has work under way, and branches of its own.
      this.#lent.abandon([path]);
      this.end(path, { success: false, error: named });
      return;
    }
    this.#tellBreaker(path, fanOut, false);
    if (fanOut.over.kind !== 'call') {
      const data = { success: false, error: { ...error } };
      this.#lent.publish(path, { event: 'branch.finished', at_ms: path.nowMs, data });
    }
    parent.nowMs = Math.max(parent.nowMs, path.nowMs);
    this.#lent.abandon([path]);
    this.#failFanOut(parent, fanOut, { error, node });
  }

  #startNext(parent: Path, fanOut: FanOut): void {
    while (fanOut.nextIndex < fanOut.count && fanOut.running.size < fanOut.policy.maxWorkers) {
      const index = fanOut.nextIndex;
      fanOut.nextIndex += 1;
      this.#start(parent, fanOut, { index, startedAtMs: parent.nowMs });
      // What came in at once may have ended the whole fan-out.
      if (parent.phase.kind !== 'forked' || parent.phase.fanOut !== fanOut) return;
    }
  }

  #start(parent: Path, fanOut: FanOut, { index, startedAtMs }: Pick<Lineage, 'index' | 'startedAtMs'>): void {
    const path = this.#addBranch(parent, fanOut, { index, attempt: 1 });
    path.startedAtMs = startedAtMs;
    path.nowMs = startedAtMs;
    if (fanOut.over.kind !== 'call') this.#lent.publish(path, { event: 'branch.started', at_ms: path.nowMs });
    this.#begin(path, fanOut);
  }

  #addBranch(parent: Path, fanOut: FanOut, { index, attempt }: { index: number; attempt: number }): Path {
    const { over } = fanOut;
    const own = over.kind === 'static' ? over.route.branches[index] : over.kind === 'items' ? index : 'call';
    const id = `${fanOut.id}/${own}`;
    const called = calledBy(over);
    const name = branchName(fanOut, index);
    const path = newPath({
      id: attempt === 1 ? id : `${id}~${attempt}`,
      key: `${fanOut.key}/${own}`,
      label: parent.label === '' ? name : `${parent.label}/${name}`,
      flow: called ?? parent.flow,
      place: { parent, fanOut, index },
      ...(called === undefined ? standingOf(parent, fanOut) : { root: undefined, join: undefined, memo: undefined }),
      attempt,
      state: parent.state,
      nowMs: parent.nowMs,
    });
    fanOut.running.add(path);
    this.#lent.add(path);
    return path;
  }

  #begin(path: Path, fanOut: FanOut): void {
    const { breaker, timeoutMs } = fanOut.policy;
    if (timeoutMs !== undefined) {
      path.limitTimer = this.#lent.timers.start(path, timeoutMs, (atMs) => {
        path.nowMs = atMs;
        const message = `The branch ${path.label} did not end within its limit of ${timeoutMs} ms.`;
        this.fail(path, { code: 'FLOW_TIMEOUT', message }, undefined);
      });
    }
    if (breaker === undefined) return this.#run(path, fanOut);
    this.#lent.ask(path, breakerOf(path, fanOut, breaker), (error) => {
      if (error === undefined) return this.#run(path, fanOut);
      this.#refused.add(path);
      this.fail(path, error, undefined);
    });
  }

  #run(path: Path, fanOut: FanOut): void {
    const { over } = fanOut;
    const { index } = placeOf(path);
    const input = over.kind === 'call' ? over.input : over.kind === 'items' ? over.items[index]?.input : undefined;
    if (input === undefined) return this.#lent.compute(path, startOf(fanOut, index));
    this.#lent.setPhase(path, { kind: 'beginning' });
    this.#lent.command({ kind: 'begin_call', path: path.id, flow: path.flow, input });
  }

  #tryAgain(path: Path, delayMs: number): void {
    const { parent, fanOut, index } = placeOf(path);
    const attempt = path.attempt + 1;
    const data = { attempt, delay_ms: delayMs };
    this.#lent.publish(path, { event: 'retry.scheduled', at_ms: path.nowMs, data });
    this.#lent.abandon([path]);
    const next = this.#addBranch(parent, fanOut, { index, attempt });
    next.startedAtMs = path.startedAtMs;
    next.nowMs = path.nowMs;
    if (delayMs === 0) return this.#begin(next, fanOut);
    const timer = this.#lent.timers.start(next, delayMs, (atMs) => {
      next.nowMs = atMs;
      this.#begin(next, fanOut);
    });
    this.#lent.setPhase(next, { kind: 'pausing', timer });
  }

  #expire(parent: Path, fanOut: FanOut, { timeoutMs, atMs }: { timeoutMs: number; atMs: number }): void {
    fanOut.timer = undefined;
    parent.nowMs = Math.max(parent.nowMs, atMs);
    const message = `${fanOut.node} did not end within its limit of ${timeoutMs} ms.`;
    this.#failFanOut(parent, fanOut, { error: { code: 'FLOW_TIMEOUT', message }, node: fanOut.node });
  }

  #failFanOut(parent: Path, fanOut: FanOut, { error, node }: { error: ErrorData; node: string | undefined }): void {
    this.#lent.abandon([...fanOut.running]);
    this.#lent.timers.stop(fanOut.timer);
    const { over, attempt } = fanOut;
    if (over.kind !== 'static') {
      // The nodes of a called flow mean nothing to the caller.
      const inside = calledBy(over) === undefined && node !== undefined ? { innermost: node } : {};
      this.#lent.compute(parent, { kind: 'error', node: fanOut.node, attempt, error, ...inside });
      return;
    }
    // A static fan-out is a way on, not a node: its failure is that of the body it stands in.
    const around = parent.memo?.frames.at(-1);
    if (around === undefined) return this.#lent.failPath(parent, error, node);
    const inside = node === undefined ? {} : { innermost: node };
    this.#lent.compute(parent, { kind: 'error', node: around.node, attempt: around.attempt, error, ...inside });
  }

  #bringTogether(parent: Path, fanOut: FanOut): void {
    const { over, stateBytes, node, attempt } = fanOut;
    this.#lent.timers.stop(fanOut.timer);
    if (over.kind === 'call') {
      const [result] = fanOut.results;
      this.#lent.compute(parent, { kind: 'result', node, attempt, value: result?.state ?? new Uint8Array() });
      return;
    }
    const results = fanOut.results.filter((entry) => entry !== undefined);
    const at = over.kind === 'static' ? over.route.join : node;
    if (stateBytes > this.stateBytes) {
      const message = `The states of the ${results.length} branches before ${at} have ${stateBytes} bytes together, over the limit of ${this.stateBytes} (limits.state_bytes). Let branches return less, or keep large data in blobs or kv.`;
      const error = { code: 'LUA_VALUE', message } as const;
      // A join that is tried again would run without what it is for.
      const none = { attempt: Number.MAX_SAFE_INTEGER, isRefused: true } as const;
      this.#lent.compute(parent, { kind: 'error', node: at, error, ...(over.kind === 'static' ? none : { attempt }) });
    } else if (over.kind === 'static') {
      this.#lent.compute(parent, { kind: 'joined', join: at, results: results as BranchResult[] });
    } else {
      this.#lent.compute(parent, { kind: 'collected', node, results: results as ItemResult[] });
    }
  }

  #tellBreaker(path: Path, fanOut: FanOut, success: boolean): void {
    const { breaker } = fanOut.policy;
    if (breaker === undefined || this.#refused.has(path)) return;
    this.#lent.command({ kind: 'tell_breaker', breaker: breakerOf(path, fanOut, breaker), success });
  }
}

function kindOf(flow: Flow, node: FlowNode | undefined, end: Forking): FanOutKind {
  if (end.kind === 'parallel') return { kind: 'static', route: end.route };
  if (end.kind === 'call') return { kind: 'call', input: end.input, flow: importOf(flow, end.flow) };
  const called = node?.work.kind === 'each' && node.work.body.kind === 'call' ? node.work.body.flow : undefined;
  return { kind: 'items', items: end.items, flow: called === undefined ? undefined : importOf(flow, called) };
}

function importOf(flow: Flow, name: string): Flow {
  const found = flow.imports !== undefined && Object.hasOwn(flow.imports, name) ? flow.imports[name] : undefined;
  if (found === undefined)
    throw new MoonpoolError('BUG_INVARIANT', `A checked flow calls ${name}, which it does not import.`);
  return found;
}

function itemPolicy(node: FlowNode | undefined, count: number): FanOut['policy'] {
  const work = node?.work.kind === 'each' ? node.work : undefined;
  const onError = work?.failFast === false ? 'collect' : 'fail';
  return {
    onError,
    maxWorkers: work?.maxConcurrency ?? Math.min(count, ITEMS_AT_ONCE),
    timeoutMs: undefined,
    retry: undefined,
    breaker: undefined,
  };
}

function breakerOf(path: Path, fanOut: FanOut, settings: BreakerUse['settings']): BreakerUse {
  const { index } = placeOf(path);
  return { name: `${path.flow.name}/${fanOut.node}/${branchName(fanOut, index)}`, settings };
}

/** The flow that the branches run, when it is another. */
function calledBy(over: FanOutKind): Flow | undefined {
  return over.kind === 'static' ? undefined : over.flow;
}

/** The body a branch begins in, the join it ends at, and what it remembers. */
function standingOf(parent: Path, fanOut: FanOut): Pick<Path, 'root' | 'join' | 'memo'> {
  const { over, branchMemo: memo } = fanOut;
  if (over.kind === 'static') return { root: rootOf(parent), join: over.route.join, memo };
  return { root: fanOut.node, join: undefined, memo };
}

/** The body in which `parent` stands now, which is where its branches begin. */
function rootOf(parent: Path): string | undefined {
  return parent.memo?.frames.at(-1)?.node ?? parent.root;
}

function placeOf(path: Path): NonNullable<Path['place']> {
  if (path.place === undefined) throw new MoonpoolError('BUG_INVARIANT', 'A join was reached outside a branch.');
  return path.place;
}
