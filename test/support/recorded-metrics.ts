/**
 * Metrics that a test reads: totals of counters by label, gauges as they are now. Used by tests only.
 */
import type { Labels, Metrics } from '../../src/core/index.ts';

/** See the head of the file. */
export class RecordedMetrics implements Metrics {
  readonly #totals = new Map<string, number>();
  readonly #gauges = new Map<string, () => number>();

  counter(name: string): { add(count?: number, labels?: Labels): void } {
    return {
      add: (count = 1, labels = {}) => {
        const key = [name, ...Object.values(labels)].join(' ');
        this.#totals.set(key, (this.#totals.get(key) ?? 0) + count);
      },
    };
  }

  histogram(): { observe(value: number): void } {
    return { observe() {} };
  }

  gauge(name: string, _about: string, read: () => number): void {
    this.#gauges.set(name, read);
  }

  /** What a counter came to; `name label` for one with a label, 0 when it never rose. */
  total(key: string): number {
    return this.#totals.get(key) ?? 0;
  }

  /** All gauges as they are now, by name. */
  gauges(): { readonly [name: string]: number } {
    return Object.fromEntries([...this.#gauges].map(([name, read]) => [name, read()]));
  }
}
