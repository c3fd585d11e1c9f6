/**
 * Executes one segment: node after node through routes, until something only the outside can do.
 *
 * Pure but for the machine it is given. Knows no thread and no message; the lane's worker (or
 * a test) supplies the surroundings.
 */
import {
  type ErrorData,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  mergeShallow,
  MoonpoolError,
  setOwn,
  toErrorData,
} from '../../core/index.ts';
import { evaluateCondition, evaluateExpression, renderValue, type Scope } from '../../expr/index.ts';
import {
  type Destination,
  type FlowNode,
  followRoute,
  type Output,
  type Route,
  type SegmentEnd,
  type SegmentFact,
  type SegmentOutcome,
  type SegmentRequest,
  START,
} from '../../flow/index.ts';
import type { PreparedFlow } from './prepared-flow.ts';
import type { LateStep, Replacement, SegmentPause } from './protocol.ts';

/** The Lua machine of the segment's path. */
export interface PathMachine {
  /** Calls a chunk; the updates it returned. @throws LUA_* */
  call(chunk: number, state: JsonObject): { readonly updates: JsonObject; readonly logs: readonly string[] };
  /** What makes the machine again later, or undefined when it was never used. */
  park(): Uint8Array | undefined;
  /** Calls made so far in this part of the segment. */
  readonly callCount: number;
}

/** What surrounds an execution. */
export interface Surroundings {
  readonly machine: PathMachine;
  readonly tickMs: () => number;
  readonly report: (fact: SegmentFact) => void;
  /** Called before each node with its index and the count of steps begun. */
  readonly beginNode: (index: number, step: number) => void;
  /** True when the segment is to stop for good. */
  readonly isStopped: () => boolean;
  /** True when the segment has held its lane long enough and others wait. */
  readonly isToGiveWay: () => boolean;
  readonly replacement: Replacement | undefined;
}

/** Thrown out of `executeSegment` when `isStopped` said so. */
export class SegmentStopped extends Error {}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** How `executeSegment` ended: the segment is over, or it gave way and goes on later. */
export type Execution =
  | { readonly kind: 'ended'; readonly outcome: SegmentOutcome }
  | { readonly kind: 'paused'; readonly pause: SegmentPause }
  /** A graceful node was late; what it left in the machine must not be gone on with. */
  | { readonly kind: 'late'; readonly late: LateStep };

/** Runs the segment that `request` describes to its end, or until it is to give way. @throws SegmentStopped */
export function executeSegment(flow: PreparedFlow, request: SegmentRequest, around: Surroundings): Execution {
  return new SegmentExecution(flow, request, around).run();
}

type Step =
  | { readonly kind: 'go'; readonly to: Destination }
  | { readonly kind: 'end'; readonly end: SegmentEnd }
  | { readonly kind: 'pause'; readonly node: string }
  | { readonly kind: 'late'; readonly error: ErrorData };

class SegmentExecution {
  readonly #flow: PreparedFlow;
  readonly #request: SegmentRequest;
  readonly #around: Surroundings;
  #state: JsonObject;
  #steps = 0;
  /** The node whose route is being followed. */
  #at = START;

  constructor(flow: PreparedFlow, request: SegmentRequest, around: Surroundings) {
    this.#flow = flow;
    this.#request = request;
    this.#around = around;
    const state: unknown = JSON.parse(decoder.decode(request.state));
    if (!isJsonObject(state)) throw new MoonpoolError('BUG_INVARIANT', 'The state is not an object.');
    this.#state = state;
  }

