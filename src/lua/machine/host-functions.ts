/**
 * The C functions that the sandbox gets from the host: time, JSON, the log, and the handler
 * that looks at an error where it is raised.
 *
 * None does I/O, none waits; each works on its arguments and on the call in progress. Slots are
 * taken once per instance, always in the same order, because images hold slot numbers.
 */
import {
  type CivilTime,
  instantFromParts,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  MoonpoolError,
  SECOND_MS,
  zonedParts,
} from '../../core/index.ts';
import { formatDate, timeFromFields } from './os-date.ts';
import type { CallLog } from './call-log.ts';
import { ValueProblem } from './failure.ts';
import type { LuaInstance } from './instance.ts';
import { type FunctionSlot, type LuaThread, type Pointer, TYPE } from './lua-api.ts';
import type { TextCodec } from './text-codec.ts';
import type { ValueReader } from './value-reader.ts';
import type { ValueWriter } from './value-writer.ts';

/** The call in progress, as host functions see it. */
export interface CallContext {
  nowMs: number;
  log: CallLog;
  /** Largest value that `json.*` may make or take. */
  maxValueBytes: number;
}

/** What host functions work with. */
export interface HostParts {
  readonly instance: LuaInstance;
  readonly texts: TextCodec;
  readonly writer: ValueWriter;
  readonly reader: ValueReader;
  readonly context: CallContext;
  /** Looks at the error object in slot 1 of `thread`; leaves it there. */
  onError(thread: LuaThread): void;
}

/** Function slots by the names the prelude uses, and the message handler's. */
export interface HostSlots {
  readonly byName: Readonly<Record<string, FunctionSlot>>;
  readonly handler: FunctionSlot;
}

const MAX_LINE_BYTES = 65_536;
const MAX_ZONE_LENGTH = 100;
const MAX_FORMAT_BYTES = 1_048_576;
/** About the years ±270,000, as for the platform's own dates. */
const MAX_INSTANT_MS = 8.64e15;

/** Allocates all slots for `parts.instance`. */
export function allocateHostSlots(parts: HostParts): HostSlots {
  const { instance } = parts;
  const functions: Record<string, (thread: LuaThread) => number> = {
    now: (thread) => {
      instance.bridge.push_integer(thread, parts.context.nowMs);
      return 1;
    },
    log: (thread) => {
      parts.context.log.add(parts.texts.readAt(thread, 1, MAX_LINE_BYTES));
      return 0;
    },
    encode: (thread) => encodeJson(parts, thread),
    decode: (thread) => decodeJson(parts, thread),
    parts: (thread) => partsOfInstant(parts, thread),
    instant: (thread) => instantOfParts(parts, thread),
    os_date: (thread) => osDate(parts, thread),
    os_time: (thread) => osTime(parts, thread),
  };
  const byName: Record<string, FunctionSlot> = {};
  for (const [name, fn] of Object.entries(functions)) byName[name] = instance.allocateSlot(raising(parts, fn));
  const handler = instance.allocateSlot((thread) => {
    parts.onError(thread);
    instance.api.lua_settop(thread, 1);
    return 1;
  });
  return { byName, handler };
}

/** `fn`, with problems of its arguments raised as Lua errors that name the caller's line. */
function raising(parts: HostParts, fn: (thread: LuaThread) => number): (thread: LuaThread) => number {
  const { api } = parts.instance;
  return (thread) => {
    let text: string;
    try {
      return fn(thread);
    } catch (problem) {
      // Long jumps, a refused heap and faults of ours are not the code's to catch.
      if (!(problem instanceof ValueProblem || problem instanceof MoonpoolError)) throw problem;
      text = problem.message;
    }
    api.luaL_where(thread, 1);
    parts.texts.push(thread, text.toWellFormed());
    api.lua_concat(thread, 2);
    return api.lua_error(thread);
  };
}

function encodeJson({ instance, texts, reader, context }: HostParts, thread: LuaThread): number {
  instance.api.lua_settop(thread, 1);
  const value = reader.read(thread, { root: 'json.encode: value', maxBytes: context.maxValueBytes });
  texts.push(thread, JSON.stringify(value ?? null));
  return 1;
}

function decodeJson(parts: HostParts, thread: LuaThread): number {
  const { instance, writer, context } = parts;
  if (instance.api.lua_type(thread, 1) !== TYPE.string) throw new ValueProblem('json.decode: expected text');
  instance.api.lua_settop(thread, 1);
  const text = parts.reader.read(thread, { root: 'json.decode: text', maxBytes: context.maxValueBytes }) as string;
  let value: JsonValue;
  try {
    value = JSON.parse(text) as JsonValue;
  } catch {
    // The platform's own words change between its versions, and a replay must read the same.
    throw new ValueProblem('json.decode: the text is not valid JSON');
  }
  writer.push(thread, value, { root: 'json.decode: value', maxBytes: context.maxValueBytes });
  return 1;
}

