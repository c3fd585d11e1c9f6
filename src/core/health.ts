/**
 * What is well and what is not, by part: the port that parts report to and `/health` reads.
 *
 * Degraded never means dead: a part that is degraded still has something to show. Invariant:
 * the number of parts has a ceiling, so names from a flow cannot grow memory.
 */
import type { Clock } from './clock.ts';

/** The two states of a part; there is no third, because a dead process reports nothing. */
export type HealthStatus = 'ok' | 'degraded';

/** Where parts say how they are. */
export interface HealthPort {
  /**
   * Sets how `part` is from now on.
   *
   * @param reason one sentence without secrets, paths or message texts from outside; shown to everybody, cut at 300 characters
   */
  report(part: string, status: HealthStatus, reason?: string): void;
}

/** How one part is. */
export interface PartHealth {
  readonly status: HealthStatus;
  readonly reason?: string;
  /** Since when the part has this status. */
  readonly sinceAtMs: number;
}

/** How everything is: degraded when any part is. */
export interface HealthSnapshot {
  readonly status: HealthStatus;
  readonly parts: { readonly [part: string]: PartHealth };
  /** `part: reason` of each degraded part. */
  readonly reasons: readonly string[];
}

/** A {@link HealthPort} that can be looked at. */
export interface Health extends HealthPort {
  /** How everything is now. */
  snapshot(): HealthSnapshot;
}

const MAX_REASON_LENGTH = 300;
const MAX_NAME_LENGTH = 100;

/**
 * Health held in memory.
 *
 * @param options.maxPartCount parts beyond it are not taken up, unless one that is ok can be forgotten; default 256
 */
export function createHealth(options: { readonly clock: Clock; readonly maxPartCount?: number }): Health {
  const { clock, maxPartCount = 256 } = options;
  const parts = new Map<string, PartHealth>();

  function makeRoom(): boolean {
    if (parts.size < maxPartCount) return true;
    for (const [name, part] of parts) {
      if (part.status === 'ok') return parts.delete(name);
    }
    return false;
  }

  return {
    report(part, status, reason) {
      const name = part.slice(0, MAX_NAME_LENGTH);
      const before = parts.get(name);
      if (before === undefined && !makeRoom()) return;
      const sinceAtMs = before?.status === status ? before.sinceAtMs : clock.nowMs();
      const told = reason === undefined || reason === '' ? {} : { reason: reason.slice(0, MAX_REASON_LENGTH) };
      parts.set(name, { status, ...told, sinceAtMs });
    },
    snapshot() {
      const degraded = [...parts].filter(([, part]) => part.status === 'degraded');
      return {
        status: degraded.length === 0 ? 'ok' : 'degraded',
        parts: Object.fromEntries(parts),
        reasons: degraded.map(([name, part]) => (part.reason === undefined ? name : `${name}: ${part.reason}`)),
      };
    },
  };
}
