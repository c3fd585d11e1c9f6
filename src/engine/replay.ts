/**
 * A run once more from its journal: to make a machine again, or to tell its events again.
 *
 * Pure segments are computed again, everything from outside is read. Nothing acts, waits or is
 * recorded.
 */
import { type JsonObject, MoonpoolError } from '../core/index.ts';
import type { Flow, SegmentOutcome } from '../flow/index.ts';
import { Decider } from './decider.ts';
import type { Command, Happening, UnnumberedEvent } from './decision.ts';
import { inputFault } from './given-value.ts';
import type { Lineage } from './path.ts';
import type { JournalEntry, SegmentOptions, SegmentRunner } from './ports.ts';
import { firstState, parseObject, type RunContext, toBytes, toSegmentRequest } from './segment-request.ts';

type SegmentCommand = Extract<Command, { kind: 'run_segment' }>;
type Started = Extract<JournalEntry, { kind: 'run.started' }>;
type Taken = Extract<JournalEntry, { kind: 'segment.taken' }>;

/** What a replay works on. */
export interface ReplayParts {
  readonly run: RunContext;
  readonly entries: readonly JournalEntry[];
  readonly segments: SegmentRunner;
  /** Stops the replay. */
  readonly signal: AbortSignal;
  /** Awaited between two steps of a telling, so that whoever listens can hold it back. */
  readonly ready?: () => Promise<void>;
}

/** How a segment came out; limits are not deterministic, so a failure by one is read. */
function compute(
  parts: ReplayParts,
  command: SegmentCommand,
  { taken, signal, onFacts }: { taken: Taken | undefined; signal: AbortSignal; onFacts?: SegmentOptions['onFacts'] },
): Promise<SegmentOutcome> {
  if (taken?.failed !== undefined) {
    const { node, steps, ...error } = taken.failed;
    return Promise.resolve({ end: { kind: 'failed', node, error }, steps });
  }
  const { run, segments } = parts;
  const request = toSegmentRequest(run, command, {
    leftMs: run.limits.maxLuaTimeoutMs,
    wantFacts: onFacts !== undefined,
  });
  return segments.runSegment(command.flow, request, { signal, onFacts: onFacts ?? (() => {}) });
}

/** The first happening of the run. */
function startedAgain({ run, entries }: ReplayParts): Happening {
  const entry = entries.find((candidate): candidate is Started => candidate.kind === 'run.started');
  if (entry === undefined) throw new MoonpoolError('BUG_INVARIANT', 'A journal does not say how its run began.');
  const { input, stateBytes, interrupts } = entry;
  const { state } = firstState(run.flow, input);
  const more = interrupts === undefined ? {} : { interrupts };
  return { kind: 'started', atMs: run.startedAtMs, state: toBytes(state), input, stateBytes, ...more };
}

/** What becomes of a call: its first state, or why there is none. */
export function beginCall(flow: Flow, path: string, input: Uint8Array): Happening {
  const { state, problems } = firstState(flow, parseObject(input));
  if (problems.length === 0) return { kind: 'call_begun', path, state: toBytes(state) };
  return { kind: 'call_refused', path, error: inputFault(`the flow ${flow.name}`, problems) };
}

/** What an entry says happened; undefined for those that say in which order segments were taken. */
function toHappening(entry: JournalEntry): Happening | undefined {
  switch (entry.kind) {
    case 'effect.begun':
      return { kind: 'effect_begun', step: entry.step, atMs: entry.atMs };
    case 'effect.ended':
      return { kind: 'effect_ended', step: entry.step, atMs: entry.atMs, outcome: entry.outcome };
    case 'gate.answered': {
      const { step, atMs, error } = entry;
      return { kind: 'gate_answered', step, atMs, ...(error === undefined ? {} : { error }) };
    }
    case 'timer.fired':
      return { kind: 'timer_fired', timer: entry.timer, atMs: entry.atMs };
    case 'input.given':
      return {
        kind: 'input_given',
        step: entry.step,
        atMs: entry.atMs,
        value: new TextEncoder().encode(JSON.stringify(entry.value)),
      };
    case 'run.cancelled':
      return { kind: 'stopped', atMs: entry.atMs, error: entry.error };
    default:
      return undefined;
  }
}

/**
 * The machine with which segment `ordinal` of `path` begins, made again by computing what led to it.
 *
 * Cost: the segments of the path and of the fan-outs it went through; its siblings are left out.
 *
 * @throws the signal's reason; BUG_INVARIANT when the journal does not lead there
 */
export async function rebuildMachine(
  parts: ReplayParts,
  target: { readonly path: string; readonly ordinal: number; readonly lineage: readonly Lineage[] },
): Promise<Uint8Array | undefined> {
  let found: { readonly machine: Uint8Array | undefined } | undefined;
  const replay = new Replay(parts, {
    lineage: target.lineage,
    isOver({ path, ordinal, machine }) {
      if (path !== target.path || ordinal !== target.ordinal) return false;
      found = { machine };
      return true;
    },
  });
  await replay.run();
  if (found === undefined) {
    throw new MoonpoolError('BUG_INVARIANT', `The journal does not lead to ${target.path} again.`);
  }
  return found.machine;
}

/**
 * Tells the events of a run once more, up to where its journal ends.
 *
 * The same facts in the same order within each branch.
 *
 * @param onEvent called with each, and with how the run ended once it has
 */
