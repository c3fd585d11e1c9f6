/**
 * Executes one segment: node after node through routes and bodies, until something only the
 * outside can do.
 *
 * Pure but for the machine it is given. Knows no thread and no message; the lane's worker (or
 * a test) supplies the surroundings. What a single node does is in `node-work.ts`.
 */
import { type ErrorData, type JsonObject, MoonpoolError, toErrorData } from '../../core/index.ts';
import { evaluateCondition, evaluateExpression, renderOutput } from '../../expr/index.ts';
import {
  type Admission,
  type BodyFrame,
  canGoOnAfterFailure,
  type Destination,
  type FlowNode,
  followRoute,
  isRetried,
  retryDelayMs,
  type Route,
  type SegmentEnd,
  type SegmentOutcome,
  type SegmentRequest,
  type SegmentStart,
  START,
} from '../../flow/index.ts';
import { toItemEntry } from './fan-items.ts';
import { type Continuation, type NodeResult, NodeWorker } from './node-work.ts';
import { parseBytes, parseObject, PathState } from './path-state.ts';
import type { PreparedFlow } from './prepared-flow.ts';
import type { LateStep, SegmentPause } from './protocol.ts';
import type { Surroundings } from './surroundings.ts';

/** Thrown out of `executeSegment` when `isStopped` said so. */
export class SegmentStopped extends Error {}

/** How `executeSegment` ended: the segment is over, or it gave way and goes on later. */
export type Execution =
  | { readonly kind: 'ended'; readonly outcome: SegmentOutcome }
  | { readonly kind: 'paused'; readonly pause: SegmentPause }
  /** A node whose failure can be gone on from was late; what it left in the machine must not be gone on with. */
  | { readonly kind: 'late'; readonly late: LateStep };

/** Runs the segment that `request` describes to its end, or until it is to give way. @throws SegmentStopped */
export function executeSegment(flow: PreparedFlow, request: SegmentRequest, around: Surroundings): Execution {
  return new SegmentExecution(flow, request, around).run();
}

/** A node about to run. */
interface Visit {
  readonly node: string;
  readonly attempt: number;
  readonly admitted: Admission | undefined;
}

type Step =
  | { readonly kind: 'visit'; readonly visit: Visit }
  | { readonly kind: 'end'; readonly end: SegmentEnd }
  | { readonly kind: 'pause'; readonly visit: Visit }
  | { readonly kind: 'late'; readonly error: ErrorData };

class SegmentExecution {
  readonly #flow: PreparedFlow;
  readonly #request: SegmentRequest;
  readonly #around: Surroundings;
  readonly #state: PathState;
  readonly #worker: NodeWorker;
  readonly #guarded: { readonly node: string; readonly success: boolean }[] = [];
  #frames: readonly BodyFrame[];
  #isRefused: boolean;
  #steps = 0;

  constructor(flow: PreparedFlow, request: SegmentRequest, around: Surroundings) {
    this.#flow = flow;
    this.#request = request;
    this.#around = around;
    this.#state = new PathState(flow.flow, request);
    this.#frames = request.memo?.frames ?? [];
    this.#isRefused = request.start.kind === 'error' && request.start.isRefused === true;
    this.#worker = new NodeWorker({ flow, request, around, state: this.#state });
  }

