/**
 * A checked flow as data: what `parseFlow` makes, lanes execute and runs refer to by hash.
 *
 * Plain JSON throughout, so that it crosses threads and can be stored. Expressions and
 * templates stay text here; who evaluates them compiles once and caches. Invariant: every
 * target named in a route exists, and every durations and size is already a number.
 */
import type { JsonObject, JsonValue } from '../core/index.ts';

/** The target that ends a run or a branch. */
export const END = '__end__';
/** The origin of edges that say where a run begins. */
export const START = '__start__';

/** Where something stands in the flow file; both count from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** A flow that passed every check. */
export interface Flow {
  readonly name: string;
  readonly description?: string;
  readonly version?: string;
  /** The file as the user named it; for messages. */
  readonly file: string;
  /** The folder relative paths start from. */
  readonly directory: string;
  /** SHA-256 of everything below that can change a run; the same text gives the same hash. */
  readonly hash: string;
  /** Constants of the flow; config may replace single ones before the hash is made. */
  readonly variables: JsonObject;
  readonly initialState: JsonObject;
  /** JSON Schema of the input, when the flow declares one. */
  readonly inputSchema?: JsonObject;
  readonly settings: FlowSettings;
  /** Where a run begins. */
  readonly entry: Route;
  readonly nodes: readonly FlowNode[];
  readonly endpoint?: Endpoint;
  readonly schedule?: Schedule;
}

/** Limits and choices of one flow; absent ones come from the configuration. */
export interface FlowSettings {
  readonly lua: { readonly timeoutMs?: number; readonly memoryBytes?: number; readonly scope?: 'branch' | 'node' };
  readonly timeoutMs?: number;
  /** Node steps one run may take; default 10,000. */
  readonly maxSteps: number;
}

/** One node: what it does, then where the run goes. */
export interface FlowNode {
  readonly name: string;
  readonly place: Place;
  readonly work: NodeWork;
  readonly next: Route;
  readonly onError: OnError;
}

/** What a node does. */
export type NodeWork =
  | { readonly kind: 'none' }
  /** `line` is the file's line of the first line of `code`; `chunk` counts the Lua nodes of the flow from 0. */
  | { readonly kind: 'lua'; readonly code: string; readonly line: number; readonly chunk: number }
  | { readonly kind: 'expression'; readonly value: JsonValue; readonly outputKey: string }
  | { readonly kind: 'action'; readonly uses: string; readonly with: JsonObject; readonly output?: Output };

/** Where an action's result goes: one state key, or a map of keys to expressions with `result` in scope. */
export type Output = string | JsonObject;

/** What a failed node does to its run: `raise` fails it; `graceful` puts `error` into state and goes to `fallback`, or on. */
export interface OnError {
  readonly mode: 'raise' | 'graceful';
  readonly fallback?: string;
}

/** Where a run goes after a node. */
export type Route =
  /** `goto` or `edges`: the first rule that holds wins; none → FLOW_NO_ROUTE. */
  | { readonly kind: 'rules'; readonly rules: readonly RouteRule[] }
  /** The next node of the list. Inside a branch this is not an edge: the branch goes to its join. */
  | { readonly kind: 'next'; readonly to: string }
  | { readonly kind: 'end' }
  | ParallelRoute;

/** Static parallel: every branch begins at its node and runs to `join`. */
export interface ParallelRoute {
  readonly kind: 'parallel';
  readonly branches: readonly string[];
  readonly join: string;
  readonly onError: 'fail' | 'collect';
}

/** One way to go; without `when` it always holds. `when` is text for `compileCondition`. */
export interface RouteRule {
  readonly when?: string;
  /** Holds when `when` is false: `condition` with `when: false`. */
  readonly negate?: boolean;
  /** A node's name or `__end__`. */
  readonly to: string;
}

/** How a flow is reached over HTTP. */
export interface Endpoint {
  readonly path: string;
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly summary?: string;
  readonly auth: 'none' | 'token' | 'default';
  readonly queryParams: readonly Parameter[];
  readonly pathParams: readonly Parameter[];
  readonly responseType?: string;
  readonly priority: 'critical' | 'normal' | 'optional';
  readonly timeoutMs?: number;
  readonly maxBodyBytes?: number;
}

/** A declared query or path parameter; undeclared query parameters are dropped. */
export interface Parameter {
  readonly name: string;
  readonly type: 'string' | 'integer' | 'number' | 'boolean';
  readonly required: boolean;
  readonly default?: JsonValue;
  readonly min?: number;
  readonly max?: number;
  /** The input key the value goes to; the parameter's own name unless said otherwise. */
  readonly mapTo: string;
  readonly about?: string;
}

/** When a flow runs by itself. At least one of `cron` and `atStart` is set. */
export interface Schedule {
  readonly cron?: string;
  /** IANA zone the cron pattern is read in; default UTC. */
  readonly zone: string;
  readonly atStart: boolean;
  /** What happens to a tick while the run before it still goes: dropped, or run right after. */
  readonly overlap: 'skip' | 'queue';
}
