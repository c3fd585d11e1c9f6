/**
 * The time of a test: it stands still while anything works, and jumps to the next timer when nothing does.
 *
 * So retries, waits and timeouts take no time and come in the same order every time. Invariant:
 * only one timer fires before everything that hangs on it had its turn.
 */
import type { Clock } from '../core/index.ts';

interface Timer {
  readonly dueMs: number;
  readonly fire: () => void;
}

/** A clock that jumps. */
export class JumpClock implements Clock {
  readonly #startAtMs: number;
  readonly #real: Clock;
  #passedMs = 0;
  #timers: Timer[] = [];
  #busyCount = 0;
  /** Counts what happened, so that a jump that was planned before it is not made. */
  #turn = 0;

  /**
   * @param startAtMs what it shows at first, ms since 1970
   * @param real      gives turns to what goes on beside it
   */
  constructor(startAtMs: number, real: Clock) {
    this.#startAtMs = startAtMs;
    this.#real = real;
  }

  nowMs(): number {
    return Math.floor(this.#startAtMs + this.#passedMs);
  }

  tickMs(): number {
    return this.#passedMs;
  }

  after(delayMs: number, fn: () => void): () => void {
    const timer: Timer = { dueMs: this.#passedMs + Math.max(delayMs, 0), fire: fn };
    this.#timers.push(timer);
    this.#plan();
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const onAbort = (): void => {
        cancel();
        reject(signal?.reason);
      };
      const cancel = this.after(delayMs, () => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      });
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  /** Does `work`, during which time stands still. */
  async hold<T>(work: () => Promise<T>): Promise<T> {
    this.#busyCount += 1;
    this.#turn += 1;
    try {
      return await work();
    } finally {
      this.#busyCount -= 1;
      this.#plan();
    }
  }

  /** This clock for work that is held: while such work sleeps, time may go on. */
  inside(): Clock {
    return {
      nowMs: () => this.nowMs(),
      tickMs: () => this.tickMs(),
      after: (delayMs, fn) => this.after(delayMs, fn),
      sleep: async (delayMs, signal) => {
        this.#busyCount -= 1;
        try {
          await this.sleep(delayMs, signal);
        } finally {
          this.#busyCount += 1;
          this.#turn += 1;
        }
      },
    };
  }

  #plan(): void {
    this.#turn += 1;
    if (this.#busyCount > 0 || this.#timers.length === 0) return;
    const turn = this.#turn;
    // Whatever hangs on what just happened runs before a real timer does.
    void this.#real.sleep(0).then(() => {
      if (turn === this.#turn) this.#jump();
    });
  }

  #jump(): void {
    let next: Timer | undefined;
    for (const timer of this.#timers) if (next === undefined || timer.dueMs < next.dueMs) next = timer;
    if (next === undefined) return;
    this.#timers = this.#timers.filter((timer) => timer !== next);
    this.#passedMs = Math.max(this.#passedMs, next.dueMs);
    next.fire();
    this.#plan();
  }
}
