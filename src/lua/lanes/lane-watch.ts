/**
 * Looks at a lane while it has segments: who is over the limit, and who waits for too long.
 *
 * Reads only what the lane writes into shared memory, because a lane inside Lua answers nothing.
 */
import { type Clock, type ErrorData, toErrorData } from '../../core/index.ts';
import type { Job } from './job.ts';
import type { Lane } from './lane.ts';
import { luaLimitMs, luaTimeout } from './node-work.ts';

/** How often main looks at a running lane. */
export const LOOK_MS = 10;
/** Added to a node's limit before its lane is ended: the lane itself reports what is only just late. */
const GRACE_MS = 20;
/** Time for what is not a node: starting the thread, making the image, reading a large state. */
const OUTSIDE_NODES_MS = 20_000;

/** What was seen. */
export interface Sightings {
  /** A node is over its limit; nothing is looked at any more. Without a job, the lane began none. */
  onLate(job: Job | undefined, late: { readonly step: number; readonly error: ErrorData }): void;
  /** Called at each look. */
  onLook(): void;
}

/** See the head of this file. */
export class LaneWatch {
  readonly #clock: Clock;
  readonly #lane: Lane;
  readonly #sightings: Sightings;
  #isLooking = false;
  #progress = 0;
  #progressTickMs = 0;
  #lookTickMs = 0;
  #running: { readonly job: Job; readonly sinceTickMs: number } | undefined;

  constructor(clock: Clock, lane: Lane, sightings: Sightings) {
    this.#clock = clock;
    this.#lane = lane;
    this.#sightings = sightings;
  }

  /** The lane has something to do: looks until it has not. */
  begin(): void {
    if (this.#isLooking) return;
    this.#isLooking = true;
    this.#progress = this.#lane.progress;
    this.#progressTickMs = this.#clock.tickMs();
    this.#clock.after(LOOK_MS, () => this.#look());
  }

  /** True while one segment has been seen running at two looks. */
  get isLong(): boolean {
    const running = this.#running;
    return running !== undefined && running.sinceTickMs < this.#lookTickMs && this.#lane.position.job === running.job;
  }

  /** The segment that ran at the last look, and the first look that saw it. */
  get running(): { readonly job: Job; readonly sinceTickMs: number } | undefined {
    return this.#running;
  }

  #look(): void {
    const lane = this.#lane;
    this.#isLooking = lane.isAlive && lane.load > 0;
    if (!this.#isLooking) {
      this.#running = undefined;
      return;
    }
    const nowTickMs = this.#clock.tickMs();
    this.#lookTickMs = nowTickMs;
    const { job, node, step } = lane.position;
    // Read after the position: what stood still until now was where it says.
    const { progress } = lane;
    if (progress !== this.#progress) {
      this.#progress = progress;
      this.#progressTickMs = nowTickMs;
    }
    if (job !== this.#running?.job) this.#running = job === undefined ? undefined : { job, sinceTickMs: nowTickMs };
    const { name, limitMs } = limitAt(job, node);
    if (nowTickMs - this.#progressTickMs >= limitMs + GRACE_MS) {
      this.#isLooking = false;
      this.#sightings.onLate(job, { step, error: toErrorData(luaTimeout(name, limitMs)) });
      return;
    }
    this.#clock.after(LOOK_MS, () => this.#look());
    this.#sightings.onLook();
  }
}

/** How long a lane may stay where it is, and what that is called. */
function limitAt(job: Job | undefined, index: number | undefined): { readonly name: string; readonly limitMs: number } {
  if (job === undefined) return { name: 'of a lane', limitMs: OUTSIDE_NODES_MS };
  const node = index === undefined ? undefined : job.flow.nodes[index];
  if (node === undefined) return { name: job.flow.name, limitMs: OUTSIDE_NODES_MS };
  return { name: node.name, limitMs: luaLimitMs(node, job.request.luaTimeoutMs) };
}
