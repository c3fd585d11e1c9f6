/**
 * How a node is run, whatever its work: when it is skipped, tried again, ended, and what its failure does.
 */
import type { FlowNode, OnError } from '../flow/index.ts';
import { type ErrorHandling, readBreaker, readErrorHandling, readRetry } from './failure-reader.ts';
import type { FlowCheck } from './flow-check.ts';
import { durationOf } from './limited-value.ts';
import { present } from './present.ts';
import type { Target } from './route-draft.ts';
import { readConditionText } from './text-check.ts';
import { childOf, type MapNode, textOf } from './yaml-tree.ts';

/** What a node's attempts are subject to. */
export type Attempts = Pick<FlowNode, 'retry' | 'timeoutMs' | 'breaker'>;
/** When a node runs at all. */
export type Gate = Pick<FlowNode, 'condition' | 'interrupt'>;

/** What a failure does, its target not looked up yet. */
export interface FailureDraft {
  readonly mode: OnError['mode'];
  readonly fallback?: Target;
}

/** A node as far as the settings' `error_handling` is asked about it. */
export interface ErrorSubject {
  readonly ownName: string;
  readonly isInBody: boolean;
  /** Whether the work can fail by itself; a body's failures are those of its nodes. */
  readonly isRetried: boolean;
}

/** `condition` and `interrupt`; the condition of a loop is not the node's own. */
export function readGate(check: FlowCheck, node: MapNode, isLoop: boolean): Gate {
  const condition = isLoop ? undefined : childOf(node, 'condition');
  const interrupt = textOf(childOf(node, 'interrupt'));
  return present({
    condition: condition === undefined ? undefined : readConditionText(check, condition, 'condition'),
    interrupt: interrupt === 'before' || interrupt === 'after' ? interrupt : undefined,
  });
}

/** `retry`, `timeout` and `circuit_breaker`, with the retries that `on_error` asks for. */
export function readAttempts(check: FlowCheck, node: MapNode, errors: ErrorHandling | undefined): Attempts {
  const retry = readRetry(check, childOf(node, 'retry'));
  if (retry !== undefined && errors?.retry !== undefined) {
    const at = node.entries.get('retry')?.keyStart ?? node.start;
    const message = '`retry` and `on_error` both say how the node is tried again.';
    check.problems.add({ code: 'SPEC_INVALID', at, message, hint: 'Keep one of them.' });
  }
  return present({
    retry: retry ?? errors?.retry,
    timeoutMs: durationOf(check, childOf(node, 'timeout'), check.limits.timeoutMs),
    breaker: readBreaker(check, childOf(node, 'circuit_breaker')),
  });
}

/** `on_error` of the node, or what of the settings' `error_handling` applies to it. */
export function readErrors(
  check: FlowCheck,
  node: MapNode,
  settings: ErrorHandling | undefined,
  subject: ErrorSubject,
): ErrorHandling | undefined {
  const own = readErrorHandling(check, childOf(node, 'on_error'));
  if (own !== undefined || settings === undefined) return own;
  const { mode, retry, fallback } = settings;
  // A fallback that fails must not go to itself, and no way leads out of a body.
  const applies = fallback !== undefined && !subject.isInBody && fallback.name !== subject.ownName;
  return {
    mode,
    ...(retry === undefined || !subject.isRetried || node.entries.has('retry') ? {} : { retry }),
    ...(applies ? { fallback } : {}),
  };
}

/** What a failure does: a fallback takes care of it, whatever the mode. */
export function failureOf(errors: ErrorHandling | undefined): FailureDraft {
  if (errors?.fallback !== undefined) return { mode: 'graceful', fallback: errors.fallback };
  return { mode: errors?.mode ?? 'raise' };
}
