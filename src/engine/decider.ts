/**
 * The only scheduler of a run: takes what happened, says what to do next.
 *
 * Knows no clock, no thread and no file. Invariant: the same flow and the same happenings in
 * the same order give the same commands, so a journal replays to the same run. What a path is
 * stands in `path.ts`; how branches start and come in, in `branches.ts`.
 */
import { type ErrorData, MoonpoolError } from '../core/index.ts';
import type { Flow, Interrupts, SegmentEnd, SegmentFact, SegmentStart } from '../flow/index.ts';
import { Branches } from './branches.ts';
import type { BreakerUse, Command, Happening, RunEnd, UnnumberedEvent } from './decision.ts';
import type { EffectOutcome, FlowResponse, WaitingFor } from './ports.ts';
import {
  breakerOf,
  type Lineage,
  lineageOf,
  MAIN_PATH,
  mainPath,
  nodeOf,
  type Path,
  type Phase,
  PhaseCounts,
  restartBody,
  waitingOf,
} from './path.ts';
import { BodyLimits } from './body-limits.ts';
import { EffectTries } from './effect-tries.ts';
import { RunTimers } from './run-timers.ts';
import { factEvent, waitingData } from './run-facts.ts';

const encoder = new TextEncoder();

/** A path that pauses for longer keeps no machine meanwhile, ms. */
const KEEP_MACHINE_MS = 10_000;

/** One run's decisions. Feed it every happening once, in order. */
export class Decider {
  readonly #flow: Flow;
  readonly #keepsMachines: boolean;
  readonly #branches: Branches;
  readonly #paths = new Map<string, Path>();
  readonly #steps = new Map<string, Path>();
  readonly #timers = new RunTimers((command) => this.#commands.push(command));
  readonly #bodyLimits: BodyLimits;
  readonly #tries = new EffectTries();
  #interrupts: Interrupts | undefined;
  #stepsTaken = 0;
  readonly #counts = new PhaseCounts();
  /** What the run answers over HTTP, once it has said so. */
  #answer: { readonly response?: FlowResponse } = {};
  #end: RunEnd | undefined;
  #isResting = false;
  #commands: Command[] = [];

