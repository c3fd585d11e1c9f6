/**
 * One lane as main sees it: a worker thread that runs the segments it is given in their order,
 * and can be ended.
 *
 * Several segments go in one message, because a hop costs more than most of them. Those not
 * begun can be taken back at any time. Invariant: a lane that missed a deadline or died is
 * never used again; its owner makes another.
 */
import { Worker } from 'node:worker_threads';
import { MIB, MoonpoolError, workerUrl } from '../../core/index.ts';
import type { Flow } from '../../flow/index.ts';
import type { Job } from './job.ts';
import { packRequests, unpackResult } from './message-bytes.ts';
import {
  CLAIM,
  type FromLane,
  type LaneData,
  type MachineFigures,
  SHARED,
  SLOT_COUNT,
  type SegmentResult,
  type ToLane,
} from './protocol.ts';

/** Room for short-lived objects, in MiB. The platform's default lets garbage of tens of MiB stand in each thread. */
const YOUNG_HEAP_MIB = 8;
/** Flows a lane keeps prepared; the one used longest ago makes room. */
const MAX_KNOWN_FLOWS = 16;
/** Segments a lane has at once, and bytes of theirs beyond which it is given no more. */
const MAX_WINDOW = 64;
const MAX_BYTES = MIB;

/** Why a thread is gone. */
export interface LaneDeath {
  /** Its heap was full. */
  readonly outOfMemory: boolean;
  readonly message: string;
}

/** Where a lane says what happens. */
export interface LaneEvents {
  onFacts(job: Job, facts: Parameters<Job['report']>[0]): void;
  onResult(job: Job, result: SegmentResult): void;
  /** All of a message was passed on. */
  onReported(figures: MachineFigures): void;
  /** Called once; {@link Lane.jobs} are those left unanswered. */
  onDied(death: LaneDeath): void;
}

/** What a slot holds; `job` is gone once it was answered or taken back. */
interface Member {
  job: Job | undefined;
  readonly bytes: number;
}

/** See the head of this file. */
export class Lane {
  readonly #worker: Worker;
  readonly #events: LaneEvents;
  readonly #shared = new Int32Array(new SharedArrayBuffer(SHARED.length * Int32Array.BYTES_PER_ELEMENT));
  /** Hashes of the flows the worker keeps, the one used last at the end. */
  readonly #known = new Set<string>();
  /** By slot, in the order given; what the worker has not passed yet. */
  readonly #members = new Map<number, Member>();
  #nextSlot = 0;
  #load = 0;
  #images = 0;
  #bytes = 0;
  #window = MAX_WINDOW;
  #onPrepared: () => void = () => {};
  #isOver = false;

