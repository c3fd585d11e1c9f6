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
  add(count?: number, labels?: Labels): void;
}

/** A distribution, in the unit of its name. */
export interface Histogram {
  observe(value: number, labels?: Labels): void;
}

/** What is asked for by name; asking twice gives the same instrument. */
export interface Metrics {
  counter(name: string, about: string, labelNames?: readonly string[]): Counter;
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
