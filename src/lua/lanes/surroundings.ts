/**
 * What surrounds one execution of a segment: a machine, a clock, and who listens.
 */
import type { JsonObject } from '../../core/index.ts';
import type { SegmentFact } from '../../flow/index.ts';
import type { Replacement } from './protocol.ts';

/** The Lua machine of the segment's path. */
export interface PathMachine {
  /** Calls a chunk; the updates it returned. @throws LUA_* */
  call(chunk: number, state: JsonObject): { readonly updates: JsonObject; readonly logs: readonly string[] };
  /** What makes the machine again later, or undefined when it was never used. */
  park(): Uint8Array | undefined;
  /** Calls made so far in this part of the segment. */
  readonly callCount: number;
}

/** See the head of this file. */
export interface Surroundings {
  readonly machine: PathMachine;
  readonly tickMs: () => number;
  readonly report: (fact: SegmentFact) => void;
  /** Called before each node with its index and the count of steps begun. */
  readonly beginNode: (index: number, step: number) => void;
  /** True when the segment is to stop for good. */
  readonly isStopped: () => boolean;
  /** True when the segment has held its lane long enough and others wait. */
  readonly isToGiveWay: () => boolean;
  readonly replacement: Replacement | undefined;
}
