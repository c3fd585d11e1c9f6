/**
 * One try at a job in a living thread, watched from outside.
 *
 * The thread marks in shared memory which component it works on. The watch reads the mark; it
 * needs no cooperation, so a component that never returns is noticed like any other.
 */
import type { Worker } from 'node:worker_threads';
import { type Clock, type ErrorData, toErrorData } from '../core/index.ts';
import {
  MARK_BYTES,
  MARK_COMPONENT,
  MARK_COUNT,
  type WorkJobs,
  type WorkKind,
  type WorkMessage,
  type WorkOrder,
} from './job-types.ts';

/** How a try ended. After all but `done` and `failed` the thread must be ended. */
export type AttemptOutcome =
  | {
      readonly kind: 'done';
      readonly result: WorkJobs[WorkKind]['result'];
      readonly rows: readonly WorkJobs[WorkKind]['row'][];
    }
  | { readonly kind: 'failed'; readonly error: ErrorData }
  | { readonly kind: 'stuck'; readonly component: number }
  | { readonly kind: 'memory'; readonly component: number }
  | { readonly kind: 'late' }
  | { readonly kind: 'aborted' }
  | { readonly kind: 'crashed'; readonly error: ErrorData };

/** What a try is held to. */
export interface AttemptBounds {
  readonly clock: Clock;
  readonly componentTimeoutMs: number;
  /** Tick at which the whole job must be over. */
  readonly deadlineTickMs: number;
  readonly signal: AbortSignal;
}

const CHECK_MS = 25;

/** Gives the order to the thread and waits for how it ends. Never rejects. */
export function attempt(
  worker: Worker,
  order: Omit<WorkOrder, 'mark'>,
  bounds: AttemptBounds,
): Promise<AttemptOutcome> {
  const { clock, signal } = bounds;
  const shared = new SharedArrayBuffer(MARK_BYTES);
  const mark = new Int32Array(shared);
  Atomics.store(mark, MARK_COMPONENT, -1);
  return new Promise((resolve) => {
    const rows: WorkJobs[WorkKind]['row'][] = [];
    let cancelCheck = (): void => {};
    const finish = (outcome: AttemptOutcome): void => {
      cancelCheck();
      signal.removeEventListener('abort', onAbort);
      worker.off('message', onMessage).off('error', onError).off('exit', onExit);
      resolve(outcome);
    };
    const onAbort = (): void => finish({ kind: 'aborted' });
    const onMessage = (message: WorkMessage): void => {
      if (message.type === 'rows') rows.push(...message.rows);
      else if (message.type === 'done') finish({ kind: 'done', result: message.result, rows });
      else finish({ kind: 'failed', error: message.error });
    };
    const onError = (error: Error & { code?: string }): void => {
      const component = Atomics.load(mark, MARK_COMPONENT);
      if (error.code === 'ERR_WORKER_OUT_OF_MEMORY') finish({ kind: 'memory', component });
      else finish({ kind: 'crashed', error: toErrorData(error) });
    };
    const onExit = (): void => finish({ kind: 'crashed', error: toErrorData('the work thread ended by itself') });
    const watch = watchMark(mark, bounds);
    const check = (): void => {
      const verdict = watch();
      if (verdict !== undefined) finish(verdict);
      else cancelCheck = clock.after(CHECK_MS, check);
    };
    if (signal.aborted) {
      resolve({ kind: 'aborted' });
      return;
    }
    signal.addEventListener('abort', onAbort, { once: true });
    worker.on('message', onMessage).on('error', onError).on('exit', onExit);
    worker.postMessage({ ...order, mark: shared } satisfies WorkOrder);
    check();
  });
}

/** A function that says, each time it is called, whether the thread has to be ended. */
function watchMark(mark: Int32Array, bounds: AttemptBounds): () => AttemptOutcome | undefined {
  let seenCount = Atomics.load(mark, MARK_COUNT);
  let lastTickMs = bounds.clock.tickMs();
  let spentMs = 0;
  return () => {
    const nowTickMs = bounds.clock.tickMs();
    const count = Atomics.load(mark, MARK_COUNT);
    const component = Atomics.load(mark, MARK_COMPONENT);
    // A main thread that was held up, or a machine that slept, is not the component's fault.
    spentMs = count === seenCount ? spentMs + Math.min(nowTickMs - lastTickMs, 4 * CHECK_MS) : 0;
    seenCount = count;
    lastTickMs = nowTickMs;
    if (nowTickMs >= bounds.deadlineTickMs) return { kind: 'late' };
    return component >= 0 && spentMs >= bounds.componentTimeoutMs ? { kind: 'stuck', component } : undefined;
  };
}
