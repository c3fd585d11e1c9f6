/**
 * `time.sleep`: waits for a while or until an instant; ends at once when its run does.
 *
 * Counts from the instant the call was recorded, so that a call that is begun again after a
 * restart waits only for what is left. The engine may wait in its place; this is the plain wait.
 */
import {
  type Clock,
  DAY_MS,
  daysInMonth,
  formatDuration,
  getOwn,
  HOUR_MS,
  type JsonObject,
  MINUTE_MS,
  parseDurationMs,
  utcFromParts,
} from '../../core/index.ts';
import type { Action, ActionCall } from '../../engine/index.ts';
import { actionError, shown } from '../action-input.ts';
import { objectSchema } from '../action-schema.ts';

const NAME = 'time.sleep';
const MAX_MS = 366 * DAY_MS;
/** Beyond this, no calendar date exists for the platform. */
const MAX_INSTANT_MS = 8.64e15;

const WITH_SCHEMA = objectSchema({
  for: { type: ['string', 'number', 'null'], description: 'How long, such as 30s, 5m or 2h; at most 366d.' },
  until: {
    type: ['string', 'number', 'null'],
    description:
      'The instant to wait for, in ms since 1970 or as ISO 8601 with an offset, such as 2026-01-05T08:00:00Z; one that is over ends the wait at once.',
  },
});

const RESULT_SCHEMA: JsonObject = {
  type: 'object',
  properties: {
    slept_ms: { type: 'integer', description: 'How long the wait was to be, from the start of the call.' },
  },
};

/** `time.sleep` on `deps.clock`. */
export function createTimeSleepAction(deps: { readonly clock: Clock }): Action {
  return {
    name: NAME,
    effect: 'safe',
    about: 'Waits for a while or until an instant.',
    withSchema: WITH_SCHEMA,
    resultSchema: RESULT_SCHEMA,
    async run(input, call) {
      const sleptMs = sleepMs(input, call);
      const leftMs = Math.min(call.nowMs + sleptMs - deps.clock.nowMs(), sleptMs);
      await deps.clock.sleep(Math.max(0, leftMs), call.signal);
      return { value: { slept_ms: sleptMs } };
    },
  };
}

/**
 * How long the `with` of a `time.sleep` asks to wait, ms from the start of its call.
 *
 * @throws FLOW_ACTION unless it has exactly one of `for` and `until` that make sense, at most 366 days ahead
 */
function sleepMs(input: JsonObject, call: Pick<ActionCall, 'nowMs'>): number {
  const length = getOwn(input, 'for') ?? undefined;
  const until = getOwn(input, 'until') ?? undefined;
  if ((length === undefined) === (until === undefined))
    throw actionError(NAME, 'takes either for or until, and not both.');
  const ms = length === undefined ? Math.max(0, toInstant(until) - call.nowMs) : parseDurationMs(length);
  if (ms === undefined) throw actionError(NAME, `for must be a duration (such as 30s), got ${shown(length)}.`);
  if (ms > MAX_MS) throw actionError(NAME, `waits at most ${formatDuration(MAX_MS)}, got ${shown(length ?? until)}.`);
  return ms;
}

const ISO =
  /^(\d{4}-\d\d-\d\d)T([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d)(?:\.\d{1,9})?)?(Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;

function toInstant(value: unknown): number {
  if (typeof value === 'number' && Math.abs(value) <= MAX_INSTANT_MS) return Math.floor(value);
  const atMs = typeof value === 'string' ? fromIso(value) : undefined;
  if (atMs !== undefined) return atMs;
  throw actionError(
    NAME,
    `until must be an instant in ms since 1970 or as ISO 8601 with an offset, got ${shown(value)}.`,
  );
}

/** Fractions of a second are left out. */
function fromIso(text: string): number | undefined {
  const [, date = '', hour, minute, second = 0, zone = 'Z'] = ISO.exec(text) ?? [];
  const [year = 0, month = 0, day = 0] = date.split('-').map(Number);
  if (month < 1 || month > 12 || day < 1 || day > daysInMonth(year, month)) return undefined;
  const local = utcFromParts({ year, month, day, hour: Number(hour), minute: Number(minute), second: Number(second) });
  return local - toOffsetMs(zone);
}

function toOffsetMs(zone: string): number {
  if (zone === 'Z') return 0;
  const [hours = 0, minutes = 0] = zone.slice(1).split(':').map(Number);
  return (hours * HOUR_MS + minutes * MINUTE_MS) * (zone.startsWith('-') ? -1 : 1);
}
