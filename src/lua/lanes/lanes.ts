/**
 * The lanes of one process: who runs next, where, and what happens when time is up.
 *
 * Critical work first, then normal, then optional, runs in turn within each. Lanes are given
 * several segments at once; those not begun are taken back when more urgent work comes or when
 * they would wait for long. A segment that holds its lane for long gives way between two nodes;
 * one that misses its deadline costs its lane, and nobody else anything.
 */
import { availableParallelism } from 'node:os';
import type { Clock, ErrorData, Log, Metrics } from '../../core/index.ts';
import type { Flow, SegmentEnd, SegmentFact, SegmentOutcome, SegmentRequest } from '../../flow/index.ts';
import { FairQueue } from './fair-queue.ts';
import { Job } from './job.ts';
import { Lane, type LaneDeath } from './lane.ts';
import { LaneWatch, LOOK_MS } from './lane-watch.ts';
import type { LuaOptions } from './options.ts';
import type { LateStep, MachineFigures, SegmentResult } from './protocol.ts';
import { SuspectFlows } from './suspect-flows.ts';

/** How long critical work waits before it gets a lane of its own. */
const CRITICAL_WAIT_MS = 100;
/** How long a refusal of memory for a lane is taken to hold. */
const ASK_AGAIN_MS = 50;
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
  /** Whether memory allows one lane more; asked for each lane but the first. Default: always. */
  readonly mayAddLane?: () => boolean;
}

/** A lane that takes work, who watches it, and since when it has nothing to do. */
interface Post {
  readonly lane: Lane;
  readonly watch: LaneWatch;
  /** Why it is being ended, and whose fault it is. */
  verdict: Verdict | undefined;
  idleSinceTickMs: number | undefined;
  isStopSet: boolean;
}

type Verdict =
  | { readonly reason: 'timeout'; readonly job: Job | undefined; readonly late: LateStep }
  | { readonly reason: 'overloaded' | 'cancelled'; readonly job: Job }
  | { readonly reason: 'idle'; readonly job: undefined };

/** Runs segments on worker threads; the engine's `SegmentRunner`. */
export class LuaLanes {
  readonly #ports: LanesPorts;
  readonly #laneLimit: number;
  readonly #queue: FairQueue<Job>;
  readonly #posts: Post[] = [];
  readonly #starting = new Set<Post>();
  readonly #suspects = new SuspectFlows();
  readonly #ended;
  readonly #freshCount;
  readonly #freshSeconds;
  #isClosed = false;
  /** One lane more than configured, because critical work waited: on its way up, or up. */
  #hasExtraLane = false;
  #refusedTickMs = Number.NEGATIVE_INFINITY;
  #isServeSet = false;
  #isCriticalWatched = false;

  constructor(ports: LanesPorts) {
    this.#ports = ports;
    const { lanes, queueCount } = ports.options;
    this.#laneLimit = lanes === 'auto' ? Math.max(1, availableParallelism() - 1) : lanes;
    this.#queue = new FairQueue({ maxCount: queueCount });
    const { metrics } = ports;
    this.#ended = metrics.counter('moonpool_lua_lanes_ended_total', 'Lanes ended, by reason.', ['reason']);
    this.#freshCount = metrics.counter('moonpool_lua_fresh_total', 'Lua machines made fresh.');
    this.#freshSeconds = metrics.counter('moonpool_lua_fresh_seconds_total', 'Time it took to make them fresh.');
    metrics.gauge('moonpool_lua_images', 'Images of flows that lanes hold.', () =>
      this.#posts.reduce((sum, { lane }) => sum + lane.images, 0),
    );
    metrics.gauge('moonpool_lua_lanes', 'Lua lanes that are up.', () => this.laneCount);
    metrics.gauge('moonpool_lua_lanes_busy', 'Lua lanes that run a segment.', () => this.#busyCount);
    metrics.gauge('moonpool_lua_queue', 'Segments that wait for a lane.', () => this.waitingCount);
  }

  /** Threads that are up. */
  get laneCount(): number {
    return this.#posts.length + this.#starting.size;
  }

  /** Segments that wait: for a lane, or behind another in one. */
  get waitingCount(): number {
    return this.#queue.size + this.#posts.reduce((sum, { lane }) => sum + Math.max(0, lane.load - 1), 0);
  }

  get #busyCount(): number {
    return this.#posts.filter(({ lane }) => lane.load > 0).length;
  }

