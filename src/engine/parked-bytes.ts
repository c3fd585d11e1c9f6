/**
 * How much memory the parked Lua machines of all runs take together, and whether one more fits.
 */
import type { Metrics } from '../core/index.ts';

/** See the head of this file. What does not fit is made again from the journal when it is needed. */
export class ParkedBytes {
  readonly #maxBytes: number;
  #bytes = 0;
  #count = 0;

  constructor(maxBytes: number, metrics: Metrics) {
    this.#maxBytes = maxBytes;
    metrics.gauge('moonpool_lua_parked_bytes', 'Memory of parked Lua machines.', () => this.#bytes);
    metrics.gauge('moonpool_lua_parked', 'Parked Lua machines.', () => this.#count);
  }

  /** Bytes in use. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Machines in memory. */
  get count(): number {
    return this.#count;
  }

  /** Takes room for one machine; false when there is none. */
  reserve(bytes: number): boolean {
    if (this.#bytes + bytes > this.#maxBytes) return false;
    this.#bytes += bytes;
    this.#count += 1;
    return true;
  }

  /** Gives back what `reserve` took. */
  release(bytes: number): void {
    this.#bytes -= bytes;
    this.#count -= 1;
  }
}
