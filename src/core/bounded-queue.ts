/**
 * A first-in first-out queue with a ceiling. Taking from the middle is linear, the ends are constant.
 */
import { MoonpoolError } from './errors.ts';

/** A queue that refuses what it has no room for. */
export class BoundedQueue<T> {
  readonly maxCount: number;
  #items: T[] = [];
  #head = 0;

  constructor(options: { readonly maxCount: number }) {
    const { maxCount } = options;
    if (!Number.isSafeInteger(maxCount) || maxCount < 0) {
      throw new MoonpoolError('BUG_INVARIANT', `A queue holds a whole number of items from 0 on, not ${maxCount}.`);
    }
    this.maxCount = maxCount;
  }

  /** How many items wait. */
  get size(): number {
    return this.#items.length - this.#head;
  }

  /** Adds at the end; false when the queue is full. */
  push(item: T): boolean {
    if (this.size >= this.maxCount) return false;
    this.#items.push(item);
    return true;
  }

  /** Takes the oldest item. */
  shift(): T | undefined {
    if (this.size === 0) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head] = undefined as T;
    this.#head += 1;
    if (this.#head > 1024 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }

  /** Removes `item` wherever it stands; false when it is not there. */
  remove(item: T): boolean {
    const index = this.#items.indexOf(item, this.#head);
    if (index === -1) return false;
    this.#items.splice(index, 1);
    return true;
  }
}
