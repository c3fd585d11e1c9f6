/**
 * What happened in a segment, and what a run waits for, as events show them.
 */
import type { JsonObject, JsonValue } from '../core/index.ts';
import type { WaitingFor } from './ports.ts';
import type { SegmentFact } from '../flow/index.ts';
import type { UnnumberedEvent } from './decision.ts';

/** The event of a fact; undefined for text that a node printed. */
export function factEvent(fact: SegmentFact, atMs: number): Omit<UnnumberedEvent, 'branch'> | undefined {
  switch (fact.kind) {
    case 'log':
      return undefined;
    case 'node.started':
      return { event: 'node.started', at_ms: atMs, node: fact.node };
    case 'retry.scheduled': {
      const data = { attempt: fact.attempt, delay_ms: fact.delayMs };
      return { event: 'retry.scheduled', at_ms: atMs, node: fact.node, data };
    }
    case 'node.finished': {
      const { node, updates, error, notes } = fact;
      const data: JsonObject = {
        ...(updates === undefined ? {} : { updates }),
        ...notes,
        ...(error === undefined ? {} : { error: { ...error } }),
      };
      const hasData = Object.keys(data).length > 0;
      return { event: 'node.finished', at_ms: atMs, node, ...(hasData ? { data } : {}) };
    }
  }
}

/** The data of `run.waiting`. */
export function waitingData(waitingFor: readonly WaitingFor[]): JsonObject {
  return { waiting_for: waitingFor.map((waiting): JsonValue => ({ ...waiting })) };
}
