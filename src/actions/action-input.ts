/**
 * Reading the `with` of an action: absent and null mean the same, sizes and durations as people write them.
 *
 * The engine has checked the input against the action's schema; what a schema cannot say (units,
 * ranges of sizes) is checked here, in the same words for every action.
 */
import {
  type Clock,
  formatSize,
  getOwn,
  type JsonObject,
  type JsonValue,
  MoonpoolError,
  parseDurationMs,
  parseSizeBytes,
} from '../core/index.ts';
import type { ActionCall } from '../engine/index.ts';

/** An action cannot use what it was given, or what it found: `action: message`. */
export function actionError(
  action: string,
  message: string,
  more: { details?: JsonObject; cause?: unknown } = {},
): MoonpoolError {
  return new MoonpoolError('FLOW_ACTION', `${action}: ${message}`, more);
}

/** The text under `key`; undefined when it is absent, null or empty, as an unset value of a template is. */
export function readText(input: JsonObject, key: string): string | undefined {
  const value = getOwn(input, key);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** A size under `key`. @throws FLOW_ACTION when it is none or above `maxBytes` */
export function readSize(
  action: string,
  input: JsonObject,
  key: string,
  range: { readonly fallbackBytes: number; readonly maxBytes: number },
): number {
  const value = getOwn(input, key) ?? range.fallbackBytes;
  const bytes = parseSizeBytes(value);
  if (bytes !== undefined && bytes >= 1 && bytes <= range.maxBytes) return bytes;
  throw actionError(
    action,
    `${key} must be a size from 1B to ${formatSize(range.maxBytes)} (such as 256KiB), got ${shown(value)}.`,
  );
}

/** A duration under `key`, or undefined. @throws FLOW_ACTION when it is none or shorter than 1 ms */
export function readDurationMs(action: string, input: JsonObject, key: string): number | undefined {
  const value = getOwn(input, key) ?? undefined;
  if (value === undefined) return undefined;
  const ms = parseDurationMs(value);
  if (ms !== undefined && ms >= 1) return ms;
  throw actionError(action, `${key} must be a duration of at least 1ms (such as 10s), got ${shown(value)}.`);
}

/** Text as it is, anything else as JSON: `1`, `true`. */
export function toPlainText(value: JsonValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** A value in a message: short, on one line. */
export function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** Time for a job of a call: what it asks for or what its run has left, whichever is less; undefined: no more is known. */
export function jobTimeMs(call: ActionCall, clock: Pick<Clock, 'tickMs'>, askedMs?: number): number | undefined {
  if (call.deadlineTickMs === undefined) return askedMs;
  const runMs = Math.max(1, call.deadlineTickMs - clock.tickMs());
  return askedMs === undefined ? runMs : Math.min(askedMs, runMs);
}
