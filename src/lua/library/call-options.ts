/**
 * What users of `moonpool/lua` may choose, for all calls and for one.
 *
 * Names carry their units, values are numbers; ranges and defaults are those of the lanes
 * themselves. Invariant: what leaves here is complete and within range.
 */
import {
  bytes,
  choice,
  type Field,
  type JsonValue,
  KIB,
  type Log,
  type Metrics,
  MIB,
  type Resolved,
  resolveOptions,
  text,
} from '../../core/index.ts';
import { LANE_COUNT, LUA_OPTIONS } from '../lanes/index.ts';

/** What lanes are made with. All of it may be left out. */
export interface LuaLanesOptions {
  /** Threads that run Lua, each with memory of its own once it is up. Default 1, from 1 to 64. */
  readonly lanes?: number;
  /** Wall clock of one source of a script, in ms; not counted while a call waits. Default 5,000, from 1 to 600,000. */
  readonly timeoutMs?: number;
  /** Heap of one call's machine, in bytes. Default 16 MiB, from 1 MiB to 256 MiB. */
  readonly memoryBytes?: number;
  /** The state with the updates in it, as JSON text, in bytes. Default 1 MiB, from 1 KiB to 16 MiB. */
  readonly stateBytes?: number;
  /** Calls that may wait for a lane; one more fails with LUA_OVERLOADED. Default 10,000, from 1 to 100,000. */
  readonly queueCount?: number;
  /** How long a lane may have nothing to do before its thread is stopped, in ms. Default 30,000, from 1,000 to 3,600,000. */
  readonly laneIdleMs?: number;
  /** JavaScript heap of one lane, for states on their way; Lua's memory is not in it. Default 128 MiB, from 16 MiB to 1 GiB. */
  readonly laneHeapBytes?: number;
  /**
   * Secret that decides in which order `pairs` goes through a table, at most 1,000 characters.
   * Default: drawn, so that nobody can choose keys that collide. Give it, and a seed with each
   * call, where another process must come to the same result.
   */
  readonly salt?: string;
  /** Told when a lane was added, ended or died. Default: nobody is. */
  readonly log?: Log;
  /** Counts lanes, busy lanes, waiting calls and lanes ended. Default: nobody counts. */
  readonly metrics?: Metrics;
}

/** What one call may choose; limits that are left out are those of the lanes. */
export interface LuaCallOptions {
  /** Wall clock of each source of the script, in ms, from 1 to 600,000. For the whole call, waiting included, use `signal`. */
  readonly timeoutMs?: number;
  /** Heap of the machine, in bytes, from 1 MiB to 256 MiB. */
  readonly memoryBytes?: number;
  /** The state with the updates in it, as JSON text, in bytes, from 1 KiB to 16 MiB. */
  readonly stateBytes?: number;
  /** Seeds `math.random`, at most 1,000 characters: the same seed gives the same numbers. Default: drawn. */
  readonly seed?: string;
  /** What `now()` answers: whole ms since 1970 UTC. Default: now. */
  readonly nowMs?: number;
  /** Who is served first while calls wait. Default `normal`. */
  readonly priority?: 'critical' | 'normal' | 'optional';
  /** Calls of one group are begun in their order, and groups take turns. At most 200 characters. Default: a group of its own. */
  readonly group?: string;
  /** Ends the call within 100 ms, waiting or running; it then fails with the signal's reason. */
  readonly signal?: AbortSignal;
}

/** A field under the library's own name, which takes numbers only. */
function numeric(key: string, field: Field<number>, about: string, unit = ''): Field<number> {
  const parse = (value: unknown): number | undefined =>
    typeof value === 'number' && Number.isInteger(value) ? field.parse(`${value}${unit}`) : undefined;
  return { ...field, key, about, parse };
}

const LIMITS = {
  timeoutMs: numeric('timeoutMs', LUA_OPTIONS.timeoutMs, 'Wall clock of one source of a script.', 'ms'),
  memoryBytes: numeric('memoryBytes', LUA_OPTIONS.memoryBytes, 'Heap of one call’s machine.'),
  stateBytes: numeric(
    'stateBytes',
    bytes({ key: 'stateBytes', fallback: MIB, min: KIB, max: 16 * MIB, about: '' }),
    'The state with the updates in it, as JSON text.',
  ),
} as const;

/** Of {@link LuaLanesOptions}, what is checked and has a default. */
export const LANES_TABLE = {
  lanes: numeric('lanes', LANE_COUNT, 'Threads that run Lua.'),
  ...LIMITS,
  queueCount: numeric('queueCount', LUA_OPTIONS.queueCount, 'Calls that may wait for a lane.'),
  laneIdleMs: numeric(
    'laneIdleMs',
    LUA_OPTIONS.laneIdleMs,
    'How long a lane may have nothing to do before its thread is stopped.',
    'ms',
  ),
  laneHeapBytes: numeric('laneHeapBytes', LUA_OPTIONS.laneHeapBytes, 'JavaScript heap of one lane.'),
  salt: text({ key: 'salt', fallback: '', maxLength: 1_000, about: 'Decides the order of `pairs`.' }),
} as const;

/** The furthest instant from 1970 that the platform has a date for. */
const MAX_INSTANT_MS = 8_640_000_000_000_000;

const INSTANT: Field<number> = {
  ...{ key: 'nowMs', kind: 'int', fallback: 0, about: 'What `now()` answers.' },
  range: `${-MAX_INSTANT_MS} to ${MAX_INSTANT_MS}`,
  parse: (value) =>
    typeof value === 'number' && Number.isInteger(value) && Math.abs(value) <= MAX_INSTANT_MS ? value : undefined,
  format: String,
};

/** Of {@link LuaCallOptions}, what is checked. */
export const CALL_TABLE = {
  ...LIMITS,
  seed: text({ key: 'seed', fallback: '', maxLength: 1_000, about: 'Seeds `math.random`.' }),
  nowMs: INSTANT,
  priority: choice({
    key: 'priority',
    fallback: 'normal',
    words: ['critical', 'normal', 'optional'],
    about: 'Who is served first while calls wait.',
  }),
  group: text({
    key: 'group',
    fallback: '',
    maxLength: 200,
    about: 'Calls of one group are begun in their order, and groups take turns.',
  }),
} as const;

/** Complete options of lanes; an empty `salt` is to be drawn. */
export type LanesSettings = Resolved<typeof LANES_TABLE>;
/** Complete options of a call; an empty `seed` or `group` was not given. */
export type CallSettings = Resolved<typeof CALL_TABLE>;

/** What was given, without keys that are undefined: to JavaScript those are the same as absent ones. */
function given(options: object): { [key: string]: JsonValue } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as {
    [key: string]: JsonValue;
  };
}

/** @throws CONFIG_INVALID naming every option that is unknown or out of range */
export function readLanesOptions({ log: _, metrics: __, ...options }: LuaLanesOptions): LanesSettings {
  return resolveOptions('', LANES_TABLE, given(options));
}

/** @throws CONFIG_INVALID naming every option that is unknown or out of range */
export function readCallOptions({ signal: _, ...options }: LuaCallOptions, defaults: CallDefaults): CallSettings {
  const { timeoutMs, memoryBytes, stateBytes, nowMs } = defaults;
  return resolveOptions('', CALL_TABLE, { timeoutMs, memoryBytes, stateBytes, nowMs, ...given(options) });
}

/** What a call gets that says nothing. */
export type CallDefaults = Pick<CallSettings, 'timeoutMs' | 'memoryBytes' | 'stateBytes' | 'nowMs'>;
