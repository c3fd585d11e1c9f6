/**
 * The lanes of one process: who runs next, how long, and what happens when time is up.
 *
 * One segment at a time per lane; critical work first, then normal, then optional, each in
 * order of arrival. A segment that misses its deadline costs its lane: the thread is ended and
 * the next segment gets a new one. Nothing a script can do reaches this.
 */
import { BoundedQueue, type Clock, type ErrorData, type Log, type Metrics, toErrorData } from '../../core/index.ts';
import type { Flow, SegmentEnd, SegmentFact, SegmentOutcome, SegmentRequest } from '../../flow/index.ts';
import { Lane, type LaneEnd } from './lane.ts';
import type { LuaOptions } from './options.ts';
import type { Replacement } from './protocol.ts';
import { luaTimeout } from './segment-execution.ts';

/** How often main looks at a running lane. */
const LOOK_MS = 10;
/** Added to a node's limit before its lane is ended: the lane itself reports what is only just late. */
const GRACE_MS = 20;
/** Time for what is not a node: starting the thread, making the image, reading a large state. */
const OUTSIDE_NODES_MS = 20_000;
/** How long a cancelled segment has to reach its next node before its lane is ended. */
const GIVE_WAY_MS = 50;

/** What lanes are made with. */
export interface LanesPorts {
  readonly wasm: Uint8Array;
  /** Derived from the installation; never leaves the process. */
  readonly salt: string;
  readonly options: LuaOptions;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
}

interface Job {
  readonly flow: Flow;
  readonly request: SegmentRequest;
  readonly signal: AbortSignal;
  readonly onFacts: (facts: readonly SegmentFact[]) => void;
  readonly resolve: (outcome: SegmentOutcome) => void;
  readonly reject: (reason: unknown) => void;
  replacement: Replacement | undefined;
  factCount: number;
}

/** Which step of a segment was over its limit when main looked; the lane may have gone on since. */
interface Late {
  readonly error: ErrorData;
  readonly step: number;
}

/** Runs segments on worker threads; the engine's `SegmentRunner`. */
export class LuaLanes {
  readonly #ports: LanesPorts;
  readonly #queues: Readonly<Record<SegmentRequest['priority'], BoundedQueue<Job>>>;
  readonly #idle: { readonly lane: Lane; cancelStop: () => void }[] = [];
  readonly #busy = new Set<Lane>();
  readonly #ended;
  #isClosed = false;

  constructor(ports: LanesPorts) {
    this.#ports = ports;
    const maxCount = ports.options.queueCount;
    const queue = (): BoundedQueue<Job> => new BoundedQueue<Job>({ maxCount });
    this.#queues = { critical: queue(), normal: queue(), optional: queue() };
    const { metrics } = ports;
    this.#ended = metrics.counter('moonpool_lua_lanes_ended_total', 'Lanes ended, by reason.', ['reason']);
    metrics.gauge('moonpool_lua_lanes', 'Lua lanes that are up.', () => this.laneCount);
    metrics.gauge('moonpool_lua_lanes_busy', 'Lua lanes that run a segment.', () => this.#busy.size);
    metrics.gauge('moonpool_lua_queue', 'Segments that wait for a lane.', () => this.waitingCount);
  }

  /** Threads that are up. */
  get laneCount(): number {
    return this.#busy.size + this.#idle.length;
  }

  /** Segments that wait for a lane. */
  get waitingCount(): number {
    return this.#queues.critical.size + this.#queues.normal.size + this.#queues.optional.size;
  }

  /** Runs one segment; see `SegmentRunner` of the engine. */
  runSegment(
    flow: Flow,
    request: SegmentRequest,
    options: { readonly signal: AbortSignal; readonly onFacts: (facts: readonly SegmentFact[]) => void },
  ): Promise<SegmentOutcome> {
    return new Promise((resolve, reject) => {
      const { signal, onFacts } = options;
      if (signal.aborted) {
        reject(signal.reason);
        return;
      }
      const job: Job = { flow, request, signal, onFacts, resolve, reject, replacement: undefined, factCount: 0 };
      if (this.#isClosed || this.waitingCount >= this.#ports.options.queueCount || !this.#queueOf(job).push(job)) {
        resolve(failedOutcome(job, overloaded(this.#isClosed, this.#ports.options.queueCount)));
        return;
      }
      signal.addEventListener(
        'abort',
        () => {
          if (this.#queueOf(job).remove(job)) reject(signal.reason);
        },
        { once: true },
      );
      this.#serve();
    });
  }

  /**
   * Starts a lane and makes `flow` ready in it before there is work, so that the first segment
   * need not wait for that. Does nothing when a lane is up.
   */
  warmUp(flow: Flow): void {
    if (this.#isClosed || this.laneCount > 0) return;
    const lane = this.#takeLane();
    lane.prepare(flow);
    this.#keep(lane);
  }

  /** Ends all lanes; segments that wait or run fail with LUA_OVERLOADED. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (let job = this.#next(); job !== undefined; job = this.#next()) {
      job.resolve(failedOutcome(job, overloaded(true, 0)));
    }
    const idle = this.#idle.splice(0);
    for (const { cancelStop } of idle) cancelStop();
    await Promise.all([...idle.map(({ lane }) => lane), ...this.#busy].map((lane) => lane.terminate()));
  }

  #queueOf(job: Job): BoundedQueue<Job> {
    return this.#queues[job.request.priority];
  }

  #next(): Job | undefined {
    return this.#queues.critical.shift() ?? this.#queues.normal.shift() ?? this.#queues.optional.shift();
  }

  /** Gives waiting jobs to free lanes, starting lanes up to the configured count. */
  #serve(): void {
    while (this.#idle.length > 0 || this.laneCount < this.#ports.options.lanes) {
      const job = this.#next();
      if (job === undefined) return;
      void this.#runOn(this.#takeLane(), job);
    }
  }

  #takeLane(): Lane {
    for (let entry = this.#idle.pop(); entry !== undefined; entry = this.#idle.pop()) {
      entry.cancelStop();
      if (entry.lane.isAlive) return entry.lane;
    }
    const { wasm, salt, options } = this.#ports;
    return new Lane({ wasm, salt }, options.laneHeapBytes);
  }

  async #runOn(lane: Lane, job: Job): Promise<void> {
    this.#busy.add(lane);
    let late: Late | undefined;
    const stopWatching = this.#watch(lane, job, (found) => {
      late = found;
      void lane.terminate();
    });
    const end = await lane.run(job.flow, job.request, {
      replacement: job.replacement,
      onFacts: (facts) => {
        job.factCount += facts.length;
        if (!job.signal.aborted) job.onFacts(facts);
      },
    });
    stopWatching();
    this.#busy.delete(lane);
    if (lane.isAlive && late === undefined) this.#keep(lane);
    this.#settle(job, end, late);
    this.#serve();
  }

  /** Looks at the lane until told to stop; calls `onLate` once when a node is over its limit. */
  #watch(lane: Lane, job: Job, onLate: (late: Late) => void): () => void {
    const { clock } = this.#ports;
    let progress = lane.progress;
    let sinceTickMs = clock.tickMs();
    const look = (): void => {
      const nowTickMs = clock.tickMs();
      const { node, step } = lane.position;
      // Read after the position: what stood still until now was where it says.
      if (lane.progress !== progress) {
        progress = lane.progress;
        sinceTickMs = nowTickMs;
      }
      const limitMs = node === undefined ? OUTSIDE_NODES_MS : job.request.luaTimeoutMs;
      if (nowTickMs - sinceTickMs >= limitMs + GRACE_MS) {
        const name = job.flow.nodes[node ?? -1]?.name ?? job.flow.name;
        onLate({ error: toErrorData(luaTimeout(name, limitMs)), step });
      } else {
        cancelLook = clock.after(LOOK_MS, look);
      }
    };
    let cancelLook = clock.after(LOOK_MS, look);
    let cancelGiveWay = (): void => {};
    const onAbort = (): void => {
      lane.askToStop();
      cancelGiveWay = clock.after(GIVE_WAY_MS, () => {
        this.#ended.add(1, { reason: 'cancelled' });
        void lane.terminate();
      });
    };
    job.signal.addEventListener('abort', onAbort, { once: true });
    return () => {
      cancelLook();
      cancelGiveWay();
      job.signal.removeEventListener('abort', onAbort);
    };
  }

