/**
 * Time as a parameter. The only file that may read the machine's clock.
 *
 * Instants (`…AtMs`, ms since 1970 UTC) say when; ticks (`…TickMs`, monotonic) say how long.
 * A deadline is always a tick, because the wall clock jumps (no RTC at boot, NTP).
 */

/** What code that needs time is given instead of `Date` and `setTimeout`. */
export interface Clock {
  /** Milliseconds since 1970-01-01 UTC, whole; may jump. */
  nowMs(): number;
  /** Monotonic milliseconds since some fixed point; never goes back. */
  tickMs(): number;
  /**
   * Resolves after `delayMs`. Keeps the process alive meanwhile.
   *
   * @throws the signal's reason as soon as `signal` aborts
   */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>;
  /** Calls `fn` once after `delayMs`; the returned function cancels. Does not keep the process alive. */
  after(delayMs: number, fn: () => void): () => void;
}

/** The longest delay a platform timer takes in one piece, in ms; longer ones would fire at once. */
const MAX_TIMER_MS = 2_147_483_647;

/** Calls `fn` after `delayMs`, however long; the returned function cancels. */
function startTimer(delayMs: number, keepsAlive: boolean, fn: () => void): () => void {
  let timer: NodeJS.Timeout;
  const arm = (restMs: number): void => {
    const pieceMs = Math.min(Math.max(restMs, 0), MAX_TIMER_MS);
    timer = setTimeout(() => (restMs > pieceMs ? arm(restMs - pieceMs) : fn()), pieceMs);
    if (!keepsAlive) timer.unref();
  };
  arm(delayMs);
  return () => clearTimeout(timer);
}

/** The machine's own clock. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  tickMs: () => performance.now(),
  after: (delayMs, fn) => startTimer(delayMs, false, fn),
  sleep(delayMs, signal) {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const onAbort = (): void => {
        cancel();
        reject(signal?.reason);
      };
      const cancel = startTimer(delayMs, true, () => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      });
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  },
};
