/**
 * Time limits of bodies: loops and steps that have to end within so long.
 *
 * A body is timed from the first time something in it leaves the lane; what computes there is
 * under the limits of Lua.
 */
import type { SegmentStart } from '../flow/index.ts';
import { nodeOf, type Path } from './path.ts';
import type { RunTimers } from './run-timers.ts';

/** What the decider lends. */
interface Lent {
  readonly timers: RunTimers;
  /** Ends what the path has in flight, and all paths below it. */
  readonly stopWork: (path: Path) => void;
  readonly compute: (path: Path, start: SegmentStart) => void;
}

/** See the head of this file. */
export class BodyLimits {
  readonly #lent: Lent;

  constructor(lent: Lent) {
    this.#lent = lent;
  }

  /** Starts the timers of bodies that `path` has come into, and stops those of bodies it has left. */
  watch(path: Path): void {
    const frames = path.memo?.frames ?? [];
    for (const [owner, timer] of path.bodyTimers) {
      if (frames.some(({ node }) => node === owner)) continue;
      path.bodyTimers.delete(owner);
      this.#lent.timers.stop(timer);
    }
    for (const { node, attempt } of frames) {
      const timeoutMs = nodeOf(path.flow, node)?.timeoutMs;
      if (timeoutMs === undefined || path.bodyTimers.has(node)) continue;
      const expire = (atMs: number): void => this.#expire(path, { node, attempt, timeoutMs, atMs });
      path.bodyTimers.set(node, this.#lent.timers.start(path, timeoutMs, expire));
    }
  }

  /** Stops all timers of the path. */
  forget(path: Path): void {
    for (const timer of path.bodyTimers.values()) this.#lent.timers.stop(timer);
    path.bodyTimers.clear();
  }

  /** Whatever the path does in the body ends, and the body's owner has failed. */
  #expire(path: Path, late: { node: string; attempt: number; timeoutMs: number; atMs: number }): void {
    const { memo } = path;
    path.bodyTimers.delete(late.node);
    const depth = memo?.frames.findIndex(({ node }) => node === late.node) ?? -1;
    if (memo === undefined || depth === -1 || path.phase.kind === 'over') return;
    this.#lent.stopWork(path);
    path.nowMs = late.atMs;
    path.memo = { ...memo, frames: memo.frames.slice(0, depth) };
    const { node, attempt, timeoutMs } = late;
    const message = `${node} did not end within its limit of ${timeoutMs} ms.`;
    this.#lent.compute(path, { kind: 'error', node, attempt, error: { code: 'FLOW_TIMEOUT', message } });
  }
}
