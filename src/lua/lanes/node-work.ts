/**
 * What one node does: Lua, an expression, or the parts of something only the outside can do.
 */
import {
  isJsonObject,
  type JsonObject,
  type JsonValue,
  mergeShallow,
  MoonpoolError,
  setOwn,
} from '../../core/index.ts';
import { evaluateExpression, renderValue } from '../../expr/index.ts';
import type { BranchResult, FlowNode, NodeWork, Output, Route, SegmentEnd, SegmentRequest } from '../../flow/index.ts';
import { itemsOf } from './fan-items.ts';
import { parseObject, type PathState } from './path-state.ts';
import type { PreparedFlow } from './prepared-flow.ts';
import type { Surroundings } from './surroundings.ts';

/** What a segment that is gone on from ends with, whatever ended it. */
export type Continuation = Pick<Extract<SegmentEnd, { kind: 'gate' }>, 'node' | 'state' | 'memo' | 'machine'>;

/** How a node went on. */
export type NodeResult =
  | { readonly kind: 'updates'; readonly updates: JsonObject }
  /** Its body is to be walked. */
  | { readonly kind: 'body'; readonly entry: Route }
  /** The segment ends here. */
  | { readonly kind: 'leave'; readonly toEnd: (parts: Continuation) => SegmentEnd };

/** What a worker works with. */
export interface NodeCircumstances {
  readonly flow: PreparedFlow;
  readonly request: SegmentRequest;
  readonly around: Surroundings;
  readonly state: PathState;
}

type Work<Kind extends NodeWork['kind']> = Extract<NodeWork, { kind: Kind }>;

/** Performs the nodes of one segment. */
export class NodeWorker {
  readonly #flow: PreparedFlow;
  readonly #request: SegmentRequest;
  readonly #around: Surroundings;
  readonly #state: PathState;

  constructor({ flow, request, around, state }: NodeCircumstances) {
    this.#flow = flow;
    this.#request = request;
    this.#around = around;
    this.#state = state;
  }

  /** Does what `node` does. @throws LUA_*, EXPR_*, FLOW_ITEMS: the node's failure */
  perform(node: FlowNode, attempt: number): NodeResult {
    const { work } = node;
    switch (work.kind) {
      case 'none':
        return { kind: 'updates', updates: {} };
      case 'lua':
        return { kind: 'updates', updates: this.#runLua(node, work) };
      case 'expression': {
        const value = renderValue(this.#flow.value(work, work.value), this.#state.scope());
        return { kind: 'updates', updates: own(work.outputKey, value) };
      }
      case 'steps':
      case 'while':
        return { kind: 'body', entry: work.entry };
      case 'action':
        return this.#callAction(node, work, attempt);
      case 'each': {
        const items = itemsOf(this.#flow, node, work, this.#state);
        if (items.length === 0) return { kind: 'updates', updates: own(work.output, []) };
        const itemKeys = this.#state.itemKeys;
        return leave((parts) => ({ kind: 'each', attempt, items, branchMemo: { frames: [], itemKeys }, ...parts }));
      }
      case 'call': {
        const input = this.#toInput(
          renderValue(this.#flow.value(work.input, work.input), this.#state.scope()),
          node.name,
        );
        return leave((parts) => ({ kind: 'call', attempt, flow: work.flow, input, ...parts }));
      }
      case 'input': {
        const prompt = renderValue(this.#flow.value(work, work.prompt), this.#state.scope());
        const schema = work.schema === undefined ? {} : { schema: work.schema };
        return leave((parts) => ({ kind: 'wait', attempt, when: 'result', prompt, ...schema, ...parts }));
      }
    }
  }

  /** The first route of the body whose owner is `node`. */
  bodyOf(node: FlowNode): Route {
    const { work } = node;
    if (work.kind === 'each' && work.body.kind === 'nodes') return work.body.entry;
    throw new MoonpoolError('BUG_INVARIANT', `The node ${node.name} has no items with a body.`);
  }

  /** What a result that came in from outside puts into the state. @throws EXPR_* */
  outputOf(node: FlowNode, result: JsonValue): JsonObject {
    const { work } = node;
    const output: Output | undefined =
      work.kind === 'action' || work.kind === 'call' || work.kind === 'input' ? work.output : undefined;
    if (output === undefined) return isJsonObject(result) ? result : { result };
    if (typeof output === 'string') return own(output, result);
    const scope = this.#state.scope({ result });
    const mapped: { [key: string]: JsonValue } = {};
    for (const [key, value] of Object.entries(output)) {
      const isExpression = typeof value === 'string';
      setOwn(mapped, key, isExpression ? evaluateExpression(this.#flow.expression(value), scope) : value);
    }
    return mapped;
  }

  /** A branch's entry as the state has it. */
  toBranchEntry(result: BranchResult): JsonObject {
    const { branch, success, timing_ms, attempts, error } = result;
    const state = result.state === undefined ? {} : parseObject(result.state);
    const failed = error === undefined ? {} : { error: { ...error } };
    return { branch, success, state, ...failed, timing_ms, attempts };
  }

  #runLua(node: FlowNode, work: Work<'lua'>): JsonObject {
    const limitMs = luaLimitMs(node, this.#request.luaTimeoutMs);
    const startTickMs = this.#around.tickMs();
    const { updates, logs } = this.#around.machine.call(work.chunk, this.#state.value);
    for (const text of logs) this.#around.report({ kind: 'log', node: node.name, text });
    // A node that returns late has failed, whatever it returned.
    if (this.#around.tickMs() - startTickMs > limitMs) throw luaTimeout(node.name, limitMs);
    return updates;
  }

  #callAction(node: FlowNode, work: Work<'action'>, attempt: number): NodeResult {
    const template = this.#flow.value(work.with, work.with, { secrets: 'placed' });
    const input = this.#toInput(renderValue(template, this.#state.scope()), node.name, work.ownText);
    return leave((parts) => ({ kind: 'action', attempt, uses: work.uses, with: input, ...parts }));
  }

  /** What templates of `node` came to, as bytes; `asWritten` stands beside it. */
  #toInput(value: JsonValue, node: string, asWritten: JsonObject = {}): Uint8Array {
    const input = mergeShallow(isJsonObject(value) ? value : {}, asWritten);
    return this.#state.encode(input, `The input of ${node}`);
  }
}

/** The wall clock a node has in Lua: its own limit may only be shorter. */
export function luaLimitMs(node: FlowNode | undefined, luaTimeoutMs: number): number {
  return Math.min(luaTimeoutMs, node?.timeoutMs ?? luaTimeoutMs);
}

/** The error of a node that ran out of time. */
export function luaTimeout(node: string, timeoutMs: number): MoonpoolError {
  const message = `The Lua node ${node} ran longer than its limit of ${Math.round(timeoutMs)} ms and was ended.`;
  return new MoonpoolError('LUA_TIMEOUT', message, { details: { node, timeout_ms: Math.round(timeoutMs) } });
}

function leave(toEnd: (parts: Continuation) => SegmentEnd): NodeResult {
  return { kind: 'leave', toEnd };
}

function own(key: string, value: JsonValue): JsonObject {
  return mergeShallow({}, Object.fromEntries([[key, value]]));
}
