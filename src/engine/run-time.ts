/**
 * The time a run may work: counted while something is in flight, not while it waits for somebody.
 */
import type { Clock, ErrorData } from '../core/index.ts';

/** See the head of this file. */
export class RunTime {
  readonly #clock: Clock;
  readonly #limitMs: number;
  readonly #onOver: (error: ErrorData) => void;
  #leftMs: number;
  #startedTickMs: number | undefined;
  #stopTimer: () => void = () => {};

  constructor(clock: Clock, limitMs: number, onOver: (error: ErrorData) => void) {
    this.#clock = clock;
    this.#limitMs = limitMs;
    this.#leftMs = limitMs;
    this.#onOver = onOver;
  }

  /** Monotonic instant at which the time is up, if it goes on from now. */
  get deadlineTickMs(): number {
    return (this.#startedTickMs ?? this.#clock.tickMs()) + this.#leftMs;
  }

  /** Counts from now; does nothing when it counts already. */
  start(): void {
    if (this.#startedTickMs !== undefined) return;
    this.#startedTickMs = this.#clock.tickMs();
    this.#stopTimer = this.#clock.after(this.#leftMs, () => {
      const message = `The run did not end within ${this.#limitMs} ms.`;
      this.#onOver({ code: 'FLOW_TIMEOUT', message, details: { timeout_ms: this.#limitMs } });
    });
  }

  /** Stops counting; what is left is left. */
  pause(): void {
    if (this.#startedTickMs === undefined) return;
    this.#stopTimer();
    this.#leftMs = Math.max(1, this.deadlineTickMs - this.#clock.tickMs());
    this.#startedTickMs = undefined;
  }
}
