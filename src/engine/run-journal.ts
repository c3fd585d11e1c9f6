/**
 * The journal of one run under way: entries appended in the order of calls, also when the store is slow.
 */
import type { RunId } from '../core/index.ts';

import type { JournalEntry, RunJournal, RunStore, RunSummary, WaitingFor } from './ports.ts';

/** See the head of this file. */
export class JournalWriter {
  readonly #store: RunStore;
  readonly #id: RunId;
  /** The last write; undefined while the store does not know the run. */
  #last: Promise<void> | undefined;

  constructor(store: RunStore, id: RunId) {
    this.#store = store;
    this.#id = id;
  }

  /** Begins the journal; a store that refuses it knows nothing of the run. */
  async begin(summary: RunSummary): Promise<void> {
    const created = this.#store.create(summary);
    this.#last = created;
    try {
      await created;
    } catch (error) {
      this.#last = undefined;
      throw error;
    }
  }

  /** Resolves when the entry is kept as well as the store can. Nothing happens before `begin`. */
  record(entry: JournalEntry): Promise<void> {
    return this.#after(() => this.#store.append(this.#id, [entry]));
  }

  /** Says that the run waits, or goes on. */
  rest(waitingFor: readonly WaitingFor[] | undefined): Promise<void> {
    return this.#after(() => this.#store.rest(this.#id, waitingFor));
  }

  /** Marks the run as ended, after all that was recorded. */
  finish(end: Pick<RunSummary, 'status' | 'endedAtMs' | 'error' | 'state'>): Promise<void> {
    return this.#after(() => this.#store.finish(this.#id, end));
  }

  /** All that was recorded so far. */
  async read(): Promise<RunJournal | undefined> {
    await this.#last;
    return this.#store.read(this.#id);
  }

  #after(write: () => Promise<void>): Promise<void> {
    if (this.#last === undefined) return Promise.resolve();
    const written = this.#last.then(write);
    this.#last = written.catch(() => {
      // Whoever awaited `written` sees the failure; the chain itself goes on.
    });
    return written;
  }
}
