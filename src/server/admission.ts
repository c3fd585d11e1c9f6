/**
 * How many requests are worked on at once: so many have a turn, so many wait, the rest is refused.
 */
import { BoundedQueue, type Clock } from '../core/index.ts';
import { RequestError } from './problem.ts';
import type { AdmissionLimits } from './server-options.ts';

/** Gives turns in order of arrival. */
export interface Admission {
  /**
   * Waits for a turn.
   *
   * @returns gives the turn back; harmless when called again
   * @throws ADMIT_FULL when too many wait or the wait took too long; the signal's reason when it aborts
   */
  enter(signal: AbortSignal): Promise<() => void>;
  /** Requests that have a turn. */
  readonly activeCount: number;
  /** Requests that wait. */
  readonly waitingCount: number;
}

interface Waiter {
  readonly admit: () => void;
}

/** Admission within `limits`. */
export function createAdmission(limits: AdmissionLimits, clock: Clock): Admission {
  const waiting = new BoundedQueue<Waiter>({ maxCount: limits.queueCount });
  let activeCount = 0;

  function turn(): () => void {
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      const next = waiting.shift();
      if (next === undefined) activeCount -= 1;
      else next.admit();
    };
  }

  function refusal(): RequestError {
    return new RequestError('ADMIT_FULL', 'The server has as many requests in hand as it may; ask again in a second.');
  }

  return {
    get activeCount() {
      return activeCount;
    },
    get waitingCount() {
      return waiting.size;
    },
    async enter(signal) {
      signal.throwIfAborted();
      if (activeCount < limits.concurrentCount) {
        activeCount += 1;
        return turn();
      }
      const { promise, resolve, reject } = Promise.withResolvers<() => void>();
      const waiter: Waiter = { admit: () => resolve(turn()) };
      if (!waiting.push(waiter)) throw refusal();
      const leave = (reason: unknown): void => {
        if (waiting.remove(waiter)) reject(reason);
      };
      const onAbort = (): void => leave(signal.reason);
      const cancelTimer = clock.after(limits.queueWaitMs, () => leave(refusal()));
      signal.addEventListener('abort', onAbort, { once: true });
      try {
        return await promise;
      } finally {
        cancelTimer();
        signal.removeEventListener('abort', onAbort);
      }
    },
  };
}