  run(): Execution {
    let step = this.#enter(this.#request.start);
    while (step.kind === 'visit') step = this.#visit(step.visit);
    if (step.kind === 'late') return { kind: 'late', late: { step: this.#steps, error: step.error } };
    if (step.kind === 'pause') return { kind: 'paused', pause: this.#pause(step.visit) };
    const guarded = this.#guarded.length === 0 ? {} : { guarded: this.#guarded };
    return { kind: 'ended', outcome: { end: step.end, steps: this.#steps, ...guarded } };
  }

  /** The state is not held against its limit here: whether a segment gives way must not change how it ends. */
  #pause({ node, attempt, admitted }: Visit): SegmentPause {
    const { machine } = this.#around;
    const calls = machine.callCount;
    const parked = machine.park();
    return {
      start: { kind: 'node', node, attempt, ...(admitted === undefined ? {} : { admitted }) },
      state: this.#state.toBytesUnchecked(),
      memo: this.#state.memo(this.#frames),
      steps: this.#steps,
      calls,
      guarded: this.#guarded,
      ...(parked === undefined ? {} : { machine: parked }),
    };
  }

  #enter(start: SegmentStart): Step {
    switch (start.kind) {
      case 'entry':
        return this.#follow(this.#flow.flow.entry, START, undefined);
      case 'node':
        return this.#go(start.node, start.attempt, start.admitted);
      case 'item': {
        this.#state.mergeItem(parseObject(start.vars));
        const { node } = this.#flow.node(start.node);
        return this.#follow(this.#worker.bodyOf(node), node.name, node.name);
      }
      case 'joined':
        this.#state.merge({ parallel_results: start.results.map((result) => this.#worker.toBranchEntry(result)) });
        return this.#go(start.join);
      case 'given':
        this.#state.merge(parseObject(start.value));
        if (start.when === 'before') return this.#go(start.node, 1, 'interrupt');
        return this.#followFrom(this.#flow.node(start.node).node);
      default:
        return this.#goOnWith(start);
    }
  }

  /** Something of a node came back. */
  #goOnWith(start: Extract<SegmentStart, { kind: 'result' | 'error' | 'collected' }>): Step {
    const { node } = this.#flow.node(start.node);
    const attempt = start.kind === 'collected' ? 1 : (start.attempt ?? 1);
    if (start.kind === 'error') {
      // A refused node counts as a step, or a loop around it would never end.
      if (this.#isRefused) this.#steps += 1;
      return this.#fail(node, attempt, start.error, start.innermost);
    }
    return this.#attempt(node, attempt, () => {
      if (start.kind === 'result') return this.#finish(node, this.#worker.outputOf(node, parseBytes(start.value)));
      const { work } = node;
      if (work.kind !== 'each') throw new MoonpoolError('BUG_INVARIANT', 'Items came in at a node without items.');
      return this.#finish(node, { [work.output]: start.results.map((result) => toItemEntry(work, result)) });
    });
  }

  #go(node: string, attempt = 1, admitted?: Admission): Step {
    return { kind: 'visit', visit: { node, attempt, admitted } };
  }

  #visit(visit: Visit): Step {
    const { node, index } = this.#flow.node(visit.node);
    if (this.#steps >= this.#request.stepsLeft) {
      const limit = this.#flow.flow.settings.maxSteps;
      const message = `The run took more than ${limit} node steps. Raise settings.max_steps or end the loop.`;
      return this.#failed(node.name, { code: 'FLOW_STEP_LIMIT', message });
    }
    if (this.#around.isStopped()) throw new SegmentStopped();
    if (this.#steps > 0 && this.#around.isToGiveWay()) return { kind: 'pause', visit };
    const early = this.#admit(node, visit);
    if (early !== undefined) return early;
    this.#steps += 1;
    this.#around.report({ kind: 'node.started', node: node.name });
    this.#around.beginNode(index, this.#steps);
    const failure = this.#around.replacement?.failures.find((candidate) => candidate.step === this.#steps);
    if (failure !== undefined) return this.#fail(node, visit.attempt, failure.error);
    return this.#attempt(node, visit.attempt, () => this.#perform(node, visit.attempt));
  }

  /** Condition, interrupt and breaker, in this order; undefined when the node may run. */
  #admit(node: FlowNode, { attempt, admitted }: Visit): Step | undefined {
    if (admitted === undefined) {
      const { condition } = node;
      if (condition !== undefined) {
        const skipped = this.#skip(node, condition);
        if (skipped !== undefined) return skipped;
      }
      if (node.interrupt === 'before' || node.interrupt === 'both' || this.#isInterrupted('before', node)) {
        return this.#leave(node, (parts) => ({ kind: 'wait', attempt, when: 'before', ...parts }));
      }
    }
    if (admitted === 'breaker' || node.breaker === undefined || node.work.kind === 'action') return undefined;
    return this.#leave(node, (parts) => ({ kind: 'gate', attempt, ...parts }));
  }

  #skip(node: FlowNode, condition: string): Step | undefined {
    let holds: boolean;
    try {
      holds = evaluateCondition(this.#flow.condition(condition), this.#state.scope());
    } catch (error) {
      return this.#raise(node, error);
    }
    if (holds) return undefined;
    // A skipped node counts as a step, or a loop of them would never end.
    this.#steps += 1;
    this.#around.report({ kind: 'node.finished', node: node.name, notes: { skipped: true } });
    return this.#followFrom(node);
  }

