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
import type { Lineage } from './path.ts';
import type { JournalEntry, SegmentRunner } from './ports.ts';
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

/** A run's decisions and the segments that are being computed for them. */
class Rerun {
  readonly decider: Decider;
  readonly #parts: ReplayParts;
  /** Failures by a limit, by path and ordinal. */
  readonly #failures = new Map<string, NonNullable<Taken['failed']>>();

  constructor(parts: ReplayParts) {
    this.#parts = parts;
    for (const entry of parts.entries) {
      if (entry.kind !== 'segment.taken' || entry.failed === undefined) continue;
      this.#failures.set(`${entry.path} ${entry.ordinal}`, entry.failed);
    }
    this.decider = new Decider(parts.run.flow, true);
  }

  /** The first happening of the run. */
  started(): Happening {
    const entry = this.#parts.entries.find((candidate): candidate is Started => candidate.kind === 'run.started');
    if (entry === undefined) throw new MoonpoolError('BUG_INVARIANT', 'A journal does not say how its run began.');
    const { input, stateBytes, interrupts } = entry;
    const { state } = firstState(this.#parts.run.flow, input);
    const { startedAtMs: atMs } = this.#parts.run;
    const more = interrupts === undefined ? {} : { interrupts };
    return { kind: 'started', atMs, state: toBytes(state), input, stateBytes, ...more };
  }

  /** How a segment came out; limits are not deterministic, so a failure by one is read. */
  async compute(command: SegmentCommand, onFacts?: (happening: Happening) => void): Promise<SegmentOutcome> {
    const { run, segments, signal } = this.#parts;
    const { path, ordinal } = command;
    const failed = this.#failures.get(`${path} ${ordinal}`);
    if (failed !== undefined) {
      const { node, steps, ...error } = failed;
      return { end: { kind: 'failed', node, error }, steps };
    }
    const request = toSegmentRequest(run, command, {
      leftMs: run.limits.maxLuaTimeoutMs,
      wantFacts: onFacts !== undefined,
    });
    return segments.runSegment(command.flow, request, {
      signal,
      onFacts: (facts) => onFacts?.({ kind: 'segment_reported', path, facts }),
    });
  }

  begin(command: Extract<Command, { kind: 'begin_call' }>): Happening {
    return beginCall(command.flow, command.path, command.input);
  }
}

/** What becomes of a call: its first state, or why there is none. */
export function beginCall(flow: Flow, path: string, input: Uint8Array): Happening {
  const { state, problems } = firstState(flow, parseObject(input));
  if (problems.length === 0) return { kind: 'call_begun', path, state: toBytes(state) };
  const message = `The input does not fit the flow ${flow.name}: ${problems.join('; ')}.`;
  return { kind: 'call_refused', path, error: { code: 'FLOW_INPUT', message, details: { problems } } };
}

/** Results by what they answer, in the order they came. */
class Answers {
  readonly #byKey = new Map<string, Happening[]>();

  constructor(entries: readonly JournalEntry[]) {
    for (const entry of entries) {
      const happening = toHappening(entry);
      const key = keyOf(entry);
      if (happening === undefined || key === undefined) continue;
      const list = this.#byKey.get(key);
      if (list === undefined) this.#byKey.set(key, [happening]);
      else list.push(happening);
    }
  }