  #settle(job: Job, end: LaneEnd, late: Late | undefined): void {
    if (job.signal.aborted) {
      job.reject(job.signal.reason);
      return;
    }
    if (end.kind === 'outcome') {
      job.resolve(end.outcome);
      return;
    }
    if (late !== undefined) {
      this.#afterTimeout(job, late);
      return;
    }
    const died = end.kind === 'died' ? end : { outOfMemory: false, message: 'The lane gave way unasked.' };
    this.#ended.add(1, { reason: died.outOfMemory ? 'memory' : 'fault' });
    if (!this.#isClosed) this.#ports.log.error('lane.died', { message: died.message, flow: job.flow.name });
    const error: ErrorData = this.#isClosed
      ? overloaded(true, 0)
      : died.outOfMemory
        ? {
            code: 'LUA_MEMORY',
            message: 'The state or an expression needed more memory than a lane has (lua.lane_heap).',
          }
        : { code: 'BUG_INVARIANT', message: `A lane died: ${died.message}` };
    job.resolve(failedOutcome(job, error));
  }

  /** A node that raises ends its segment; one that is graceful goes on in a new lane, its error in its place. */
  #afterTimeout(job: Job, late: Late): void {
    this.#ended.add(1, { reason: 'timeout' });
    this.#ports.log.warn('lane.ended', { flow: job.flow.name, message: late.error.message });
    const name = late.error.details?.['node'];
    const node = job.flow.nodes.find((candidate) => candidate.name === name);
    if (node === undefined || node.onError.mode === 'raise') {
      job.onFacts(node === undefined ? [] : [{ kind: 'node.finished', node: node.name, error: late.error }]);
      job.resolve({ end: { kind: 'failed', node: node?.name ?? job.flow.name, error: late.error }, steps: late.step });
      return;
    }
    const failures = [...(job.replacement?.failures ?? []), late];
    job.replacement = { failures, factCount: job.factCount };
    if (!this.#queueOf(job).push(job)) {
      job.resolve(failedOutcome(job, overloaded(false, this.#ports.options.queueCount)));
    }
  }

  #keep(lane: Lane): void {
    const cancelStop = this.#ports.clock.after(this.#ports.options.laneIdleMs, () => {
      const index = this.#idle.findIndex((entry) => entry.lane === lane);
      if (index !== -1) this.#idle.splice(index, 1);
      this.#ended.add(1, { reason: 'idle' });
      void lane.terminate();
    });
    this.#idle.push({ lane, cancelStop });
  }
}

function overloaded(isClosed: boolean, queueCount: number): ErrorData {
  const message = isClosed
    ? 'The Lua lanes are shut down.'
    : `${queueCount} segments already wait for a Lua lane (lua.queue). Try again later.`;
  return { code: 'LUA_OVERLOADED', message };
}

function failedOutcome(job: Job, error: ErrorData): SegmentOutcome {
  const { start } = job.request;
  const node = start.kind === 'entry' ? job.flow.name : start.kind === 'joined' ? start.join : start.node;
  const end: SegmentEnd = { kind: 'failed', node, error };
  return { end, steps: 0 };
}
