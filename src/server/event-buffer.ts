/**
 * The latest events of one run as the frames that go out, for everyone who follows it.
 *
 * Readers pull at their own pace, so a slow one costs nothing: it finds that what it wants next
 * is gone. Invariant: at most `maxCount` frames of `maxBytes` together are kept, and always the latest.
 */
import type { RunEvent } from '../engine/index.ts';

/** How much one buffer keeps. */
export interface EventBufferLimits {
  readonly maxCount: number;
  readonly maxBytes: number;
}

interface Frame {
  readonly bytes: Uint8Array;
  readonly branch: string;
}

/** An event as it goes over the wire: `id` is its `seq`. */
export function toFrame(event: RunEvent): Uint8Array {
  // JSON has no line breaks of its own, so that one data line holds it.
  return Buffer.from(`id: ${event.seq}\nevent: ${event.event}\ndata: ${JSON.stringify(event)}\n\n`);
}

/** See the head of this file. */
export class EventBuffer {
  readonly #limits: EventBufferLimits;
  readonly #frames: Frame[] = [];
  /** Of each branch, how many of its events are gone: what a replay has to tell. */
  readonly #goneOf = new Map<string, number>();
  readonly #wakers = new Set<() => void>();
  #firstSeq = 0;
  #bytes = 0;
  #isOver = false;

  constructor(limits: EventBufferLimits) {
    this.#limits = limits;
  }

  /** The `seq` of the earliest event that is kept, which is also how many are gone. */
  get firstSeq(): number {
    return this.#firstSeq;
  }

  /** The `seq` the next event will have. */
  get nextSeq(): number {
    return this.#firstSeq + this.#frames.length;
  }

  /** Bytes of all frames that are kept. */
  get bytes(): number {
    return this.#bytes;
  }

  /** True once the run's last event is in. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Adds the event that follows the last one. */
  push(event: RunEvent): void {
    const frame = { bytes: toFrame(event), branch: event.branch ?? '' };
    this.#frames.push(frame);
    this.#bytes += frame.bytes.byteLength;
    this.#isOver = event.event === 'run.finished';
    const { maxCount, maxBytes } = this.#limits;
    while (this.#frames.length > 1 && (this.#frames.length > maxCount || this.#bytes > maxBytes)) this.dropFirst();
    for (const wake of this.#wakers) wake();
  }

  /** Forgets the earliest event; false when only the latest is left, which stays. */
  dropFirst(): boolean {
    if (this.#frames.length <= 1) return false;
    const { bytes, branch } = this.#frames.shift() as Frame;
    this.#bytes -= bytes.byteLength;
    this.#firstSeq += 1;
    this.#goneOf.set(branch, (this.#goneOf.get(branch) ?? 0) + 1);
    return true;
  }

  /** The frame with that `seq`; undefined when it is gone or has not come. */
  at(seq: number): Uint8Array | undefined {
    return this.#frames[seq - this.#firstSeq]?.bytes;
  }

  /** How many events of a branch (`''` is the main path) are gone. */
  goneOf(branch: string): number {
    return this.#goneOf.get(branch) ?? 0;
  }

  /** Resolves when there is an event with that `seq`, or the run is over. @throws the signal's reason */
  async until(seq: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this.nextSeq > seq || this.#isOver) return;
    await new Promise<void>((resolve, reject) => {
      const settle = (done: () => void): void => {
        this.#wakers.delete(wake);
        signal.removeEventListener('abort', onAbort);
        done();
      };
      const wake = (): void => settle(resolve);
      const onAbort = (): void => settle(() => reject(signal.reason));
      this.#wakers.add(wake);
      signal.addEventListener('abort', onAbort, { once: true });
    });
  }
}
