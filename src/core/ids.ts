/**
 * Ids that the type checker tells apart, and how they are made.
 */
import type { Clock } from './clock.ts';
import { randomHex } from './random.ts';

declare const brand: unique symbol;
/** Text that carries which kind of id it is. */
export type Branded<Name extends string> = string & { readonly [brand]: Name };

/** Names one run; sorts by start time. */
export type RunId = Branded<'RunId'>;

/** A new run id: 9 base-36 digits of the start instant, a dash, 10 hex digits of chance. */
export function createRunId(clock: Clock): RunId {
  return `${clock.nowMs().toString(36).padStart(9, '0')}-${randomHex(5)}` as RunId;
}
