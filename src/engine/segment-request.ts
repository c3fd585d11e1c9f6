/**
 * What a lane is asked for a segment of a run: the same when it runs and when it is replayed.
 */
import { isJsonObject, type JsonObject, mergeShallow, type RunId } from '../core/index.ts';
import type { Flow, SegmentRequest } from '../flow/index.ts';
import { prepareInput } from '../spec/index.ts';
import type { Command } from './decision.ts';
import type { RunLimits } from './run.ts';

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** What all segments of one run share. */
export interface RunContext {
  readonly runId: RunId;
  /** The flow whose run it is; called flows have their own limits only where they ask for less. */
  readonly flow: Flow;
  readonly seed: number;
  readonly startedAtMs: number;
  /** Allow-listed environment values as the run sees them. */
  readonly env: JsonObject;
  readonly limits: RunLimits;
  readonly priority: 'critical' | 'normal' | 'optional';
}

/** The request of one segment. `leftMs` is what the run has left, which no node outlives. */
export function toSegmentRequest(
  run: RunContext,
  command: Extract<Command, { kind: 'run_segment' }>,
  more: { readonly leftMs: number; readonly wantFacts: boolean },
): SegmentRequest {
  const { kind: _, path, flow, ordinal: _ordinal, isMachineDropped: _dropped, ...rest } = command;
  const { limits } = run;
  const { lua } = flow.settings;
  const usual = run.flow.endpoint === undefined ? limits.luaTimeoutMs : limits.luaEndpointTimeoutMs;
  return {
    ...rest,
    runId: run.runId,
    flowHash: flow.hash,
    scope: scopeOf(run),
    seed: `${run.seed}/${path}`,
    luaTimeoutMs: Math.min(lua.timeoutMs ?? usual, limits.maxLuaTimeoutMs, more.leftMs),
    luaMemoryBytes: Math.min(lua.memoryBytes ?? limits.luaMemoryBytes, limits.maxLuaMemoryBytes),
    ...instructionsOf(lua.instructions, limits.luaInstructions),
    stateBytes: limits.stateBytes,
    priority: run.priority,
    wantFacts: more.wantFacts,
  };
}

/** The scopes of all segments of a run: one object, so that a lane is told them once for all branches. */
const scopes = new WeakMap<RunContext, JsonObject>();

function scopeOf(run: RunContext): JsonObject {
  let scope = scopes.get(run);
  if (scope === undefined) {
    scope = { run: { id: run.runId, started_at_ms: run.startedAtMs }, env: run.env };
    scopes.set(run, scope);
  }
  return scope;
}

function instructionsOf(asked: number | undefined, limit: number | undefined): { luaInstructions?: number } {
  const given = [asked, limit].filter((count) => count !== undefined && count > 0);
  return given.length === 0 ? {} : { luaInstructions: Math.min(...(given as number[])) };
}

/** The state `flow` begins with, and what is wrong with it; input wins over what the flow sets. */
export function firstState(flow: Flow, input: JsonObject): { state: JsonObject; problems: readonly string[] } {
  const { input: state, problems } = prepareInput(flow, mergeShallow(flow.initialState, input));
  return { state, problems };
}

/** Everything that keeps `input` from beginning a run of `flow`; empty when it fits. */
export function inputProblems(flow: Flow, input: JsonObject): readonly string[] {
  return firstState(flow, input).problems;
}

/** UTF-8 JSON. */
export function toBytes(value: JsonObject): Uint8Array {
  return encoder.encode(JSON.stringify(value));
}

/** The object in bytes of our own making. */
export function parseObject(bytes: Uint8Array): JsonObject {
  const value: unknown = JSON.parse(decoder.decode(bytes));
  return isJsonObject(value) ? value : {};
}
