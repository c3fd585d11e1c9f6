/**
 * The nearest common successor of parallel branches: the join of a fan-out that names none.
 *
 * Follows what is written (goto, edges, fan-outs), never the order of the list, and never guesses:
 * when a branch leads nowhere, the join has to be named.
 */
import { END } from '../flow/index.ts';

/** Steps of all searches of one file together; far above any readable graph. */
const MAX_SEARCH_STEPS = 5_000_000;

/** Steps that are left for all searches of one file. */
export interface SearchBudget {
  stepsLeft: number;
}

/** A fresh budget, for one file. */
export function createSearchBudget(): SearchBudget {
  return { stepsLeft: MAX_SEARCH_STEPS };
}

/** Written successors of a node. */
export type SuccessorsOf = (name: string) => readonly string[];

/** Searches the graph of one list of nodes. */
export class SuccessorSearch {
  readonly #successorsOf: SuccessorsOf;
  readonly #budget: SearchBudget;

  constructor(successorsOf: SuccessorsOf, budget: SearchBudget) {
    this.#successorsOf = successorsOf;
    this.#budget = budget;
  }

  /**
   * The node that every branch leads to with the fewest steps; equal ones in the order they were met.
   *
   * @returns undefined when there is none, `too-large` when the file's graph is too large to search
   */
  nearest(branches: readonly string[]): { readonly join: string } | 'too-large' | undefined {
    const totals = new Map<string, { count: number; farthest: number }>();
    for (const branch of branches) {
      const distances = this.#distancesFrom(branch);
      if (distances === undefined) return 'too-large';
      for (const [name, distance] of distances) {
        const total = totals.get(name) ?? { count: 0, farthest: 0 };
        total.count += 1;
        total.farthest = Math.max(total.farthest, distance);
        totals.set(name, total);
      }
    }
    const own = new Set(branches);
    let best: { join: string; farthest: number } | undefined;
    for (const [name, { count, farthest }] of totals) {
      if (count < branches.length || own.has(name)) continue;
      if (best === undefined || farthest < best.farthest) best = { join: name, farthest };
    }
    return best === undefined ? undefined : { join: best.join };
  }

  #distancesFrom(start: string): ReadonlyMap<string, number> | undefined {
    const distances = new Map<string, number>();
    const seen = new Set([start]);
    let level: readonly string[] = [start];
    for (let distance = 1; level.length > 0; distance += 1) {
      const next: string[] = [];
      for (const successor of level.flatMap(this.#successorsOf)) {
        this.#budget.stepsLeft -= 1;
        if (this.#budget.stepsLeft < 0) return undefined;
        if (successor === END || seen.has(successor)) continue;
        seen.add(successor);
        distances.set(successor, distance);
        next.push(successor);
      }
      level = next;
    }
    return distances;
  }
}
