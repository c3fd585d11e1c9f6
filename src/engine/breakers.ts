/**
 * Circuit breakers by name, shared by all runs of a process.
 *
 * Closed: everything may be tried. Open after as many failures in a row as its settings say:
 * nothing may. After the reset time one attempt is let through, and decides.
 */
import { type Clock, type ErrorData, type Metrics } from '../core/index.ts';
import type { BreakerUse } from './decision.ts';

/** Most breakers known at once; the one used longest ago is forgotten, and with it its failures. */
const MAX_BREAKERS = 10_000;

interface BreakerState {
  failures: number;
  /** Monotonic instant until which nothing is tried; undefined while closed. */
  openUntilTickMs: number | undefined;
  /** The one attempt that decides is under way. */
  isProbing: boolean;
}

/** See the head of this file. */
export class Breakers {
  readonly #clock: Clock;
  readonly #states = new Map<string, BreakerState>();

  constructor(clock: Clock, metrics: Metrics) {
    this.#clock = clock;
    metrics.gauge('moonpool_breakers_open', 'Circuit breakers of nodes and branches that are open.', () => {
      const states = [...this.#states.values()];
      return states.filter(({ openUntilTickMs }) => openUntilTickMs !== undefined).length;
    });
  }

  /** Undefined when the guarded thing may be tried, else the error to fail with. */
  ask({ name, settings }: BreakerUse): ErrorData | undefined {
    const state = this.#use(name);
    if (state.openUntilTickMs === undefined) return undefined;
    const leftMs = state.openUntilTickMs - this.#clock.tickMs();
    if (leftMs <= 0 && !state.isProbing) {
      state.isProbing = true;
      return undefined;
    }
    const message = `The circuit breaker of ${name} is open after ${settings.failureThreshold} failures in a row. It lets one attempt through ${leftMs > 0 ? `in ${Math.ceil(leftMs)} ms` : 'when the one under way has ended'}.`;
    return { code: 'FLOW_BREAKER', message, details: { retry_in_ms: Math.max(0, Math.ceil(leftMs)) } };
  }

  /** How an attempt that was let through went. */
  tell({ name, settings }: BreakerUse, success: boolean): void {
    const state = this.#use(name);
    state.isProbing = false;
    state.failures = success ? 0 : state.failures + 1;
    state.openUntilTickMs =
      state.failures >= settings.failureThreshold ? this.#clock.tickMs() + settings.resetTimeoutMs : undefined;
  }

  /** An attempt that was let through was given up before it could tell anything. */
  release({ name }: BreakerUse): void {
    const state = this.#states.get(name);
    if (state !== undefined) state.isProbing = false;
  }

  #use(name: string): BreakerState {
    const known = this.#states.get(name) ?? { failures: 0, openUntilTickMs: undefined, isProbing: false };
    this.#states.delete(name);
    this.#states.set(name, known);
    const [oldest] = this.#states.keys();
    if (this.#states.size > MAX_BREAKERS && oldest !== undefined) this.#states.delete(oldest);
    return known;
  }
}
