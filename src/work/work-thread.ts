/**
 * The killable thread for heavy pure jobs, as the main thread sees it.
 *
 * Started when first needed, one job at a time, ended when idle. A component that misses its
 * deadline costs the thread and itself: the job is begun again in a new thread without it.
 * Invariant: whatever a job does, `run` settles within the job's time, and the process keeps its memory.
 */
import { Worker } from 'node:worker_threads';
import {
  BoundedQueue,
  type Clock,
  formatDuration,
  formatSize,
  fromErrorData,
  type Log,
  MIB,
  MoonpoolError,
  resolveOptions,
  workerUrl,
} from '../core/index.ts';
import { attempt, type AttemptOutcome } from './attempt.ts';
import { JOB_JOINS, type WorkJob, type WorkJobs, type WorkKind } from './job-types.ts';
import { WORK_LIMITS, type WorkLimits } from './limits.ts';

/** What `createWorkThread` is made of. */
export interface WorkThreadOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Default: the fallbacks of {@link WORK_LIMITS}. */
  readonly limits?: Partial<WorkLimits>;
}

/** How a caller bounds one job. */
export interface WorkRunOptions {
  /** Stops waiting, or ends the thread at once. */
  readonly signal?: AbortSignal;
  /** Time for this job, at most that of the thread, which is also the default. */
  readonly timeoutMs?: number;
}

/** Does heavy pure jobs without holding up the caller's thread. */
export interface WorkThread {
  /**
   * Does a job and gives its result; jobs are done in the order they came.
   *
   * @throws FLOW_WORK_LIMIT when the job ran out of time or memory as a whole
   * @throws FLOW_WORK_BUSY when too many jobs (default 16) wait already
   * @throws FLOW_CANCELLED after `close`
   * @throws the signal's reason when it aborts
   */
  run<K extends WorkKind>(job: WorkJob<K>, options?: WorkRunOptions): Promise<WorkJobs[K]['result']>;
  /** Ends the thread and refuses what waits. May be called again. */
  close(): Promise<void>;
  /** What is there now, for tests and metrics. */
  inspect(): { readonly isThreadAlive: boolean; readonly waitingCount: number; readonly startedCount: number };
}

interface Waiting {
  readonly order: {
    readonly kind: WorkKind;
    readonly input: WorkJobs[WorkKind]['input'];
    readonly body: SharedArrayBuffer;
  };
  readonly timeoutMs: number;
  readonly abort: AbortController;
  readonly resolve: (result: WorkJobs[WorkKind]['result']) => void;
  readonly reject: (reason: unknown) => void;
}

/** A thread that does nothing yet and costs nothing. */
export function createWorkThread(options: WorkThreadOptions): WorkThread {
  return new KillableWorkThread(options);
}

class KillableWorkThread implements WorkThread {
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #limits: WorkLimits;
  readonly #queue: BoundedQueue<Waiting>;
  #worker: Worker | undefined;
  #running: Waiting | undefined;
  #cancelIdle = (): void => {};
  #closing: Promise<void> | undefined;
  #startedCount = 0;

  constructor({ clock, log, limits }: WorkThreadOptions) {
    this.#clock = clock;
    this.#log = log;
    this.#limits = { ...resolveOptions('work', WORK_LIMITS), ...limits };
    this.#queue = new BoundedQueue({ maxCount: this.#limits.maxQueueCount });
  }

