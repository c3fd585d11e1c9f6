/**
 * Random flows as trees: what they do, written down once, for the file and for the model alike.
 *
 * A tree says nothing of routes and segments; `toYaml` turns it into the flow language. Used by tests only.
 */
import fc from 'fast-check';
import type { JsonObject, JsonValue } from '../../src/core/index.ts';

/** State keys that every flow counts in. */
export type Key = 'a' | 'b' | 'c';

/** What one node does. */
export type TreeWork =
  | { readonly kind: 'none' }
  /** `key` rises by `by`. */
  | { readonly kind: 'count'; readonly key: Key; readonly by: number }
  /** A global of the machine rises, and the key by it. */
  | { readonly kind: 'lua'; readonly key: Key; readonly by: number }
  /** Raises while `key` is odd; the global rises before. */
  | { readonly kind: 'lua-raise'; readonly key: Key }
  /** An action that fails `fails` times per step, then gives the key and one. */
  | { readonly kind: 'act'; readonly key: Key; readonly fails: number; readonly code: string; readonly isSafe: boolean }
  | { readonly kind: 'ask' }
  | { readonly kind: 'call'; readonly key: Key; readonly hasOutput: boolean }
  | { readonly kind: 'steps'; readonly nodes: readonly TreeNode[] }
  | {
      readonly kind: 'while';
      readonly key: Key;
      readonly below: number;
      readonly max: number;
      readonly isStrict: boolean;
      readonly nodes: readonly TreeNode[];
    }
  | {
      readonly kind: 'each';
      readonly count: number;
      readonly failFast: boolean;
      readonly atOnce: number | undefined;
      readonly hasMatrix: boolean;
      readonly body: readonly TreeNode[] | 'call';
    };

/** Where the run goes after a node; `skip` counts the nodes left out. */
export type TreeRoute =
  | { readonly kind: 'next' }
  | {
      readonly kind: 'rules';
      readonly key: Key;
      readonly below: number;
      readonly skip: number;
      readonly hasElse: boolean;
    }
  | { readonly kind: 'again'; readonly key: Key; readonly below: number }
  | { readonly kind: 'fork'; readonly branches: readonly (readonly TreeNode[])[] };

/** One node of a tree. */
export interface TreeNode {
  readonly name: string;
  readonly work: TreeWork;
  readonly condition: { readonly key: Key; readonly below: number } | undefined;
  readonly retry: { readonly max: number; readonly delayMs: number; readonly isForAll: boolean } | undefined;
  readonly graceful: { readonly skip: number | undefined } | undefined;
  readonly breaker: number | undefined;
  readonly interrupt: 'before' | 'after' | undefined;
  /** Whether it has a time limit, which is never reached. */
  readonly isTimed: boolean;
  readonly route: TreeRoute;
}

/** How all static fan-outs of a tree treat their branches. */
export interface TreeBranches {
  readonly onError: 'fail' | 'collect';
  readonly retries: number;
  readonly atOnce: number | undefined;
  readonly isTimed: boolean;
}

/** A flow, and the one it calls. */
export interface FlowTree {
  readonly nodes: readonly TreeNode[];
  readonly called: readonly TreeNode[];
  readonly branches: TreeBranches;
}

/** What the nodes of random trees are. */
export interface TreeChoice {
  /** False for trees without human input and interrupts. */
  readonly waits: boolean;
  readonly depth: number;
}

const LONG = '3h';
const KEYS = ['a', 'b', 'c'] as const;
const key = fc.constantFrom(...KEYS);
const maybe = <T>(arbitrary: fc.Arbitrary<T>, one: number): fc.Arbitrary<T | undefined> =>
  fc.option(arbitrary, { nil: undefined, freq: one });

/** Random trees whose nodes are named in their order. */
export function aTree({ waits, depth }: TreeChoice): fc.Arbitrary<FlowTree> {
  const branches = fc.record({
    onError: fc.constantFrom('fail' as const, 'collect' as const),
    retries: fc.constantFrom(0, 0, 1, 2),
    atOnce: maybe(fc.integer({ min: 1, max: 2 }), 2),
    isTimed: fc.boolean(),
  });
  return fc
    .record({ nodes: aList(depth, waits, true), called: aList(1, waits, false), branches })
    .map(({ nodes, called, branches: policy }) => ({ ...named(nodes, called), branches: policy }));
}

