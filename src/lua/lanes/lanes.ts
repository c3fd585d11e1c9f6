/**
 * The lanes of one process: who runs next, how long, and what happens when time is up.
 *
 * One segment at a time per lane; critical work first, then normal, then optional, runs in
 * turn within each. A segment that holds its lane for long gives way between two nodes; one
 * that misses its deadline costs its lane: the thread is ended and the next segment gets a new
 * one. Nothing a script can do reaches this.
 */
import { type Clock, type ErrorData, type Log, type Metrics, toErrorData } from '../../core/index.ts';
import {
  canGoOnAfterFailure,
  type Flow,
  type SegmentEnd,
  type SegmentFact,
  type SegmentOutcome,
  type SegmentRequest,
} from '../../flow/index.ts';
import { FairQueue, type Standing } from './fair-queue.ts';
import { Lane, type LaneEnd } from './lane.ts';
import type { LuaOptions } from './options.ts';
import type { LateStep, Replacement, SegmentPause } from './protocol.ts';
import { luaLimitMs, luaTimeout } from './node-work.ts';
import { SuspectFlows } from './suspect-flows.ts';

/** How often main looks at a running lane. */
const LOOK_MS = 10;
/** Added to a node's limit before its lane is ended: the lane itself reports what is only just late. */
const GRACE_MS = 20;
/** Time for what is not a node: starting the thread, making the image, reading a large state. */
const OUTSIDE_NODES_MS = 20_000;
/** How long critical work waits before it gets a lane of its own. */
const CRITICAL_WAIT_MS = 100;
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

interface Job extends Standing {
  readonly flow: Flow;
  /** Changes when the segment gives way: it goes on from there. */
  request: SegmentRequest;
  readonly signal: AbortSignal;
  readonly onFacts: (facts: readonly SegmentFact[]) => void;
  readonly resolve: (outcome: SegmentOutcome) => void;
  readonly reject: (reason: unknown) => void;
  replacement: Replacement | undefined;
  /** Facts of the current part of the segment that main has passed on. */
  factCount: number;
  /** Of the parts before. */
  steps: number;
  calls: number;
}

/** Runs segments on worker threads; the engine's `SegmentRunner`. */
export class LuaLanes {
  readonly #ports: LanesPorts;
  readonly #queue: FairQueue<Job>;
  readonly #idle: { readonly lane: Lane; cancelStop: () => void }[] = [];
  readonly #busy = new Set<Lane>();
  readonly #starting = new Set<Lane>();
  readonly #suspects = new SuspectFlows();
  readonly #ended;
  #isClosed = false;
  /** One lane more than configured, because critical work waited: on its way up, or up. */
  #extraLane: 'none' | 'starting' | 'up' = 'none';

  constructor(ports: LanesPorts) {
    this.#ports = ports;
    this.#queue = new FairQueue({ maxCount: ports.options.queueCount });
    const { metrics } = ports;
    this.#ended = metrics.counter('moonpool_lua_lanes_ended_total', 'Lanes ended, by reason.', ['reason']);
    metrics.gauge('moonpool_lua_lanes', 'Lua lanes that are up.', () => this.laneCount);
    metrics.gauge('moonpool_lua_lanes_busy', 'Lua lanes that run a segment.', () => this.#busy.size);
    metrics.gauge('moonpool_lua_queue', 'Segments that wait for a lane.', () => this.waitingCount);
  }

  /** Threads that are up. */
  get laneCount(): number {
    return this.#busy.size + this.#idle.length + this.#starting.size;
  }

  /** Segments that wait for a lane. */
  get waitingCount(): number {
    return this.#queue.size;
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
      const { priority, runId } = request;
      const parts = { replacement: undefined, factCount: 0, steps: 0, calls: 0 };
      const job: Job = { priority, runId, flow, request, signal, onFacts, resolve, reject, ...parts };
      if (this.#isClosed || !this.#queue.push(job)) {
        resolve(failedOutcome(job, overloaded(this.#isClosed, this.#ports.options.queueCount)));
        return;
      }
      signal.addEventListener(
        'abort',
        () => {
          if (this.#queue.remove(job)) reject(signal.reason);
        },
        { once: true },
      );
      this.#serve();
      if (this.#queue.firstCritical !== undefined) this.#watchCritical();
    });
  }

  /**
   * Starts a lane and makes `flow` ready in it before there is work, so that the first segment
   * need not wait for that. Does nothing when a lane is up.
   */
  warmUp(flow: Flow): void {
    if (this.#isClosed || this.laneCount > 0) return;
    const lane = this.#takeLane();
    void lane.prepare(flow);
    this.#keep(lane);
  }

  /** Ends all lanes; segments that wait or run fail with LUA_OVERLOADED. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (let job = this.#queue.shift(); job !== undefined; job = this.#queue.shift()) {
      job.resolve(failedOutcome(job, overloaded(true, 0)));
    }
    const idle = this.#idle.splice(0);
    for (const { cancelStop } of idle) cancelStop();
    await Promise.all(
      [...idle.map(({ lane }) => lane), ...this.#busy, ...this.#starting].map((lane) => lane.terminate()),
    );
  }

  /** Gives waiting jobs to free lanes, starting lanes up to the configured count. */
  #serve(): void {
    while (this.#idle.length > 0 || this.laneCount < this.#laneLimit()) {
      const job = this.#queue.shift();
      if (job === undefined) break;
      void this.#runOn(this.#takeLane(), job);
    }
    for (const lane of this.#busy) lane.setOthersWait(this.#queue.size > 0);
  }

  #laneLimit(): number {
    return this.#ports.options.lanes + (this.#extraLane === 'up' ? 1 : 0);
  }

  /** Critical work that still waits after {@link CRITICAL_WAIT_MS} has one lane more started. */
  #watchCritical(): void {
    this.#ports.clock.after(CRITICAL_WAIT_MS, () => {
      const waiting = this.#queue.firstCritical;
      if (waiting !== undefined && this.#extraLane === 'none' && !this.#isClosed) void this.#addLane(waiting.flow);
    });
  }

  /** The lane takes work when it is ready: until then a lane that is up may come free first. */
  async #addLane(flow: Flow): Promise<void> {
    this.#extraLane = 'starting';
    this.#ports.log.info('lane.added', { lanes: this.laneCount + 1 });
    const lane = this.#startLane();
    this.#starting.add(lane);
    await lane.prepare(flow);
    this.#starting.delete(lane);
    this.#extraLane = lane.isAlive ? 'up' : 'none';
    if (lane.isAlive) this.#keep(lane);
    this.#serve();
  }

  #takeLane(): Lane {
    for (let entry = this.#idle.pop(); entry !== undefined; entry = this.#idle.pop()) {
      entry.cancelStop();
      if (entry.lane.isAlive) return entry.lane;
    }
    return this.#startLane();
  }

