/**
 * The life of one outbound call: its deadline, the limit of the phase it is in, and its end.
 *
 * Whatever ends the call early (the caller, a time limit, shutdown) aborts one signal that every
 * wait of the call observes. Invariant: after `dispose` no timer and no listener is left.
 */
import { type Clock, formatDuration, MoonpoolError } from '../core/index.ts';

/** The limits of a call that apply to it as a whole. */
export interface CallLimits {
  readonly totalMs: number;
  /** Monotonic instant the caller must be back by. */
  readonly deadlineTickMs?: number;
}

/** One call from start to end. */
export class CallScope {
  readonly #controller = new AbortController();
  readonly #clock: Clock;
  readonly #callerSignal: AbortSignal;
  readonly #onCallerAbort: () => void;
  readonly #cancelTotal: () => void;
  readonly #ended: Promise<never>;
  readonly #origin: string;

  constructor(clock: Clock, origin: string, limits: CallLimits, callerSignal: AbortSignal) {
    this.#clock = clock;
    this.#origin = origin;
    this.#callerSignal = callerSignal;
    this.#ended = new Promise((_, reject) => {
      this.signal.addEventListener('abort', () => reject(this.signal.reason), { once: true });
    });
    this.#ended.catch(() => {});
    this.#onCallerAbort = () => this.abort(callerSignal.reason);
    callerSignal.addEventListener('abort', this.#onCallerAbort, { once: true });
    const leftMs = limits.deadlineTickMs === undefined ? Infinity : limits.deadlineTickMs - clock.tickMs();
    const totalMs = Math.min(limits.totalMs, leftMs);
    this.#cancelTotal = clock.after(totalMs, () => this.abort(this.#totalError(limits.totalMs, leftMs)));
    if (callerSignal.aborted) this.#onCallerAbort();
    else if (totalMs <= 0) this.abort(this.#totalError(limits.totalMs, leftMs));
  }

  /** Aborts when the call is over early; its reason is what the caller gets. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Ends the call with `reason`; later reasons are ignored. */
  abort(reason: unknown): void {
    if (!this.signal.aborted) this.#controller.abort(reason);
  }

  /** `work`, or the call's own end when that comes first. A late failure of `work` is nobody's. */
  async race<T>(work: Promise<T>): Promise<T> {
    work.catch(() => {});
    this.signal.throwIfAborted();
    return Promise.race([work, this.#ended]);
  }

  /**
   * As `race`, ending the whole call when `work` takes longer than `limitMs`.
   *
   * @param what continues "<origin> …": `sent no headers`
   * @throws CONN_TIMEOUT
   */
  async phase<T>(what: string, limitMs: number, work: Promise<T>): Promise<T> {
    const cancel = this.#clock.after(limitMs, () => {
      this.abort(
        new MoonpoolError(
          'CONN_TIMEOUT',
          `${this.#origin} ${what} within ${formatDuration(limitMs)}; try again later.`,
        ),
      );
    });
    try {
      return await this.race(work);
    } finally {
      cancel();
    }
  }

  /** Removes timers and listeners; the call is over. */
  dispose(): void {
    this.#cancelTotal();
    this.#callerSignal.removeEventListener('abort', this.#onCallerAbort);
  }

  #totalError(totalMs: number, leftMs: number): MoonpoolError {
    const message =
      leftMs < totalMs
        ? `${this.#origin} did not finish its answer in the time the caller had left (${formatDuration(Math.max(0, Math.round(leftMs)))}).`
        : `${this.#origin} did not finish its answer within ${formatDuration(totalMs)} in all; raise the call's timeout or http.timeouts.total.`;
    return new MoonpoolError('CONN_TIMEOUT', message);
  }
}