function aList(depth: number, waits: boolean, canCall: boolean): fc.Arbitrary<readonly TreeNode[]> {
  return fc.array(aNode(depth, waits, canCall), { minLength: 1, maxLength: depth > 1 ? 4 : 3 });
}

function aNode(depth: number, waits: boolean, canCall: boolean): fc.Arbitrary<TreeNode> {
  const work = aWork(depth, waits, canCall);
  const simple: fc.Arbitrary<TreeRoute> = fc.oneof(
    { weight: 6, arbitrary: fc.constant<TreeRoute>({ kind: 'next' }) },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant('rules' as const),
        key,
        below: fc.integer({ min: 0, max: 6 }),
        skip: fc.integer({ min: 0, max: 2 }),
        hasElse: fc.boolean(),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('again' as const), key, below: fc.integer({ min: 1, max: 3 }) }),
    },
  );
  const forking = (): fc.Arbitrary<TreeRoute> =>
    fc.record({
      kind: fc.constant('fork' as const),
      branches: fc.array(aList(depth - 1, waits, canCall), { minLength: 2, maxLength: 3 }),
    });
  return fc
    .record({
      work,
      condition: maybe(fc.record({ key, below: fc.integer({ min: 0, max: 5 }) }), 6),
      retry: maybe(
        fc.record({
          max: fc.integer({ min: 1, max: 2 }),
          delayMs: fc.constantFrom(0, 0, 5, 20_000),
          isForAll: fc.boolean(),
        }),
        3,
      ),
      graceful: maybe(fc.record({ skip: maybe(fc.integer({ min: 0, max: 2 }), 1) }), 3),
      breaker: maybe(fc.constantFrom(1, 2, 100), 6),
      interrupt: waits ? maybe(fc.constantFrom('before' as const, 'after' as const), 9) : fc.constant(undefined),
      isTimed: fc.boolean(),
      route: depth > 0 ? fc.oneof({ weight: 4, arbitrary: simple }, { weight: 1, arbitrary: forking() }) : simple,
    })
    .map((node): TreeNode => {
      const { work, route } = node;
      const isFork = route.kind === 'fork' && work.kind === 'each';
      // Only what counts comes to an end when it goes to itself.
      const isEndless = route.kind === 'again' && !(work.kind === 'count' && work.key === route.key);
      const condition = route.kind === 'again' ? undefined : node.condition;
      // What a repeated node says of attempts holds for each of its items.
      const isRepeated = work.kind === 'each' && work.hasMatrix;
      const plain = { ...PLAIN, work, route };
      return {
        ...(isRepeated ? plain : { ...node, condition }),
        ...{ name: '', route: isFork || isEndless ? { kind: 'next' } : route },
      };
    });
}

function aWork(depth: number, waits: boolean, canCall: boolean): fc.Arbitrary<TreeWork> {
  const leaf: fc.Arbitrary<TreeWork> = fc.oneof(
    fc.constant<TreeWork>({ kind: 'none' }),
    fc.record({ kind: fc.constant('count' as const), key, by: fc.integer({ min: 1, max: 3 }) }),
    fc.record({ kind: fc.constant('lua' as const), key, by: fc.integer({ min: 1, max: 3 }) }),
    fc.record({ kind: fc.constant('lua-raise' as const), key }),
    fc.record({
      kind: fc.constant('act' as const),
      key,
      fails: fc.constantFrom(0, 0, 0, 1, 2, 9),
      code: fc.constantFrom('CONN_CONNECT', 'FLOW_ACTION'),
      isSafe: fc.boolean(),
    }),
    ...(waits ? [fc.constant<TreeWork>({ kind: 'ask' })] : []),
  );
  if (depth <= 0) return leaf;
  const nodes = fc.array(aNode(depth - 1, waits, canCall), { minLength: 1, maxLength: 3 });
  const call: fc.Arbitrary<TreeWork> = fc.record({ kind: fc.constant('call' as const), key, hasOutput: fc.boolean() });
  return fc.oneof(
    { weight: 6, arbitrary: leaf },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('steps' as const), nodes }) },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('while' as const),
        key,
        below: fc.integer({ min: 1, max: 4 }),
        max: fc.integer({ min: 1, max: 3 }),
        isStrict: fc.boolean(),
        nodes,
      }),
    },
    {
      weight: 1,
      arbitrary: fc
        .record({
          kind: fc.constant('each' as const),
          count: fc.integer({ min: 0, max: 3 }),
          failFast: fc.boolean(),
          atOnce: maybe(fc.integer({ min: 1, max: 2 }), 2),
          hasMatrix: fc.boolean(),
          body: canCall ? fc.oneof(nodes, fc.constant('call' as const)) : nodes,
        })
        .map((each) => ({ ...each, hasMatrix: each.hasMatrix && each.body !== 'call' })),
    },
    ...(canCall ? [{ weight: 1, arbitrary: call }] : []),
  );
}

