/**
 * Real lanes, flows of Lua nodes and segments over them, for tests.
 */
import {
  type Clock,
  type Metrics,
  resolveOptions,
  silentLog,
  silentMetrics,
  systemClock,
} from '../../src/core/index.ts';
import type { Flow, FlowNode, SegmentEnd, SegmentFact, SegmentRequest } from '../../src/flow/index.ts';
import { LUA_OPTIONS, LuaLanes, readWasmFile } from '../../src/lua/lanes/index.ts';
import { aFlow, aNode, readState, stateBytes } from './segments.ts';

/** What the images of these lanes are made with. */
export const SALT = 'salt of the test';

const wasm = await readWasmFile();
let opened: LuaLanes[] = [];

/** Ends the lanes that a test opened; for `afterEach`. */
export async function closeLanes(): Promise<void> {
  await Promise.all(opened.map((lanes) => lanes.close()));
  opened = [];
}

/** Lanes, closed by {@link closeLanes}; `clock` is main's and default the machine's: a lane's own always is. */
export function openLanes(
  options: Record<string, string | number> = {},
  metrics: Metrics = silentMetrics,
  clock: Clock = systemClock,
): LuaLanes {
  const lanes = new LuaLanes({
    wasm,
    salt: SALT,
    options: resolveOptions('lua', LUA_OPTIONS, { lanes: 1, ...options }),
    clock,
    log: silentLog,
    metrics,
  });
  opened.push(lanes);
  return lanes;
}

/** A flow of Lua nodes that follow each other. */
export function aLuaFlow(...codes: readonly string[]): Flow {
  const nodes = codes.map((code, chunk) =>
    aNode({
      name: `n${chunk}`,
      work: { kind: 'lua', code, line: 1, chunk },
      next: chunk + 1 < codes.length ? { kind: 'next', to: `n${chunk + 1}` } : { kind: 'end' },
    }),
  );
  return aFlow({ nodes, hash: codes.join('\n') });
}

/** The flow with one node changed, under a hash of its own. */
export function withNode(flow: Flow, name: string, change: Partial<FlowNode>): Flow {
  return {
    ...flow,
    hash: `${flow.hash}+`,
    nodes: flow.nodes.map((node) => (node.name === name ? { ...node, ...change } : node)),
  };
}

/** A segment from the flow's entry, unless said otherwise. */
export function aRequest(flow: Flow, request: Partial<SegmentRequest> = {}): SegmentRequest {
  return {
    runId: 'run',
    flowHash: flow.hash,
    start: { kind: 'entry' },
    state: stateBytes({}),
    scope: {},
    nowMs: 1_700_000_000_000,
    seed: 'seed',
    stepsLeft: 10_000,
    luaTimeoutMs: 5_000,
    luaMemoryBytes: 16 * 1024 * 1024,
    stateBytes: 1024 * 1024,
    priority: 'normal',
    wantFacts: false,
    ...request,
  };
}

/** Runs a segment to its end. */
export async function runSegment(
  lanes: LuaLanes,
  flow: Flow,
  request: Partial<SegmentRequest> = {},
  options: { signal?: AbortSignal; onFacts?: (facts: readonly SegmentFact[]) => void } = {},
): Promise<SegmentEnd> {
  const { signal = new AbortController().signal, onFacts = () => {} } = options;
  return (await lanes.runSegment(flow, aRequest(flow, request), { signal, onFacts })).end;
}

/** The error code of an end that failed, else its kind. */
export function codeOf(end: SegmentEnd): string {
  return end.kind === 'failed' ? end.error.code : end.kind;
}

/** The state of an end, or the end itself when it has none. */
export function stateOf(end: SegmentEnd): unknown {
  return end.kind === 'end' || end.kind === 'joined' ? readState(end.state) : end;
}
