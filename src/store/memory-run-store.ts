/**
 * The journal in memory: runs are forgotten with the process.
 *
 * Invariant: at most `maxRuns` runs and, among those that ended, at most `maxEndedEntries` entries
 * each; the oldest that ended makes room for a new one.
 */
import { MoonpoolError, type RunId } from '../core/index.ts';
import type { JournalEntry, RunStore, RunSummary } from '../engine/index.ts';

/** The limits of the journal in memory. */
export interface MemoryRunStoreOptions {
  /** Runs known at once, under way or ended. */
  readonly maxRuns: number;
  /** Entries one run may have while it is under way. Default 50,000. */
  readonly maxEntries?: number;
  /** Entries kept of a run that ended, the first ones. Default 200. */
  readonly maxEndedEntries?: number;
  /** False: entries say that a run began and an effect ended, not with what, which can be megabytes. Default true. */
  readonly keepsValues?: boolean;
}

interface Kept {
  summary: RunSummary;
  entries: JournalEntry[];
}

/** A journal that forgets. */
export function createMemoryRunStore(options: MemoryRunStoreOptions): RunStore {
  return new MemoryRunStore(options);
}

class MemoryRunStore implements RunStore {
  readonly #maxRuns: number;
  readonly #maxEntries: number;
  readonly #maxEndedEntries: number;
  readonly #keepsValues: boolean;
  /** In order of `create`. */
  readonly #runs = new Map<RunId, Kept>();

  constructor(options: MemoryRunStoreOptions) {
    this.#maxRuns = options.maxRuns;
    this.#maxEntries = options.maxEntries ?? 50_000;
    this.#maxEndedEntries = options.maxEndedEntries ?? 200;
    this.#keepsValues = options.keepsValues ?? true;
  }

  async create(summary: RunSummary): Promise<void> {
    if (this.#runs.has(summary.id)) throw new MoonpoolError('BUG_INVARIANT', `The run ${summary.id} was begun twice.`);
    if (this.#runs.size >= this.#maxRuns) this.#dropOldest();
    this.#runs.set(summary.id, { summary, entries: [] });
  }

  async append(id: RunId, entries: readonly JournalEntry[]): Promise<void> {
    const kept = this.#require(id);
    if (kept.summary.status !== 'running') {
      throw new MoonpoolError('BUG_INVARIANT', `The run ${id} has ended; nothing can be added to its journal.`);
    }
    if (kept.entries.length + entries.length > this.#maxEntries) {
      throw new MoonpoolError(
        'STORE_FULL',
        `The journal of the run ${id} has more than ${this.#maxEntries} entries; split the flow into smaller ones.`,
      );
    }
    kept.entries.push(...(this.#keepsValues ? entries : entries.map(withoutValues)));
  }

  async finish(id: RunId, end: Pick<RunSummary, 'status' | 'endedAtMs' | 'error'>): Promise<void> {
    const kept = this.#require(id);
    if (kept.summary.status !== 'running') return;
    kept.summary = { ...kept.summary, ...end };
    // Results can be large, and of a run that ended nobody replays more than its beginning.
    kept.entries = kept.entries.slice(0, this.#maxEndedEntries);
  }

  async read(id: RunId): Promise<{ summary: RunSummary; entries: readonly JournalEntry[] } | undefined> {
    const kept = this.#runs.get(id);
    return kept === undefined ? undefined : { summary: kept.summary, entries: kept.entries.slice() };
  }

  async list(limit: number): Promise<readonly RunSummary[]> {
    const summaries = [...this.#runs.values()].map((kept) => kept.summary);
    return summaries.reverse().slice(0, Math.max(0, limit));
  }

  #require(id: RunId): Kept {
    const kept = this.#runs.get(id);
    if (kept === undefined) throw new MoonpoolError('BUG_INVARIANT', `The run ${id} is not in the journal.`);
    return kept;
  }

  #dropOldest(): void {
    for (const [id, { summary }] of this.#runs) {
      if (summary.status !== 'running') return void this.#runs.delete(id);
    }
    throw new MoonpoolError(
      'STORE_FULL',
      `${this.#runs.size} runs are under way, as many as may be known; try again later.`,
    );
  }
}

function withoutValues(entry: JournalEntry): JournalEntry {
  if (entry.kind === 'run.started') return { ...entry, input: {} };
  if (entry.kind !== 'effect.ended' || entry.outcome.kind !== 'done') return entry;
  return { ...entry, outcome: { kind: 'done', value: null } };
}
