/**
 * Core's metrics port over prom-client, and the text that `/metrics` gives.
 *
 * Invariant: counting never throws at the one who counts, and no metric holds more series
 * than a ceiling.
 */
import { Counter as PromCounter, Gauge, Histogram as PromHistogram, Registry } from 'prom-client';
import { type Clock, type Counter, type Histogram, type Labels, type Metrics, MoonpoolError } from '../core/index.ts';

/** Metrics that can be read. */
export interface ReadableMetrics extends Metrics {
  /** Everything in Prometheus text form. A gauge that cannot be read is left out. */
  text(): Promise<string>;
}

/** Labels come from small sets; this many combinations mean a mistake of ours, and the rest is counted as one. */
const MAX_SERIES = 500;

/** Metrics of their own registry, with the process's memory and uptime in it. */
export function createMetrics(options: { readonly clock: Clock }): ReadableMetrics {
  const registry = new Registry();
  const metrics = new PrometheusMetrics(registry);
  const startTickMs = options.clock.tickMs();
  metrics.gauge('moonpool_process_resident_bytes', 'Memory of the process as the system counts it.', () =>
    process.memoryUsage.rss(),
  );
  metrics.gauge('moonpool_process_heap_used_bytes', 'Live and dead objects in the main thread’s heap.', () => {
    return process.memoryUsage().heapUsed;
  });
  metrics.gauge('moonpool_process_uptime_seconds', 'Time since the program started to count.', () => {
    return (options.clock.tickMs() - startTickMs) / 1000;
  });
  return metrics;
}

class PrometheusMetrics implements ReadableMetrics {
  readonly #registry: Registry;
  readonly #counters = new Map<string, Counter>();
  readonly #histograms = new Map<string, Histogram>();
  readonly #gauges = new Map<string, () => number>();
  /** Of each counter and histogram. */
  readonly #labels = new Map<string, string>();

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  counter(name: string, about: string, labelNames: readonly string[] = []): Counter {
    const known = this.#known(this.#counters, name, labelNames);
    if (known !== undefined) return known;
    const inner = new PromCounter({ name, help: about, labelNames: [...labelNames], registers: [this.#registry] });
    const fit = seriesLimit(labelNames);
    const counter: Counter = {
      add(count = 1, labels = {}) {
        // prom-client refuses to count down with an exception; a wrong count must not end a request.
        if (count > 0 && Number.isFinite(count)) inner.inc(fit(labels), count);
      },
    };
    this.#counters.set(name, counter);
    return counter;
  }

  histogram(name: string, about: string, buckets: readonly number[], labelNames: readonly string[] = []): Histogram {
    const known = this.#known(this.#histograms, name, labelNames);
    if (known !== undefined) return known;
    const inner = new PromHistogram({
      name,
      help: about,
      labelNames: [...labelNames],
      buckets: [...buckets],
      registers: [this.#registry],
    });
    const fit = seriesLimit(labelNames);
    const histogram: Histogram = {
      observe(value, labels = {}) {
        if (Number.isFinite(value)) inner.observe(fit(labels), value);
      },
    };
    this.#histograms.set(name, histogram);
    return histogram;
  }

  /** The instrument of that name. @throws BUG_INVARIANT when it counts something else: its series would be mixed up */
  #known<T>(instruments: ReadonlyMap<string, T>, name: string, labelNames: readonly string[]): T | undefined {
    const labels = this.#labels.get(name);
    if (labels !== undefined && labels !== labelNames.join()) {
      throw new MoonpoolError('BUG_INVARIANT', `The metric ${name} has the labels ${labels} already.`);
    }
    this.#labels.set(name, labelNames.join());
    return instruments.get(name);
  }

  gauge(name: string, about: string, read: () => number): void {
    const isKnown = this.#gauges.has(name);
    this.#gauges.set(name, read);
    if (isKnown) return;
    const readNow = (): number => this.#read(name);
    new Gauge({
      name,
      help: about,
      registers: [this.#registry],
      collect() {
        const value = readNow();
        if (Number.isFinite(value)) this.set(value);
        else this.remove();
      },
    });
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }

  #read(name: string): number {
    try {
      return this.#gauges.get(name)?.() ?? Number.NaN;
    } catch {
      // One part that cannot say how it is must not hide all others.
      return Number.NaN;
    }
  }
}

/** Gives back labels that the metric declares, and `other` for each once there are too many combinations. */
function seriesLimit(labelNames: readonly string[]): (labels: Labels) => Record<string, string> {
  const seen = new Set<string>();
  return (labels) => {
    const fitting = Object.fromEntries(labelNames.map((name) => [name, labels[name] ?? '']));
    const key = JSON.stringify(Object.values(fitting));
    if (seen.has(key)) return fitting;
    if (seen.size >= MAX_SERIES) return Object.fromEntries(labelNames.map((name) => [name, 'other']));
    seen.add(key);
    return fitting;
  };
}
