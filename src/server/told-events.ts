/**
 * What a stream has told of a run whose events come from replays.
 *
 * Two tellings have the same order within each branch, not between branches. So events are
 * counted by branch, and numbered in the order this stream tells them.
 */
import type { RunEvent } from '../engine/index.ts';
import { toFrame } from './event-buffer.ts';

/** See the head of this file. */
export class ToldEvents {
  readonly #ofBranch = new Map<string, number>();
  readonly #afterSeq: number;
  #count = 0;
  #hasBranched = false;

  /** @param afterSeq what the client has already; -1 for nothing */
  constructor(afterSeq: number) {
    this.#afterSeq = afterSeq;
  }

  /** Events told, those the client has already among them. */
  get count(): number {
    return this.#count;
  }

  /**
   * What one telling's events come to: a frame for each that is new and may be told, else undefined.
   *
   * @param mostOf how many events of a branch may be told; absent: all
   */
  telling(mostOf?: (branch: string) => number): (event: RunEvent) => Uint8Array | undefined {
    const seen = new Map<string, number>();
    return (event) => {
      const branch = event.branch ?? '';
      const index = seen.get(branch) ?? 0;
      seen.set(branch, index + 1);
      // What was left out once leaves all that follows in its branch to the next telling.
      if (index !== (this.#ofBranch.get(branch) ?? 0)) return undefined;
      if (mostOf !== undefined && index >= mostOf(branch)) return undefined;
      this.#ofBranch.set(branch, index + 1);
      const seq = this.#count;
      this.#count += 1;
      this.#hasBranched ||= branch !== '';
      // Once there are branches, another telling may have numbered otherwise: better twice than never.
      return seq <= this.#afterSeq && !this.#hasBranched ? undefined : toFrame({ ...event, seq });
    };
  }
}
