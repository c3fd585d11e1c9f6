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
  for (let at: FlowNode | undefined = node; at !== undefined; ) {
    if (at.onError.mode === 'graceful' || (at.retry?.maxRetries ?? 0) > 0) return true;
    const { owner }: FlowNode = at;
    if (owner === undefined || owner === root) return false;
    at = flow.nodes.find((candidate) => candidate.name === owner);
  }
  return false;
}
