/**
 * Decisions as a pure function of a run's history: for checks and replay.
 */
import type { Flow } from '../flow/index.ts';
import { Decider } from './decider.ts';
import type { Command, Happening } from './decision.ts';

/**
 * The commands that follow `event` in a run with this history: the pure form of {@link Decider}.
 *
 * Cost: linear in the history. For checks and replay; a live run keeps one `Decider`.
 */
export function decide(flow: Flow, history: readonly Happening[], event: Happening): readonly Command[] {
  const decider = new Decider(flow);
  for (const past of history) decider.take(past);
  return decider.take(event);
}
