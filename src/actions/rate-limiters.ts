/**
 * Named token buckets, shared by all runs of this process.
 *
 * A caller is told at once how long it has to wait: its place is taken by then, so that callers
 * go in the order they came, and one that would wait too long takes no place at all.
 */
import { type Clock, MoonpoolError } from '../core/index.ts';

/** How fast a bucket fills. */
export interface RateLimit {
  /** Calls per second on average. */
  readonly perSecond: number;
  /** Calls at once after a silence, at least 1. */
  readonly burst: number;
}

interface Bucket {
  limit: RateLimit;
  /** May be negative: so many calls have a place and wait for their token. */
  tokens: number;
  filledTickMs: number;
}

/** Names kept at once; full ones are like new and go first. */
const MAX_BUCKETS = 1_000;

/** All limiters by name. */
export class RateLimiters {
  readonly #clock: Pick<Clock, 'tickMs'>;
  readonly #buckets = new Map<string, Bucket>();

  constructor(clock: Pick<Clock, 'tickMs'>) {
    this.#clock = clock;
  }

  /** How many limiters are known. */
  get count(): number {
    return this.#buckets.size;
  }

  /**
   * Takes a place under `name` and gives the wait until it is due, in ms from now.
   *
   * The limit given last counts from then on.
   *
   * @returns undefined, with no place taken, when the wait would be longer than `maxWaitMs`
   * @throws STORE_FULL when 1,000 limiters are in use already
   */
  take(name: string, limit: RateLimit, maxWaitMs: number): number | undefined {
    const bucket = this.#bucket(name, limit);
    const waitMs = bucket.tokens >= 1 ? 0 : Math.ceil(((1 - bucket.tokens) / limit.perSecond) * 1_000);
    if (waitMs > maxWaitMs) return undefined;
    bucket.tokens -= 1;
    return waitMs;
  }

  /** Gives a place back that was not used, because whoever had it gave up waiting. */
  giveBack(name: string): void {
    const bucket = this.#buckets.get(name);
    if (bucket !== undefined) bucket.tokens = Math.min(bucket.limit.burst, bucket.tokens + 1);
  }

  #bucket(name: string, limit: RateLimit): Bucket {
    const nowTickMs = this.#clock.tickMs();
    const known = this.#buckets.get(name);
    if (known !== undefined) {
      fill(known, nowTickMs);
      known.limit = limit;
      known.tokens = Math.min(limit.burst, known.tokens);
      return known;
    }
    if (this.#buckets.size >= MAX_BUCKETS) this.#dropFull(nowTickMs);
    const bucket = { limit, tokens: limit.burst, filledTickMs: nowTickMs };
    this.#buckets.set(name, bucket);
    return bucket;
  }

  #dropFull(nowTickMs: number): void {
    for (const [name, bucket] of this.#buckets) {
      fill(bucket, nowTickMs);
      if (bucket.tokens >= bucket.limit.burst) this.#buckets.delete(name);
    }
    if (this.#buckets.size < MAX_BUCKETS) return;
    throw new MoonpoolError('STORE_FULL', `${MAX_BUCKETS} rate limiters are in use already; use one of them.`);
  }
}

function fill(bucket: Bucket, nowTickMs: number): void {
  const gained = ((nowTickMs - bucket.filledTickMs) / 1_000) * bucket.limit.perSecond;
  bucket.tokens = Math.min(bucket.limit.burst, bucket.tokens + gained);
  bucket.filledTickMs = nowTickMs;
}
