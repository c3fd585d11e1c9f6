/**
 * One run under way: carries out what the decider commands and feeds back what happens.
 *
 * Sends segments to lanes, calls actions, keeps the journal, numbers the events. Decides
 * nothing itself. Invariant: what came from outside is in the journal before the decider's
 * next effect begins.
 */
import {
  type ErrorData,
  type JsonObject,
  type JsonValue,
  MoonpoolError,
  type RunId,
  toErrorData,
} from '../core/index.ts';
import type { WaitingFor } from './ports.ts';
import type { Flow, SegmentOutcome } from '../flow/index.ts';
import { withAnswerBytes } from './answer-bytes.ts';
import type { Breakers } from './breakers.ts';
import { Decider } from './decider.ts';
import type { BreakerUse, Command, Happening, RunEnd, UnnumberedEvent } from './decision.ts';
import { runEffect } from './effects.ts';
import { inputFault, toGivenValue } from './given-value.ts';
import type { ParkedBytes } from './parked-bytes.ts';
import type { Lineage } from './path.ts';
import { beginCall, finalState, rebuildMachine } from './replay.ts';
import type { Run, RunnerPorts, RunOptions, RunOutcome, RunWaiting } from './run.ts';
import { JournalWriter } from './run-journal.ts';
import { RunTime } from './run-time.ts';
import { firstState, type RunContext, toBytes, toSegmentRequest } from './segment-request.ts';

/** Raised only when a replay could come out differently. */
const INTERPRETER_VERSION = 2;

const encoder = new TextEncoder();

/** Codes with which a segment ends by a limit: not deterministic, so recorded. */
const LIMIT_CODES: ReadonlySet<string> = new Set([
  'LUA_TIMEOUT',
  'LUA_MEMORY',
  'LUA_STACK',
  'LUA_OVERLOADED',
  'EXPR_LIMIT',
]);

type SegmentCommand = Extract<Command, { kind: 'run_segment' }>;

/** What all runs of a process share. */
export interface SharedByRuns {
  readonly breakers: Breakers;
  readonly parked: ParkedBytes;
}

/** See the head of this file. */
export class ActiveRun implements Run {
  readonly id: RunId;
  readonly flow: Flow;
  readonly outcome: Promise<RunOutcome>;
  readonly #ports: RunnerPorts;
  readonly #shared: SharedByRuns;
  /** Empty once the run has begun: from then on the state has it, and it can be large. */
  #input: JsonObject;
  readonly #options: RunOptions;
  readonly #decider: Decider;
  readonly #context: RunContext;
  readonly #journal: JournalWriter;
  readonly #time: RunTime;
  /** What each path has in flight, and each timer. */
  readonly #flights = new Map<string, AbortController>();
  /** Room taken by the parked machine of each path. */
  readonly #parked = new Map<string, number>();
  /** Breakers that let a path try something that has not ended. */
  readonly #tries = new Map<string, BreakerUse>();
  /** Steps somebody is giving something to. */
  readonly #giving = new Set<string>();
  readonly #restListeners: ((rest: RunOutcome | RunWaiting) => void)[] = [];
  #isWaiting = false;
  #seq = 0;
  #settle: (outcome: RunOutcome) => void = () => {};
  #stopListening: () => void = () => {};

  constructor(
    ports: RunnerPorts,
    shared: SharedByRuns,
    run: { id: RunId; flow: Flow; input: JsonObject; options: RunOptions },
  ) {
    const { clock, limits, env, store } = ports;
    const { id, flow, options } = run;
    this.#ports = ports;
    this.#shared = shared;
    this.id = id;
    this.flow = flow;
    this.#input = run.input;
    this.#options = options;
    this.#decider = new Decider(flow);
    const seed = Math.floor(ports.seeds.next() * 4_294_967_296);
    const priority = options.priority ?? 'normal';
    this.#context = { runId: id, flow, seed, startedAtMs: clock.nowMs(), env, limits, priority };
    this.#journal = new JournalWriter(store, id);
    const asked = [options.timeoutMs, flow.settings.timeoutMs, limits.runTimeoutMs];
    this.#time = new RunTime(clock, Math.min(...asked.filter((timeoutMs) => timeoutMs !== undefined)), (error) =>
      this.#stop(error),
    );
    this.outcome = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  get waitingFor(): readonly WaitingFor[] {
    return this.#decider.inFlightCount > 0 ? [] : this.#decider.waitingFor;
  }