/** Names in the order of the tree, and a join after each last fork. */
function named(nodes: readonly TreeNode[], called: readonly TreeNode[]): Pick<FlowTree, 'nodes' | 'called'> {
  let count = 0;
  const nameList = (list: readonly TreeNode[]): TreeNode[] => {
    const own = list.map(nameNode);
    return own.at(-1)?.route.kind === 'fork' ? [...own, { ...PLAIN, name: `n${count++}` }] : own;
  };
  const nameNode = (node: TreeNode): TreeNode => {
    const name = `n${count++}`;
    const { work, route } = node;
    const isBody = work.kind === 'steps' || work.kind === 'while';
    const inside = isBody ? { ...work, nodes: nameList(work.nodes) } : work;
    const named =
      inside.kind === 'each' && inside.body !== 'call' ? { ...inside, body: nameList(inside.body) } : inside;
    return {
      ...{ ...node, name, work: named },
      route: route.kind === 'fork' ? { ...route, branches: route.branches.map(nameList) } : route,
    };
  };
  return { nodes: nameList(nodes), called: nameList(called) };
}

const PLAIN: TreeNode = {
  name: '',
  work: { kind: 'none' },
  condition: undefined,
  retry: undefined,
  graceful: undefined,
  breaker: undefined,
  interrupt: undefined,
  isTimed: false,
  route: { kind: 'next' },
};

/** The tree in the flow language: JSON, which is YAML. `name` tells flows apart. */
export function toYaml(name: string, nodes: readonly TreeNode[], branches: TreeBranches): string {
  const { onError, retries, atOnce, isTimed } = branches;
  const parallel = {
    on_error: onError,
    ...(retries === 0 ? {} : { retry: { max_retries: retries, base_delay: '0s' } }),
    ...(atOnce === undefined ? {} : { max_workers: atOnce }),
    ...(isTimed ? { timeout: LONG } : {}),
  };
  const flow = {
    name,
    imports: [{ path: './called.yaml', as: 'called' }],
    initial_state: { a: 0, b: 0, c: 0 },
    settings: { parallel, max_steps: 3_000 },
    nodes: listOf(nodes, undefined),
  };
  const { imports: _, ...alone } = flow;
  return JSON.stringify(name === 'called' ? alone : flow);
}

/** A list in a body, at the top, or (with a join) of a branch. Branches stand after the list that forks to them. */
function listOf(nodes: readonly TreeNode[], join: string | undefined): JsonObject[] {
  const after: JsonObject[] = [];
  const end = join ?? '__end__';
  const own = nodes.map((node, at) => {
    const nameAt = (index: number): string => nodes[index]?.name ?? end;
    const written = nodeOf(node, (skip) => nameAt(at + 1 + skip));
    if (node.route.kind !== 'fork') return { ...written, ...gotoOf(node, (skip) => nameAt(at + 1 + skip)) };
    const fanIn = nameAt(at + 1);
    for (const branch of node.route.branches) after.push(...listOf(branch, fanIn));
    return { ...written, parallel: node.route.branches.map((branch) => branch[0]?.name ?? ''), fan_in: fanIn };
  });
  return [...own, ...after];
}