  /** Runs one segment; see `SegmentRunner` of the engine. */
  runSegment(
    flow: Flow,
    request: SegmentRequest,
    options: {
      readonly signal: AbortSignal;
      readonly onFacts: (facts: readonly SegmentFact[]) => void;
      readonly isMoreComing?: boolean;
    },
  ): Promise<SegmentOutcome> {
    const job = new Job(flow, this.#withLimits(request), options);
    if (job.isAborted) {
      job.drop();
      return job.outcome;
    }
    const { queueCount } = this.#ports.options;
    const isFull = this.waitingCount >= queueCount;
    if (this.#isClosed || isFull) {
      job.fail(overloaded(this.#isClosed, queueCount));
      return job.outcome;
    }
    job.onAbort(() => this.#cancel(job));
    this.#wait(job);
    // What comes in the same turn goes together: waking a lane costs more than waiting for the rest.
    if (options.isMoreComing !== true && this.#canBegin()) this.#serve();
    else this.#serveSoon();
    return job.outcome;
  }

  /**
   * Starts a lane and makes `flow` ready in it before there is work, so that the first segment
   * need not wait for that. Does nothing when a lane is up.
   */
  warmUp(flow: Flow): void {
    if (this.#isClosed || this.laneCount > 0) return;
    const post = this.#startLane();
    this.#posts.push(post);
    void post.lane.prepare(flow);
    this.#noteIdle(post);
  }

  /** Ends all lanes; segments that wait or run fail with LUA_OVERLOADED. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (let job = this.#queue.shift(); job !== undefined; job = this.#queue.shift()) job.fail(overloaded(true, 0));
    await Promise.all([...this.#posts, ...this.#starting].map(({ lane }) => lane.terminate()));
  }

  /** A flow may lower the limit of instructions, never raise it. */
  #withLimits(request: SegmentRequest): SegmentRequest {
    const { instructions } = this.#ports.options;
    if (instructions === false) return request;
    const luaInstructions = Math.min(request.luaInstructions ?? instructions, instructions);
    return { ...request, luaInstructions };
  }

  #wait(job: Job): void {
    job.waitsSinceTickMs = this.#ports.clock.tickMs();
    this.#queue.putBack(job);
    if (job.priority !== 'critical') return;
    this.#watchCritical();
    if (!this.#canBegin()) this.#makeWay();
  }

  /** True while a lane has nothing to do, or none is up. */
  #canBegin(): boolean {
    return this.laneCount === 0 || this.#posts.some(({ lane }) => lane.load === 0);
  }

  #serveSoon(): void {
    if (this.#isServeSet) return;
    this.#isServeSet = true;
    queueMicrotask(() => {
      this.#isServeSet = false;
      this.#serve();
    });
  }

  /** Gives waiting segments to lanes, the least busy first, to each its share. */
  #serve(): void {
    if (this.#isClosed) return;
    this.#addLanes();
    while (this.#queue.size > 0) {
      const open = this.#posts.filter((post) => this.#roomOf(post) > 0);
      const post = open.reduce<Post | undefined>(
        (least, other) => (least === undefined || other.lane.load < least.lane.load ? other : least),
        undefined,
      );
      if (post === undefined) break;
      this.#give(post, Math.min(Math.ceil(this.#queue.size / open.length), this.#roomOf(post)));
    }
    const isWaiting = this.#queue.size > 0;
    for (const { lane } of this.#posts) lane.setOthersWait(isWaiting || lane.load > 1);
  }

  /** Nothing is put behind a segment that is known to be long, or into a lane that is being ended. */
  #roomOf({ lane, watch, verdict }: Post): number {
    return verdict !== undefined || !lane.isAlive || watch.isLong ? 0 : lane.room;
  }

  #give(post: Post, count: number): void {
    const jobs: Job[] = [];
    for (let job = this.#queue.shift(); job !== undefined; job = this.#queue.shift()) {
      jobs.push(job);
      if (jobs.length === count) break;
    }
    post.idleSinceTickMs = undefined;
    post.lane.give(jobs, (job) => this.#suspects.has(job.flow.hash));
    post.watch.begin();
  }

  /** Critical work is here and no lane is free: what has not begun lets it pass. */
  #makeWay(): void {
    for (const { lane } of this.#posts) this.#queue.putFirst(lane.takeBack((job) => job.priority !== 'critical'));
  }

  /** Critical work that still waits after {@link CRITICAL_WAIT_MS} has one lane more started, or an optional segment ended. */
  #watchCritical(): void {
    if (this.#isCriticalWatched) return;
    this.#isCriticalWatched = true;
    this.#ports.clock.after(CRITICAL_WAIT_MS, () => {
      this.#isCriticalWatched = false;
      const waiting = this.#queue.firstCritical;
      if (waiting === undefined || this.#isClosed) return;
      const isLate = this.#ports.clock.tickMs() - waiting.waitsSinceTickMs >= CRITICAL_WAIT_MS;
      if (isLate && this.#starting.size === 0 && !this.#hasExtraLane) {
        if (this.#mayAddLane()) this.#addLane(waiting.flow);
        else this.#endOptional();
      }
      this.#watchCritical();
    });
  }

  /** Ends the optional segment that has run longest, with its lane: critical work needs that, and there is no memory for another. */
  #endOptional(): void {
    if (this.#posts.some(({ verdict }) => verdict !== undefined)) return;
    const oldest = this.#posts
      .flatMap((post) => {
        const { running } = post.watch;
        return running?.job.priority === 'optional' ? [{ post, ...running }] : [];
      })
      .toSorted((left, right) => left.sinceTickMs - right.sinceTickMs)[0];
    if (oldest !== undefined) this.#end(oldest.post, { reason: 'overloaded', job: oldest.job });
  }

  /** Starts as many lanes as there are segments to run, up to the configured count. */
  #addLanes(): void {
    const wanted = this.#posts.reduce((sum, { lane }) => sum + lane.load, this.#queue.size);
    const first = this.#queue.first;
    if (first === undefined) return;
    if (this.laneCount === 0) this.#posts.push(this.#startLane());
    while (this.laneCount < Math.min(wanted, this.#laneLimit) && this.#mayAddLane()) this.#addLane(first.flow);
  }

  /** Asks for memory, and after a refusal not again for a while. */
  #mayAddLane(): boolean {
    const nowTickMs = this.#ports.clock.tickMs();
    if (nowTickMs - this.#refusedTickMs < ASK_AGAIN_MS) return false;
    const isAllowed = this.#ports.mayAddLane?.() !== false;
    if (!isAllowed) this.#refusedTickMs = nowTickMs;
    return isAllowed;
  }

  /** Starts one lane more; it takes work when it is ready, because until then one that is up may come free. */
  #addLane(flow: Flow): void {
    if (this.laneCount >= this.#laneLimit) this.#hasExtraLane = true;
    this.#ports.log.info('lane.added', { lanes: this.laneCount + 1 });
    const post = this.#startLane();
    this.#starting.add(post);
    void post.lane.prepare(flow).then(() => {
      this.#starting.delete(post);
      if (!post.lane.isAlive || this.#isClosed) return;
      this.#posts.push(post);
      this.#noteIdle(post);
      for (const { lane } of this.#posts) this.#queue.putFirst(lane.takeBack(() => true));
      this.#serve();
    });
  }

  #startLane(): Post {
    const { wasm, salt, options, clock } = this.#ports;
    const lane = new Lane({ wasm, salt }, options.laneHeapBytes, {
      onFacts: (job, facts) => job.report(facts),
      onResult: (job, result) => this.#settle(job, result),
      onReported: (figures) => this.#afterReport(post, figures),
      onDied: (death) => this.#afterDeath(post, death),
    });
    const watch = new LaneWatch(clock, lane, {
      onLate: (job, late) => this.#end(post, { reason: 'timeout', job: job ?? lane.jobs[0], late }),
      onLook: () => this.#afterLook(post),
    });
    const post: Post = { lane, watch, verdict: undefined, idleSinceTickMs: undefined, isStopSet: false };
    return post;
  }

  /** Segments that have waited in the lane for a look or more may do better elsewhere. */
  #afterLook(post: Post): void {
    const { lane } = post;
    const nowTickMs = this.#ports.clock.tickMs();
    const since = lane.waitsSinceTickMs;
    if (since !== undefined && (post.watch.isLong || nowTickMs - since >= LOOK_MS)) {
      const taken = lane.takeBack(() => true);
      this.#queue.putFirst(taken);
      if (taken.some(({ priority }) => priority === 'critical')) this.#watchCritical();
      this.#serve();
    }
  }

  #afterReport(post: Post, { freshCount, freshMs }: MachineFigures): void {
    if (freshCount > 0) {
      this.#freshCount.add(freshCount);
      this.#freshSeconds.add(freshMs / 1_000);
    }
    if (!post.watch.isLong) post.lane.widen();
    if (post.lane.load === 0) this.#noteIdle(post);
    this.#serve();
  }

  #settle(job: Job, result: SegmentResult): void {
    switch (result.kind) {
      case 'ended':
        this.#judge(job.flow, result.outcome.end);
        job.end(result.outcome);
        return;
      case 'stopped':
        job.drop();
        return;
      case 'paused':
        job.goOnFrom(result.pause);
        break;
      case 'late':
        this.#suspects.add(job.flow.hash);
        job.replaceStep(result.late);
        break;
    }
    if (job.isAborted) job.drop();
    else if (this.#isClosed) job.fail(overloaded(true, 0));
    else this.#wait(job);
  }

  #judge(flow: Flow, end: SegmentEnd): void {
    if (end.kind === 'failed' && end.error.code === 'LUA_TIMEOUT') this.#suspects.add(flow.hash);
    else this.#suspects.clear(flow.hash);
  }

  /** The caller of `job` gave up: it leaves the queue or its lane at once, or stops at its next node, or costs its lane. */
  #cancel(job: Job): void {
    const isQueued = this.#queue.remove(job);
    const left = isQueued ? undefined : this.#posts.find(({ lane }) => lane.takeBackOne(job));
    if (isQueued || left !== undefined) {
      job.drop();
      if (left?.lane.load === 0) this.#noteIdle(left);
      return;
    }
    const post = this.#posts.find(({ lane }) => lane.askToStop(job));
    // It ran to its end just now, and its result is on the way.
    if (post === undefined) return;
    this.#ports.clock.after(GIVE_WAY_MS, () => {
      if (post.lane.position.job === job) this.#end(post, { reason: 'cancelled', job });
    });
  }