  constructor(data: Omit<LaneData, 'shared'>, heapBytes: number, events: LaneEvents) {
    this.#events = events;
    Atomics.store(this.#shared, SHARED.slot, -1);
    Atomics.store(this.#shared, SHARED.node, -1);
    this.#worker = new Worker(workerUrl(import.meta.url, 'lane-worker'), {
      workerData: { ...data, shared: this.#shared } satisfies LaneData,
      resourceLimits: {
        maxOldGenerationSizeMb: Math.ceil(heapBytes / MIB),
        maxYoungGenerationSizeMb: YOUNG_HEAP_MIB,
      },
      env: {},
      // What the host program was started with (a preload, `--input-type`) is none of a lane's business, or breaks it.
      execArgv: [],
    });
    this.#worker.on('message', (message: FromLane) => this.#take(message));
    this.#worker.on('error', (error: Error & { code?: string }) => {
      this.#die({ outOfMemory: error.code === 'ERR_WORKER_OUT_OF_MEMORY', message: error.message });
    });
    this.#worker.on('exit', () => this.#die({ outOfMemory: false, message: 'The lane ended.' }));
    // Last: listening for messages keeps the process alive again.
    this.#worker.unref();
  }

  /** False once the thread is gone. */
  get isAlive(): boolean {
    return !this.#isOver;
  }

  /** Flows whose image it holds, as of its last report. */
  get images(): number {
    return this.#images;
  }

  /** Segments it has. */
  get load(): number {
    return this.#load;
  }

  /** How many more it may be given now. */
  get room(): number {
    const free = SLOT_COUNT - 1 - this.#members.size;
    return this.#load > 0 && this.#bytes >= MAX_BYTES ? 0 : Math.min(this.#window - this.#load, free);
  }

  /** A number that changes whenever the lane begins a segment or a node. */
  get progress(): number {
    return Atomics.load(this.#shared, SHARED.progress);
  }

  /** The segment that runs, the node it is in (an index into the flow's nodes) and how many steps it began. */
  get position(): { readonly job: Job | undefined; readonly node: number | undefined; readonly step: number } {
    const node = Atomics.load(this.#shared, SHARED.node);
    const job = this.#members.get(Atomics.load(this.#shared, SHARED.slot))?.job;
    return { job, node: node === -1 ? undefined : node, step: Atomics.load(this.#shared, SHARED.step) };
  }

  /** The segments it has, in their order. */
  get jobs(): Job[] {
    return [...this.#members.values()].flatMap(({ job }) => (job === undefined ? [] : [job]));
  }

  /** Since when a segment waits behind the one that runs; undefined when none waits or none runs. */
  get waitsSinceTickMs(): number | undefined {
    let isBehind = false;
    for (const [slot, { job }] of this.#members) {
      if (job === undefined) continue;
      const claim = this.#claim(slot);
      if (claim === CLAIM.waiting) return isBehind ? job.waitsSinceTickMs : undefined;
      isBehind = true;
    }
    return undefined;
  }

  /** Has the worker make `flow` ready: expressions, Lua host and image. Resolves when it is, or when the lane died. */
  prepare(flow: Flow): Promise<void> {
    for (const message of this.#teach(flow)) this.#post(message);
    this.#post({ kind: 'prepare', flowHash: flow.hash });
    return new Promise((resolve) => {
      this.#onPrepared = resolve;
      if (this.#isOver) resolve();
    });
  }

  /** Gives it segments to run after those it has; at most {@link Lane.room}. */
  give(jobs: readonly Job[], isSuspect: (job: Job) => boolean): void {
    // A process that waits for a segment must not end; one with idle lanes may.
    if (this.#load === 0) {
      this.#worker.ref();
      Atomics.add(this.#shared, SHARED.progress, 1);
    }
    let batch: Job[] = [];
    for (const job of jobs) {
      const lessons = this.#teach(job.flow);
      // A lesson may drop a flow that the batch so far still needs.
      if (lessons.length > 0 && batch.length > 0) {
        this.#run(batch, isSuspect);
        batch = [];
      }
      for (const lesson of lessons) this.#post(lesson);
      batch.push(job);
    }
    this.#run(batch, isSuspect);
  }

  /**
   * Takes back segments that wait behind another, in their order. The first stays: it is about
   * to begin. The lane is given fewer at once until it proves quick again.
   */
  takeBack(isWanted: (job: Job) => boolean): Job[] {
    const taken: Job[] = [];
    let isBehind = false;
    for (const [slot, { job }] of this.#members) {
      if (job === undefined) continue;
      if (isBehind && isWanted(job) && this.#takeBack(slot)) taken.push(job);
      isBehind = true;
    }
    if (taken.length > 0) this.#window = Math.max(1, this.#window >> 1);
    return taken;
  }

  /** Takes back a segment of the lane that has not begun; false when it has, or is elsewhere. */
  takeBackOne(job: Job): boolean {
    const slot = this.#slotOf(job);
    return slot !== undefined && this.#takeBack(slot);
  }

  /** Asks a segment that runs to stop at its next node; false when the lane does not have it. */
  askToStop(job: Job): boolean {
    const slot = this.#slotOf(job);
    return slot !== undefined && this.#exchange(slot, CLAIM.begun, CLAIM.stop);
  }

  /** The lane was quick: it may have more at once. */
  widen(): void {
    this.#window = Math.min(MAX_WINDOW, this.#window * 2);
  }

  /** Says whether other segments wait, so that a long one gives way. */
  setOthersWait(isTrue: boolean): void {
    Atomics.store(this.#shared, SHARED.othersWait, isTrue ? 1 : 0);
  }

  /** Ends the thread, whatever it does; resolves when it is gone. About 2 ms. */
  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }

  #run(jobs: readonly Job[], isSuspect: (job: Job) => boolean): void {
    const firstSlot = this.#nextSlot;
    for (const job of jobs) {
      const slot = this.#nextSlot;
      this.#nextSlot = (slot + 1) % SLOT_COUNT;
      Atomics.store(this.#shared, SHARED.claims + slot, CLAIM.waiting);
      const { state, machine } = job.request;
      const bytes = state.length + (machine?.length ?? 0);
      this.#members.set(slot, { job, bytes });
      this.#load += 1;
      this.#bytes += bytes;
    }
    const requests = packRequests(jobs.map((job) => [job.request, job.context(isSuspect(job))]));
    this.#post({ kind: 'run', firstSlot, requests });
  }

  /** What the worker must be told before it can run `flow`. */
  #teach(flow: Flow): readonly ToLane[] {
    if (this.#known.delete(flow.hash)) {
      this.#known.add(flow.hash);
      return [];
    }
    const [oldest] = this.#known;
    this.#known.add(flow.hash);
    const learn = { kind: 'learn', flow } as const;
    if (this.#known.size <= MAX_KNOWN_FLOWS || oldest === undefined) return [learn];
    this.#known.delete(oldest);
    return [{ kind: 'forget', flowHash: oldest }, learn];
  }

  #post(message: ToLane): void {
    this.#worker.postMessage(message);
  }

  #take(message: FromLane): void {
    if (message.kind === 'prepared') {
      this.#onPrepared();
      return;
    }
    const { entries, bytes, passed, figures } = message;
    for (const [slot, facts, result] of entries) {
      const member = this.#members.get(slot);
      const job = member?.job;
      if (member === undefined || job === undefined) {
        throw new MoonpoolError('BUG_INVARIANT', 'A lane answered a segment it does not have.');
      }
      if (facts !== undefined) this.#events.onFacts(job, facts);
      if (result === undefined) continue;
      this.#release(member);
      this.#events.onResult(job, unpackResult(result, bytes));
    }
    if (passed !== undefined) this.#forgetTo(passed);
    this.#images = figures.images;
    this.#events.onReported(figures);
  }

  /** The slots up to `passed` may be used again. */
  #forgetTo(passed: number): void {
    for (const [slot, { bytes }] of this.#members) {
      this.#members.delete(slot);
      this.#bytes -= bytes;
      if (slot === passed) return;
    }
  }

  #slotOf(job: Job): number | undefined {
    for (const [slot, member] of this.#members) if (member.job === job) return slot;
    return undefined;
  }

  #takeBack(slot: number): boolean {
    const member = this.#members.get(slot);
    if (member === undefined || !this.#exchange(slot, CLAIM.waiting, CLAIM.takenBack)) return false;
    this.#release(member);
    return true;
  }

  #release(member: Member): void {
    member.job = undefined;
    this.#load -= 1;
    if (this.#load === 0) this.#worker.unref();
  }

  #claim(slot: number): number {
    return Atomics.load(this.#shared, SHARED.claims + slot);
  }

  #exchange(slot: number, from: number, to: number): boolean {
    return Atomics.compareExchange(this.#shared, SHARED.claims + slot, from, to) === from;
  }

  #die(death: LaneDeath): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#onPrepared();
    this.#events.onDied(death);
  }
}