  #isInterrupted(when: 'before' | 'after', node: FlowNode): boolean {
    return this.#request.interrupts?.[when].includes(node.name) === true;
  }

  /** Runs `work`; what it throws is the node's failure. */
  #attempt(node: FlowNode, attempt: number, work: () => Step): Step {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof MoonpoolError)) throw error;
      const { root } = this.#request;
      const isLate = error.code === 'LUA_TIMEOUT' && canGoOnAfterFailure(this.#flow.flow, node, root);
      return isLate ? { kind: 'late', error: toErrorData(error) } : this.#fail(node, attempt, toErrorData(error));
    }
  }

  #perform(node: FlowNode, attempt: number): Step {
    const result: NodeResult = this.#worker.perform(node, attempt);
    switch (result.kind) {
      case 'updates':
        return this.#finish(node, result.updates);
      case 'leave':
        return this.#leave(node, result.toEnd);
      case 'body':
        this.#frames = [...this.#frames, { node: node.name, iteration: 0, attempt }];
        return node.work.kind === 'while' ? this.#iterate(node) : this.#follow(result.entry, node.name, node.name);
    }
  }

  /** Begins the next iteration of the loop whose frame is the innermost, or ends it. */
  #iterate(node: FlowNode): Step {
    const { work } = node;
    const frame = this.#frames.at(-1);
    if (work.kind !== 'while' || frame === undefined)
      throw new MoonpoolError('BUG_INVARIANT', 'A loop lost its frame.');
    const { iteration, attempt } = frame;
    const holds = evaluateCondition(this.#flow.condition(work.condition), this.#state.scope());
    if (holds && iteration < work.maxIterations) return this.#follow(work.entry, node.name, node.name);
    this.#frames = this.#frames.slice(0, -1);
    if (holds && work.onLimit === 'error') {
      const message = `The loop ${node.name} reached its ${work.maxIterations} iterations (max_iterations) and its condition still holds.`;
      return this.#fail(node, attempt, { code: 'FLOW_LOOP_LIMIT', message });
    }
    const exitReason = holds ? 'max_iterations_reached' : 'condition_false';
    return this.#finish(node, {}, { exit_reason: exitReason, iterations: iteration });
  }

  /** The body of `owner` ran to its end. */
  #endBody(owner: string): Step {
    const frame = this.#frames.at(-1);
    const { node } = this.#flow.node(owner);
    if (frame?.node !== owner) throw new MoonpoolError('BUG_INVARIANT', 'A body ended that the path was not in.');
    this.#frames = this.#frames.slice(0, -1);
    if (node.work.kind !== 'while') return this.#finish(node, {});
    this.#frames = [...this.#frames, { ...frame, iteration: frame.iteration + 1 }];
    // The loop's own step, so that a condition that costs is seen by whoever watches the clock.
    return this.#attempt(node, frame.attempt, () => this.#iterate(node));
  }

  #finish(node: FlowNode, updates: JsonObject, notes?: JsonObject): Step {
    this.#state.merge(updates);
    const seen = this.#request.wantFacts ? { updates } : {};
    const noted = notes === undefined ? {} : { notes };
    this.#around.report({ kind: 'node.finished', node: node.name, ...seen, ...noted });
    this.#noteGuarded(node, true);
    if (node.interrupt === 'after' || node.interrupt === 'both' || this.#isInterrupted('after', node)) {
      return this.#leave(node, (parts) => ({ kind: 'wait', attempt: 1, when: 'after', ...parts }));
    }
    return this.#followFrom(node);
  }

  #fail(node: FlowNode, attempt: number, error: ErrorData, innermost = node.name): Step {
    if (this.#frames.at(-1)?.node === node.name) this.#frames = this.#frames.slice(0, -1);
    this.#around.report({ kind: 'node.finished', node: node.name, error });
    this.#noteGuarded(node, false);
    const { retry } = node;
    if (retry !== undefined && isRetried(retry, attempt, error.code)) {
      const delayMs = retryDelayMs(retry, attempt, `${this.#request.seed}/${node.name}`);
      this.#around.report({ kind: 'retry.scheduled', node: node.name, attempt: attempt + 1, delayMs });
      // What runs nodes of its own is begun again by the engine, which knows them by their visits.
      const isBody = node.work.kind === 'steps' || node.work.kind === 'while';
      if (delayMs === 0 && !isBody) return this.#go(node.name, attempt + 1, 'interrupt');
      return this.#leave(node, (parts) => ({ kind: 'retry', attempt: attempt + 1, delayMs, ...parts }));
    }
    if (node.onError.mode === 'raise') return this.#failOwner(node, error, innermost);
    const { code, message } = error;
    this.#state.merge({ error: { code, message, node: innermost } });
    const { fallback } = node.onError;
    return this.#followFrom(node, fallback === undefined ? node.next : { kind: 'rules', rules: [{ to: fallback }] });
  }

  /** The failure of a node that does not take it is the failure of the body it stands in. */
  #failOwner(node: FlowNode, error: ErrorData, innermost: string): Step {
    const { owner } = node;
    if (owner === undefined || owner === this.#request.root) return this.#failed(innermost, error);
    const frame = this.#frames.at(-1);
    if (frame?.node !== owner) throw new MoonpoolError('BUG_INVARIANT', 'A body failed that the path was not in.');
    this.#frames = this.#frames.slice(0, -1);
    return this.#fail(this.#flow.node(owner).node, frame.attempt, error, innermost);
  }

  #noteGuarded(node: FlowNode, success: boolean): void {
    const isGated = node.breaker !== undefined && node.work.kind !== 'action';
    const wasTried = !this.#isRefused;
    this.#isRefused = false;
    if (isGated && wasTried) this.#guarded.push({ node: node.name, success });
  }

  #followFrom(node: FlowNode, route: Route = node.next): Step {
    return this.#follow(route, node.name, node.owner);
  }

  /** Follows `route`, which stands at `at` in the body of `owner`. */
  #follow(route: Route, at: string, owner: string | undefined): Step {
    const isOwn = owner !== this.#request.root;
    let to: Destination;
    try {
      to = followRoute(
        route,
        {
          holds: (when) => evaluateCondition(this.#flow.condition(when), this.#state.scope()),
          valueOf: (text) => evaluateExpression(this.#flow.expression(text), this.#state.scope()),
        },
        isOwn ? undefined : this.#request.join,
      );
    } catch (error) {
      return this.#raise(at === START || at === owner ? undefined : this.#flow.node(at).node, error);
    }
    switch (to.kind) {
      case 'node':
        return this.#go(to.name);
      case 'none': {
        const message = `No rule of ${at} held and it has no fallback. Add a last rule without \`if\`.`;
        return this.#raise(this.#nodeOrNone(at), new MoonpoolError('FLOW_NO_ROUTE', message), at);
      }
      case 'parallel': {
        const branchMemo = { frames: [], itemKeys: this.#state.itemKeys };
        return this.#leaveAt(at, (parts) => ({ kind: 'parallel', route: to.route, branchMemo, ...parts }));
      }
      case 'end':
        return isOwn && owner !== undefined ? this.#endBody(owner) : this.#endPath(at);
      case 'join':
        return this.#endPath(at, 'joined');
    }
  }

  #endPath(at: string, how: 'end' | 'joined' = this.#state.isItem ? 'joined' : 'end'): Step {
    try {
      const { answer } = this.#flow;
      if (how === 'end' && answer !== undefined) {
        const state = this.#state.encode(renderOutput(answer, this.#state.scope()), 'The answer of the flow');
        return { kind: 'end', end: { kind: how, state } };
      }
      const isWhole = how === 'end' || !this.#state.isItem || this.#request.join !== undefined;
      const state = isWhole ? this.#state.toBytes(at) : this.#state.touchedToBytes(at);
      return { kind: 'end', end: { kind: how, state } };
    } catch (error) {
      return this.#raise(undefined, error, at);
    }
  }

  #nodeOrNone(name: string): FlowNode | undefined {
    return name === START ? undefined : this.#flow.node(name).node;
  }

  /** Something on the way after a node failed; the node itself did not, so only the bodies around it are asked. */
  #raise(node: FlowNode | undefined, error: unknown, at = node?.name ?? START): Step {
    if (!(error instanceof MoonpoolError)) throw error;
    const data = toErrorData(error);
    return node === undefined ? this.#failed(at, data) : this.#failOwner(node, data, node.name);
  }

  #failed(node: string, error: ErrorData): Step {
    return { kind: 'end', end: { kind: 'failed', node, error } };
  }

  #leave(node: FlowNode, toEnd: (parts: Continuation) => SegmentEnd): Step {
    return this.#leaveAt(node.name, toEnd);
  }

  /** Ends the segment with what it takes to go on. */
  #leaveAt(node: string, toEnd: (parts: Continuation) => SegmentEnd): Step {
    try {
      const machine = this.#around.machine.park();
      const state = this.#state.toBytes(node);
      const memo = this.#state.memo(this.#frames);
      return { kind: 'end', end: toEnd({ node, state, memo, ...(machine === undefined ? {} : { machine }) }) };
    } catch (error) {
      return this.#raise(undefined, error, node);
    }
  }
}
