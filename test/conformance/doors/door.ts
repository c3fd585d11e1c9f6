/**
 * What every door tells of a case, in one form, and which doors a case goes through.
 *
 * Run ids, sequence numbers and instants differ from run to run and are left out by their keys, and
 * so is `timing_ms`, which is the difference of two instants. All else must be the same to the letter.
 */
import { type ErrorData, isJsonObject, type JsonObject, type JsonValue } from '../../../src/core/index.ts';
import type { RunEvent, WaitingFor } from '../../../src/engine/index.ts';
import type { NamedCase } from '../case-file.ts';

/** How a run came to rest. */
export type Rest =
  | { readonly kind: 'succeeded'; readonly state: JsonObject }
  | { readonly kind: 'failed' | 'cancelled'; readonly error: ErrorData }
  | { readonly kind: 'waiting'; readonly asked: readonly WaitingFor[] };

/** What a door tells of a run. */
export interface RunTold {
  /** Each time the run came to rest; the last is how it ended. */
  readonly rests: readonly Rest[];
  /** The codes with which gifts were refused, by their place; absent: taken. */
  readonly refusals: readonly (string | undefined)[];
  readonly events: readonly RunEvent[];
  /** As lines, without the folder. */
  readonly warnings: readonly string[];
  /** The innermost node that failed, from doors that say it. */
  readonly failedNode?: string;
}

/** One way into the program. */
export interface Door extends AsyncDisposable {
  readonly name: string;
  /** Whether the door can say what the case says. */
  takes(one: NamedCase): boolean;
  /** False for a door that leaves a waiting run alone: its part ends there. */
  readonly canGive: boolean;
  run(one: NamedCase): Promise<RunTold>;
  /** What is wrong with the flow, as lines without the folder; empty when it is taken. */
  problems(one: NamedCase): Promise<readonly string[]>;
}

/** Keys of values that differ from run to run. */
const PASSING: ReadonlySet<string> = new Set(['run_id', 'seq', 'at_ms', 'retry_in_ms']);

/** JSON text of `value`, in which only what must be the same is left. */
export function lastingText(value: unknown): string {
  return JSON.stringify(value, (key, inner: unknown) => {
    if (PASSING.has(key)) return undefined;
    // The sentence of a breaker says how long it stays open from now on.
    if (isJsonObject(inner as JsonValue) && (inner as JsonObject)['code'] === 'FLOW_BREAKER')
      return { code: 'FLOW_BREAKER' };
    return key === 'timing_ms' ? 0 : inner;
  });
}

/** Events of each branch in order, as text; `''` is the main path. */
export function eventsByBranch(events: readonly RunEvent[]): Readonly<Record<string, readonly string[]>> {
  const branches: Record<string, string[]> = {};
  for (const event of events) (branches[event.branch ?? ''] ??= []).push(lastingText(event));
  return branches;
}

/** The step that waits for a gift. */
export function stepFor(asked: readonly WaitingFor[], node: string | undefined): string | undefined {
  if (node === undefined) return undefined;
  return asked.find((waiting) => waiting.node === node)?.step ?? `no step of ${node}`;
}