function gotoOf({ name, route }: TreeNode, target: (skip: number) => string): JsonObject {
  if (route.kind === 'rules') {
    const rule = { if: `state.${route.key} < ${route.below}`, to: target(route.skip) };
    return { goto: route.hasElse ? [rule, { to: target(0) }] : [rule] };
  }
  if (route.kind === 'again')
    return { goto: [{ if: `state.${route.key} < ${route.below}`, to: name }, { to: target(0) }] };
  return { goto: target(0) };
}

function nodeOf(node: TreeNode, target: (skip: number) => string): JsonObject {
  const { name, condition, retry, graceful, breaker, interrupt, isTimed, work } = node;
  const hasCondition = condition !== undefined && work.kind !== 'while';
  const codes = retry?.isForAll === false ? { retry_on: ['CONN_CONNECT', 'LUA_RAISED'] } : {};
  const delay = retry === undefined ? {} : { base_delay: `${retry.delayMs}ms`, backoff: 'constant' };
  const skip = graceful?.skip;
  return {
    ...{ name, ...workOf(work) },
    ...(hasCondition ? { condition: `state.${condition.key} < ${condition.below}` } : {}),
    ...(retry === undefined ? {} : { retry: { max_retries: retry.max, ...delay, ...codes } }),
    ...(graceful === undefined
      ? {}
      : { on_error: { mode: 'graceful', ...(skip === undefined ? {} : { fallback: target(skip) }) } }),
    ...(breaker === undefined ? {} : { circuit_breaker: { failure_threshold: breaker, reset_timeout: '9h' } }),
    ...(interrupt === undefined ? {} : { interrupt }),
    ...(isTimed ? { timeout: LONG } : {}),
  };
}

function workOf(work: TreeWork): JsonObject {
  switch (work.kind) {
    case 'none':
      return {};
    case 'count':
      return { run: { type: 'expression', value: `{{ state.${work.key} + ${work.by} }}`, output_key: work.key } };
    case 'lua':
      return { run: `kept = (kept or 0) + ${work.by}; return { ${work.key} = state.${work.key} + kept }` };
    case 'lua-raise':
      return { run: `kept = (kept or 0) + 1; if state.${work.key} % 2 == 1 then error("odd") end return {}` };
    case 'act': {
      const { key: from, fails, code, isSafe } = work;
      return {
        uses: isSafe ? 'test.read' : 'test.act',
        with: { fails, code, value: `{{ state.${from} }}` },
        output: from,
      };
    }
    case 'ask':
      return { uses: 'human.input', with: { prompt: '?' } };
    case 'call':
      return {
        ...{ call: 'called', input: { a: `{{ state.${work.key} }}` } },
        ...(work.hasOutput ? { output: { [work.key]: 'result.a + result.b' } } : {}),
      };
    case 'steps':
      return { steps: listOf(work.nodes, undefined) };
    case 'while':
      return {
        ...{ type: 'while_loop', condition: `state.${work.key} < ${work.below}`, max_iterations: work.max },
        ...{ on_limit: work.isStrict ? 'error' : 'exit', body: listOf(work.nodes, undefined) },
      };
    case 'each':
      return eachOf(work);
  }
}

/** The items of a fan-out of so many. */
export function itemsOf(count: number): JsonValue[] {
  return Array.from({ length: count }, (_, index) => index * 10);
}

function eachOf({ count, failFast, atOnce, hasMatrix, body }: Extract<TreeWork, { kind: 'each' }>): JsonObject {
  const work =
    body === 'call' ? { subgraph: 'called', input: { a: '{{ item }}' } } : { steps: listOf(body, undefined) };
  if (hasMatrix) {
    const strategy = {
      ...{ matrix: { m: [1, 2] }, fail_fast: failFast },
      ...(atOnce === undefined ? {} : { max_parallel: atOnce }),
    };
    return { strategy, parallel_each: itemsOf(count), ...work };
  }
  const workers = atOnce === undefined ? {} : { max_concurrency: atOnce };
  return { type: 'dynamic_parallel', items: itemsOf(count), fail_fast: failFast, ...workers, ...work };
}
