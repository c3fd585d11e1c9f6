/**
 * A run's decisions once more, from what happened: by one decider, and from any prefix. Used by tests only.
 */
import assert from 'node:assert/strict';
import { decide } from '../../src/engine/decide.ts';
import { Decider } from '../../src/engine/decider.ts';
import type { Flow } from '../../src/flow/index.ts';
import type { Decision } from './flow-world.ts';
import { Chance } from './seeded-chance.ts';

/** Fails the test unless each happening leads to the same commands again; a prefix drawn by `seed` through `decide`. */
export function decisionsAgain(flow: Flow, decisions: readonly Decision[], seed: number): void {
  const again = new Decider(flow);
  for (const { happening, commands } of decisions) assert.deepEqual(again.take(happening), commands);

  const at = new Chance(seed).below(decisions.length);
  const history = decisions.slice(0, at).map(({ happening }) => happening);
  const { happening, commands } = decisions[at] as Decision;
  assert.deepEqual(decide(flow, history, happening), commands);
}
