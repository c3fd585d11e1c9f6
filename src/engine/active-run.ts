/**
 * One run under way: carries out what the decider commands and feeds back what happens.
 *
 * Sends segments to lanes, calls actions, keeps the journal, numbers the events. Decides
 * nothing itself. Invariant: what came from outside is in the journal before the decider's
 * next effect begins.
 */
import { type ErrorData, isJsonObject, type JsonObject, mergeShallow, type RunId, toErrorData } from '../core/index.ts';
import type { Flow, SegmentOutcome } from '../flow/index.ts';
import { prepareInput } from '../spec/index.ts';
import { withAnswerBytes } from './answer-bytes.ts';
import { Decider } from './decider.ts';
import type { Command, Happening, RunEnd, UnnumberedEvent } from './decision.ts';
import { performEffect } from './effect.ts';
import type { EffectOutcome, JournalEntry } from './ports.ts';
import type { Run, RunnerPorts, RunOptions, RunOutcome } from './run.ts';

/** Raised only when a replay could come out differently. */
const INTERPRETER_VERSION = 1;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Codes with which a segment ends by a limit: not deterministic, so recorded. */
const LIMIT_CODES: ReadonlySet<string> = new Set([
  'LUA_TIMEOUT',
  'LUA_MEMORY',
  'LUA_STACK',
  'LUA_OVERLOADED',
  'EXPR_LIMIT',
]);

type SegmentCommand = Extract<Command, { kind: 'run_segment' }>;
type EffectCommand = Extract<Command, { kind: 'run_effect' }>;

/** See the head of this file. */
export class ActiveRun implements Run {
  readonly id: RunId;
  readonly outcome: Promise<RunOutcome>;
  readonly #ports: RunnerPorts;
  readonly #flow: Flow;
  /** Empty once the run has begun: from then on the state has it, and it can be large. */
  #input: JsonObject;
  readonly #options: RunOptions;
  readonly #decider: Decider;
  readonly #seed: number;
  readonly #startedAtMs: number;
  readonly #deadlineTickMs: number;
  /** What each path has in flight. */
  readonly #flights = new Map<string, AbortController>();
  /** The last write; undefined while the store does not know the run, rejected when it refused it. */
  #journal: Promise<void> | undefined;
  #seq = 0;
  #settle: (outcome: RunOutcome) => void = () => {};
  #stopWatching: () => void = () => {};

