/**
 * The keys that say what happens when a node or branch fails: retries, breakers, what is done about errors.
 *
 * Numbers have ceilings, because nothing goes on without end.
 */
import { choiceShape, durationShape, ignoredKeys, key, listShape, tableShape, textShape } from './language-parts.ts';
import type { KeyFact, KeyTable, Shape } from './shape.ts';

const MAX_RETRIES = 100;
const MAX_BREAKER_FAILURES = 10_000;

const RETRY_TIMES: KeyTable = {
  max_retries: key({ kind: 'int', min: 0, max: MAX_RETRIES }, 'Attempts after the first.', { default: 3 }),
  base_delay: key(durationShape(0), 'Wait before the first retry.', { default: '1s' }),
  max_delay: key(durationShape(0), 'Longest wait before a retry.', { default: '60s' }),
  backoff: key(
    {
      kind: 'one-of',
      of: [
        { kind: 'choice', words: ['exponential', 'linear', 'constant', 'fixed'] },
        { kind: 'number', min: 1, max: 100 },
      ],
    },
    'How the wait grows with each retry; a number is the factor of `exponential`.',
    { default: 'exponential' },
  ),
  backoff_multiplier: key({ kind: 'number', min: 1, max: 100 }, 'The factor of `exponential`.', { default: 2 }),
  jitter: key(
    { kind: 'one-of', of: [{ kind: 'flag' }, { kind: 'number', min: 0, max: 1 }] },
    'Share of the wait that chance may take away; `true` is 0.5.',
    { default: false },
  ),
  retry_on: key(listShape(textShape(), 1), 'Error codes that are retried, `CONN_*` for all that begin so; else all.'),
};

const RETRY_KEYS: KeyTable = { ...RETRY_TIMES, ...ignoredKeys('max_stored_errors') };

const BREAKER_KEYS: KeyTable = {
  failure_threshold: key({ kind: 'int', min: 1, max: MAX_BREAKER_FAILURES }, 'Failures in a row that open it.', {
    default: 5,
  }),
  reset_timeout: key(durationShape(), 'How long it stays open before one attempt is let through.', {
    default: '30s',
  }),
  ...ignoredKeys('half_open_max_calls'),
};

/** `retry`. */
export const RETRY_SHAPE: Shape = tableShape(RETRY_KEYS);
/** `circuit_breaker`. */
export const BREAKER_SHAPE: Shape = tableShape(BREAKER_KEYS);

/** The keys of `on_error` and `settings.error_handling` that are those of a retry. */
export const ERROR_RETRY_KEYS = ['retry_delay', ...Object.keys(RETRY_TIMES)] as const;

function errorKeys(fallback: KeyFact): KeyTable {
  return {
    mode: key(
      choiceShape('raise', 'graceful', 'retry'),
      '`raise` fails the run; `graceful` puts `error` into the state and goes on; `retry` tries again first.',
      { default: 'raise' },
    ),
    fallback,
    ...RETRY_TIMES,
    retry_delay: key(durationShape(0), 'The same as `base_delay`.'),
    ...ignoredKeys('retryable_errors', 'capture_traceback', 'clear_on_success', 'error_responses'),
  };
}

/** `on_error` of a node; `name` is the shape of a node's name. */
export function onErrorShape(name: Shape): Shape {
  return tableShape(errorKeys(key(name, 'Node to go to after a failure.')));
}

/** `settings.error_handling`; `name` is the shape of a node's name. */
export function errorHandlingShape(name: Shape): Shape {
  return tableShape(errorKeys(key(name, 'Node to go to after a failure, from nodes outside bodies.')));
}

/** `on_error` where branches meet. */
export const JOIN_ON_ERROR: KeyFact = key(
  choiceShape('fail', 'collect'),
  'Whether a failed branch fails the run or is collected.',
  { default: 'fail' },
);

/** A count of workers. */
export const WORKERS_SHAPE: Shape = { kind: 'int', min: 1, max: 10_000 };
