/**
 * The port through which every folder counts. `app` decides how counts are exported.
 *
 * Names follow Prometheus (`moonpool_<thing>_<unit>`, counters end in `_total`). Labels come
 * from small fixed sets, never from input, so no series grows without bound.
 */

/** Label names to values. */
export type Labels = Readonly<Record<string, string>>;

/** A number that only rises. */
export interface Counter {
  /** Raises it by `count` (default 1, never negative). */
  add(count?: number, labels?: Labels): void;
}

/** A distribution, in the unit of its name. */
export interface Histogram {
  /** Adds one observation. */
  observe(value: number, labels?: Labels): void;
}

/** What is asked for by name; asking twice gives the same instrument. */
export interface Metrics {
  /** The counter called `name`. */
  counter(name: string, about: string, labelNames?: readonly string[]): Counter;
  /** The histogram called `name`, with the upper bounds of its buckets in rising order. */
  histogram(name: string, about: string, buckets: readonly number[], labelNames?: readonly string[]): Histogram;
  /** A number read when somebody looks. */
  gauge(name: string, about: string, read: () => number): void;
}

/** Metrics that nobody reads. */
export const silentMetrics: Metrics = {
  counter: () => ({ add() {} }),
  histogram: () => ({ observe() {} }),
  gauge() {},
};
