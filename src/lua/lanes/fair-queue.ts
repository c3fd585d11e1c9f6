/**
 * What waits for a lane: critical work first, and within a class one segment per run in turn.
 *
 * A run with ten thousand branches and a run with one wait equally long for their next segment.
 * Invariant: at most `maxCount` items wait, those put back excepted, of which there are no more
 * than lanes.
 */

/** The classes, most urgent first. */
const CLASSES = ['critical', 'normal', 'optional'] as const;

/** How an item stands in the queue. */
export interface Standing {
  readonly priority: (typeof CLASSES)[number];
  /** Items of one run are served in their order, runs in turn. */
  readonly runId: string;
}

/** See the head of this file. Adding and taking are constant, removing is linear in the run's own items. */
export class FairQueue<T extends Standing> {
  readonly #maxCount: number;
  /** Per class, the items of each run; the run whose turn is next stands first. */
  readonly #classes: Readonly<Record<Standing['priority'], Map<string, T[]>>>;
  #size = 0;

  constructor(options: { readonly maxCount: number }) {
    this.#maxCount = options.maxCount;
    this.#classes = { critical: new Map(), normal: new Map(), optional: new Map() };
  }

  /** How many items wait. */
  get size(): number {
    return this.#size;
  }

  /** The item whose turn it is, which stays where it is. */
  get first(): T | undefined {
    for (const name of CLASSES) for (const items of this.#classes[name].values()) return items[0];
    return undefined;
  }

  /** The critical item whose turn it is, which stays where it is. */
  get firstCritical(): T | undefined {
    for (const items of this.#classes.critical.values()) return items[0];
    return undefined;
  }

  /** Adds behind the items of the same run; false when the queue is full. */
  push(item: T): boolean {
    if (this.#size >= this.#maxCount) return false;
    this.putBack(item);
    return true;
  }

  /** Adds an item that was taken before, full or not: it has been let in already. */
  putBack(item: T): void {
    const runs = this.#classes[item.priority];
    const items = runs.get(item.runId);
    if (items === undefined) runs.set(item.runId, [item]);
    else items.push(item);
    this.#size += 1;
  }

  /** Adds items that were taken before in front of those of their runs, in their order, full or not. */
  putFirst(items: readonly T[]): void {
    const added = new Map<Map<string, T[]>, Map<string, number>>();
    for (const item of items) {
      const runs = this.#classes[item.priority];
      const counts = added.get(runs) ?? new Map<string, number>();
      added.set(runs, counts);
      const before = counts.get(item.runId) ?? 0;
      counts.set(item.runId, before + 1);
      const waiting = runs.get(item.runId);
      if (waiting === undefined) runs.set(item.runId, [item]);
      else waiting.splice(before, 0, item);
    }
    this.#size += items.length;
  }

  /** Takes the item whose turn it is. */
  shift(): T | undefined {
    for (const name of CLASSES) {
      const runs = this.#classes[name];
      for (const [runId, items] of runs) {
        const item = items.shift();
        runs.delete(runId);
        if (items.length > 0) runs.set(runId, items);
        this.#size -= 1;
        return item;
      }
    }
    return undefined;
  }

  /** Removes `item` wherever it stands; false when it does not wait. */
  remove(item: T): boolean {
    const runs = this.#classes[item.priority];
    const items = runs.get(item.runId) ?? [];
    const index = items.indexOf(item);
    if (index === -1) return false;
    items.splice(index, 1);
    if (items.length === 0) runs.delete(item.runId);
    this.#size -= 1;
    return true;
  }
}