  /** Starts the run; called once, by the runner. */
  begin(): void {
    this.#time.start();
    const { signal } = this.#options;
    const onAbort = (): void => this.cancel('its caller gave up');
    signal?.addEventListener('abort', onAbort, { once: true });
    if (signal?.aborted) queueMicrotask(onAbort);
    this.#stopListening = () => signal?.removeEventListener('abort', onAbort);
    void this.#begin().catch((error: unknown) => this.#stop(toErrorData(error)));
  }

  cancel(reason: string): void {
    this.#stop({ code: 'FLOW_CANCELLED', message: `The run was cancelled: ${reason}.` });
  }

  untilRest(): Promise<RunOutcome | RunWaiting> {
    const { waitingFor } = this;
    if (waitingFor.length > 0) return Promise.resolve({ kind: 'waiting', waitingFor });
    return new Promise((resolve) => {
      this.#restListeners.push(resolve);
      void this.outcome.then(resolve);
    });
  }

  async give(value: JsonValue, step?: string): Promise<void> {
    const { waitingFor } = this.#decider;
    const waiting =
      step === undefined && waitingFor.length === 1 ? waitingFor[0] : waitingFor.find((one) => one.step === step);
    if (waiting === undefined || this.#giving.has(waiting.step)) {
      const asked =
        waitingFor.length > 1
          ? ` It waits at ${waitingFor.map((one) => one.step).join(', ')}: name one of them as \`step\`.`
          : '';
      throw new MoonpoolError('FLOW_NOT_WAITING', `The run ${this.id} does not wait for this input.${asked}`);
    }
    const given = toGivenValue(waiting, value);
    const atMs = this.#ports.clock.nowMs();
    this.#giving.add(waiting.step);
    try {
      await this.#journal.record({ kind: 'input.given', step: waiting.step, atMs, value: given });
    } finally {
      this.#giving.delete(waiting.step);
    }
    this.#happen({ kind: 'input_given', step: waiting.step, atMs, value: encoder.encode(JSON.stringify(given)) });
  }

