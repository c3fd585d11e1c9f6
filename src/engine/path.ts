/**
 * The paths of a run: where each stands, and what a fan-out waits for.
 *
 * A run is a tree: the main path, and below each fan-out, item or call one path per branch.
 */
import type { ErrorData, JsonValue } from '../core/index.ts';
import type { BreakerUse } from './decision.ts';
import type { WaitingFor } from './ports.ts';
import type {
  BranchResult,
  Breaker,
  Flow,
  FlowNode,
  ItemResult,
  ItemStart,
  ParallelRoute,
  PathMemo,
  Retry,
  SegmentStart,
} from '../flow/index.ts';

/** What a path is doing. */
export type Phase =
  | { readonly kind: 'computing' }
  | { readonly kind: 'acting'; readonly step: string; readonly node: string; readonly attempt: number }
  /** A breaker is being asked whether `then` may begin. */
  | { readonly kind: 'asking'; readonly step: string; readonly then: (error: ErrorData | undefined) => void }
  /** The input of a called flow is being checked. */
  | { readonly kind: 'beginning' }
  /** Until the timer fires. */
  | { readonly kind: 'pausing'; readonly timer: string }
  | {
      readonly kind: 'waiting';
      readonly step: string;
      readonly node: string;
      readonly attempt: number;
      readonly when: 'before' | 'after' | 'result';
      readonly prompt?: JsonValue;
      readonly schema?: JsonValue;
    }
  | { readonly kind: 'forked'; readonly fanOut: FanOut }
  | { readonly kind: 'over' };

/** Phases in which something is in flight. */
const IN_FLIGHT: ReadonlySet<Phase['kind']> = new Set(['computing', 'acting', 'asking', 'beginning', 'pausing']);

/** How many paths have something in flight, and how many wait for an input. */
export class PhaseCounts {
  /** Paths with something in flight. */
  inFlight = 0;
  /** Paths that wait. */
  waiting = 0;

  /** A path came from one phase into another. */
  change(from: Phase, to: Phase): void {
    this.#add(from, -1);
    this.#add(to, 1);
  }

  #add({ kind }: Phase, count: 1 | -1): void {
    if (kind === 'waiting') this.waiting += count;
    if (IN_FLIGHT.has(kind)) this.inFlight += count;
  }
}

/** One path of a run. */
export interface Path {
  /** Unique in the run; seeds the path's machine. */
  readonly id: string;
  /** The id without attempts: what effects are known by, the same for every attempt. */
  readonly key: string;
  /** `/`-joined branch names as events show them; empty on the main path. */
  readonly label: string;
  readonly flow: Flow;
  /** The fan-out this is a branch of, and which. */
  readonly place: { readonly parent: Path; readonly fanOut: FanOut; readonly index: number } | undefined;
  readonly root: string | undefined;
  readonly join: string | undefined;
  readonly attempt: number;
  startedAtMs: number;
  /** Segments begun so far. */
  segmentCount: number;
  /** Timers begun so far: each has a name of its own. */
  timerCount: number;
  /** The timer of the whole branch. */
  limitTimer: string | undefined;
  /** How often each node of this path fanned out, acted or waited: the iteration in step and path ids. */
  readonly visits: Map<string, number>;
  /** How often a body of it was begun again: the fan-outs in it are others then. */
  restartCount: number;
  /** Timers of the bodies it is in, by owner. */
  readonly bodyTimers: Map<string, string>;
  phase: Phase;
  state: Uint8Array;
  memo: PathMemo | undefined;
  machine: Uint8Array | undefined;
  /** The machine was given up to save memory and has to be made again from the journal. */
  isMachineDropped: boolean;
  nowMs: number;
}

/** The id of the path a run begins on. */
export const MAIN_PATH = 'main';

/** The path a run begins on. */
export function mainPath(flow: Flow, state: Uint8Array, atMs: number): Path {
  const names = { id: MAIN_PATH, key: MAIN_PATH, label: '' };
  return newPath({
    ...names,
    flow,
    place: undefined,
    root: undefined,
    join: undefined,
    attempt: 1,
    state,
    nowMs: atMs,
  });
}

/** A path that has not begun yet. */
export function newPath(
  parts: Pick<Path, 'id' | 'key' | 'label' | 'flow' | 'place' | 'root' | 'join' | 'attempt' | 'state' | 'nowMs'> & {
    readonly memo?: PathMemo | undefined;
  },
): Path {
  return {
    ...parts,
    memo: parts.memo,
    startedAtMs: parts.nowMs,
    segmentCount: 0,
    timerCount: 0,
    limitTimer: undefined,
    visits: new Map(),
    restartCount: 0,
    bodyTimers: new Map(),
    phase: { kind: 'over' },
    machine: undefined,
    isMachineDropped: false,
  };
}

