/**
 * Text into the state of `math.random`: one seed, one sequence, on every machine.
 */

/** Words of 32 bits in the state of `math.random` (xoshiro256**). */
const RANDOM_STATE_WORDS = 8;

/**
 * Writes the generator's state for `seed` into `words` from `at`.
 *
 * The text is hashed to 64 bits (two interleaved multiplicative hashes), each half spread over
 * four words by splitmix32. Not for secrets.
 */
export function writeRandomState(seed: string, words: Uint32Array, at: number): void {
  let first = 0xdeadbeef;
  let second = 0x41c6ce57;
  for (let index = 0; index < seed.length; index++) {
    const unit = seed.charCodeAt(index);
    first = Math.imul(first ^ unit, 0x9e3779b1);
    second = Math.imul(second ^ unit, 0x5f356495);
  }
  first = Math.imul(first ^ (first >>> 16), 0x85ebca6b) ^ Math.imul(second ^ (second >>> 13), 0xc2b2ae35);
  second = Math.imul(second ^ (second >>> 16), 0x85ebca6b) ^ Math.imul(first ^ (first >>> 13), 0xc2b2ae35);
  for (let word = 0; word < RANDOM_STATE_WORDS; word++) {
    const start = word % 2 === 0 ? first : second;
    let mixed = (start + Math.imul(word + 1, 0x9e3779b9)) | 0;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    words[at + word] = mixed ^ (mixed >>> 15);
  }
  // All zero is the one state the generator cannot leave.
  words[at] = (words[at] as number) | 1;
}
