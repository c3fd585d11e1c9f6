/**
 * One lane as main sees it: a worker thread that runs one segment at a time and can be ended.
 *
 * Invariant: a lane that missed a deadline or died is never used again; its owner makes another.
 */
import { Worker } from 'node:worker_threads';
import { MIB, MoonpoolError, workerUrl } from '../../core/index.ts';
import type { Flow, SegmentFact, SegmentOutcome, SegmentRequest } from '../../flow/index.ts';
import {
  type FromLane,
  type LaneData,
  type LateStep,
  type Replacement,
  type SegmentPause,
  SHARED,
  type ToLane,
} from './protocol.ts';

/** Room for short-lived objects, in MiB. The platform's default lets garbage of tens of MiB stand in each thread. */
const YOUNG_HEAP_MIB = 8;
/** Flows a lane keeps prepared; the one used longest ago makes room. */
const MAX_KNOWN_FLOWS = 16;

/** How a lane's use for one segment ended. */
export type LaneEnd =
  | { readonly kind: 'outcome'; readonly outcome: SegmentOutcome }
  /** It gave way between two nodes. */
  | { readonly kind: 'paused'; readonly pause: SegmentPause }
  /** A node that is graceful ran past its limit, and said so itself. */
  | { readonly kind: 'late'; readonly late: LateStep }
  | { readonly kind: 'stopped' }
  /** The thread is gone; `outOfMemory` says that its heap was full. */
  | { readonly kind: 'died'; readonly outOfMemory: boolean; readonly message: string };

/** See the head of this file. */
export class Lane {
  readonly #worker: Worker;
  readonly #shared = new Int32Array(new SharedArrayBuffer(SHARED.length * Int32Array.BYTES_PER_ELEMENT));
  /** Hashes of the flows the worker keeps, the one used last at the end. */
  readonly #known = new Set<string>();
  #onFacts: (facts: readonly SegmentFact[]) => void = () => {};
  #settle: ((end: LaneEnd) => void) | undefined;
  #onPrepared: () => void = () => {};
  #isOver = false;

  constructor(data: Omit<LaneData, 'shared'>, heapBytes: number) {
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
    this.#worker.unref();
    this.#worker.on('message', (message: FromLane) => this.#take(message));
    this.#worker.on('error', (error: Error & { code?: string }) => {
      this.#end({ kind: 'died', outOfMemory: error.code === 'ERR_WORKER_OUT_OF_MEMORY', message: error.message });
    });
    this.#worker.on('exit', () => this.#end({ kind: 'died', outOfMemory: false, message: 'The lane ended.' }));
  }

  /** False once the thread is gone. */
  get isAlive(): boolean {
    return !this.#isOver;
  }

  /** A number that changes whenever the lane begins a segment or a node. */
  get progress(): number {
    return Atomics.load(this.#shared, SHARED.progress);
  }

  /** The node the lane is in (an index into the flow's nodes) and how many steps the segment began. */
  get position(): { readonly node: number | undefined; readonly step: number } {
    const node = Atomics.load(this.#shared, SHARED.node);
    return { node: node === -1 ? undefined : node, step: Atomics.load(this.#shared, SHARED.step) };
  }

  /** Has the worker make `flow` ready: expressions, Lua host and image. Resolves when it is, or when the lane died. */
  prepare(flow: Flow): Promise<void> {
    this.#teach(flow);
    this.#post({ kind: 'prepare', flowHash: flow.hash });
    return new Promise((resolve) => {
      this.#onPrepared = resolve;
      if (this.#isOver) resolve();
    });
  }

  /** Runs a segment; the lane must be free. */
  run(
    flow: Flow,
    request: SegmentRequest,
    more: {
      readonly replacement: Replacement | undefined;
      readonly callsBefore: number;
      readonly isSuspect: boolean;
      readonly onFacts: (facts: readonly SegmentFact[]) => void;
    },
  ): Promise<LaneEnd> {
    if (this.#settle !== undefined) throw new MoonpoolError('BUG_INVARIANT', 'A busy lane was given a segment.');
    this.#onFacts = more.onFacts;
    this.#teach(flow);
    Atomics.store(this.#shared, SHARED.stop, 0);
    Atomics.store(this.#shared, SHARED.step, 0);
    Atomics.store(this.#shared, SHARED.node, -1);
    Atomics.add(this.#shared, SHARED.progress, 1);
    // A process that waits for a segment must not end; one with idle lanes may.
    this.#worker.ref();
    const { replacement, callsBefore, isSuspect } = more;
    const extra = replacement === undefined ? {} : { replacement };
    this.#post({ kind: 'run', request, callsBefore, isSuspect, ...extra });
    return new Promise((resolve) => {
      this.#settle = resolve;
      if (this.#isOver) this.#end({ kind: 'died', outOfMemory: false, message: 'The lane had ended.' });
    });
  }

  /** Says whether other segments wait, so that a long one gives way. */
  setOthersWait(isTrue: boolean): void {
    Atomics.store(this.#shared, SHARED.othersWait, isTrue ? 1 : 0);
  }

  /** Asks the running segment to stop at its next node. */
  askToStop(): void {
    Atomics.store(this.#shared, SHARED.stop, 1);
  }

  /** Ends the thread, whatever it does; resolves when it is gone. About 2 ms. */
  async terminate(): Promise<void> {
    await this.#worker.terminate();
  }

  #teach(flow: Flow): void {
    if (this.#known.delete(flow.hash)) {
      this.#known.add(flow.hash);
      return;
    }
    const [oldest] = this.#known;
    if (this.#known.size >= MAX_KNOWN_FLOWS && oldest !== undefined) {
      this.#known.delete(oldest);
      this.#post({ kind: 'forget', flowHash: oldest });
    }
    this.#known.add(flow.hash);
    this.#post({ kind: 'learn', flow });
  }

  #post(message: ToLane): void {
    this.#worker.postMessage(message);
  }

  #take(message: FromLane): void {
    if (message.kind === 'facts') this.#onFacts(message.facts);
    else if (message.kind === 'prepared') this.#onPrepared();
    else if (message.kind === 'ended') this.#end({ kind: 'outcome', outcome: message.outcome });
    else this.#end(message);
  }

  #end(end: LaneEnd): void {
    if (end.kind === 'died') {
      this.#isOver = true;
      this.#onPrepared();
    } else {
      this.#worker.unref();
    }
    const settle = this.#settle;
    this.#settle = undefined;
    settle?.(end);
  }
}
