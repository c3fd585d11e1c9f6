/**
 * Starts flows by themselves: at start and when their cron pattern says so.
 *
 * It knows when, not how: `start` runs the flow. Invariant: a failed run, a clock that jumps
 * or a run that never ends stops no other tick, and a missed tick is never run again.
 */
import {
  type Clock,
  type Counter,
  type HealthPort,
  type Log,
  type Metrics,
  MINUTE_MS,
  toErrorData,
  ERROR_FACTS,
} from '../core/index.ts';
import type { Flow, Schedule } from '../flow/index.ts';
import { type CronPattern, parseCron } from './cron.ts';

/** What a scheduler needs. */
export interface SchedulerOptions {
  /** Those without a `schedule` are passed over. */
  readonly flows: readonly Flow[];
  /** Runs the flow; settles when the run has ended, rejects when it failed. */
  readonly start: (flow: Flow) => Promise<void>;
  readonly clock: Clock;
  readonly log: Log;
  readonly health: HealthPort;
  readonly metrics: Metrics;
}

/** Starts flows when they are due. */
export interface Scheduler {
  /** Runs the `at_start` flows and begins to watch the clock. A second call does nothing. */
  start(): void;
  /** Starts nothing from now on; runs under way go on. Harmless when called again. */
  stop(): void;
  /** When the flow runs next, ms since 1970; undefined without a pattern or before {@link Scheduler.start}. */
  nextAtMs(flowName: string): number | undefined;
}

/** The longest time the scheduler sleeps, so that it notices a clock that was set. */
const MAX_SLEEP_MS = MINUTE_MS;
/** A wall clock that moved this much more or less than time itself was set by somebody. */
const JUMP_MS = MINUTE_MS;
/** Before this instant (2024-01-01) a machine without a battery clock has not learned the time yet. */
const CLOCK_UNSET_BEFORE_MS = 1_704_067_200_000;

interface Entry {
  readonly flow: Flow;
  readonly schedule: Schedule;
  readonly cron: CronPattern | undefined;
  nextAtMs: number | undefined;
  run: 'idle' | 'running' | 'running, one queued';
}

/**
 * A scheduler over `flows`, not yet started.
 *
 * @throws CONFIG_INVALID for a pattern or zone that `checkCron` refuses
 */
export function createScheduler(options: SchedulerOptions): Scheduler {
  return new ClockScheduler(options);
}

class ClockScheduler implements Scheduler {
  readonly #options: SchedulerOptions;
  readonly #entries: readonly Entry[];
  readonly #runs: Counter;
  #state: 'new' | 'started' | 'stopped' = 'new';
  #cancelTimer: () => void = () => {};
  #seenAtMs = 0;
  #seenTickMs = 0;

  constructor(options: SchedulerOptions) {
    this.#options = options;
    this.#entries = options.flows.flatMap((flow) => {
      const { schedule } = flow;
      if (schedule === undefined) return [];
      const cron = schedule.cron === undefined ? undefined : parseCron(schedule.cron, schedule.zone);
      return [{ flow, schedule, cron, nextAtMs: undefined, run: 'idle' as const }];
    });
    this.#runs = options.metrics.counter('moonpool_schedule_runs_total', 'Scheduled runs by how they ended.', [
      'flow',
      'outcome',
    ]);
  }

  start(): void {
    if (this.#state !== 'new') return;
    this.#state = 'started';
    const { clock } = this.#options;
    this.#seenAtMs = clock.nowMs();
    this.#seenTickMs = clock.tickMs();
    this.#plan(this.#seenAtMs);
    for (const entry of this.#entries) {
      if (entry.schedule.atStart) this.#begin(entry);
    }
    this.#sleep();
  }

  stop(): void {
    this.#state = 'stopped';
    this.#cancelTimer();
  }

  nextAtMs(flowName: string): number | undefined {
    return this.#entries.find((entry) => entry.flow.name === flowName)?.nextAtMs;
  }

  #plan(nowMs: number): void {
    for (const entry of this.#entries) entry.nextAtMs = entry.cron?.nextAfter(nowMs);
  }

  #sleep(): void {
    if (this.#state !== 'started' || this.#entries.every((entry) => entry.cron === undefined)) return;
    const nowMs = this.#options.clock.nowMs();
    const dueInMs = this.#entries.map((entry) => (entry.nextAtMs ?? Number.POSITIVE_INFINITY) - nowMs);
    this.#cancelTimer = this.#options.clock.after(Math.max(0, Math.min(MAX_SLEEP_MS, ...dueInMs)), () => this.#wake());
  }

  #wake(): void {
    const { clock, log } = this.#options;
    const nowMs = clock.nowMs();
    const tickMs = clock.tickMs();
    const jumpedMs = Math.round(nowMs - this.#seenAtMs - (tickMs - this.#seenTickMs));
    const learnedTime = this.#seenAtMs < CLOCK_UNSET_BEFORE_MS && nowMs >= CLOCK_UNSET_BEFORE_MS;
    this.#seenAtMs = nowMs;
    this.#seenTickMs = tickMs;
    if (Math.abs(jumpedMs) > JUMP_MS || (learnedTime && jumpedMs > 0)) {
      log.warn('schedule.reset', { jumped_ms: jumpedMs });
      this.#plan(nowMs);
    }
    for (const entry of this.#entries) {
      if (entry.nextAtMs === undefined || nowMs < entry.nextAtMs) continue;
      entry.nextAtMs = entry.cron?.nextAfter(nowMs);
      this.#begin(entry);
    }
    this.#sleep();
  }

  #begin(entry: Entry): void {
    const { flow, schedule } = entry;
    if (entry.run === 'idle') {
      entry.run = 'running';
      void this.#run(entry);
    } else if (entry.run === 'running' && schedule.overlap === 'queue') {
      entry.run = 'running, one queued';
    } else {
      this.#runs.add(1, { flow: flow.name, outcome: 'skipped' });
      this.#options.log.warn('schedule.skipped', { flow: flow.name });
    }
  }

  /** Never rejects: what goes wrong is logged, reported and counted. */
  async #run(entry: Entry): Promise<void> {
    const { flow } = entry;
    const { start, health, log } = this.#options;
    try {
      await start(flow);
      this.#runs.add(1, { flow: flow.name, outcome: 'succeeded' });
      health.report(`schedule.${flow.name}`, 'ok');
      log.info('schedule.ran', { flow: flow.name });
    } catch (error) {
      const { code, message } = toErrorData(error);
      this.#runs.add(1, { flow: flow.name, outcome: 'failed' });
      log.warn('schedule.failed', { flow: flow.name, code, message });
      health.report(`schedule.${flow.name}`, 'degraded', `${code}: ${ERROR_FACTS[code].about}`);
    }
    const again = entry.run === 'running, one queued' && this.#state === 'started';
    entry.run = 'idle';
    if (again) this.#begin(entry);
  }
}
