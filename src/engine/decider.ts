/**
 * The only scheduler of a run: takes what happened, says what to do next.
 *
 * Knows no clock, no thread and no file. Invariant: the same flow and the same happenings in
 * the same order give the same commands, so a journal replays to the same run. A run is a tree
 * of paths: the main path, and below each fan-out one path per branch.
 */
import { type ErrorData, type JsonObject, MoonpoolError } from '../core/index.ts';
import type { BranchResult, Flow, ParallelRoute, SegmentEnd, SegmentFact } from '../flow/index.ts';
import type { Command, Happening, RunEnd, UnnumberedEvent } from './decision.ts';
import type { EffectOutcome, FlowResponse } from './ports.ts';

const encoder = new TextEncoder();

/** The id of the path a run begins on. */
export const MAIN_PATH = 'main';

type Phase =
  | { readonly kind: 'computing' }
  | { readonly kind: 'acting'; readonly step: string; readonly node: string }
  | { readonly kind: 'waiting_for_branches'; readonly fanOut: FanOut }
  | { readonly kind: 'over' };

interface FanOut {
  readonly route: ParallelRoute;
  readonly branches: readonly Path[];
  readonly results: (BranchResult | undefined)[];
  endedCount: number;
  /** Of the states that came in so far, also of those that were not kept. */
  stateBytes: number;
}

interface Path {
  readonly id: string;
  /** `/`-joined branch names as events show them; empty on the main path. */
  readonly label: string;
  readonly branch: { readonly parent: Path; readonly index: number; readonly name: string } | undefined;
  readonly join: string | undefined;
  readonly startedAtMs: number;
  /** How often each node of this path fanned out or acted: the iteration in step and path ids. */
  readonly visits: Map<string, number>;
  phase: Phase;
  state: Uint8Array;
  machine: Uint8Array | undefined;
  nowMs: number;
}

/** One run's decisions. Feed it every happening once, in order. */
export class Decider {
  readonly #flow: Flow;
  #stateBytes = 0;
  readonly #paths = new Map<string, Path>();
  readonly #steps = new Map<string, Path>();
  #stepsTaken = 0;
  #response: FlowResponse | undefined;
  #end: RunEnd | undefined;
  #commands: Command[] = [];

  constructor(flow: Flow) {
    this.#flow = flow;
  }

  /** How the run ended, once it has. */
  get end(): RunEnd | undefined {
    return this.#end;
  }

  /** True when the order in which paths end is a matter of chance. */
  get isConcurrent(): boolean {
    let count = 0;
    for (const { phase } of this.#paths.values()) {
      if (phase.kind === 'computing' || phase.kind === 'acting') count += 1;
      if (count > 1) return true;
    }
    return false;
  }

  /** How many paths have something in flight. */
  get inFlightCount(): number {
    let count = 0;
    for (const path of this.#paths.values()) {
      if (path.phase.kind === 'computing' || path.phase.kind === 'acting') count += 1;
    }
    return count;
  }

  /**
   * Takes one happening and returns what to do, in order.
   *
   * What belongs to an abandoned path or comes after the end is ignored: it was in flight when
   * the decision fell.
   */
  take(happening: Happening): readonly Command[] {
    this.#commands = [];
    if (this.#end === undefined) this.#take(happening);
    return this.#commands;
  }

  #take(happening: Happening): void {
    switch (happening.kind) {
      case 'started':
        this.#stateBytes = happening.stateBytes;
        this.#start(happening.atMs, happening.state, happening.input);
        return;
      case 'segment_reported': {
        const path = this.#paths.get(happening.path);
        if (path !== undefined) this.#report(path, happening.facts);
        return;
      }
      case 'segment_ended': {
        const path = this.#paths.get(happening.path);
        if (path?.phase.kind !== 'computing') return;
        this.#stepsTaken += happening.outcome.steps;
        this.#afterSegment(path, happening.outcome.end);
        return;
      }
      case 'effect_begun': {
        const path = this.#steps.get(happening.step);
        if (path?.phase.kind !== 'acting') return;
        this.#publish(path, { event: 'effect.started', at_ms: happening.atMs, node: path.phase.node });
        return;
      }
      case 'effect_ended': {
        const path = this.#steps.get(happening.step);
        this.#steps.delete(happening.step);
        if (path?.phase.kind !== 'acting') return;
        path.nowMs = happening.atMs;
        this.#afterEffect(path, path.phase.node, happening.outcome);
        return;
      }
      case 'stopped': {
        const kind = happening.error.code === 'FLOW_CANCELLED' ? 'cancelled' : 'failed';
        this.#finish({ kind, error: happening.error }, happening.atMs);
        return;
      }
    }
  }

