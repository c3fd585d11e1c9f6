/**
 * One segment that main wants run: what was asked, how far it is, and how it is answered.
 *
 * A job may be in a lane several times: it gives way, or its lane is lost. Invariant: it is
 * answered once, and its caller sees every fact once.
 */
import type { ErrorData } from '../../core/index.ts';
import {
  canGoOnAfterFailure,
  failedWith,
  type Flow,
  type SegmentFact,
  type SegmentOutcome,
  type SegmentRequest,
} from '../../flow/index.ts';
import type { Standing } from './fair-queue.ts';
import type { LateStep, SegmentContext, SegmentPause } from './protocol.ts';

/** What a caller gives with a segment. */
export interface JobOptions {
  readonly signal: AbortSignal;
  readonly onFacts: (facts: readonly SegmentFact[]) => void;
}

/** See the head of this file. */
export class Job implements Standing {
  readonly flow: Flow;
  readonly priority: SegmentRequest['priority'];
  readonly runId: string;
  /** The outcome; rejected with the signal's reason when its caller gave up. */
  readonly outcome: Promise<SegmentOutcome>;
  /** When it came to wait, the last time. */
  waitsSinceTickMs = 0;
  readonly #options: JobOptions;
  #request: SegmentRequest;
  #failures: readonly LateStep[] = [];
  /** Facts of the current part of the segment that were passed on. */
  #factCount = 0;
  /** Of the parts before. */
  #steps = 0;
  #calls = 0;
  #guarded: NonNullable<SegmentOutcome['guarded']> = [];
  #onAbort: (() => void) | undefined;
  #resolve: (outcome: SegmentOutcome) => void = () => {};
  #reject: (reason: unknown) => void = () => {};

  constructor(flow: Flow, request: SegmentRequest, options: JobOptions) {
    this.flow = flow;
    this.priority = request.priority;
    this.runId = request.runId;
    this.#request = request;
    this.#options = options;
    this.outcome = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** What a lane runs: the segment from where it is. */
  get request(): SegmentRequest {
    return this.#request;
  }

  /** True once the caller gave up. */
  get isAborted(): boolean {
    return this.#options.signal.aborted;
  }

  /** Has `listener` called when the caller gives up before the job is answered. */
  onAbort(listener: () => void): void {
    this.#onAbort = listener;
    this.#options.signal.addEventListener('abort', listener, { once: true });
  }

  /** What a lane needs beside the request. */
  context(isSuspect: boolean): SegmentContext {
    const failures = this.#failures;
    const factCount = this.#factCount;
    const isAgain = failures.length > 0 || factCount > 0;
    return { callsBefore: this.#calls, isSuspect, ...(isAgain ? { replacement: { failures, factCount } } : {}) };
  }

  /** Passes facts on, unless nobody listens any more. */
  report(facts: readonly SegmentFact[]): void {
    this.#factCount += facts.length;
    if (!this.isAborted) this.#options.onFacts(facts);
  }

  /** The segment came to its end. */
  end(outcome: SegmentOutcome): void {
    this.#answer({ ...outcome, steps: this.#steps + outcome.steps, ...this.#withGuarded(outcome.guarded) });
  }

  /** The segment cannot be run. */
  fail(error: ErrorData): void {
    const { start } = this.#request;
    const node = 'node' in start ? start.node : 'join' in start ? start.join : this.flow.name;
    this.#answer({ end: { kind: 'failed', node, error }, steps: 0 });
  }

  /** Its caller gave up, and nothing of it runs any more. */
  drop(): void {
    this.#reject(this.#options.signal.reason);
  }

  /** The segment gave way: from now on it is the rest of it. */
  goOnFrom(pause: SegmentPause): void {
    const { machine: _, ...request } = this.#request;
    this.#request = {
      ...request,
      start: pause.start,
      state: pause.state,
      memo: pause.memo,
      stepsLeft: request.stepsLeft - pause.steps,
      ...(pause.machine === undefined ? {} : { machine: pause.machine }),
    };
    this.#steps += pause.steps;
    this.#calls += pause.calls;
    this.#guarded = [...this.#guarded, ...pause.guarded];
    this.#failures = [];
    this.#factCount = 0;
  }

  /**
   * A node ran past its limit. The segment ends with that, or is run again, the error in its
   * place, when the node says how to go on.
   *
   * @returns true when it is to be run again
   */
  takeLate(late: LateStep): boolean {
    const name = late.error.details?.['node'];
    const node = this.flow.nodes.find((candidate) => candidate.name === name);
    if (node !== undefined && canGoOnAfterFailure(this.flow, node, this.#request.root)) {
      this.replaceStep(late);
      return true;
    }
    if (node !== undefined) this.report([{ kind: 'node.finished', node: node.name, error: late.error }]);
    const end = { kind: 'failed', node: node?.name ?? this.flow.name, error: late.error } as const;
    const guarded = node === undefined ? [] : failedWith(this.flow, node, this.#request.root);
    this.#answer({ end, steps: this.#steps + late.step, ...this.#withGuarded(guarded) });
    return false;
  }

  #withGuarded(more: SegmentOutcome['guarded'] = []): Pick<SegmentOutcome, 'guarded'> {
    const guarded = [...this.#guarded, ...more];
    return guarded.length === 0 ? {} : { guarded };
  }

  /** The segment is to be run again, the error of the late step in its place. */
  replaceStep(late: LateStep): void {
    this.#failures = [...this.#failures, late];
  }

  #answer(outcome: SegmentOutcome): void {
    if (this.isAborted) {
      this.drop();
      return;
    }
    if (this.#onAbort !== undefined) this.#options.signal.removeEventListener('abort', this.#onAbort);
    this.#resolve(outcome);
  }
}