  #startLane(): Lane {
    const { wasm, salt, options } = this.#ports;
    return new Lane({ wasm, salt }, options.laneHeapBytes);
  }

  async #runOn(lane: Lane, job: Job): Promise<void> {
    this.#busy.add(lane);
    let late: LateStep | undefined;
    const stopWatching = this.#watch(lane, job, (found) => {
      late = found;
      void lane.terminate();
    });
    const end = await lane.run(job.flow, job.request, {
      replacement: job.replacement,
      callsBefore: job.calls,
      isSuspect: this.#suspects.has(job.flow.hash),
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
  #watch(lane: Lane, job: Job, onLate: (late: LateStep) => void): () => void {
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
      const limitMs =
        node === undefined ? OUTSIDE_NODES_MS : luaLimitMs(job.flow.nodes[node], job.request.luaTimeoutMs);
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

  #settle(job: Job, end: LaneEnd, late: LateStep | undefined): void {
    if (job.signal.aborted) {
      job.reject(job.signal.reason);
      return;
    }
    if (end.kind === 'outcome') {
      this.#judge(job.flow, end.outcome.end);
      job.resolve({ ...end.outcome, steps: job.steps + end.outcome.steps });
      return;
    }
    if (end.kind === 'paused' && !this.#isClosed) {
      this.#goOnLater(job, end.pause);
      return;
    }
    if (end.kind === 'late') {
      this.#suspects.add(job.flow.hash);
      this.#replaceStep(job, end.late);
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

  #judge(flow: Flow, end: SegmentEnd): void {
    if (end.kind === 'failed' && end.error.code === 'LUA_TIMEOUT') this.#suspects.add(flow.hash);
    else this.#suspects.clear(flow.hash);
  }

  /** Puts a segment that gave way back into the queue, to go on where it was. */
  #goOnLater(job: Job, pause: SegmentPause): void {
    const { machine: _, ...request } = job.request;
    job.request = {
      ...request,
      start: pause.start,
      state: pause.state,
      memo: pause.memo,
      stepsLeft: request.stepsLeft - pause.steps,
      ...(pause.machine === undefined ? {} : { machine: pause.machine }),
    };
    job.steps += pause.steps;
    job.calls += pause.calls;
    job.replacement = undefined;
    job.factCount = 0;
    this.#queue.putBack(job);
  }

  /** A node that raises ends its segment; one that is graceful goes on in a new lane, its error in its place. */
  #afterTimeout(job: Job, late: LateStep): void {
    this.#ended.add(1, { reason: 'timeout' });
    this.#suspects.add(job.flow.hash);
    this.#ports.log.warn('lane.ended', { flow: job.flow.name, message: late.error.message });
    const name = late.error.details?.['node'];
    const node = job.flow.nodes.find((candidate) => candidate.name === name);
    if (node === undefined || !canGoOnAfterFailure(job.flow, node, job.request.root)) {
      job.onFacts(node === undefined ? [] : [{ kind: 'node.finished', node: node.name, error: late.error }]);
      const steps = job.steps + late.step;
      job.resolve({ end: { kind: 'failed', node: node?.name ?? job.flow.name, error: late.error }, steps });
      return;
    }
    this.#replaceStep(job, late);
  }

  /** Runs the segment again, the error of the late step in its place. */
  #replaceStep(job: Job, late: LateStep): void {
    const failures = [...(job.replacement?.failures ?? []), late];
    job.replacement = { failures, factCount: job.factCount };
    this.#queue.putBack(job);
  }

  #keep(lane: Lane): void {
    const cancelStop = this.#ports.clock.after(this.#ports.options.laneIdleMs, () => {
      const index = this.#idle.findIndex((entry) => entry.lane === lane);
      if (index !== -1) this.#idle.splice(index, 1);
      if (this.laneCount <= this.#ports.options.lanes) this.#extraLane = 'none';
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
