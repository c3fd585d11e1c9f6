/**
 * Chance in tests: repeatable, and another one when asked for.
 *
 * `MOONPOOL_TEST_SEED` moves every sequence of a test file, `MOONPOOL_TEST_ROUNDS` says how many
 * rounds its repeated tests run; both are set by `npm run test:repeat`. Used by tests only.
 */
import { createSeededRandom, type Random } from '../../src/core/index.ts';

/** Added to the seeds of all sequences. */
export const TEST_SEED = Number(process.env['MOONPOOL_TEST_SEED'] ?? 20_260_101);

/** The number of rounds asked for, else `ordinary`. */
export function roundsOr(ordinary: number): number {
  return Number(process.env['MOONPOOL_TEST_ROUNDS'] ?? ordinary);
}

/** Draws numbers, orders and elements; the same seed gives the same. */
export class Chance {
  readonly #random: Random;

  /** @param part tells sequences of one test apart */
  constructor(part: number) {
    this.#random = createSeededRandom(TEST_SEED + part);
  }

  /** A whole number from 0 to below `count`. */
  below(count: number): number {
    return Math.floor(this.#random.next() * count);
  }

  /** One of `items`, which must not be empty. */
  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }

  /** `items` in another order. */
  shuffle<T>(items: readonly T[]): T[] {
    const shuffled = [...items];
    for (let last = shuffled.length - 1; last > 0; last -= 1) {
      const other = this.below(last + 1);
      [shuffled[last], shuffled[other]] = [shuffled[other] as T, shuffled[last] as T];
    }
    return shuffled;
  }
}