  async run<K extends WorkKind>(job: WorkJob<K>, options: WorkRunOptions = {}): Promise<WorkJobs[K]['result']> {
    const { signal, timeoutMs } = options;
    if (this.#closing !== undefined) throw closedError();
    signal?.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<WorkJobs[WorkKind]['result']>();
    const waiting: Waiting = {
      order: { kind: job.kind, input: job.input, body: toShared(job.body) },
      timeoutMs: Math.min(timeoutMs ?? this.#limits.totalTimeoutMs, this.#limits.totalTimeoutMs),
      abort: new AbortController(),
      resolve,
      reject,
    };
    if (!this.#queue.push(waiting)) {
      const message = `${this.#limits.maxQueueCount} heavy jobs wait already; try again later.`;
      throw new MoonpoolError('FLOW_WORK_BUSY', message);
    }
    const onAbort = (): void => {
      if (this.#queue.remove(waiting)) reject(signal?.reason);
      else waiting.abort.abort(signal?.reason);
    };
    signal?.addEventListener('abort', onAbort, { once: true });
    void this.#pump();
    try {
      return await promise;
    } finally {
      signal?.removeEventListener('abort', onAbort);
    }
  }

  inspect(): { isThreadAlive: boolean; waitingCount: number; startedCount: number } {
    return {
      isThreadAlive: this.#worker !== undefined,
      waitingCount: this.#queue.size,
      startedCount: this.#startedCount,
    };
  }

  close(): Promise<void> {
    this.#closing ??= this.#shutDown();
    return this.#closing;
  }

  async #shutDown(): Promise<void> {
    for (let waiting = this.#queue.shift(); waiting !== undefined; waiting = this.#queue.shift()) {
      waiting.reject(closedError());
    }
    this.#running?.abort.abort(closedError());
    this.#cancelIdle();
    await this.#endWorker();
  }

  /** Does what waits, one job after the other. Never rejects. */
  async #pump(): Promise<void> {
    if (this.#running !== undefined) return;
    this.#cancelIdle();
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      this.#running = next;
      try {
        next.resolve(await this.#carryOut(next));
      } catch (error) {
        next.reject(error);
      }
      this.#running = undefined;
    }
    if (this.#closing !== undefined) return;
    this.#worker?.unref();
    this.#cancelIdle = this.#clock.after(this.#limits.idleMs, () => void this.#endWorker());
  }

  async #carryOut({ order, timeoutMs, abort }: Waiting): Promise<WorkJobs[WorkKind]['result']> {
    const deadlineTickMs = this.#clock.tickMs() + timeoutMs;
    const skip = new Set<number>();
    let memoryCount = 0;
    for (let componentTimeoutMs = this.#limits.componentTimeoutMs; ; ) {
      const outcome = await attempt(
        this.#startedWorker(),
        { ...order, skip: [...skip] },
        { clock: this.#clock, signal: abort.signal, componentTimeoutMs, deadlineTickMs },
      );
      // Cast: the thread answers an order of a kind with a result of that kind.
      if (outcome.kind === 'done') return JOB_JOINS[order.kind](outcome as never);
      if (outcome.kind === 'failed') throw fromErrorData(outcome.error);
      await this.#endWorker();
      const component = this.#lostComponent(outcome);
      if (outcome.kind === 'memory') memoryCount += 1;
      // Two events that each want all the memory are rather a text that is too large.
      if (component === undefined || skip.has(component) || memoryCount > 1) {
        throw this.#toError(outcome, { timeoutMs, abort });
      }
      this.#log.warn('work.component_given_up', { kind: order.kind, component, reason: outcome.kind });
      skip.add(component);
      // A text full of bombs must not cost the full time for each of them.
      componentTimeoutMs = Math.max(componentTimeoutMs / 2, this.#limits.componentTimeoutMs / 8);
    }
  }

  /** The component to leave out of the next try, if another try can help. */
  #lostComponent(outcome: AttemptOutcome): number | undefined {
    const isLost = outcome.kind === 'stuck' || (outcome.kind === 'memory' && outcome.component >= 0);
    return isLost ? outcome.component : undefined;
  }

  #toError(outcome: AttemptOutcome, job: { readonly timeoutMs: number; readonly abort: AbortController }): unknown {
    if (outcome.kind === 'aborted') return job.abort.signal.reason;
    if (outcome.kind === 'crashed') return fromErrorData(outcome.error);
    const message =
      outcome.kind === 'memory'
        ? `The job needs more than the ${formatSize(this.#limits.memoryBytes)} of memory it may take.`
        : `The job did not end within ${formatDuration(job.timeoutMs)}.`;
    return new MoonpoolError('FLOW_WORK_LIMIT', message, { details: { reason: outcome.kind } });
  }

  #startedWorker(): Worker {
    if (this.#worker !== undefined) {
      this.#worker.ref();
      return this.#worker;
    }
    this.#startedCount += 1;
    const worker = new Worker(workerUrl(import.meta.url, 'work-worker'), {
      name: 'work',
      // Pure jobs need no environment, and secrets have no business next to foreign text.
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: Math.ceil(this.#limits.memoryBytes / MIB), stackSizeMb: 4 },
    });
    // Between jobs nobody else listens, and an unheard error would end the process.
    worker.on('error', (error) => this.#log.warn('work.thread_failed', { message: String(error).slice(0, 200) }));
    worker.on('exit', () => {
      if (this.#worker === worker) this.#worker = undefined;
    });
    this.#worker = worker;
    return worker;
  }

  async #endWorker(): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }
}

function closedError(): MoonpoolError {
  return new MoonpoolError('FLOW_CANCELLED', 'The work thread was already shut down.');
}

function toShared(body: string | Uint8Array): SharedArrayBuffer {
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
  const shared = new SharedArrayBuffer(bytes.length);
  new Uint8Array(shared).set(bytes);
  return shared;
}
