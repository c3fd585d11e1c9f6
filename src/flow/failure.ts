/**
 * What a failure means for a path: pure, the same in a lane and on the main thread.
 */
import { createSeededRandom, sha256Hex } from '../core/index.ts';
import type { Flow, FlowNode, Retry } from './flow.ts';

/** Whether a failed attempt with this code is made again after `attempt` (from 1) tries. */
export function isRetried(retry: Retry | undefined, attempt: number, code: string): boolean {
  if (retry === undefined || attempt > retry.maxRetries) return false;
  return retry.retryOn === undefined || retry.retryOn.includes(code);
}

/**
 * Milliseconds until the attempt after `attempt` (from 1): whole, the same for the same `seed`.
 */
export function retryDelayMs(retry: Retry, attempt: number, seed: string): number {
  const { baseDelayMs, maxDelayMs, backoff, factor, jitter } = retry;
  const grown = {
    exponential: baseDelayMs * factor ** (attempt - 1),
    linear: baseDelayMs * attempt,
    constant: baseDelayMs,
  }[backoff];
  const delayMs = Math.min(grown, maxDelayMs);
  if (jitter === 0 || delayMs === 0) return Math.round(delayMs);
  const drawn = createSeededRandom(Number.parseInt(sha256Hex(`${seed}/${attempt}`).slice(0, 8), 16)).next();
  return Math.round(delayMs * (1 - jitter * drawn));
}

/**
 * Whether a failure of `node` can be gone on from: it, or a body around it up to `root`, retries
 * or takes failures gracefully.
 */
export function canGoOnAfterFailure(flow: Flow, node: FlowNode, root: string | undefined): boolean {
  return withBodies(flow, node, root).some(
    ({ onError, retry }) => onError.mode === 'graceful' || (retry?.maxRetries ?? 0) > 0,
  );
}

/** What breakers learn when `node` fails and nobody takes it: it and the bodies around it up to `root` have failed. */
export function failedWith(
  flow: Flow,
  node: FlowNode,
  root: string | undefined,
): readonly { readonly node: string; readonly success: false }[] {
  const guarded = withBodies(flow, node, root).filter(({ breaker, work }) => breaker && work.kind !== 'action');
  return guarded.map(({ name }) => ({ node: name, success: false }));
}

/** The node and the bodies around it, the innermost first. */
function withBodies(flow: Flow, node: FlowNode, root: string | undefined): readonly FlowNode[] {
  const found: FlowNode[] = [];
  for (let at: FlowNode | undefined = node; at !== undefined; ) {
    found.push(at);
    const { owner }: FlowNode = at;
    if (owner === undefined || owner === root) break;
    at = flow.nodes.find((candidate) => candidate.name === owner);
  }
  return found;
}
