/**
 * What a lane has to say, collected: facts and results of short segments go out together.
 *
 * Nobody waits long for it. A result goes out before a segment of another run begins, before one
 * known to be slow, and when the lane has nothing further; facts when 64 are ready or 16 ms have passed.
 */
import type { SegmentFact } from '../../flow/index.ts';
import { ByteBundle, largeParts, packResult } from './message-bytes.ts';
import type { FromLane, MachineFigures, PackedResult, ReportEntry, SegmentResult } from './protocol.ts';

const FACT_COUNT = 64;
const FACT_MS = 16;
/** Results that may wait for each other, and how long. */
const RESULT_COUNT = 24;
const RESULT_MS = 0.5;

/** What the outbox stands on. */
export interface OutboxPorts {
  post(message: FromLane, handedOver: ArrayBuffer[]): void;
  tickMs(): number;
  figures(): MachineFigures;
}

/** The segment that runs. */
export interface CurrentSegment {
  readonly slot: number;
  readonly runId: string;
  /** Whether its facts are wanted; text that nodes print always is. */
  readonly wantFacts: boolean;
  /** Facts main has already passed on. */
  readonly skipFactCount: number;
  /** It is known to be slow, or nothing waits behind it: its first fact goes out at once. */
  readonly isAwaited: boolean;
  /** The bytes it came with, which may not be handed over: another segment may have come with the same. */
  readonly given: Uint8Array | undefined;
}

/** See the head of this file. */
export class LaneOutbox {
  readonly #ports: OutboxPorts;
  readonly #bundle = new ByteBundle();
  #entries: [slot: number, facts: SegmentFact[] | undefined, result?: PackedResult][] = [];
  #handedOver: ArrayBuffer[] = [];
  #factCount = 0;
  #resultCount = 0;
  #resultTickMs = 0;
  #sentTickMs = Number.NEGATIVE_INFINITY;
  #passed: number | undefined;
  #current: CurrentSegment | undefined;
  /** The last segment whose first fact was told. */
  #firstTold: CurrentSegment | undefined;
  #skipCount = 0;

  constructor(ports: OutboxPorts) {
    this.#ports = ports;
  }

  /** A segment begins: what others have waiting goes out unless this one is soon done. */
  begin(segment: CurrentSegment, isSlow: boolean): void {
    const isOther = segment.runId !== this.#current?.runId;
    const isMuch = this.#resultCount >= RESULT_COUNT;
    if (isOther || isSlow || isMuch || this.#isResultOld()) this.flush();
    this.#current = segment;
    this.#skipCount = segment.skipFactCount;
  }

  /** Something happened in the segment that runs. */
  report(fact: SegmentFact): void {
    const current = this.#current;
    if (current === undefined || (!current.wantFacts && fact.kind !== 'log')) return;
    if (this.#skipCount > 0) {
      this.#skipCount -= 1;
      return;
    }
    const { slot } = current;
    const last = this.#entries.at(-1);
    if (last?.[0] === slot && last[1] !== undefined) last[1].push(fact);
    else this.#entries.push([slot, [fact]]);
    this.#factCount += 1;
    if (this.#areFactsDue(current)) this.flush();
  }

  /** The segment that runs is over. */
  end(result: SegmentResult): void {
    const current = this.#current;
    if (current === undefined) return;
    const packed = packResult(result, this.#bundle);
    // Changes hands instead of being copied: the lane keeps neither states nor machines.
    for (const part of largeParts(packed)) {
      if (part !== current.given && part.buffer instanceof ArrayBuffer) this.#handedOver.push(part.buffer);
    }
    if (this.#resultCount === 0) this.#resultTickMs = this.#ports.tickMs();
    const last = this.#entries.at(-1);
    if (last?.[0] === current.slot) last[2] = packed;
    else this.#entries.push([current.slot, undefined, packed]);
    this.#resultCount += 1;
    this.#passed = current.slot;
  }

  /** Main took the segment of this slot back. */
  skip(slot: number): void {
    this.#passed = slot;
  }

  /** Sends what there is. */
  flush(): void {
    if (this.#entries.length === 0 && this.#passed === undefined) return;
    const entries: readonly ReportEntry[] = this.#entries;
    const bytes = this.#bundle.take();
    const figures = this.#ports.figures();
    this.#ports.post({ kind: 'report', entries, bytes, passed: this.#passed, figures }, this.#handedOver);
    this.#entries = [];
    this.#handedOver = [];
    this.#factCount = 0;
    this.#resultCount = 0;
    this.#passed = undefined;
    this.#sentTickMs = this.#ports.tickMs();
  }

  #isResultOld(): boolean {
    return this.#resultCount > 0 && this.#ports.tickMs() - this.#resultTickMs >= RESULT_MS;
  }

  #areFactsDue(current: CurrentSegment): boolean {
    const isFirst = current.isAwaited && this.#firstTold !== current;
    this.#firstTold = current;
    return isFirst || this.#factCount >= FACT_COUNT || this.#ports.tickMs() - this.#sentTickMs >= FACT_MS;
  }
}