  constructor(ports: RunnerPorts, run: { id: RunId; flow: Flow; input: JsonObject; options: RunOptions }) {
    this.#ports = ports;
    this.id = run.id;
    this.#flow = run.flow;
    this.#input = run.input;
    this.#options = run.options;
    this.#decider = new Decider(run.flow);
    this.#seed = Math.floor(ports.seeds.next() * 4_294_967_296);
    this.#startedAtMs = ports.clock.nowMs();
    this.#deadlineTickMs = ports.clock.tickMs() + this.#timeoutMs();
    this.outcome = new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  /** Starts the run; called once, by the runner. */
  begin(): void {
    this.#watch();
    void this.#begin().catch((error: unknown) => this.#stop(toErrorData(error)));
  }

  cancel(reason: string): void {
    this.#stop({ code: 'FLOW_CANCELLED', message: `The run was cancelled: ${reason}.` });
  }

  #timeoutMs(): number {
    const asked = [this.#options.timeoutMs, this.#flow.settings.timeoutMs, this.#ports.limits.runTimeoutMs];
    return Math.min(...asked.filter((timeoutMs) => timeoutMs !== undefined));
  }

  async #begin(): Promise<void> {
    const { clock, store } = this.#ports;
    const given = mergeShallow(this.#flow.initialState, this.#input);
    const { input: state, problems } = prepareInput(this.#flow, given);
    if (problems.length > 0) {
      const message = `The input does not fit the flow ${this.#flow.name}: ${problems.join('; ')}.`;
      this.#stop({ code: 'FLOW_INPUT', message, details: { problems } });
    }
    // Its caller may have given up meanwhile; a journal begun now would never be ended.
    if (this.#decider.end !== undefined) return;
    const created = store.create({
      id: this.id,
      flow: this.#flow.name,
      status: 'running',
      startedAtMs: this.#startedAtMs,
    });
    this.#journal = created;
    await created.catch((error: unknown) => {
      this.#journal = undefined;
      throw error;
    });
    const entry = { atMs: clock.nowMs(), flowHash: this.#flow.hash, interpreterVersion: INTERPRETER_VERSION };
    const { stateBytes } = this.#ports.limits;
    const recorded = { input: this.#input, seed: this.#seed, env: this.#ports.env, stateBytes };
    await this.#record({ kind: 'run.started', ...entry, ...recorded });
    const bytes = encoder.encode(JSON.stringify(state));
    const input = this.#input;
    this.#input = {};
    this.#happen({ kind: 'started', atMs: this.#startedAtMs, state: bytes, input, stateBytes });
  }

  /** Ends the run at its deadline or when its caller gives up. */
  #watch(): void {
    const { clock } = this.#ports;
    const timeoutMs = this.#timeoutMs();
    const stopTimer = clock.after(timeoutMs, () => {
      this.#stop({
        code: 'FLOW_TIMEOUT',
        message: `The run did not end within ${timeoutMs} ms.`,
        details: { timeout_ms: timeoutMs },
      });
    });
    const { signal } = this.#options;
    const onAbort = (): void => this.cancel('its caller gave up');
    signal?.addEventListener('abort', onAbort, { once: true });
    if (signal?.aborted) queueMicrotask(onAbort);
    this.#stopWatching = () => {
      stopTimer();
      signal?.removeEventListener('abort', onAbort);
    };
  }

  #stop(error: ErrorData): void {
    if (this.#decider.end !== undefined) return;
    const atMs = this.#ports.clock.nowMs();
    void this.#record({ kind: 'run.cancelled', atMs, error }).catch(() => {
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
    for (const command of commands) attempt(() => this.#carryOut(command));
    if (fault !== undefined) this.#stop(fault);
  }

  #carryOut(command: Command): void {
    switch (command.kind) {
      case 'run_segment':
        this.#fly(command.path, (signal) => this.#runSegment(command, signal));
        return;
      case 'run_effect':
        this.#fly(command.path, (signal) => this.#runEffect(command, signal));
        return;
      case 'abandon':
        for (const path of command.paths) {
          this.#flights.get(path)?.abort();
          this.#flights.delete(path);
        }
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
      },
      (error: unknown) => {
        if (!controller.signal.aborted) this.#stop(toErrorData(error));
      },
    );
  }

