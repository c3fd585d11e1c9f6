/**
 * A run of many hostile inputs against one target, with the slowest kept and a bound on each.
 */
import { createSeededRandom, systemClock } from '../../src/core/index.ts';
import { compileExpression, expressionVocabulary } from '../../src/expr/index.ts';
import { type Callable, aScope, aTemplate, anExpression, Chance, mutate, readCorpus } from './fuzz-input.ts';
import { checkEvaluator, checkParser } from './fuzz-target.ts';

/** What is fuzzed. */
export type FuzzTarget = 'evaluator' | 'parser';

/** How much of it. */
export interface FuzzOptions {
  readonly target: FuzzTarget;
  readonly count: number;
  /** The first input's seed; each further one has the next number, and can be made again by it. */
  readonly seed: number;
  /** What one input may take at most, far above what the slowest takes. */
  readonly maxInputMs: number;
}

/** What came of it. */
export interface FuzzResult {
  readonly count: number;
  readonly slowestMs: number;
  readonly slowestSeed: number;
  readonly failures: readonly { readonly seed: number; readonly text: string; readonly reason: string }[];
}

const MOST_FAILURES = 20;
/** How many arguments `write` can be given, found by trying. */
function callables(names: readonly string[], write: (call: string) => string): readonly Callable[] {
  return names.map((name) => {
    const counts = [0, 1, 2, 3].filter((count) => {
      const call = count === 0 ? name : `${name}(${Array.from({ length: count }, () => '1').join(', ')})`;
      try {
        compileExpression(write(call));
        return true;
      } catch {
        return false;
      }
    });
    return { name, counts };
  });
}

const { filter, test } = expressionVocabulary();
/** Tests spelled as operators stand in quotes only. */
const TEST_NAMES = test.known.filter((name) => /^\w+$/.test(name));
const WORDS = {
  filters: callables(filter.known, (call) => `x | ${call}`),
  tests: callables(TEST_NAMES, (call) => `x is ${call}`),
};

/** Runs `options.count` inputs; ends early after 20 failures. */
export function runFuzz(options: FuzzOptions): FuzzResult {
  const corpus = readCorpus();
  const failures: { seed: number; text: string; reason: string }[] = [];
  let slowestMs = 0;
  let slowestSeed = options.seed;
  let count = 0;
  for (; count < options.count && failures.length < MOST_FAILURES; count += 1) {
    const seed = options.seed + count;
    const chance = new Chance(createSeededRandom(seed));
    const text = inputFor(options.target, chance, corpus);
    const startMs = systemClock.tickMs();
    try {
      if (options.target === 'parser') checkParser(text);
      else checkEvaluator(text, aScope(chance));
    } catch (error) {
      failures.push({ seed, text, reason: error instanceof Error ? `${error.name}: ${error.message}` : String(error) });
    }
    const tookMs = systemClock.tickMs() - startMs;
    if (tookMs > options.maxInputMs) failures.push({ seed, text, reason: `took ${Math.round(tookMs)} ms` });
    if (tookMs > slowestMs) [slowestMs, slowestSeed] = [tookMs, seed];
  }
  return { count, slowestMs, slowestSeed, failures };
}

function inputFor(target: FuzzTarget, chance: Chance, corpus: readonly string[]): string {
  if (target === 'parser') {
    const flow = chance.pick(corpus);
    return chance.isLucky(0.9) ? mutate(flow, corpus, chance) : mutate('', corpus, chance);
  }
  const written = chance.pick([
    () => anExpression(chance, WORDS, 4),
    () => `{{ ${anExpression(chance, WORDS, 3)} }}`,
    () => aTemplate(chance, WORDS, 3),
    () => aTemplate(chance, WORDS, 2),
  ])();
  return chance.isLucky(0.5) ? written : mutate(written, [written, aTemplate(chance, WORDS, 2)], chance);
}
