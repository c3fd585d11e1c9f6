/**
 * The ceilings of the work thread.
 */
import { bytes, duration, int, MIB, type Resolved, type Table } from '../core/index.ts';

/** What a heavy job may cost. */
export const WORK_LIMITS = {
  componentTimeoutMs: duration({
    key: 'component_timeout',
    fallback: 2_000,
    min: 50,
    max: 60_000,
    about:
      'Time for one component of a job (one event of a calendar); one that takes longer is left out. Halves with each that is left out, down to an eighth.',
  }),
  totalTimeoutMs: duration({
    key: 'timeout',
    fallback: 20_000,
    min: 100,
    max: 600_000,
    about: 'Time for a whole job, from its start in the thread.',
  }),
  idleMs: duration({
    key: 'idle',
    fallback: 30_000,
    min: 100,
    max: 3_600_000,
    about: 'How long the thread is kept when nothing is to do.',
  }),
  maxQueueCount: int({
    key: 'queue',
    fallback: 16,
    min: 1,
    max: 1_000,
    about: 'Most jobs that wait while one runs; more are refused.',
  }),
  memoryBytes: bytes({
    key: 'memory',
    fallback: 192 * MIB,
    min: 32 * MIB,
    max: 2_048 * MIB,
    about: 'Heap of the thread; a job that needs more is ended.',
  }),
} satisfies Table;

/** The complete ceilings. */
export type WorkLimits = Resolved<typeof WORK_LIMITS>;
