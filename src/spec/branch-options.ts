/**
 * How the branches of a fan-out run, as edges and `settings.parallel` say it.
 */
import { workersOf } from './each-reader.ts';
import { readBreaker, readRetry } from './failure-reader.ts';
import type { FlowCheck } from './flow-check.ts';
import { durationOf } from './limited-value.ts';
import { present } from './present.ts';
import type { BranchOptions } from './route-draft.ts';
import { childOf, textOf, type YamlNode } from './yaml-tree.ts';

/** What `node` says of branches; what it leaves out is left out. */
export function readBranchOptions(check: FlowCheck, node: YamlNode | undefined): BranchOptions {
  const onError = textOf(childOf(node, 'on_error'));
  return present({
    onError: onError === 'fail' || onError === 'collect' ? onError : undefined,
    maxWorkers: workersOf(check, childOf(node, 'max_workers')),
    timeoutMs: durationOf(check, childOf(node, 'timeout'), check.limits.timeoutMs),
    retry: readRetry(check, childOf(node, 'retry')),
    breaker: readBreaker(check, childOf(node, 'circuit_breaker')),
  });
}
