/**
 * A clock that moves only when a test says so.
 *
 * `advance` fires timers in the order they fall due and lets every promise that hangs on one
 * settle before the next fires, so code that sleeps again inside a loop is driven to the end.
 * It knows nothing of real time. Invariant: `tickMs` never goes back; `nowMs` may (`jumpTo`).
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../../src/core/clock.ts';

interface Timer {
  readonly dueTickMs: number;
  readonly fire: () => void;
}

/** More timers than this in one `advance` are a loop that rearms itself without waiting. */
const MAX_FIRED_COUNT = 100_000;

/** A {@link Clock} for tests. Starts at 2026-01-05T08:00:00Z (a Monday) unless told otherwise. */
export class FakeClock implements Clock {
  #tickMs = 0;
  #wallOffsetMs: number;
  #timers: Timer[] = [];

  constructor(startAtMs: number = Date.UTC(2026, 0, 5, 8)) {
    this.#wallOffsetMs = startAtMs;
  }

  nowMs(): number {
    return Math.floor(this.#wallOffsetMs + this.#tickMs);
  }

  tickMs(): number {
    return this.#tickMs;
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

  after(delayMs: number, fn: () => void): () => void {
    const timer: Timer = { dueTickMs: this.#tickMs + Math.max(delayMs, 0), fire: fn };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** How many timers wait; 0 at the end of a test shows that nothing was left behind. */
  get pendingCount(): number {
    return this.#timers.length;
  }

  /** Milliseconds until the next timer fires, or undefined when none waits. */
  get nextDueInMs(): number | undefined {
    const next = this.#earliest();
    return next === undefined ? undefined : next.dueTickMs - this.#tickMs;
  }

  /**
   * Moves time forward by `ms`, firing what falls due on the way, each timer at its own tick.
   *
   * Await it: promises that waited on those timers have settled when it resolves.
   */
  async advance(ms: number): Promise<void> {
    const targetTickMs = this.#tickMs + ms;
    await nextTurn();
    for (let fired = 0; ; fired += 1) {
      const next = this.#earliest();
      if (next === undefined || next.dueTickMs > targetTickMs) break;
      if (fired === MAX_FIRED_COUNT) throw new Error(`advance(${ms}) fired ${fired} timers: something rearms itself`);
      this.#tickMs = Math.max(this.#tickMs, next.dueTickMs);
      this.#timers = this.#timers.filter((other) => other !== next);
      next.fire();
      await nextTurn();
    }
    this.#tickMs = Math.max(this.#tickMs, targetTickMs);
  }

  /** Lets promises and immediates settle without moving time. */
  async settle(): Promise<void> {
    await nextTurn();
  }

  /** Sets the wall clock, as NTP does after boot; ticks and timers stay as they are. */
  jumpTo(nowAtMs: number): void {
    this.#wallOffsetMs = nowAtMs - this.#tickMs;
  }

  /** The timer due first; among equals, the one made first. */
  #earliest(): Timer | undefined {
    let earliest: Timer | undefined;
    for (const timer of this.#timers) {
      if (earliest === undefined || timer.dueTickMs < earliest.dueTickMs) earliest = timer;
    }
    return earliest;
  }
}
