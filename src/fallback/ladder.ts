/**
 * The way down: direct, then last-good, then what the failure itself says, then emergency.
 *
 * Every rung stands in its own `try`, so whatever one throws (an Error or not) only leads to
 * the next. Invariant: the answer is always well-formed; no argument can take the last rung away.
 */
import { emergencyReply } from './emergency.ts';
import type { Reply, ServingPath, Taste } from './reply.ts';

/** The rungs above the last one, best first. */
export interface Rungs {
  /** Makes the real answer. A refusal (4xx) is an answer; a failure is thrown. */
  readonly direct: () => Promise<Reply>;
  /** The last answer that was good, or undefined when there is none. */
  readonly lastGood?: (failure: unknown) => Promise<Reply | undefined>;
  /** The failure in words for a client that can read them, or undefined when it is not a known one. */
  readonly explain?: (failure: unknown) => Reply | undefined;
}

/** Which rung answered, and what kept the real answer from being made. */
export interface Descent {
  readonly reply: Reply;
  readonly path: ServingPath;
  /** What the direct rung threw. */
  readonly failure?: unknown;
  /** True when the real answer was made, also when it is a refusal. */
  readonly isDirect: boolean;
}

/**
 * The best answer there is. Never rejects, never throws.
 *
 * @param taste what the emergency answer looks like
 */
export async function serveWithFallback(rungs: Rungs, taste: Taste): Promise<Descent> {
  let failure: unknown;
  try {
    return { reply: await rungs.direct(), path: 'direct', isDirect: true };
  } catch (thrown) {
    failure = thrown;
  }
  try {
    const reply = await rungs.lastGood?.(failure);
    if (reply !== undefined) return { reply, path: 'last-good', failure, isDirect: false };
  } catch {
    // A broken last-good store is one rung less, nothing more; the store itself reports it.
  }
  try {
    const reply = rungs.explain?.(failure);
    if (reply !== undefined) return { reply, path: 'direct', failure, isDirect: false };
  } catch {
    // The emergency answer below needs no words of ours.
  }
  return { reply: emergencyReply(taste), path: 'emergency', failure, isDirect: false };
}