export async function replayEvents(
  parts: ReplayParts,
  onEvent: (event: UnnumberedEvent, end: Decider['end']) => void,
): Promise<void> {
  await new Replay(parts, { lineage: [], onEvent }).run();
}

/** What a replay is for. */
interface ReplayAim {
  /** Of the fan-outs named here only the branches that are. */
  readonly lineage: readonly Lineage[];
  readonly onEvent?: (event: UnnumberedEvent, end: Decider['end']) => void;
  /** Whether the replay ends before this segment. */
  readonly isOver?: (command: SegmentCommand) => boolean;
}

/** A segment that is being computed again. */
interface Pending {
  readonly ordinal: number;
  readonly outcome: Promise<SegmentOutcome>;
  readonly controller: AbortController;
}

/** Takes what came in the order in which it was taken. */
class Replay {
  readonly #parts: ReplayParts;
  readonly #aim: ReplayAim;
  readonly #decider: Decider;
  readonly #pending = new Map<string, Pending>();
  /** Segments whose turn the journal says, and how they ended when by a limit; undefined for one that never ended. */
  readonly #recorded = new Map<string, Taken | undefined>();
  #isOver = false;

  constructor(parts: ReplayParts, aim: ReplayAim) {
    this.#parts = parts;
    this.#aim = aim;
    this.#decider = new Decider(parts.run.flow, aim.lineage);
    for (const entry of parts.entries) {
      if (entry.kind === 'segment.taken') this.#recorded.set(turnOf(entry), entry);
      if (entry.kind === 'run.cancelled' && entry.during !== undefined) {
        this.#recorded.set(turnOf(entry.during), undefined);
      }
    }
  }

  async run(): Promise<void> {
    try {
      await this.#run();
    } finally {
      for (const path of this.#pending.keys()) this.#drop(path);
    }
  }

  async #run(): Promise<void> {
    const entries = this.#parts.entries.filter(({ kind }) => kind !== 'run.started');
    this.#take(startedAgain(this.#parts));
    for (let index = 0; this.#decider.end === undefined && !this.#isOver; ) {
      await this.#parts.ready?.();
      this.#parts.signal.throwIfAborted();
      const entry = entries[index];
      const alone = this.#alone;
      if (alone !== undefined) await this.#settle(alone);
      else if (entry === undefined) return;
      else {
        index += 1;
        await this.#takeEntry(entry);
      }
    }
  }

  /** The path of a segment that ended while nothing else was in flight, so that its end has no entry. */
  get #alone(): string | undefined {
    const [first] = this.#pending;
    if (first === undefined || this.#decider.isConcurrent) return undefined;
    const [path, { ordinal }] = first;
    return this.#recorded.has(turnOf({ path, ordinal })) ? undefined : path;
  }

  async #takeEntry(entry: JournalEntry): Promise<void> {
    if (entry.kind === 'segment.taken') {
      if (this.#pending.get(entry.path)?.ordinal === entry.ordinal) await this.#settle(entry.path);
      return;
    }
    // That a safe effect began has no entry of its own; of one that was given up nothing is known.
    if (entry.kind === 'effect.ended' && entry.beganAtMs !== undefined) {
      this.#take({ kind: 'effect_begun', step: entry.step, atMs: entry.beganAtMs });
    }
    const happening = toHappening(entry);
    if (happening !== undefined) this.#take(happening);
  }

  async #settle(path: string): Promise<void> {
    const outcome = await this.#pending.get(path)?.outcome;
    this.#pending.delete(path);
    if (outcome !== undefined) this.#take({ kind: 'segment_ended', path, outcome });
  }

  #drop(path: string): void {
    this.#pending.get(path)?.controller.abort();
    this.#pending.delete(path);
  }

  #take(happening: Happening): void {
    for (const command of this.#decider.take(happening)) this.#carryOut(command);
  }

  #carryOut(command: Command): void {
    switch (command.kind) {
      case 'publish':
        this.#aim.onEvent?.(command.event, this.#decider.end);
        return;
      case 'run_segment':
        this.#isOver ||= this.#aim.isOver?.(command) === true;
        if (!this.#isOver) this.#compute(command);
        return;
      case 'begin_call':
        this.#take(beginCall(command.flow, command.path, command.input));
        return;
      case 'abandon':
        for (const path of command.paths) this.#drop(path);
        return;
      default:
        return;
    }
  }

  #compute(command: SegmentCommand): void {
    const { path, ordinal } = command;
    const controller = new AbortController();
    const { signal } = controller;
    const outcome = compute(this.#parts, command, {
      taken: this.#recorded.get(turnOf(command)),
      signal: AbortSignal.any([this.#parts.signal, signal]),
      ...(this.#aim.onEvent === undefined
        ? {}
        : {
            onFacts: (facts) => {
              if (!signal.aborted) this.#take({ kind: 'segment_reported', path, facts });
            },
          }),
    });
    // Whoever settles the path sees the failure; a path that is abandoned has nobody.
    outcome.catch(() => {});
    this.#pending.set(path, { ordinal, outcome, controller });
  }
}

/** Names one segment of one path. */
function turnOf({ path, ordinal }: { readonly path: string; readonly ordinal: number }): string {
  return `${ordinal} ${path}`;
}

/** The final state in the data of `run.finished`. */
export function finalState(end: Decider['end']): JsonObject {
  return end?.kind === 'succeeded' ? { state: parseObject(end.state) } : {};
}