  async #runSegment(command: SegmentCommand, signal: AbortSignal): Promise<Happening> {
    const { segments, limits, env, clock, log } = this.#ports;
    const { kind: _, path, ...rest } = command;
    const { lua } = this.#flow.settings;
    const usual = this.#flow.endpoint === undefined ? limits.luaTimeoutMs : limits.luaEndpointTimeoutMs;
    const leftMs = Math.max(1, this.#deadlineTickMs - clock.tickMs());
    const request = {
      ...rest,
      runId: this.id,
      flowHash: this.#flow.hash,
      scope: { run: { id: this.id, started_at_ms: this.#startedAtMs }, env, settings: {} },
      seed: `${this.#seed}/${path}`,
      luaTimeoutMs: Math.min(lua.timeoutMs ?? usual, limits.maxLuaTimeoutMs, leftMs),
      luaMemoryBytes: Math.min(lua.memoryBytes ?? limits.luaMemoryBytes, limits.maxLuaMemoryBytes),
      stateBytes: limits.stateBytes,
      priority: this.#options.priority ?? 'normal',
      wantFacts: this.#options.onEvent !== undefined,
    };
    const outcome = await segments.runSegment(this.#flow, request, {
      signal,
      onFacts: (facts) => {
        if (signal.aborted) return;
        for (const fact of facts) {
          if (fact.kind === 'log') log.info('node.printed', { run_id: this.id, node: fact.node, text: fact.text });
        }
        this.#happen({ kind: 'segment_reported', path, facts });
      },
    });
    await this.#recordTaken(path, outcome);
    return { kind: 'segment_ended', path, outcome };
  }

  /** A pure segment replays by itself; only what chance decided is recorded: order and limits. */
  async #recordTaken(path: string, outcome: SegmentOutcome): Promise<void> {
    const { end } = outcome;
    const byLimit = end.kind === 'failed' && LIMIT_CODES.has(end.error.code);
    if (!byLimit && !this.#decider.isConcurrent) return;
    await this.#record({
      kind: 'segment.taken',
      path,
      ...(byLimit ? { failed: { ...end.error, node: end.node } } : {}),
    });
  }

  async #runEffect(command: EffectCommand, signal: AbortSignal): Promise<Happening> {
    const { actions, clock } = this.#ports;
    const { step, node, uses } = command;
    const atMs = clock.nowMs();
    // A safe effect may simply be done again, so its begin needs no record.
    if (actions.find(uses)?.effect !== 'safe') await this.#record({ kind: 'effect.begun', step, atMs });
    this.#happen({ kind: 'effect_begun', step, atMs });
    const outcome: EffectOutcome = await performEffect(actions, uses, parseObject(command.with), {
      runId: this.id,
      node,
      flowName: this.#flow.name,
      flowDirectory: this.#flow.directory,
      idempotencyKey: `${this.id}/${step}`,
      attempt: 1,
      nowMs: atMs,
      deadlineTickMs: this.#deadlineTickMs,
      signal,
    });
    // What an action kept while its run ended, the end did not find.
    if (signal.aborted) await this.#ports.blobs?.release(this.id);
    const endedAtMs = clock.nowMs();
    await this.#record({ kind: 'effect.ended', step, atMs: endedAtMs, outcome });
    return { kind: 'effect_ended', step, atMs: endedAtMs, outcome };
  }

  /** Appends in the order of calls, also when the store is slow. */
  #record(entry: JournalEntry): Promise<void> {
    if (this.#journal === undefined) return Promise.resolve();
    const appended = this.#journal.then(() => this.#ports.store.append(this.id, [entry]));
    this.#journal = appended.catch(() => {
      // Whoever awaited `appended` sees the failure; the chain itself goes on.
    });
    return appended;
  }

  #publish(event: UnnumberedEvent): void {
    const { onEvent } = this.#options;
    if (onEvent === undefined) return;
    const { end } = this.#decider;
    const isLast = event.event === 'run.finished' && end?.kind === 'succeeded';
    const { event: name, at_ms, data = {}, ...place } = event;
    const state = isLast ? { state: parseObject(end.state) } : {};
    onEvent({ event: name, run_id: this.id, seq: this.#seq, at_ms, ...place, data: { ...data, ...state } });
    this.#seq += 1;
  }

  async #finish(end: RunEnd): Promise<void> {
    this.#stopWatching();
    const { store, blobs, clock, log } = this.#ports;
    let outcome: RunOutcome = end;
    try {
      outcome = await withAnswerBytes(end, blobs);
      if (this.#journal !== undefined) {
        await this.#journal;
        const error = end.kind === 'succeeded' ? {} : { error: end.error };
        await store.finish(this.id, { status: end.kind, endedAtMs: clock.nowMs(), ...error });
      }
      await blobs?.release(this.id);
    } catch (error) {
      log.error('run.finish_failed', { run_id: this.id, error: toErrorData(error).message });
    }
    this.#settle(outcome);
  }
}

function parseObject(bytes: Uint8Array): JsonObject {
  const value: unknown = JSON.parse(decoder.decode(bytes));
  return isJsonObject(value) ? value : {};
}
