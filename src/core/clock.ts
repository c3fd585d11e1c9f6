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
   * Resolves after `delayMs`.
   *
   * @throws the signal's reason as soon as `signal` aborts
   */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>;
  /** Calls `fn` once after `delayMs`; the returned function cancels. Does not keep the process alive. */
  after(delayMs: number, fn: () => void): () => void;
}

/** The longest delay a platform timer takes in one piece, in ms; longer ones would fire at once. */
const MAX_TIMER_MS = 2_147_483_647;

function after(delayMs: number, fn: () => void): () => void {
  const step = Math.min(Math.max(delayMs, 0), MAX_TIMER_MS);
  let cancelInner: (() => void) | undefined;
  const timer = setTimeout(() => {
    if (delayMs > MAX_TIMER_MS) cancelInner = after(delayMs - MAX_TIMER_MS, fn);
    else fn();
  }, step);
  timer.unref();
  return () => {
    clearTimeout(timer);
    cancelInner?.();
  };
}

/** The machine's own clock. */
export const systemClock: Clock = {
  nowMs: () => Date.now(),
  tickMs: () => performance.now(),
  after,
  sleep(delayMs, signal) {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const onAbort = (): void => {
        clearTimeout(timer);
        reject(signal?.reason);
      };
      const timer = setTimeout(
        () => {
          signal?.removeEventListener('abort', onAbort);
          resolve();
        },
        Math.min(delayMs, MAX_TIMER_MS),
      );
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  },
};
