/**
 * Flows that had to be ended the hard way: they run with the count hook armed until they have
 * been clean for long.
 *
 * Ending a lane costs tens of milliseconds and everything the lane had ready; the hook costs
 * about twice the time of plain loops, so only flows that need it pay for it.
 */

/** Segments in a row that must end within their limits. */
const CLEAN_COUNT = 100;
/** Flows kept in mind; the one ended longest ago is forgotten first. */
const MAX_SUSPECTS = 256;

/** See the head of this file; flows are named by their hash. */
export class SuspectFlows {
  readonly #cleanLeft = new Map<string, number>();

  /** True while the flow is to run with the hook armed. */
  has(flowHash: string): boolean {
    return this.#cleanLeft.has(flowHash);
  }

  /** The flow ran past its limit. */
  add(flowHash: string): void {
    this.#cleanLeft.delete(flowHash);
    const [oldest] = this.#cleanLeft.keys();
    if (this.#cleanLeft.size >= MAX_SUSPECTS && oldest !== undefined) this.#cleanLeft.delete(oldest);
    this.#cleanLeft.set(flowHash, CLEAN_COUNT);
  }

  /** A segment of the flow ended within its limits. */
  clear(flowHash: string): void {
    const left = this.#cleanLeft.get(flowHash);
    if (left === undefined) return;
    if (left <= 1) this.#cleanLeft.delete(flowHash);
    else this.#cleanLeft.set(flowHash, left - 1);
  }
}
