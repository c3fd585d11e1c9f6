/**
 * Which try of its effect a call is: its key stays, whatever is tried again around it.
 */
import { nodeOf, type Path } from './path.ts';

/** See the head of this file. Counts only what something may try again, so it does not grow with ordinary loops. */
export class EffectTries {
  readonly #counts = new Map<string, number>();

  /** The number of the try that begins now, from 1. */
  next(path: Path, node: string, step: string): number {
    if (!mayComeAgain(path, node)) return 1;
    const count = (this.#counts.get(step) ?? 0) + 1;
    this.#counts.set(step, count);
    return count;
  }
}

/** Whether the node, a body it stands in, or a branch it is in or below is tried again when it fails. */
function mayComeAgain(path: Path, node: string): boolean {
  const names = [node, ...(path.memo?.frames ?? []).map((frame) => frame.node)];
  if (names.some((name) => nodeOf(path.flow, name)?.retry !== undefined)) return true;
  const { place } = path;
  if (place === undefined) return false;
  return place.fanOut.policy.retry !== undefined || mayComeAgain(place.parent, place.fanOut.node);
}