  async #begin(): Promise<void> {
    const { clock, limits, env } = this.#ports;
    const { startedAtMs, seed } = this.#context;
    const { interrupts } = this.#options;
    const { state, problems } = firstState(this.flow, this.#input);
    if (problems.length > 0) {
      this.#stop(inputFault(`the flow ${this.flow.name}`, problems));
    }
    // Its caller may have given up meanwhile; a journal begun now would never be ended.
    if (this.#decider.end !== undefined) return;
    await this.#journal.begin({ id: this.id, flow: this.flow.name, status: 'running', startedAtMs });
    const input = this.#input;
    const more = { stateBytes: limits.stateBytes, ...(interrupts === undefined ? {} : { interrupts }) };
    await this.#journal.record({
      kind: 'run.started',
      atMs: clock.nowMs(),
      flowHash: this.flow.hash,
      interpreterVersion: INTERPRETER_VERSION,
      input,
      seed,
      env,
      ...more,
    });
    this.#input = {};
    this.#happen({ kind: 'started', atMs: startedAtMs, state: toBytes(state), input, ...more });
  }

  #stop(error: ErrorData): void {
    if (this.#decider.end !== undefined) return;
    const atMs = this.#ports.clock.nowMs();
    const during = this.#decider.loneSegment;
    const stopped = { atMs, error, ...(during === undefined ? {} : { during }) };
    void this.#journal.record({ kind: 'run.cancelled', ...stopped }).catch(() => {
      // The run ends either way; a store that cannot take this entry has said so itself.
    });
    this.#happen({ kind: 'stopped', atMs, error });
  }

  /** Whatever throws on the way fails the run; the commands that follow are still carried out, its end among them. */
  #happen(happening: Happening): void {
    let fault: ErrorData | undefined;
    const attempt = (work: () => void): void => {
      try {
        work();
      } catch (error) {
        fault ??= toErrorData(error);
      }
    };
    let commands: readonly Command[] = [];
    attempt(() => {
      commands = this.#decider.take(happening);
    });
    let segmentsLeft = commands.filter(({ kind }) => kind === 'run_segment').length;
    for (const command of commands) {
      if (command.kind === 'run_segment') segmentsLeft -= 1;
      attempt(() => this.#carryOut(command, segmentsLeft > 0));
    }
    attempt(() => this.#wake());
    if (fault !== undefined) this.#stop(fault);
  }

  /** A run that waited goes on: somebody gave something, or the time of a body was up. */
  #wake(): void {
    if (!this.#isWaiting || this.#decider.inFlightCount === 0) return;
    this.#isWaiting = false;
    this.#time.start();
    this.#journal.rest(undefined).catch((error: unknown) => this.#stop(toErrorData(error)));
  }

  #carryOut(command: Command, isMoreComing: boolean): void {
    const { breakers } = this.#shared;
    switch (command.kind) {
      case 'run_segment': {
        this.#release(command.path);
        const lineage = command.isMachineDropped ? this.#decider.lineageOf(command.path) : [];
        this.#fly(command.path, (signal) => this.#runSegment(command, { lineage, isMoreComing }, signal));
        return;
      }
      case 'run_effect': {
        const context = {
          ...{ runId: this.id, runFlow: this.flow.name, ports: this.#ports, breakers, journal: this.#journal },
          take: (happening: Happening) => this.#happen(happening),
        };
        const { deadlineTickMs } = this.#time;
        this.#fly(command.path, (signal) => runEffect(context, command, { signal, deadlineTickMs }));
        return;
      }
      case 'ask_breaker':
        this.#fly(command.path, () => this.#askBreaker(command));
        return;
      case 'tell_breaker':
        breakers.tell(command.breaker, command.success);
        for (const [path, { name }] of this.#tries) if (name === command.breaker.name) this.#tries.delete(path);
        return;
      case 'begin_call':
        this.#fly(command.path, async () => beginCall(command.flow, command.path, command.input));
        return;
      case 'start_timer':
        this.#fly(command.timer, (signal) => this.#sleep(command.timer, command.delayMs, signal));
        return;
      case 'stop_timer':
        this.#land(command.timer);
        return;
      case 'abandon':
        for (const path of command.paths) this.#land(path);
        return;
      case 'wait':
        this.#wait(command.waitingFor);
        return;
      case 'publish':
        this.#publish(command.event);
        return;
      case 'finish':
        void this.#finish(command.end);
        return;
    }
  }

  /** Runs `work` as what `path` has in flight; an error of ours in it fails the run, never the process. */
  #fly(path: string, work: (signal: AbortSignal) => Promise<Happening>): void {
    const controller = new AbortController();
    this.#flights.set(path, controller);
    work(controller.signal).then(
      (happening) => {
        if (controller.signal.aborted) return;
        this.#flights.delete(path);
        this.#happen(happening);
        this.#settleParked(path);
      },
      (error: unknown) => {
        if (!controller.signal.aborted) this.#stop(toErrorData(error));
      },
    );
  }

  /** Ends what `path` has in flight, and gives back what it holds. */
  #land(path: string): void {
    this.#flights.get(path)?.abort();
    this.#flights.delete(path);
    this.#release(path);
    const breaker = this.#tries.get(path);
    if (breaker !== undefined) this.#shared.breakers.release(breaker);
    this.#tries.delete(path);
  }

  async #runSegment(
    command: SegmentCommand,
    { lineage, isMoreComing }: { readonly lineage: readonly Lineage[]; readonly isMoreComing: boolean },
    signal: AbortSignal,
  ): Promise<Happening> {
    const { segments, clock, log } = this.#ports;
    const { path } = command;
    const machine = command.isMachineDropped ? await this.#rebuild(command, lineage, signal) : command.machine;
    const request = toSegmentRequest(this.#context, machine === undefined ? command : { ...command, machine }, {
      leftMs: Math.max(1, this.#time.deadlineTickMs - clock.tickMs()),
      wantFacts: this.#options.onEvent !== undefined,
    });
    const outcome = await segments.runSegment(command.flow, request, {
      signal,
      isMoreComing,
      onFacts: (facts) => {
        if (signal.aborted) return;
        for (const fact of facts) {
          if (fact.kind === 'log') log.info('node.printed', { run_id: this.id, node: fact.node, text: fact.text });
        }
        this.#happen({ kind: 'segment_reported', path, facts });
      },
    });
    await this.#recordTaken(command, outcome);
    // Whoever is abandoned while the entry is written takes no room: nobody would give it back.
    signal.throwIfAborted();
    return this.#park(path, outcome);
  }

  /** A pure segment replays by itself; only what chance decided is recorded: order and limits. */
  async #recordTaken({ path, ordinal }: SegmentCommand, { end, steps }: SegmentOutcome): Promise<void> {
    const byLimit = end.kind === 'failed' && LIMIT_CODES.has(end.error.code);
    if (!byLimit && !this.#decider.isConcurrent) return;
    const failed = byLimit ? { failed: { ...end.error, node: end.node, steps } } : {};
    await this.#journal.record({ kind: 'segment.taken', path, ordinal, ...failed });
  }

  /** Keeps the path's machine when there is room for it; else it is made again when it is needed. */
  #park(path: string, outcome: SegmentOutcome): Happening {
    const { end } = outcome;
    if (!('machine' in end) || end.machine === undefined) return { kind: 'segment_ended', path, outcome };
    const bytes = end.machine.byteLength;
    if (this.#shared.parked.reserve(bytes)) {
      this.#parked.set(path, bytes);
      return { kind: 'segment_ended', path, outcome };
    }
    const { machine: _, ...rest } = end;
    return { kind: 'segment_ended', path, outcome: { ...outcome, end: rest as typeof end }, isMachineDropped: true };
  }

  /** Gives back the room of a machine that the decider did not keep. */
  #settleParked(path: string): void {
    if (this.#decider.machineOf(path) === undefined) this.#release(path);
  }

  #release(path: string): void {
    const bytes = this.#parked.get(path);
    if (bytes === undefined) return;
    this.#parked.delete(path);
    this.#shared.parked.release(bytes);
  }

  async #rebuild(
    { path, ordinal }: SegmentCommand,
    lineage: readonly Lineage[],
    signal: AbortSignal,
  ): Promise<Uint8Array | undefined> {
    const journal = await this.#journal.read();
    if (journal?.isComplete !== true) {
      const message = `The Lua globals of the run ${this.id} were given up to save memory, and what came into the run was too large to keep for making them again.`;
      throw new MoonpoolError('STORE_FULL', message);
    }
    const parts = { run: this.#context, entries: journal.entries, segments: this.#ports.segments, signal };
    return rebuildMachine(parts, { path, ordinal, lineage });
  }

  async #askBreaker(command: Extract<Command, { kind: 'ask_breaker' }>): Promise<Happening> {
    const { step, breaker, path } = command;
    const error = this.#shared.breakers.ask(breaker);
    if (error === undefined) this.#tries.set(path, breaker);
    const atMs = this.#ports.clock.nowMs();
    const answer = { step, atMs, ...(error === undefined ? {} : { error }) };
    await this.#journal.record({ kind: 'gate.answered', ...answer });
    return { kind: 'gate_answered', ...answer };
  }

  async #sleep(timer: string, delayMs: number, signal: AbortSignal): Promise<Happening> {
    const { clock } = this.#ports;
    await clock.sleep(delayMs, signal);
    signal.throwIfAborted();
    const atMs = clock.nowMs();
    await this.#journal.record({ kind: 'timer.fired', timer, atMs });
    return { kind: 'timer_fired', timer, atMs };
  }

  #wait(waitingFor: readonly WaitingFor[]): void {
    // Somebody may take days; the time of the run is the time it works.
    this.#isWaiting = true;
    this.#time.pause();
    const tell = (): void => {
      const listeners = this.#restListeners.splice(0);
      for (const listener of listeners) listener({ kind: 'waiting', waitingFor });
    };
    this.#journal.rest(waitingFor).then(tell, (error: unknown) => this.#stop(toErrorData(error)));
  }

  #publish(event: UnnumberedEvent): void {
    const { onEvent } = this.#options;
    if (onEvent === undefined) return;
    const { event: name, at_ms, data = {}, ...place } = event;
    const state = name === 'run.finished' ? finalState(this.#decider.end) : {};
    onEvent({ event: name, run_id: this.id, seq: this.#seq, at_ms, ...place, data: { ...data, ...state } });
    this.#seq += 1;
  }

  async #finish(end: RunEnd): Promise<void> {
    this.#time.pause();
    this.#stopListening();
    for (const path of [...this.#flights.keys(), ...this.#parked.keys(), ...this.#tries.keys()]) this.#land(path);
    const { blobs, clock, log } = this.#ports;
    let outcome: RunOutcome = end;
    try {
      outcome = await withAnswerBytes(end, blobs);
      const more = end.kind === 'succeeded' ? { state: end.state } : { error: end.error };
      await this.#journal.finish({ status: end.kind, endedAtMs: clock.nowMs(), ...more });
      await blobs?.release(this.id);
    } catch (error) {
      log.error('run.finish_failed', { run_id: this.id, error: toErrorData(error).message });
    }
    this.#settle(outcome);
  }
}