  run(): Execution {
    let step = this.#enter();
    while (step.kind === 'go') {
      step = step.to.kind === 'node' ? this.#runNode(step.to.name) : { kind: 'end', end: this.#leave(step.to) };
    }
    if (step.kind === 'late') return { kind: 'late', late: { step: this.#steps, error: step.error } };
    if (step.kind === 'pause') return { kind: 'paused', pause: this.#pause(step.node) };
    return { kind: 'ended', outcome: { end: step.end, steps: this.#steps } };
  }

  /** The state is not held against its limit here: whether a segment gives way must not change how it ends. */
  #pause(node: string): SegmentPause {
    const { machine } = this.#around;
    const calls = machine.callCount;
    const parked = machine.park();
    const state = encoder.encode(JSON.stringify(this.#state));
    return { node, state, steps: this.#steps, calls, ...(parked === undefined ? {} : { machine: parked }) };
  }

  #enter(): Step {
    const { start } = this.#request;
    switch (start.kind) {
      case 'entry':
        return this.#follow(this.#flow.flow.entry);
      case 'node':
        return { kind: 'go', to: { kind: 'node', name: start.node } };
      case 'joined':
        this.#state = mergeShallow(this.#state, { parallel_results: start.results.map(toParallelResult) });
        return { kind: 'go', to: { kind: 'node', name: start.join } };
      case 'result': {
        const { node } = this.#flow.node(start.node);
        this.#at = node.name;
        return this.#attempt(node, () => {
          const output = node.work.kind === 'action' ? node.work.output : undefined;
          return this.#finish(node, this.#outputOf(output, JSON.parse(decoder.decode(start.value)) as JsonValue));
        });
      }
      case 'error': {
        const { node } = this.#flow.node(start.node);
        this.#at = node.name;
        return this.#fail(node, start.error);
      }
    }
  }

  #runNode(name: string): Step {
    const { node, index } = this.#flow.node(name);
    this.#at = name;
    if (this.#steps >= this.#request.stepsLeft) {
      const limit = this.#flow.flow.settings.maxSteps;
      const message = `The run took more than ${limit} node steps. Raise settings.max_steps or end the loop.`;
      return { kind: 'end', end: { kind: 'failed', node: name, error: { code: 'FLOW_STEP_LIMIT', message } } };
    }
    if (this.#around.isStopped()) throw new SegmentStopped();
    if (this.#steps > 0 && this.#around.isToGiveWay()) return { kind: 'pause', node: name };
    this.#steps += 1;
    this.#around.report({ kind: 'node.started', node: name });
    this.#around.beginNode(index, this.#steps);
    const failure = this.#around.replacement?.failures.find((candidate) => candidate.step === this.#steps);
    if (failure !== undefined) return this.#fail(node, failure.error);
    return this.#attempt(node, () => this.#perform(node));
  }

  /** Runs `work`; what it throws is the node's failure. */
  #attempt(node: FlowNode, work: () => Step): Step {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof MoonpoolError)) throw error;
      const isLate = error.code === 'LUA_TIMEOUT' && node.onError.mode === 'graceful';
      return isLate ? { kind: 'late', error: toErrorData(error) } : this.#fail(node, toErrorData(error));
    }
  }

  #perform(node: FlowNode): Step {
    const { work } = node;
    switch (work.kind) {
      case 'none':
        return this.#finish(node, {});
      case 'lua': {
        const startTickMs = this.#around.tickMs();
        const { updates, logs } = this.#around.machine.call(work.chunk, this.#state);
        for (const text of logs) this.#around.report({ kind: 'log', node: node.name, text });
        const tookMs = this.#around.tickMs() - startTickMs;
        // A node that returns late has failed, whatever it returned.
        if (tookMs > this.#request.luaTimeoutMs) throw luaTimeout(node.name, this.#request.luaTimeoutMs);
        return this.#finish(node, updates);
      }
      case 'expression': {
        const value = renderValue(this.#flow.value(work, work.value), this.#scope());
        return this.#finish(node, { [work.outputKey]: value });
      }
      case 'action': {
        const input = renderValue(this.#flow.value(work.with, work.with), this.#scope());
        const machine = this.#around.machine.park();
        const state = this.#encodeState();
        return {
          kind: 'end',
          end: {
            kind: 'action',
            node: node.name,
            uses: work.uses,
            with: this.#encode(isJsonObject(input) ? input : {}, `The input of ${node.name}`),
            state,
            ...(machine === undefined ? {} : { machine }),
          },
        };
      }
      default:
        // The parser makes none of the others yet.
        throw new MoonpoolError('BUG_INVARIANT', `A lane met the unknown work ${work.kind}.`);
    }
  }

  #finish(node: FlowNode, updates: JsonObject): Step {
    this.#state = mergeShallow(this.#state, updates);
    this.#around.report({ kind: 'node.finished', node: node.name, ...(this.#request.wantFacts ? { updates } : {}) });
    return this.#follow(node.next);
  }

  #fail(node: FlowNode, error: ErrorData): Step {
    this.#around.report({ kind: 'node.finished', node: node.name, error });
    if (node.onError.mode === 'raise') return { kind: 'end', end: { kind: 'failed', node: node.name, error } };
    const { code, message } = error;
    this.#state = mergeShallow(this.#state, { error: { code, message, node: node.name } });
    const { fallback } = node.onError;
    return this.#follow(fallback === undefined ? node.next : { kind: 'rules', rules: [{ to: fallback }] });
  }

  #follow(route: Route): Step {
    try {
      const answers = {
        holds: (when: string): boolean => evaluateCondition(this.#flow.condition(when), this.#scope()),
        valueOf: (text: string): JsonValue => evaluateExpression(this.#flow.expression(text), this.#scope()),
      };
      return { kind: 'go', to: followRoute(route, answers, this.#request.join) };
    } catch (error) {
      if (!(error instanceof MoonpoolError)) throw error;
      return { kind: 'end', end: { kind: 'failed', node: this.#at, error: toErrorData(error) } };
    }
  }

  #leave(to: Exclude<Destination, { kind: 'node' }>): SegmentEnd {
    if (to.kind === 'none') {
      const message = `No rule of ${this.#at} held and it has no fallback. Add a last rule without \`if\`.`;
      return { kind: 'failed', node: this.#at, error: { code: 'FLOW_NO_ROUTE', message } };
    }
    try {
      const state = this.#encodeState();
      if (to.kind === 'end') return { kind: 'end', state };
      if (to.kind === 'join') return { kind: 'joined', state };
      const machine = this.#around.machine.park();
      return {
        kind: 'parallel',
        node: this.#at,
        route: to.route,
        state,
        ...(machine === undefined ? {} : { machine }),
      };
    } catch (error) {
      if (!(error instanceof MoonpoolError)) throw error;
      return { kind: 'failed', node: this.#at, error: toErrorData(error) };
    }
  }

  #outputOf(output: Output | undefined, result: JsonValue): JsonObject {
    if (output === undefined) return isJsonObject(result) ? result : { result };
    if (typeof output === 'string') return { [output]: result };
    const scope = { ...this.#scope(), result };
    const mapped: { [key: string]: JsonValue } = {};
    for (const [key, value] of Object.entries(output)) {
      const isExpression = typeof value === 'string';
      setOwn(mapped, key, isExpression ? evaluateExpression(this.#flow.expression(value), scope) : value);
    }
    return mapped;
  }

  #scope(): Scope {
    return { ...this.#request.scope, state: this.#state, variables: this.#flow.flow.variables };
  }

  #encodeState(): Uint8Array {
    return this.#encode(this.#state, `The state after ${this.#at}`);
  }

  /** @throws LUA_VALUE above the limit of a state, which holds for what is made out of one too */
  #encode(value: JsonObject, what: string): Uint8Array {
    const bytes = encoder.encode(JSON.stringify(value));
    const { stateBytes } = this.#request;
    if (bytes.length > stateBytes) {
      const message = `${what} is ${bytes.length} bytes, over the limit of ${stateBytes} (limits.state_bytes). Keep large data in blobs or kv.`;
      throw new MoonpoolError('LUA_VALUE', message, { details: { bytes: bytes.length, limit: stateBytes } });
    }
    return bytes;
  }
}

/** The error of a node that ran out of time. */
export function luaTimeout(node: string, timeoutMs: number): MoonpoolError {
  const message = `The Lua node ${node} ran longer than its limit of ${Math.round(timeoutMs)} ms and was ended.`;
  return new MoonpoolError('LUA_TIMEOUT', message, { details: { node, timeout_ms: Math.round(timeoutMs) } });
}

function toParallelResult(result: Extract<SegmentRequest['start'], { kind: 'joined' }>['results'][number]): JsonObject {
  const { branch, success, timing_ms, attempts, error } = result;
  const state = result.state === undefined ? {} : (JSON.parse(decoder.decode(result.state)) as JsonObject);
  const failed = error === undefined ? {} : { error: { ...error } };
  return { branch, success, state, ...failed, timing_ms, attempts };
}
