/** Hostile texts: those that once broke something, and some new ones. `npm run fuzz` runs 100,000 of each. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import type { Scope } from '../../src/expr/index.ts';
import { runFuzz } from './fuzz-run.ts';
import { checkEvaluator, checkParser } from './fuzz-target.ts';

interface Seed {
  readonly target: 'evaluator' | 'parser';
  readonly about: string;
  readonly text: string;
  /** `text` is repeated this often. */
  readonly times?: number;
  readonly scope?: Scope;
}

const SEEDS = JSON.parse(readFileSync(path.join(import.meta.dirname, 'seeds.json'), 'utf8')) as readonly Seed[];

describe('a text that was hard once', () => {
  for (const { target, about, text, times = 1, scope = {} } of SEEDS) {
    it(`${target}: ${about}`, () => {
      if (target === 'parser') checkParser(text.repeat(times));
      else checkEvaluator(text.repeat(times), scope);
    });
  }
});

describe('300 hostile texts', () => {
  for (const target of ['evaluator', 'parser'] as const) {
    it(`do not break the ${target}`, () => {
      const { failures } = runFuzz({ target, count: 300, seed: 1, maxInputMs: 10_000 });

      assert.deepEqual(failures, []);
    });
  }
});

describe('a fuzz run', () => {
  it('reports an input that takes longer than it may, and ends after 20 failures', () => {
    const { failures, count } = runFuzz({ target: 'evaluator', count: 100, seed: 1, maxInputMs: -1 });

    assert.equal(failures.length, 20);
    assert.equal(count, 20);
    assert.match(failures[0]?.reason ?? '', /^took \d+ ms$/);
  });

  it('makes the same inputs of the same seed', () => {
    const texts = (): readonly string[] =>
      runFuzz({ target: 'parser', count: 5, seed: 9, maxInputMs: -1 }).failures.map((failure) => failure.text);

    assert.deepEqual(texts(), texts());
  });
});
