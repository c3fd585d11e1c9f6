/**
 * How much one evaluation may do, and how large a text may be to be compiled at all.
 *
 * Invariant: no text and no data makes an evaluation run or grow past these.
 */
import { bytes, int, KIB, MIB, type Resolved } from '../core/index.ts';

/** Options of one evaluation, as configuration and flows write them. */
export const EVALUATION_LIMITS = {
  maxSteps: int({
    key: 'max_steps',
    fallback: 100_000,
    min: 1,
    max: 100_000_000,
    about: 'Small operations one evaluation may take; 64 characters or one list element worked on count as one.',
  }),
  maxOutputBytes: bytes({
    key: 'max_output',
    fallback: MIB,
    min: 1,
    max: 64 * MIB,
    about: 'UTF-8 bytes a template may print, and the length of any text an expression may make.',
  }),
  maxDepth: int({
    key: 'max_depth',
    fallback: 64,
    min: 1,
    max: 200,
    about: 'How deep macros may call each other.',
  }),
};

/** Complete limits of one evaluation. */
export type EvaluationLimits = Resolved<typeof EVALUATION_LIMITS>;

/** The limits in force when a caller gives none: 100,000 steps, 1 MiB, depth 64. */
export const DEFAULT_LIMITS: EvaluationLimits = Object.freeze({
  maxSteps: EVALUATION_LIMITS.maxSteps.fallback,
  maxOutputBytes: EVALUATION_LIMITS.maxOutputBytes.fallback,
  maxDepth: EVALUATION_LIMITS.maxDepth.fallback,
});

/** UTF-16 units of the largest text that is compiled. */
export const MAX_SOURCE_LENGTH = 256 * KIB;

/** How deep brackets, `not`s, signs and blocks may be nested in a text. */
export const MAX_NESTING = 64;

/** How long a chain of operators, filters or attributes may be: `a ~ b ~ c …`. */
export const MAX_CHAIN = 400;

/** How deep data may be nested to be printed, compared or read from JSON text. */
export const MAX_DATA_DEPTH = 200;
