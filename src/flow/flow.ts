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
  /** The overlay it stands in; absent for the flow's own file. */
  readonly file?: string;
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
  /** JSON Schema of the state, when the flow declares one. It describes and refuses nothing. */
  readonly stateSchema?: JsonObject;
  /** What the answer of a run is made of; absent → the whole final state. */
  readonly outputSchema?: readonly OutputField[];
  readonly settings: FlowSettings;
  /** `settings` as the file has them, for expressions; without secrets. */
  readonly settingsScope?: JsonObject;
  /** Where a run begins. */
  readonly entry: Route;
  /** All nodes in the order of the file; those of bodies stand right after their owner. */
  readonly nodes: readonly FlowNode[];
  /** Names of the secrets that its nodes use, in alphabetical order; not those of the flows it calls. */
  readonly secrets?: readonly string[];
  /** Other flows that `call` and `subgraph` name, by the name used there. Never circular. */
  readonly imports?: { readonly [name: string]: Flow };
  readonly endpoint?: Endpoint;
  readonly schedule?: Schedule;
}

/** One key of a run's answer. */
export interface OutputField {
  readonly name: string;
  /** For `compileValue`. */
  readonly value: JsonValue;
  /** Text for `compileCondition`: the key is left out while it is false. */
  readonly includeIf?: string;
  /** Stands in for a value that is null or empty text. */
  readonly default?: JsonValue;
}

/** Limits and choices of one flow; absent ones come from the configuration. */
export interface FlowSettings {
  readonly lua: {
    readonly timeoutMs?: number;
    readonly memoryBytes?: number;
    readonly scope?: 'branch' | 'node';
    /** Count of Lua VM instructions one node may take; absent → not counted. */
    readonly instructions?: number;
  };
  readonly timeoutMs?: number;
  /** Limiters that `ratelimit.wrap` names; each is shared by all runs of this flow in the process. */
  readonly rateLimiters?: { readonly [name: string]: RateLimiter };
  /** Node steps one run may take; default 10,000. */
  readonly maxSteps: number;
}

/** How often calls may be made. */
export interface RateLimiter {
  /** Calls per second on average. */
  readonly perSecond: number;
  /** Calls at once after a silence, at least 1. */
  readonly burst: number;
  /** Longest wait for a place. */
  readonly timeoutMs?: number;
}

/** One node: whether it runs, what it does, what happens when it fails, then where the run goes. */
export interface FlowNode {
  /** Unique in the flow. In a body: the owner's name, `/`, the own name. */
  readonly name: string;
  readonly place: Place;
  /** Name of the node whose body this one stands in; absent at the top. */
  readonly owner?: string;
  readonly work: NodeWork;
  readonly next: Route;
  readonly onError: OnError;
  /** Text for `compileCondition`: the node is skipped while it is false. */
  readonly condition?: string;
  readonly retry?: Retry;
  /** Wall clock of one attempt. For Lua beside the Lua limit; for bodies, calls and fan-outs of all that runs in them. */
  readonly timeoutMs?: number;
  readonly breaker?: Breaker;
  /** Where the run waits for input before it goes on. */
  readonly interrupt?: 'before' | 'after' | 'both';
}

/** What a node does. */
export type NodeWork =
  | { readonly kind: 'none' }
  /** `line` is the file's line of the first line of `code`; `chunk` counts the Lua nodes of the flow from 0. */
  | { readonly kind: 'lua'; readonly code: string; readonly line: number; readonly chunk: number }
  | { readonly kind: 'expression'; readonly value: JsonValue; readonly outputKey: string }
  /** `ownText` goes beside the rendered `with` as it is written: the action evaluates it. */
  | {
      readonly kind: 'action';
      readonly uses: string;
      readonly with: JsonObject;
      readonly ownText?: JsonObject;
      /** Keys and indices that lead to the texts of `with` that secrets are put into; absent without any. */
      readonly secrets?: readonly (readonly (string | number)[])[];
      readonly output?: Output;
    }
  /** Nodes one after the other, as one node. */
  | { readonly kind: 'steps'; readonly entry: Route }
  | WhileWork
  | EachWork
  /** A flow of `imports` with its own variables and machine; its state becomes the node's result. */
  | { readonly kind: 'call'; readonly flow: string; readonly input: JsonObject; readonly output?: Output }
  /** Waits for a person; what they give is the node's result. */
  | { readonly kind: 'input'; readonly prompt: JsonValue; readonly schema?: JsonObject; readonly output?: Output };

/** A body that is repeated while `condition` holds. */
export interface WhileWork {
  readonly kind: 'while';
  /** Text for `compileCondition`. */
  readonly condition: string;
  /** 1 to 1000. */
  readonly maxIterations: number;
  /** What reaching the maximum means: a normal end, or FLOW_LOOP_LIMIT. */
  readonly onLimit: 'exit' | 'error';
  readonly entry: Route;
}

/** Dynamic parallel: one branch per item, or per combination of a matrix, or both. */
export interface EachWork {
  readonly kind: 'each';
  /** A template or constant that gives the list; absent with a matrix alone. */
  readonly items?: JsonValue;
  /** Named lists, or templates that give one; each branch sees one combination as `matrix`. */
  readonly matrix?: JsonObject;
  readonly itemVar: string;
  readonly indexVar: string;
  readonly body: /** `entry` leads to nodes whose owner is this node. */
    | { readonly kind: 'nodes'; readonly entry: Route }
    | { readonly kind: 'call'; readonly flow: string; readonly input: JsonObject };
  readonly maxConcurrency?: number;
  /** Whether the first failure ends the others and fails the node; else failures are entries of the results. */
  readonly failFast: boolean;
  /** State key of the list of results; `parallel_results` unless the file says otherwise. */
  readonly output: string;
  /** Key under which an entry has what its branch set: `state` for `dynamic_parallel`, `result` for the other two. */
  readonly resultKey: 'state' | 'result';
}

/** When and how often a failed attempt is made again. */
export interface Retry {
  /** Attempts after the first. */
  readonly maxRetries: number;
  readonly baseDelayMs: number;
  readonly maxDelayMs: number;
  /** The delay before retry n (from 1): base × factor^(n−1), base × n, or base; never above the maximum. */
  readonly backoff: 'exponential' | 'linear' | 'constant';
  /** For `exponential`. */
  readonly factor: number;
  /** Share of the delay that chance may take away, 0 to 1; drawn from the run's seed. */
  readonly jitter: number;
  /** Error codes that are retried; absent → all. */
  readonly retryOn?: readonly string[];
}

/** Stops calling what keeps failing; shared by all runs of the process. */
export interface Breaker {
  /** Failures in a row that open it. */
  readonly failureThreshold: number;
  /** How long it stays open before one attempt is let through. */
  readonly resetTimeoutMs: number;
}

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
  /** `when` with `targets`: the text of what `value` comes to names the way; no such target → FLOW_NO_ROUTE. */
  | { readonly kind: 'switch'; readonly value: string; readonly targets: { readonly [text: string]: string } }
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
  /** Branches that run at once; absent → all. */
  readonly maxWorkers?: number;
  /** Wall clock of one attempt of a branch. */
  readonly timeoutMs?: number;
  readonly retry?: Retry;
  readonly breaker?: Breaker;
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