  #end(post: Post, verdict: Verdict): void {
    if (post.verdict !== undefined) return;
    post.verdict = verdict;
    this.#ended.add(1, { reason: verdict.reason });
    void post.lane.terminate();
  }

  /** One segment answers for the end of its lane; the others are run again elsewhere, and nobody sees that. */
  #afterDeath(post: Post, death: LaneDeath): void {
    const { lane, verdict } = post;
    const index = this.#posts.indexOf(post);
    if (index !== -1) this.#posts.splice(index, 1);
    if (this.laneCount <= this.#laneLimit) this.#hasExtraLane = false;
    const jobs = lane.jobs;
    const guilty = verdict === undefined ? (lane.position.job ?? jobs[0]) : verdict.job;
    if (verdict === undefined) this.#noteDeath(death, guilty);
    const again = jobs.filter((job) => !this.#isAnswered(job, job === guilty ? { verdict, death } : undefined));
    this.#queue.putFirst(again);
    if (again.some(({ priority }) => priority === 'critical')) this.#watchCritical();
    this.#serve();
  }

  /** Answers a segment whose lane is gone, if it is not to be run again. */
  #isAnswered(job: Job, fault: { verdict: Verdict | undefined; death: LaneDeath } | undefined): boolean {
    if (job.isAborted) {
      job.drop();
      return true;
    }
    if (this.#isClosed) {
      job.fail(overloaded(true, 0));
      return true;
    }
    if (fault === undefined) return false;
    const { verdict, death } = fault;
    if (verdict?.reason === 'timeout') {
      this.#suspects.add(job.flow.hash);
      this.#ports.log.warn('lane.ended', { flow: job.flow.name, message: verdict.late.error.message });
      return !job.takeLate(verdict.late);
    }
    job.fail(verdict?.reason === 'overloaded' ? outOfRoom() : deathError(death));
    return true;
  }

  #noteDeath({ outOfMemory, message }: LaneDeath, guilty: Job | undefined): void {
    this.#ended.add(1, { reason: outOfMemory ? 'memory' : 'fault' });
    if (!this.#isClosed) this.#ports.log.error('lane.died', { message, flow: guilty?.flow.name ?? '' });
  }

  /** A lane that has had nothing to do for long is ended. */
  #noteIdle(post: Post): void {
    const { clock, options } = this.#ports;
    post.idleSinceTickMs = clock.tickMs();
    if (post.isStopSet) return;
    post.isStopSet = true;
    const stopAfter = (delayMs: number): void => {
      clock.after(delayMs, () => {
        const since = post.idleSinceTickMs;
        post.isStopSet = since !== undefined && clock.tickMs() - since < options.laneIdleMs;
        if (since === undefined || post.lane.load > 0) return;
        if (post.isStopSet) stopAfter(options.laneIdleMs - (clock.tickMs() - since));
        else this.#end(post, { reason: 'idle', job: undefined });
      });
    };
    stopAfter(options.laneIdleMs);
  }
}

function overloaded(isClosed: boolean, queueCount: number): ErrorData {
  const message = isClosed
    ? 'The Lua lanes are shut down.'
    : `${queueCount} segments already wait for a Lua lane (lua.queue). Try again later.`;
  return { code: 'LUA_OVERLOADED', message };
}

function outOfRoom(): ErrorData {
  const message =
    'An optional flow was ended because critical work waited for a Lua lane and memory allows no further lane. Try again later.';
  return { code: 'LUA_OVERLOADED', message };
}

function deathError({ outOfMemory, message }: LaneDeath): ErrorData {
  return outOfMemory
    ? { code: 'LUA_MEMORY', message: 'The state or an expression needed more memory than a lane has (lua.lane_heap).' }
    : { code: 'BUG_INVARIANT', message: `A lane died: ${message}` };
}
