/**
 * Chance as a parameter. The only file that may draw entropy.
 */

/** A source of numbers in [0, 1). */
export interface Random {
  /** The next number, at least 0 and below 1. */
  next(): number;
}

/**
 * A repeatable source: the same seed gives the same numbers.
 *
 * Algorithm: mulberry32 over a 32-bit seed. Not for secrets.
 */
export function createSeededRandom(seed: number): Random {
  let state = seed >>> 0;
  return {
    next() {
      state = (state + 0x6d2b79f5) >>> 0;
      let mixed = state;
      mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
    },
  };
}

/** Entropy fetched ahead: asking the platform costs tens of microseconds, whatever the count. */
const POOL_BYTES = 1024;
const pool = new Uint8Array(POOL_BYTES);
let poolUsed = POOL_BYTES;

/** `count` bytes of the platform's cryptographic entropy, as lower-case hex. None is given twice. */
export function randomHex(count: number): string {
  if (count > POOL_BYTES) return toHex(crypto.getRandomValues(new Uint8Array(count)));
  if (poolUsed + count > POOL_BYTES) {
    crypto.getRandomValues(pool);
    poolUsed = 0;
  }
  const taken = pool.subarray(poolUsed, poolUsed + count);
  poolUsed += count;
  const hex = toHex(taken);
  taken.fill(0);
  return hex;
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** A seed for one run: a whole number below 2^32. */
export function randomSeed(): number {
  return crypto.getRandomValues(new Uint32Array(1))[0] as number;
}
