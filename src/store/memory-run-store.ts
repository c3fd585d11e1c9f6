/**
 * The journal in memory: runs are forgotten with the process.
 *
 * Invariant: at most `maxRuns` runs and, among those that ended, at most `maxEndedEntries` entries
 * each; the oldest that ended makes room for a new one.
 */
import { MIB, MoonpoolError, type RunId } from '../core/index.ts';
import type { JournalEntry, RunFilter, RunStore, RunSummary, WaitingFor } from '../engine/index.ts';

/** The limits of the journal in memory. */
export interface MemoryRunStoreOptions {
  /** Runs known at once, under way or ended. */
  readonly maxRuns: number;
  /** Entries one run may have while it is under way. Default 50,000. */
  readonly maxEntries?: number;
  /** Entries kept of a run that ended, the first ones. Default 200. */
  readonly maxEndedEntries?: number;
  /**
   * Bytes of JSON that the values in the entries of all runs that ended may have together: of those that can be told
   * again. The run that began longest ago loses its first. Default: as `maxValueBytes`.
   */
  readonly maxEndedValueBytes?: number;
  /**
   * Bytes of JSON that the values in the entries of all runs and the final states of those that ended may have
   * together; default 32 MiB. First those of ended runs go, the run that began longest ago first; a run whose next
   * value still does not fit loses those it has, and cannot be replayed any more.
   */
  readonly maxValueBytes?: number;
}

interface Kept {
  summary: RunSummary;
  entries: JournalEntry[];
  /** Of the values in the entries; undefined once they were given up. */
  valueBytes: number | undefined;
}

/** A journal that forgets. */
export function createMemoryRunStore(options: MemoryRunStoreOptions): RunStore {
  return new MemoryRunStore(options);
}

class MemoryRunStore implements RunStore {
  readonly #maxRuns: number;
  readonly #maxEntries: number;
  readonly #maxEndedEntries: number;
  readonly #maxValueBytes: number;
  readonly #maxEndedValueBytes: number;
  #valueBytes = 0;
  /** Of runs that ended, states not counted. */
  #endedValueBytes = 0;
  /** In order of `create`. */
  readonly #runs = new Map<RunId, Kept>();

  constructor(options: MemoryRunStoreOptions) {
    this.#maxRuns = options.maxRuns;
    this.#maxEntries = options.maxEntries ?? 50_000;
    this.#maxEndedEntries = options.maxEndedEntries ?? 200;
    this.#maxValueBytes = options.maxValueBytes ?? 32 * MIB;
    this.#maxEndedValueBytes = options.maxEndedValueBytes ?? this.#maxValueBytes;
  }

