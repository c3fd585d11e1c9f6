/**
 * What tests ask of runs: their final state, how they ended, and events as they come.
 */
import assert from 'node:assert/strict';
import type { JsonObject } from '../../src/core/index.ts';
import type { RunEvent, RunOutcome } from '../../src/engine/index.ts';
import { readState } from './segments.ts';

/** The final state of a run that succeeded; fails the test when it did not. */
export function stateOf(outcome: RunOutcome): JsonObject {
  assert.equal(outcome.kind, 'succeeded', JSON.stringify(outcome));
  return outcome.kind === 'succeeded' ? readState(outcome.state) : {};
}

/** `succeeded`, or the code of how the run ended. */
export function codeOf(outcome: RunOutcome): string {
  return outcome.kind === 'succeeded' ? 'succeeded' : outcome.error.code;
}

/** Events as they come, and a way to wait for one. */
export class EventLog {
  readonly events: RunEvent[] = [];
  #waiters: { readonly isIt: (event: RunEvent) => boolean; readonly resolve: (event: RunEvent) => void }[] = [];

  /** For `onEvent`. */
  readonly take = (event: RunEvent): void => {
    this.events.push(event);
    for (const waiter of this.#waiters) if (waiter.isIt(event)) waiter.resolve(event);
    this.#waiters = this.#waiters.filter(({ isIt }) => !isIt(event));
  };

  /** Resolves at the next event that is the one. */
  next(isIt: (event: RunEvent) => boolean): Promise<RunEvent> {
    return new Promise((resolve) => {
      this.#waiters.push({ isIt, resolve });
    });
  }

  /** The names of events of one kind's nodes, in order: `node.started` → nodes. */
  nodes(name: RunEvent['event'] = 'node.started'): string[] {
    return this.events.flatMap(({ event, node }) => (event === name && node !== undefined ? [node] : []));
  }

  /** Events of each branch (`''` is the main path) without what differs between two tellings. */
  byBranch(): Record<string, unknown[]> {
    const branches: Record<string, unknown[]> = {};
    for (const { seq: _, run_id: _id, ...event } of this.events) (branches[event.branch ?? ''] ??= []).push(event);
    return branches;
  }
}

/**
 * Work that goes on until as many are at it together as may be, and remembers the most it saw.
 *
 * @param atOnce how many may work together
 * @param total how many come in all: the last ones wait for nobody
 */
export function aCrew(
  atOnce: number,
  total: number,
): { readonly work: () => Promise<void>; readonly most: () => number } {
  let working = 0;
  let come = 0;
  let most = 0;
  let open = Promise.withResolvers<void>();
  return {
    async work() {
      working += 1;
      come += 1;
      most = Math.max(most, working);
      const gate = open;
      if (working === atOnce || come === total) {
        gate.resolve();
        open = Promise.withResolvers();
      }
      await gate.promise;
      working -= 1;
    },
    most: () => most,
  };
}