  /**
   * @param replayed for a run once more: machines are kept also of paths that wait for long, and of the fan-outs
   * named there only the branches that are run
   */
  constructor(flow: Flow, replayed?: readonly Lineage[]) {
    this.#flow = flow;
    this.#keepsMachines = replayed !== undefined;
    const only = new Map(replayed?.map((one) => [one.fanOutId, one]));
    this.#branches = new Branches({
      only: (fanOutId) => only.get(fanOutId),
      add: (path) => this.#paths.set(path.id, path),
      forget: (path) => this.#forget(path),
      setPhase: (path, phase) => this.#setPhase(path, phase),
      command: (command) => this.#commands.push(command),
      publish: (path, event) => this.#publish(path, event),
      compute: (path, start) => this.#compute(path, start),
      ask: (path, breaker, then) => this.#ask(path, breaker, then),
      timers: this.#timers,
      abandon: (paths) => this.#abandon(paths),
      failPath: (path, error, node) => this.#fail(path, error, node),
    });
    this.#bodyLimits = new BodyLimits({
      timers: this.#timers,
      stopWork: (path) => this.#stopWork(path),
      compute: (path, start) => this.#compute(path, start),
    });
  }

  /** How the run ended, once it has. */
  get end(): RunEnd | undefined {
    return this.#end;
  }

  /** True when the order in which things come in is a matter of chance: several paths, time limits, or inputs. */
  get isConcurrent(): boolean {
    return this.#counts.inFlight + this.#counts.waiting + this.#timers.count > 1;
  }

  /** The segment in flight when there is nothing else, and so no entry of a journal for its end. */
  get loneSegment(): { readonly path: string; readonly ordinal: number } | undefined {
    if (this.isConcurrent) return undefined;
    const path = [...this.#paths.values()].find(({ phase }) => phase.kind === 'computing');
    return path === undefined ? undefined : { path: path.id, ordinal: path.segmentCount - 1 };
  }

  /** How many paths have something in flight, timers included. */
  get inFlightCount(): number {
    return this.#counts.inFlight;
  }

  /** What waiting paths ask for. */
  get waitingFor(): readonly WaitingFor[] {
    return [...this.#steps.values()].flatMap(waitingOf);
  }

  /** The fan-outs a path is below, the innermost first. */
  lineageOf(path: string): readonly Lineage[] {
    const found = this.#paths.get(path);
    return found === undefined ? [] : lineageOf(found);
  }

  /** The parked machine of a path, when it has one now. */
  machineOf(path: string): Uint8Array | undefined {
    return this.#paths.get(path)?.machine;
  }

  /**
   * Takes one happening and returns what to do, in order.
   *
   * What belongs to an abandoned path or comes after the end is ignored: it was in flight when
   * the decision fell.
   */
  take(happening: Happening): readonly Command[] {
    this.#commands = [];
    if (this.#end === undefined) {
      this.#take(happening);
      this.#rest(happening);
    }
    return this.#commands;
  }

  #take(happening: Happening): void {
    switch (happening.kind) {
      case 'started':
        this.#start(happening);
        return;
      case 'segment_reported': {
        const path = this.#paths.get(happening.path);
        if (path !== undefined) for (const fact of happening.facts) this.#report(path, fact);
        return;
      }
      case 'segment_ended':
        this.#endSegment(happening);
        return;
      case 'effect_begun': {
        const path = this.#steps.get(happening.step);
        if (path?.phase.kind !== 'acting') return;
        this.#publish(path, { event: 'effect.started', at_ms: happening.atMs, node: path.phase.node });
        return;
      }
      case 'effect_ended':
      case 'gate_answered':
      case 'input_given':
        this.#afterStep(happening);
        return;
      case 'call_begun':
      case 'call_refused':
        this.#beginCall(happening);
        return;
      case 'timer_fired':
        this.#timers.fire(happening.timer, happening.atMs);
        return;
      case 'stopped': {
        const kind = happening.error.code === 'FLOW_CANCELLED' ? 'cancelled' : 'failed';
        this.#finish({ kind, error: happening.error }, happening.atMs);
        return;
      }
    }
  }

  #endSegment({ path: id, outcome, isMachineDropped }: Extract<Happening, { kind: 'segment_ended' }>): void {
    const path = this.#paths.get(id);
    if (path?.phase.kind !== 'computing') return;
    this.#stepsTaken += outcome.steps;
    for (const { node, success } of outcome.guarded ?? []) this.#tellBreaker(path.flow, node, success);
    path.isMachineDropped = isMachineDropped === true;
    this.#afterSegment(path, outcome.end);
  }

  #beginCall(happening: Extract<Happening, { kind: 'call_begun' | 'call_refused' }>): void {
    const path = this.#paths.get(happening.path);
    if (path?.phase.kind !== 'beginning') return;
    if (happening.kind === 'call_refused') return this.#fail(path, happening.error, undefined);
    path.state = happening.state;
    this.#compute(path, { kind: 'entry' });
  }

  #start({ atMs, state, input, stateBytes, interrupts }: Extract<Happening, { kind: 'started' }>): void {
    this.#branches.stateBytes = stateBytes;
    this.#interrupts = interrupts;
    const path = mainPath(this.#flow, state, atMs);
    this.#paths.set(path.id, path);
    this.#publish(path, { event: 'run.started', at_ms: atMs, data: { flow: this.#flow.name, input } });
    this.#compute(path, { kind: 'entry' });
  }

  #setPhase(path: Path, phase: Phase): void {
    this.#counts.change(path.phase, phase);
    path.phase = phase;
  }

  #compute(path: Path, start: SegmentStart): void {
    this.#setPhase(path, { kind: 'computing' });
    const { machine, memo, root, join, isMachineDropped } = path;
    this.#commands.push({
      kind: 'run_segment',
      path: path.id,
      ordinal: path.segmentCount,
      flow: path.flow,
      start,
      state: path.state,
      isMachineDropped: isMachineDropped && machine === undefined,
      ...(memo === undefined ? {} : { memo }),
      ...(machine === undefined ? {} : { machine }),
      ...(root === undefined ? {} : { root }),
      ...(join === undefined ? {} : { join }),
      ...(this.#interrupts === undefined || path.flow !== this.#flow ? {} : { interrupts: this.#interrupts }),
      nowMs: path.nowMs,
      stepsLeft: Math.max(0, this.#flow.settings.maxSteps - this.#stepsTaken),
    });
    path.machine = undefined;
    path.segmentCount += 1;
  }

  #afterSegment(path: Path, end: SegmentEnd): void {
    if (this.#stepsTaken > this.#flow.settings.maxSteps) {
      const message = `The run took more than ${this.#flow.settings.maxSteps} node steps. Raise settings.max_steps or end the loop.`;
      this.#finish({ kind: 'failed', error: { code: 'FLOW_STEP_LIMIT', message } }, path.nowMs);
      return;
    }
    switch (end.kind) {
      case 'end':
      case 'joined':
        if (path.place !== undefined) this.#branches.end(path, { success: true, state: end.state });
        else this.#finish({ kind: 'succeeded', state: end.state, ...this.#answer }, path.nowMs);
        return;
      case 'failed':
        this.#fail(path, end.error, end.node);
        return;
      default:
        path.state = end.state;
        path.memo = end.memo;
        path.machine = end.machine;
        this.#bodyLimits.watch(path);
        this.#goOn(path, end);
    }
  }

  /** Something only the outside can do. */
  #goOn(path: Path, end: Exclude<SegmentEnd, { kind: 'end' | 'joined' | 'failed' }>): void {
    switch (end.kind) {
      case 'action':
        this.#act(path, end);
        return;
      case 'parallel':
      case 'each':
      case 'call':
        this.#branches.fork(path, end, this.#visit(path, end.node, end.kind === 'parallel' ? 1 : end.attempt));
        return;
      case 'wait': {
        const { node, attempt, when, prompt, schema } = end;
        const step = this.#stepOf(path, node, attempt);
        const asked = { ...(prompt === undefined ? {} : { prompt }), ...(schema === undefined ? {} : { schema }) };
        this.#steps.set(step, path);
        this.#setPhase(path, { kind: 'waiting', step, node, attempt, when, ...asked });
        this.#dropMachine(path);
        return;
      }
      case 'retry': {
        const { node, attempt, delayMs } = end;
        restartBody(path, node);
        this.#pause(path, delayMs, () => this.#compute(path, { kind: 'node', node, attempt, admitted: 'interrupt' }));
        return;
      }
      case 'gate': {
        const { node, attempt } = end;
        const breaker = breakerOf(path.flow, node);
        const start: SegmentStart = { kind: 'node', node, attempt, admitted: 'breaker' };
        if (breaker === undefined) return this.#compute(path, start);
        this.#ask(path, breaker, (error) =>
          this.#compute(path, error === undefined ? start : { kind: 'error', node, attempt, error, isRefused: true }),
        );
        return;
      }
    }
  }

  #act(path: Path, end: Extract<SegmentEnd, { kind: 'action' }>): void {
    const { node, attempt, uses } = end;
    const step = this.#stepOf(path, node, attempt);
    const timeoutMs = nodeOf(path.flow, node)?.timeoutMs;
    const breaker = breakerOf(path.flow, node);
    const tryCount = this.#tries.next(path, node, step);
    this.#setPhase(path, { kind: 'acting', step, node, attempt });
    this.#steps.set(step, path);
    this.#commands.push({
      ...{ kind: 'run_effect', path: path.id, flow: path.flow, step, node, attempt: tryCount, uses, with: end.with },
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
      ...(breaker === undefined ? {} : { breaker }),
    });
  }

  #afterStep(happening: Extract<Happening, { kind: 'effect_ended' | 'gate_answered' | 'input_given' }>): void {
    const path = this.#steps.get(happening.step);
    if (path === undefined) return;
    const { phase } = path;
    if (happening.kind === 'effect_ended' && phase.kind === 'acting') {
      this.#steps.delete(happening.step);
      path.nowMs = happening.atMs;
      this.#afterEffect(path, phase, happening.outcome);
    } else if (happening.kind === 'gate_answered' && phase.kind === 'asking') {
      this.#steps.delete(happening.step);
      path.nowMs = happening.atMs;
      phase.then(happening.error);
    } else if (happening.kind === 'input_given' && phase.kind === 'waiting') {
      this.#steps.delete(happening.step);
      path.nowMs = happening.atMs;
      const { node, attempt, when } = phase;
      const { value } = happening;
      this.#compute(
        path,
        when === 'result' ? { kind: 'result', node, attempt, value } : { kind: 'given', node, when, value },
      );
    }
  }

  #afterEffect(path: Path, { node, attempt }: { node: string; attempt: number }, outcome: EffectOutcome): void {
    const failed = outcome.kind === 'failed' ? { error: { ...outcome.error } } : {};
    this.#publish(path, {
      event: 'effect.finished',
      at_ms: path.nowMs,
      node,
      data: { success: outcome.kind === 'done', ...failed },
    });
    if (outcome.kind === 'failed') {
      this.#compute(path, { kind: 'error', node, attempt, error: outcome.error });
      return;
    }
    if (outcome.response !== undefined) this.#answer = { response: outcome.response };
    this.#compute(path, { kind: 'result', node, attempt, value: encoder.encode(JSON.stringify(outcome.value)) });
  }

  #ask(path: Path, breaker: BreakerUse, then: (error: ErrorData | undefined) => void): void {
    const step = `${path.key}/${breaker.name}/breaker`;
    this.#setPhase(path, { kind: 'asking', step, then });
    this.#steps.set(step, path);
    this.#commands.push({ kind: 'ask_breaker', path: path.id, step, breaker });
  }

  #tellBreaker(flow: Flow, node: string, success: boolean): void {
    const breaker = breakerOf(flow, node);
    if (breaker !== undefined) this.#commands.push({ kind: 'tell_breaker', breaker, success });
  }

  #pause(path: Path, delayMs: number, then: () => void): void {
    if (delayMs === 0) return then();
    if (delayMs > KEEP_MACHINE_MS) this.#dropMachine(path);
    const timer = this.#timers.start(path, delayMs, (atMs) => {
      path.nowMs = atMs;
      then();
    });
    this.#setPhase(path, { kind: 'pausing', timer });
  }

  /** What waits for long keeps no memory: the machine is made again from the journal. */
  #dropMachine(path: Path): void {
    if (this.#keepsMachines) return;
    path.isMachineDropped ||= path.machine !== undefined;
    path.machine = undefined;
  }

  #fail(path: Path, error: ErrorData, node: string | undefined): void {
    if (path.place !== undefined) this.#branches.fail(path, error, node);
    else this.#finish({ kind: 'failed', error, ...(node === undefined ? {} : { node }) }, path.nowMs);
  }

  /** Ends what `path` has in flight, and all paths below it; the path itself stays. */
  #stopWork(path: Path): void {
    const { phase } = path;
    if ('step' in phase) this.#steps.delete(phase.step);
    if (phase.kind === 'forked') {
      this.#abandon([...phase.fanOut.running]);
      this.#timers.stop(phase.fanOut.timer);
    } else if (phase.kind === 'pausing') {
      this.#timers.stop(phase.timer);
    } else if (phase.kind !== 'waiting' && phase.kind !== 'over') {
      this.#commands.push({ kind: 'abandon', paths: [path.id] });
    }
    this.#setPhase(path, { kind: 'over' });
  }

  /** Forgets `paths` and all below them, and has the runner end what they have in flight. */
  #abandon(paths: readonly Path[]): void {
    for (const path of paths) {
      if (!this.#paths.has(path.id)) continue;
      this.#stopWork(path);
      this.#forget(path);
    }
  }

  #forget(path: Path): void {
    this.#setPhase(path, { kind: 'over' });
    this.#bodyLimits.forget(path);
    this.#timers.stop(path.limitTimer);
    path.place?.fanOut.running.delete(path);
    path.machine = undefined;
    this.#paths.delete(path.id);
  }

  #finish(end: RunEnd, atMs: number): void {
    const main = this.#paths.get(MAIN_PATH);
    if (main !== undefined) this.#abandon([main]);
    this.#end = end;
    const data = end.kind === 'succeeded' ? {} : { error: { ...end.error } };
    this.#commands.push({
      kind: 'publish',
      event: { event: 'run.finished', at_ms: atMs, data: { status: end.kind, ...data } },
    });
    this.#commands.push({ kind: 'finish', end });
  }

  /** Says so when nothing is in flight and somebody has to give something. */
  #rest(happening: Happening): void {
    if (this.#end !== undefined || this.#counts.inFlight > 0) {
      this.#isResting = false;
      return;
    }
    if (this.#isResting) return;
    this.#isResting = true;
    const { waitingFor } = this;
    if (waitingFor.length === 0) {
      throw new MoonpoolError('BUG_INVARIANT', 'A run has nothing in flight, waits for nobody and has not ended.');
    }
    const atMs =
      'atMs' in happening ? happening.atMs : Math.max(...[...this.#paths.values()].map(({ nowMs }) => nowMs));
    this.#commands.push({
      kind: 'publish',
      event: { event: 'run.waiting', at_ms: atMs, data: waitingData(waitingFor) },
    });
    this.#commands.push({ kind: 'wait', waitingFor });
  }

  /** How often the path was at this node before; attempts of one visit count once. */
  #visit(path: Path, node: string, attempt: number): number {
    const count = path.visits.get(node) ?? 0;
    if (attempt > 1 && count > 0) return count - 1;
    path.visits.set(node, count + 1);
    return count;
  }

  #stepOf(path: Path, node: string, attempt: number): string {
    return `${path.key}/${node}/${this.#visit(path, node, attempt)}`;
  }

  #report(path: Path, fact: SegmentFact): void {
    const event = factEvent(fact, path.nowMs);
    if (event !== undefined) this.#publish(path, event);
  }

  #publish(path: Path, event: Omit<UnnumberedEvent, 'branch'>): void {
    this.#commands.push({ kind: 'publish', event: path.label === '' ? event : { ...event, branch: path.label } });
  }
}