  #start(atMs: number, state: Uint8Array, input: JsonObject): void {
    const path = this.#addPath({ id: MAIN_PATH, label: '', branch: undefined, join: undefined, state, nowMs: atMs });
    this.#publish(path, { event: 'run.started', at_ms: atMs, data: { flow: this.#flow.name, input } });
    this.#compute(path, { kind: 'entry' });
  }

  #addPath(spec: Pick<Path, 'id' | 'label' | 'branch' | 'join' | 'state' | 'nowMs'>): Path {
    const path: Path = {
      ...spec,
      startedAtMs: spec.nowMs,
      visits: new Map(),
      phase: { kind: 'computing' },
      machine: undefined,
    };
    this.#paths.set(path.id, path);
    return path;
  }

  #compute(path: Path, start: Extract<Command, { kind: 'run_segment' }>['start']): void {
    path.phase = { kind: 'computing' };
    this.#commands.push({
      kind: 'run_segment',
      path: path.id,
      start,
      state: path.state,
      ...(path.machine === undefined ? {} : { machine: path.machine }),
      ...(path.join === undefined ? {} : { join: path.join }),
      nowMs: path.nowMs,
      stepsLeft: Math.max(0, this.#flow.settings.maxSteps - this.#stepsTaken),
    });
    path.machine = undefined;
  }

  #afterSegment(path: Path, end: SegmentEnd): void {
    if (this.#stepsTaken > this.#flow.settings.maxSteps) {
      const message = `The run took more than ${this.#flow.settings.maxSteps} node steps. Raise settings.max_steps or end the loop.`;
      this.#finish({ kind: 'failed', error: { code: 'FLOW_STEP_LIMIT', message } }, path.nowMs);
      return;
    }
    switch (end.kind) {
      case 'end':
        if (path.branch !== undefined) throw new MoonpoolError('BUG_INVARIANT', 'A branch ended the run.');
        this.#finish(
          {
            kind: 'succeeded',
            state: end.state,
            ...(this.#response === undefined ? {} : { response: this.#response }),
          },
          path.nowMs,
        );
        return;
      case 'joined':
        this.#branchOver(path, { success: true, state: end.state });
        return;
      case 'action': {
        path.state = end.state;
        path.machine = end.machine;
        const step = `${path.id}/${end.node}/${this.#visit(path, end.node)}`;
        path.phase = { kind: 'acting', step, node: end.node };
        this.#steps.set(step, path);
        this.#commands.push({
          kind: 'run_effect',
          path: path.id,
          step,
          node: end.node,
          uses: end.uses,
          with: end.with,
        });
        return;
      }
      case 'parallel':
        path.state = end.state;
        path.machine = end.machine;
        this.#fanOut(path, end.node, end.route);
        return;
      case 'failed':
        this.#fail(path, end.error, end.node);
        return;
    }
  }

  #afterEffect(path: Path, node: string, outcome: EffectOutcome): void {
    const failed = outcome.kind === 'failed' ? { error: errorJson(outcome.error) } : {};
    this.#publish(path, {
      event: 'effect.finished',
      at_ms: path.nowMs,
      node,
      data: { success: outcome.kind === 'done', ...failed },
    });
    if (outcome.kind === 'failed') {
      this.#compute(path, { kind: 'error', node, error: outcome.error });
      return;
    }
    if (outcome.response !== undefined) this.#response = outcome.response;
    this.#compute(path, { kind: 'result', node, value: encoder.encode(JSON.stringify(outcome.value)) });
  }

  #fanOut(parent: Path, node: string, route: ParallelRoute): void {
    const visit = this.#visit(parent, node);
    const branches = route.branches.map((name, index) =>
      this.#addPath({
        id: `${parent.id}/${node}.${visit}/${name}`,
        label: parent.label === '' ? name : `${parent.label}/${name}`,
        branch: { parent, index, name },
        join: route.join,
        state: parent.state,
        nowMs: parent.nowMs,
      }),
    );
    parent.phase = {
      kind: 'waiting_for_branches',
      fanOut: { route, branches, results: branches.map(() => undefined), endedCount: 0, stateBytes: 0 },
    };
    for (const path of branches) {
      this.#publish(path, { event: 'branch.started', at_ms: path.nowMs });
      this.#compute(path, { kind: 'node', node: path.branch?.name as string });
    }
  }

  #branchOver(path: Path, result: Pick<BranchResult, 'success' | 'state' | 'error'>): void {
    const branch = path.branch;
    const waiting = branch?.parent.phase;
    if (branch === undefined || waiting?.kind !== 'waiting_for_branches') {
      throw new MoonpoolError('BUG_INVARIANT', 'A join was reached outside a branch.');
    }
    const { parent } = branch;
    const { fanOut } = waiting;
    path.phase = { kind: 'over' };
    this.#paths.delete(path.id);
    fanOut.stateBytes += result.state?.byteLength ?? 0;
    // What cannot fit into the state of the join need not be held until all are there.
    const { state: _, ...withoutState } = result;
    fanOut.results[branch.index] = {
      branch: branch.name,
      ...(fanOut.stateBytes > this.#stateBytes ? withoutState : result),
      timing_ms: path.nowMs - path.startedAtMs,
      attempts: 1,
    };
    parent.nowMs = Math.max(parent.nowMs, path.nowMs);
    const failed = result.error === undefined ? {} : { error: errorJson(result.error) };
    this.#publish(path, { event: 'branch.finished', at_ms: path.nowMs, data: { success: result.success, ...failed } });
    fanOut.endedCount += 1;
    if (fanOut.endedCount === fanOut.branches.length) this.#join(parent, fanOut);
  }

  #join(parent: Path, { route, stateBytes, results: entries }: FanOut): void {
    const results = entries.filter((entry) => entry !== undefined);
    if (stateBytes <= this.#stateBytes) {
      this.#compute(parent, { kind: 'joined', join: route.join, results });
      return;
    }
    const message = `The states of the ${results.length} branches before ${route.join} have ${stateBytes} bytes together, over the limit of ${this.#stateBytes} (limits.state_bytes). Let branches return less, or keep large data in blobs or kv.`;
    this.#compute(parent, { kind: 'error', node: route.join, error: { code: 'LUA_VALUE', message } });
  }

  #fail(path: Path, error: ErrorData, node: string | undefined): void {
    const branch = path.branch;
    const waiting = branch?.parent.phase;
    if (branch === undefined || waiting?.kind !== 'waiting_for_branches') {
      this.#finish({ kind: 'failed', error, ...(node === undefined ? {} : { node }) }, path.nowMs);
      return;
    }
    if (waiting.fanOut.route.onError === 'collect') {
      this.#branchOver(path, { success: false, error: node === undefined ? error : { ...error, node } });
      return;
    }
    this.#publish(path, {
      event: 'branch.finished',
      at_ms: path.nowMs,
      data: { success: false, error: errorJson(error) },
    });
    this.#abandon(waiting.fanOut.branches.filter((other) => this.#paths.has(other.id)));
    branch.parent.nowMs = Math.max(branch.parent.nowMs, path.nowMs);
    this.#fail(branch.parent, error, node);
  }

  /** Forgets `paths` and all below them, and has the runner end what they have in flight. */
  #abandon(paths: readonly Path[]): void {
    const ended: string[] = [];
    const forget = (path: Path): void => {
      if (path.phase.kind === 'waiting_for_branches') {
        for (const child of path.phase.fanOut.branches) if (this.#paths.has(child.id)) forget(child);
      }
      if (path.phase.kind === 'acting') this.#steps.delete(path.phase.step);
      path.phase = { kind: 'over' };
      this.#paths.delete(path.id);
      ended.push(path.id);
    };
    for (const path of paths) forget(path);
    if (ended.length > 0) this.#commands.push({ kind: 'abandon', paths: ended });
  }

  #finish(end: RunEnd, atMs: number): void {
    const main = this.#paths.get(MAIN_PATH);
    if (main !== undefined) this.#abandon([main]);
    this.#end = end;
    const data = end.kind === 'succeeded' ? {} : { error: errorJson(end.error) };
    this.#commands.push({
      kind: 'publish',
      event: { event: 'run.finished', at_ms: atMs, data: { status: end.kind, ...data } },
    });
    this.#commands.push({ kind: 'finish', end });
  }

  #visit(path: Path, node: string): number {
    const count = path.visits.get(node) ?? 0;
    path.visits.set(node, count + 1);
    return count;
  }

  #report(path: Path, facts: readonly SegmentFact[]): void {
    for (const fact of facts) {
      if (fact.kind === 'log') continue;
      const failed = fact.kind === 'node.finished' && fact.error !== undefined ? { error: errorJson(fact.error) } : {};
      const updates = fact.kind === 'node.finished' && fact.updates !== undefined ? { updates: fact.updates } : {};
      const data = { ...updates, ...failed };
      const hasData = Object.keys(data).length > 0;
      this.#publish(path, { event: fact.kind, at_ms: path.nowMs, node: fact.node, ...(hasData ? { data } : {}) });
    }
  }

  #publish(path: Path, event: Omit<UnnumberedEvent, 'branch'>): void {
    this.#commands.push({ kind: 'publish', event: path.label === '' ? event : { ...event, branch: path.label } });
  }
}

function errorJson(error: ErrorData): JsonObject {
  return { ...error };
}

/**
 * The commands that follow `event` in a run with this history: the pure form of {@link Decider}.
 *
 * Cost: linear in the history. For checks and replay; a live run keeps one `Decider`.
 */
export function decide(flow: Flow, history: readonly Happening[], event: Happening): readonly Command[] {
  const decider = new Decider(flow);
  for (const past of history) decider.take(past);
  return decider.take(event);
}
