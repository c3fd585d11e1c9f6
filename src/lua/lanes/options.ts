/**
 * Options of the Lua machine and its lanes, as `moonpool.yaml` and the environment name them.
 */
import { bytes, duration, int, MIB, MINUTE_MS, orAuto, orOff, type Resolved, type Table } from '../../core/index.ts';

/** How many lanes, where somebody counts them out. */
export const LANE_COUNT = int({
  key: 'lanes',
  fallback: 1,
  min: 1,
  max: 64,
  about: 'Threads that run Lua, started as work comes; auto is one fewer than the cores, and at least one.',
});

/** `lua.*` */
export const LUA_OPTIONS = {
  timeoutMs: duration({
    key: 'timeout',
    fallback: 5_000,
    min: 1,
    max: 10 * MINUTE_MS,
    about: 'Wall clock of one Lua node.',
  }),
  endpointTimeoutMs: duration({
    key: 'endpoint_timeout',
    fallback: 2_000,
    min: 1,
    max: 10 * MINUTE_MS,
    about: 'Wall clock of one Lua node of a flow with an endpoint.',
  }),
  memoryBytes: bytes({
    key: 'memory',
    fallback: 16 * MIB,
    min: 1 * MIB,
    max: 256 * MIB,
    about: 'Heap of one Lua machine above its image.',
  }),
  parkedBytes: bytes({
    key: 'parked_bytes',
    fallback: 96 * MIB,
    min: 0,
    max: 4096 * MIB,
    about: 'Memory of parked Lua machines, all runs together; what is beyond is made again from the journal.',
  }),
  instructions: orOff(
    int({
      key: 'instructions',
      fallback: 1_000_000_000,
      min: 1_000,
      max: 1_000_000_000_000,
      about:
        'Lua instructions of one node, counted in steps of 1,000; one more fails with LUA_TIMEOUT. Counting makes plain loops take about twice as long; flows may set less.',
    }),
  ),
  lanes: orAuto(LANE_COUNT),
  laneIdleMs: duration({
    key: 'lane_idle',
    fallback: 30_000,
    min: 1_000,
    max: 60 * MINUTE_MS,
    about: 'How long a lane may have nothing to do before it is stopped.',
  }),
  queueCount: int({
    key: 'queue',
    fallback: 10_000,
    min: 1,
    max: 100_000,
    about: 'Segments that may wait for a lane; one more fails with LUA_OVERLOADED.',
  }),
  laneHeapBytes: bytes({
    key: 'lane_heap',
    fallback: 128 * MIB,
    min: 16 * MIB,
    max: 1024 * MIB,
    about: 'JavaScript heap of one lane, for states and expressions; the Lua machine is not in it.',
  }),
} satisfies Table;

/** Resolved `lua.*` options. */
export type LuaOptions = Resolved<typeof LUA_OPTIONS>;
