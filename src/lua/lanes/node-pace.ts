/**
 * Which nodes of a flow have proved quick in this lane: what happened is held back before those only.
 *
 * A lane inside a node tells nothing. So before a node that has never run here, or was slow when
 * it did, all that happened goes out; a chain of quick nodes goes out together.
 */

/** A node that took less is quick, ms. */
const QUICK_MS = 5;

/** See the head of this file. */
export class NodePace {
  readonly #isQuick: Uint8Array;
  #node = -1;
  #sinceTickMs = 0;

  constructor(nodeCount: number) {
    this.#isQuick = new Uint8Array(nodeCount);
  }

  /** The node at `index` begins, so the one before has ended. True when it may take long. */
  begin(index: number, nowTickMs: number): boolean {
    this.end(nowTickMs);
    this.#node = index;
    this.#sinceTickMs = nowTickMs;
    return this.#isQuick[index] !== 1;
  }

  /** The node that began last has ended. */
  end(nowTickMs: number): void {
    if (this.#node !== -1) this.#isQuick[this.#node] = nowTickMs - this.#sinceTickMs < QUICK_MS ? 1 : 0;
    this.#node = -1;
  }
}
