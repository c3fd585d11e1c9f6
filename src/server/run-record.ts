/**
 * How a run looks to clients: its record as JSON, with instants in ISO 8601, UTC.
 */
import { type JsonObject, type JsonValue, partsAtOffset } from '../core/index.ts';
import type { RunSummary, WaitingFor } from '../engine/index.ts';

/** An instant as `2026-01-05T08:00:00.000Z`. */
function toIso(atMs: number): string {
  const { year, month, day, hour, minute, second } = partsAtOffset(atMs, 0);
  const two = (part: number): string => String(part).padStart(2, '0');
  const ms = String(((atMs % 1000) + 1000) % 1000).padStart(3, '0');
  const date = `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`;
  return `${date}T${two(hour)}:${two(minute)}:${two(second)}.${ms}Z`;
}

/** What a waiting run asks for, as JSON; null when it asks for nothing. */
export function toWaitingJson(waitingFor: readonly WaitingFor[] | undefined): JsonValue {
  if (waitingFor === undefined || waitingFor.length === 0) return null;
  return waitingFor.map((waiting): JsonObject => ({ ...waiting }));
}

/** The record of a run without its final state, as in a list. */
export function toListedRun(summary: RunSummary): JsonObject {
  const { id, flow, status, startedAtMs, endedAtMs, error, waitingFor } = summary;
  return {
    ...{ id, flow, status },
    error: error === undefined ? null : { ...error },
    started_at: toIso(startedAtMs),
    ended_at: endedAtMs === undefined ? null : toIso(endedAtMs),
    waiting_for: toWaitingJson(waitingFor),
  };
}

/** The whole record as UTF-8 JSON. The state goes in as it is kept: nobody parses what may be megabytes. */
export function toRunBody(summary: RunSummary): Uint8Array {
  const rest = JSON.stringify(toListedRun(summary));
  if (summary.state === undefined) return Buffer.from(`${rest.slice(0, -1)},"state":null}\n`);
  return Buffer.concat([Buffer.from(`${rest.slice(0, -1)},"state":`), summary.state, Buffer.from('}\n')]);
}