  next(key: string): Happening | undefined {
    return this.#byKey.get(key)?.shift();
  }
}

function keyOf(entry: JournalEntry): string | undefined {
  if (entry.kind === 'timer.fired') return `timer ${entry.timer}`;
  return entry.kind !== 'effect.begun' && 'step' in entry ? `step ${entry.step}` : undefined;
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
  const rerun = new Rerun(parts);
  const answers = new Answers(parts.entries);
  const isNeeded = (path: string): boolean => {
    const key = rerun.decider.keyOf(path);
    return key !== undefined && !isBeside(key, target.lineage);
  };
  return new Promise((resolve, reject) => {
    let computing = 0;
    const take = (happening: Happening): void => {
      for (const command of rerun.decider.take(happening)) carryOut(command);
    };
    const giveUp = (): void => {
      if (computing > 0) return;
      reject(new MoonpoolError('BUG_INVARIANT', `The journal does not lead to ${target.path} again.`));
    };
    const answer = (key: string): void => {
      const happening = answers.next(key);
      if (happening !== undefined) take(happening);
    };
    const carryOut = (command: Command): void => {
      switch (command.kind) {
        case 'run_segment':
          if (command.path === target.path && command.ordinal === target.ordinal) return resolve(command.machine);
          if (!isNeeded(command.path)) return;
          computing += 1;
          rerun.compute(command).then((outcome) => {
            computing -= 1;
            take({ kind: 'segment_ended', path: command.path, outcome });
            giveUp();
          }, reject);
          return;
        case 'begin_call':
          if (isNeeded(command.path)) take(rerun.begin(command));
          return;
        case 'run_effect':
        case 'ask_breaker':
          if (isNeeded(command.path)) answer(`step ${command.step}`);
          return;
        case 'start_timer':
          if (isNeeded(command.path)) answer(`timer ${command.timer}`);
          return;
        case 'wait':
          for (const { step } of command.waitingFor) answer(`step ${step}`);
          return;
        default:
          return;
      }
    };
    take(rerun.started());
    giveUp();
  });
}

/** Tells what leads to the target from the branches beside it; what lies below or before it is needed for its results. */
function isBeside(key: string, lineage: readonly Lineage[]): boolean {
  return lineage.some(
    ({ fanOutKey, key: own }) => key.startsWith(`${fanOutKey}/`) && key !== own && !key.startsWith(`${own}/`),
  );
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
  await new EventReplay(parts, onEvent).run();
}

/** Takes what came in the order in which it was taken. */
class EventReplay {
  readonly #parts: ReplayParts;
  readonly #onEvent: (event: UnnumberedEvent, end: Decider['end']) => void;
  readonly #rerun: Rerun;
  readonly #pending = new Map<string, Promise<SegmentOutcome>>();
  /** When safe effects began, which has no entry of its own. */
  readonly #began = new Map<string, number[]>();

  constructor(parts: ReplayParts, onEvent: (event: UnnumberedEvent, end: Decider['end']) => void) {
    this.#parts = parts;
    this.#onEvent = onEvent;
    this.#rerun = new Rerun(parts);
    for (const entry of parts.entries) {
      if (entry.kind !== 'effect.ended' || entry.beganAtMs === undefined) continue;
      this.#began.set(entry.step, [...(this.#began.get(entry.step) ?? []), entry.beganAtMs]);
    }
  }

  async run(): Promise<void> {
    const { decider } = this.#rerun;
    const entries = this.#parts.entries.filter(({ kind }) => kind !== 'run.started');
    this.#take(this.#rerun.started());
    for (let index = 0; decider.end === undefined; ) {
      await this.#parts.ready?.();
      this.#parts.signal.throwIfAborted();
      const entry = entries[index];
      const [alone] = this.#pending.keys();
      if (alone !== undefined && !decider.isConcurrent) {
        if (entry?.kind === 'segment.taken' && entry.path === alone) index += 1;
        await this.#settle(alone);
      } else if (entry === undefined) {
        return;
      } else {
        index += 1;
        await this.#takeEntry(entry);
      }
    }
  }

  async #takeEntry(entry: JournalEntry): Promise<void> {
    const happening = toHappening(entry);
    if (entry.kind === 'segment.taken') await this.#settle(entry.path);
    else if (happening !== undefined) this.#take(happening);
  }

  async #settle(path: string): Promise<void> {
    const outcome = await this.#pending.get(path);
    this.#pending.delete(path);
    if (outcome !== undefined) this.#take({ kind: 'segment_ended', path, outcome });
  }

  readonly #take = (happening: Happening): void => {
    for (const command of this.#rerun.decider.take(happening)) this.#carryOut(command);
  };

  #carryOut(command: Command): void {
    switch (command.kind) {
      case 'publish':
        this.#onEvent(command.event, this.#rerun.decider.end);
        return;
      case 'run_segment': {
        const outcome = this.#rerun.compute(command, this.#take);
        // Whoever settles the path sees the failure; a path that is abandoned has nobody.
        outcome.catch(() => {});
        this.#pending.set(command.path, outcome);
        return;
      }
      case 'begin_call':
        this.#take(this.#rerun.begin(command));
        return;
      case 'run_effect': {
        const atMs = this.#began.get(command.step)?.shift();
        if (atMs !== undefined) this.#take({ kind: 'effect_begun', step: command.step, atMs });
        return;
      }
      case 'abandon':
        for (const path of command.paths) this.#pending.delete(path);
        return;
      default:
        return;
    }
  }
}

/** The final state in the data of `run.finished`. */
export function finalState(end: Decider['end']): JsonObject {
  return end?.kind === 'succeeded' ? { state: parseObject(end.state) } : {};
}