/** The node of that name, which a checked flow has. */
export function nodeOf(flow: Flow, name: string): FlowNode | undefined {
  return flow.nodes.find((node) => node.name === name);
}

/** The breaker of a node, under the name all runs share. */
export function breakerOf(flow: Flow, node: string): BreakerUse | undefined {
  const settings = nodeOf(flow, node)?.breaker;
  return settings === undefined ? undefined : { name: `${flow.name}/${node}`, settings };
}

/** The body of `owner` begins again: its steps have the same keys as before, its fan-outs ids of their own. */
export function restartBody(path: Path, owner: string): void {
  const inside = [...path.visits.keys()].filter((name) => name.startsWith(`${owner}/`));
  for (const name of inside) path.visits.delete(name);
  if (inside.length > 0) path.restartCount += 1;
}

/** What a waiting path asks for; nothing of one that does not wait. */
export function waitingOf({ phase }: Path): readonly WaitingFor[] {
  if (phase.kind !== 'waiting') return [];
  const { step, node, when, prompt, schema } = phase;
  return [
    { step, node, when, ...(prompt === undefined ? {} : { prompt }), ...(schema === undefined ? {} : { schema }) },
  ];
}

/** A fan-out that a path is below, and the branch of it that it is, or is below. */
export interface Lineage {
  readonly fanOutId: string;
  readonly index: number;
  /** When the branch began, its first attempt. */
  readonly startedAtMs: number;
}

/** The fan-outs that `path` is below, the innermost first. */
export function lineageOf(path: Path): readonly Lineage[] {
  const lineage: Lineage[] = [];
  for (let at: Path | undefined = path; at?.place !== undefined; at = at.place.parent) {
    const { fanOut, index } = at.place;
    lineage.push({ fanOutId: fanOut.id, index, startedAtMs: at.startedAtMs });
  }
  return lineage;
}

/** What a fan-out is over, and how an entry of its results is made. */
export type FanOutKind =
  | { readonly kind: 'static'; readonly route: ParallelRoute }
  | { readonly kind: 'items'; readonly items: readonly ItemStart[]; readonly flow: Flow | undefined }
  | { readonly kind: 'call'; readonly input: Uint8Array; readonly flow: Flow };

/** A fan-out under way. */
export interface FanOut {
  readonly over: FanOutKind;
  /** The node whose route, items or call it is. */
  readonly node: string;
  /** `/node.visit` after the parent's id: the first part of its branches' ids. */
  readonly id: string;
  /** The same after the parent's key. */
  readonly key: string;
  readonly attempt: number;
  readonly count: number;
  readonly policy: FanOutPolicy;
  readonly branchMemo: PathMemo | undefined;
  readonly running: Set<Path>;
  /** Index of the next branch to start. */
  nextIndex: number;
  readonly results: (BranchResult | ItemResult | undefined)[];
  endedCount: number;
  /** Of the states that came in so far, also of those that were not kept. */
  stateBytes: number;
  timer: string | undefined;
}

/** How a fan-out treats its branches. */
export interface FanOutPolicy {
  readonly onError: 'fail' | 'collect';
  readonly maxWorkers: number;
  readonly timeoutMs: number | undefined;
  readonly retry: Retry | undefined;
  readonly breaker: Breaker | undefined;
}

/** How a static fan-out treats its branches. */
export function policyOf(route: ParallelRoute): FanOutPolicy {
  const { onError, maxWorkers = route.branches.length, timeoutMs, retry, breaker } = route;
  return { onError, maxWorkers, timeoutMs, retry, breaker };
}

/** How a branch ended. */
export interface BranchEnd {
  readonly success: boolean;
  readonly state?: Uint8Array;
  readonly error?: ErrorData & { readonly node?: string };
}

/** Where the path of a branch starts, when it needs no checked input first. */
export function startOf(fanOut: FanOut, index: number): SegmentStart {
  const { over } = fanOut;
  switch (over.kind) {
    case 'static':
      return { kind: 'node', node: over.route.branches[index] as string };
    case 'items':
      return { kind: 'item', node: fanOut.node, vars: (over.items[index] as ItemStart).vars };
    case 'call':
      return { kind: 'entry' };
  }
}

/** What a branch is called in events and results. */
export function branchName(fanOut: FanOut, index: number): string {
  switch (fanOut.over.kind) {
    case 'static':
      return ownName(fanOut.over.route.branches[index] as string);
    case 'items':
      return `${ownName(fanOut.node)}[${index}]`;
    case 'call':
      return ownName(fanOut.node);
  }
}

/** A node's name without the bodies it stands in. */
function ownName(node: string): string {
  return node.slice(node.lastIndexOf('/') + 1);
}