  async create(summary: RunSummary): Promise<void> {
    if (this.#runs.has(summary.id)) throw new MoonpoolError('BUG_INVARIANT', `The run ${summary.id} was begun twice.`);
    if (this.#runs.size >= this.#maxRuns) this.#dropOldest();
    this.#runs.set(summary.id, { summary, entries: [], valueBytes: 0 });
  }

  async append(id: RunId, entries: readonly JournalEntry[]): Promise<void> {
    const kept = this.#require(id);
    if (hasEnded(kept.summary)) {
      throw new MoonpoolError('BUG_INVARIANT', `The run ${id} has ended; nothing can be added to its journal.`);
    }
    if (kept.entries.length + entries.length > this.#maxEntries) {
      throw new MoonpoolError(
        'STORE_FULL',
        `The journal of the run ${id} has more than ${this.#maxEntries} entries; split the flow into smaller ones.`,
      );
    }
    for (const entry of entries) {
      // Weighed first: giving values up puts other entries in their place.
      const weighed = this.#weigh(kept, entry);
      kept.entries.push(weighed);
    }
  }

  async rest(id: RunId, waitingFor: readonly WaitingFor[] | undefined): Promise<void> {
    const kept = this.#require(id);
    if (hasEnded(kept.summary)) return;
    const { waitingFor: _, ...summary } = kept.summary;
    kept.summary =
      waitingFor === undefined ? { ...summary, status: 'running' } : { ...summary, status: 'waiting', waitingFor };
  }

  async finish(id: RunId, end: Pick<RunSummary, 'status' | 'endedAtMs' | 'error' | 'state'>): Promise<void> {
    const kept = this.#require(id);
    if (hasEnded(kept.summary)) return;
    const { waitingFor: _, ...summary } = kept.summary;
    const { state, ...withoutState } = end;
    const hasRoom = state !== undefined && this.#makeRoom(state.byteLength);
    if (hasRoom) this.#valueBytes += state.byteLength;
    kept.summary = { ...summary, ...(hasRoom ? end : withoutState) };
    this.#endedValueBytes += kept.valueBytes ?? 0;
    if (kept.entries.length > this.#maxEndedEntries) {
      kept.entries = kept.entries.slice(0, this.#maxEndedEntries);
      this.#giveUpValues(kept);
    }
    this.#keepEndedSmall();
  }

  #keepEndedSmall(): void {
    for (const kept of this.#runs.values()) {
      if (this.#endedValueBytes <= this.#maxEndedValueBytes) return;
      if (hasEnded(kept.summary)) this.#giveUpValues(kept);
    }
  }

  /** The entry as it is kept: with its values while there is room for them. */
  #weigh(kept: Kept, entry: JournalEntry): JournalEntry {
    const bytes = valueBytes(entry);
    if (kept.valueBytes === undefined) return withoutValues(entry);
    if (!this.#makeRoom(bytes)) {
      this.#giveUpValues(kept);
      return withoutValues(entry);
    }
    kept.valueBytes += bytes;
    this.#valueBytes += bytes;
    return entry;
  }

  /** Forgets states and values of runs that ended until `bytes` more fit; false when they do not. */
  #makeRoom(bytes: number): boolean {
    for (const kept of this.#runs.values()) {
      if (this.#valueBytes + bytes <= this.#maxValueBytes) return true;
      if (!hasEnded(kept.summary)) continue;
      this.#giveUpState(kept);
      this.#giveUpValues(kept);
    }
    return this.#valueBytes + bytes <= this.#maxValueBytes;
  }

  #giveUpState(kept: Kept): void {
    const { state, ...summary } = kept.summary;
    if (state === undefined) return;
    this.#valueBytes -= state.byteLength;
    kept.summary = summary;
  }

  #giveUpValues(kept: Kept): void {
    if (kept.valueBytes === undefined) return;
    this.#valueBytes -= kept.valueBytes;
    if (hasEnded(kept.summary)) this.#endedValueBytes -= kept.valueBytes;
    kept.valueBytes = undefined;
    kept.entries = kept.entries.map(withoutValues);
  }

  async read(
    id: RunId,
  ): Promise<{ summary: RunSummary; entries: readonly JournalEntry[]; isComplete: boolean } | undefined> {
    const kept = this.#runs.get(id);
    if (kept === undefined) return undefined;
    return { summary: kept.summary, entries: kept.entries.slice(), isComplete: kept.valueBytes !== undefined };
  }

  async list(limit: number, where: RunFilter = {}): Promise<readonly RunSummary[]> {
    const { flow, status, after } = where;
    const summaries = [...this.#runs.values()].map((kept) => kept.summary);
    return summaries
      .filter((run) => (flow ?? run.flow) === run.flow && (status ?? run.status) === run.status)
      .filter(({ id }) => after === undefined || id < after)
      .sort((left, right) => (left.id < right.id ? 1 : -1))
      .slice(0, Math.max(0, limit));
  }

  #require(id: RunId): Kept {
    const kept = this.#runs.get(id);
    if (kept === undefined) throw new MoonpoolError('BUG_INVARIANT', `The run ${id} is not in the journal.`);
    return kept;
  }

  #dropOldest(): void {
    for (const [id, kept] of this.#runs) {
      if (!hasEnded(kept.summary)) continue;
      this.#giveUpState(kept);
      this.#giveUpValues(kept);
      this.#runs.delete(id);
      return;
    }
    throw new MoonpoolError(
      'STORE_FULL',
      `${this.#runs.size} runs are under way, as many as may be known; try again later.`,
    );
  }
}

function hasEnded({ status }: RunSummary): boolean {
  return status !== 'running' && status !== 'waiting';
}

/** What an entry's values take as JSON; 0 for entries without. */
function valueBytes(entry: JournalEntry): number {
  const value =
    entry.kind === 'run.started'
      ? entry.input
      : entry.kind === 'input.given'
        ? entry.value
        : entry.kind === 'effect.ended' && entry.outcome.kind === 'done'
          ? entry.outcome.value
          : undefined;
  return value === undefined ? 0 : JSON.stringify(value).length;
}

function withoutValues(entry: JournalEntry): JournalEntry {
  if (entry.kind === 'run.started') return { ...entry, input: {} };
  if (entry.kind === 'input.given') return { ...entry, value: null };
  if (entry.kind !== 'effect.ended' || entry.outcome.kind !== 'done') return entry;
  return { ...entry, outcome: { kind: 'done', value: null } };
}
