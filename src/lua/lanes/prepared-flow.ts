/**
 * A flow made ready to execute in a lane: nodes by name, expressions and templates compiled once.
 */
import { type JsonValue, MoonpoolError } from '../../core/index.ts';
import {
  type Condition,
  compileCondition,
  compileExpression,
  compileOutput,
  compileValue,
  type Expression,
  type OutputTemplate,
  type ValueOptions,
  type ValueTemplate,
} from '../../expr/index.ts';
import type { Flow, FlowNode } from '../../flow/index.ts';

/** See the head of this file. Caches grow with the flow's text only, never with its runs. */
export class PreparedFlow {
  readonly flow: Flow;
  readonly hasLua: boolean;
  readonly #nodes: ReadonlyMap<string, { readonly node: FlowNode; readonly index: number }>;
  readonly #conditions = new Map<string, Condition>();
  readonly #expressions = new Map<string, Expression>();
  readonly #values = new WeakMap<object, ValueTemplate>();
  #answer: OutputTemplate | undefined;

  constructor(flow: Flow) {
    this.flow = flow;
    this.hasLua = flow.nodes.some((node) => node.work.kind === 'lua');
    this.#nodes = new Map(flow.nodes.map((node, index) => [node.name, { node, index }]));
  }

  /** The node and its index in the flow's list. */
  node(name: string): { readonly node: FlowNode; readonly index: number } {
    const found = this.#nodes.get(name);
    if (found === undefined) throw new MoonpoolError('BUG_INVARIANT', `No node ${name} in a checked flow.`);
    return found;
  }

  /** What the flow's answer is made of; undefined when that is its whole state. */
  get answer(): OutputTemplate | undefined {
    const { outputSchema } = this.flow;
    if (outputSchema === undefined) return undefined;
    return (this.#answer ??= compileOutput(outputSchema));
  }

  /** The compiled form of a condition of this flow. */
  condition(text: string): Condition {
    let compiled = this.#conditions.get(text);
    if (compiled === undefined) {
      compiled = compileCondition(text);
      this.#conditions.set(text, compiled);
    }
    return compiled;
  }

  /** The compiled form of an expression of this flow. */
  expression(text: string): Expression {
    let compiled = this.#expressions.get(text);
    if (compiled === undefined) {
      compiled = compileExpression(text);
      this.#expressions.set(text, compiled);
    }
    return compiled;
  }

  /** The compiled form of an object of this flow that holds templates; `key` is the flow's own object. */
  value(key: object, value: JsonValue, options?: ValueOptions): ValueTemplate {
    let compiled = this.#values.get(key);
    if (compiled === undefined) {
      compiled = compileValue(value, options);
      this.#values.set(key, compiled);
    }
    return compiled;
  }
}