function argumentNumber({ instance }: HostParts, thread: LuaThread, index: number, what: string): number {
  const { api } = instance;
  const value =
    api.lua_type(thread, index) === TYPE.number ? api.lua_tonumberx(thread, index, 0 as Pointer) : Number.NaN;
  if (!(Math.abs(value) <= MAX_INSTANT_MS))
    throw new ValueProblem(`${what} must be a number within ±${MAX_INSTANT_MS}`);
  return Math.floor(value);
}

function argumentZone(parts: HostParts, thread: LuaThread, index: number): string {
  const type = parts.instance.api.lua_type(thread, index);
  if (type === TYPE.none || type === TYPE.nil) return 'UTC';
  if (type !== TYPE.string) throw new ValueProblem('the zone must be text such as "Europe/Berlin"');
  return parts.texts.readAt(thread, index, MAX_ZONE_LENGTH);
}

function partsOfInstant(parts: HostParts, thread: LuaThread): number {
  const atMs = argumentNumber(parts, thread, 1, 'time.parts: the instant');
  const value = zonedParts(atMs, argumentZone(parts, thread, 2)) as unknown as JsonObject;
  parts.writer.push(thread, value, { root: 'time.parts', maxBytes: parts.context.maxValueBytes });
  return 1;
}

const TIME_FIELDS = ['year', 'month', 'day', 'hour', 'minute', 'second'] as const;
const DATE_FIELDS_COUNT = 3;
/** Keeps instants far inside the range of whole numbers. */
const MAX_FIELD = 100_000;

function instantOfParts(parts: HostParts, thread: LuaThread): number {
  const { instance, reader } = parts;
  const zoneArgument = argumentZone(parts, thread, 2);
  instance.api.lua_settop(thread, 1);
  const fields = reader.read(thread, { root: 'time.from_parts: parts', maxBytes: parts.context.maxValueBytes });
  if (!isJsonObject(fields)) throw new ValueProblem('time.from_parts: expected a table with year, month and day');
  const civil: Record<string, number> = {};
  for (const [index, name] of TIME_FIELDS.entries()) {
    const value = fields[name] ?? (index < DATE_FIELDS_COUNT ? undefined : 0);
    if (typeof value !== 'number' || Math.abs(value) > MAX_FIELD) {
      throw new ValueProblem(`time.from_parts: ${name} must be a number within ±${MAX_FIELD}`);
    }
    civil[name] = Math.floor(value);
  }
  const zone = fields['zone'] ?? zoneArgument;
  if (typeof zone !== 'string') throw new ValueProblem('time.from_parts: zone must be text such as "Europe/Berlin"');
  instance.bridge.push_integer(thread, instantFromParts(civil as unknown as CivilTime, zone.slice(0, MAX_ZONE_LENGTH)));
  return 1;
}

function isAbsent({ instance }: HostParts, thread: LuaThread, index: number): boolean {
  return instance.api.lua_type(thread, index) <= TYPE.nil;
}

function osDate(parts: HostParts, thread: LuaThread): number {
  const { instance, writer, texts, context } = parts;
  const { api } = instance;
  if (!isAbsent(parts, thread, 1) && api.lua_type(thread, 1) !== TYPE.string) {
    throw new ValueProblem('os.date: the format must be text');
  }
  const format = isAbsent(parts, thread, 1) ? undefined : texts.readAt(thread, 1, MAX_FORMAT_BYTES);
  const seconds = isAbsent(parts, thread, 2)
    ? Math.floor(context.nowMs / SECOND_MS)
    : argumentNumber(parts, thread, 2, 'os.date: the time');
  writer.push(thread, formatDate(format, seconds), { root: 'os.date', maxBytes: context.maxValueBytes });
  return 1;
}

function osTime(parts: HostParts, thread: LuaThread): number {
  const { instance, reader, context } = parts;
  if (isAbsent(parts, thread, 1)) {
    instance.bridge.push_integer(thread, Math.floor(context.nowMs / SECOND_MS));
    return 1;
  }
  instance.api.lua_settop(thread, 1);
  const fields = reader.read(thread, { root: 'os.time: fields', maxBytes: context.maxValueBytes });
  if (!isJsonObject(fields)) throw new ValueProblem('os.time: expected a table with year, month and day');
  instance.bridge.push_integer(thread, timeFromFields(fields));
  return 1;
}
