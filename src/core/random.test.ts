import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createSeededRandom, randomHex, randomSeed } from './random.ts';

const draw = (seed: number, count: number): number[] => {
  const random = createSeededRandom(seed);
  return Array.from({ length: count }, () => random.next());
};

describe('createSeededRandom', () => {
  // Replay depends on it: these numbers must come out the same in every release.
  it('gives the same numbers for a seed for ever', () => {
    assert.deepEqual(
      draw(42, 4).map((number) => Math.floor(number * 1e9)),
      [601_103_751, 448_290_558, 852_465_793, 669_734_041],
    );
  });

  it('gives other numbers for another seed', () => {
    assert.notDeepEqual(draw(1, 3), draw(2, 3));
  });

  for (const seed of [0, 1, 2 ** 32 - 1]) {
    it(`stays at least 0 and below 1 and spreads evenly from seed ${seed}`, () => {
      const numbers = draw(seed, 10_000);

      assert.ok(numbers.every((number) => number >= 0 && number < 1));
      const mean = numbers.reduce((sum, number) => sum + number, 0) / numbers.length;
      assert.ok(Math.abs(mean - 0.5) < 0.02, `mean ${mean}`);
    });
  }
});

describe('randomHex', () => {
  for (const count of [0, 1, 16, 1_024, 1_025]) {
    it(`gives ${count} bytes as ${count * 2} digits`, () => {
      assert.match(randomHex(count), new RegExp(`^[0-9a-f]{${count * 2}}$`));
    });
  }

  it('does not repeat', () => {
    assert.equal(new Set(Array.from({ length: 1_000 }, () => randomHex(8))).size, 1_000);
  });
});

describe('randomSeed', () => {
  it('is a whole number below 2^32', () => {
    const seeds = Array.from({ length: 100 }, randomSeed);

    assert.ok(seeds.every((seed) => Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32));
    assert.ok(new Set(seeds).size > 90);
  });
});
