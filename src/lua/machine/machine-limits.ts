/**
 * What one machine may use. Wall-clock time is not here: the lane's owner ends the lane.
 */
import { bytes, KIB, MIB, type Resolved, type Table } from '../../core/index.ts';

/** Limits of a machine; keys are those below `lua`. */
export const MACHINE_LIMITS = {
  memoryBytes: bytes({
    key: 'memory',
    fallback: 16 * MIB,
    min: 256 * KIB,
    max: 256 * MIB,
    about: 'Heap one Lua machine may use beyond what its flow’s image holds.',
  }),
  stateBytes: bytes({
    key: 'state_bytes',
    fallback: MIB,
    min: KIB,
    max: 16 * MIB,
    about: 'Largest state that may go into Lua, and largest result that may come out.',
  }),
  logBytes: bytes({
    key: 'log_bytes',
    fallback: 64 * KIB,
    min: KIB,
    max: MIB,
    about: 'Text that print may write in one call; more is dropped.',
  }),
  keepBytes: bytes({
    key: 'keep_bytes',
    fallback: 4 * MIB,
    min: 64 * KIB,
    max: 256 * MIB,
    about: 'Memory beyond its image that an idle machine keeps; one that grew further is replaced.',
  }),
} as const satisfies Table;

/** Resolved {@link MACHINE_LIMITS}. */
export type MachineLimits = Resolved<typeof MACHINE_LIMITS>;
