/**
 * The limits of outbound HTTP: one table is validator, defaults, YAML keys and docs.
 *
 * Keys are those of the `http` section of the configuration, with dots for nesting.
 */
import { ConfigError, duration, int, type OptionProblem, type Resolved, texts } from '../core/index.ts';
import { parseAllowEntry } from './address-policy.ts';

/** What an operator may set about outbound HTTP. */
export const HTTP_OPTIONS = {
  poolTotalCount: int({
    key: 'pool.total',
    fallback: 16,
    min: 1,
    max: 100,
    about: 'Connections open at once, to all hosts together.',
  }),
  poolPerHostCount: int({
    key: 'pool.per_host',
    fallback: 6,
    min: 1,
    max: 30,
    about: 'Connections open at once to one host; at most pool.total.',
  }),
  queueCount: int({
    key: 'pool.queue',
    fallback: 64,
    min: 0,
    max: 1_000,
    about: 'Requests that may wait for a connection; one more is refused.',
  }),
  queueWaitMs: duration({
    key: 'pool.queue_wait',
    fallback: 10_000,
    min: 1,
    max: 60_000,
    about: 'How long a request waits for a connection before it is refused.',
  }),
  connectTimeoutMs: duration({
    key: 'timeouts.connect',
    fallback: 5_000,
    min: 1,
    max: 60_000,
    about: 'Time to resolve the name, connect and finish the TLS handshake.',
  }),
  headersTimeoutMs: duration({
    key: 'timeouts.headers',
    fallback: 10_000,
    min: 1,
    max: 120_000,
    about: 'Time from the request to the headers of the answer.',
  }),
  bodyTimeoutMs: duration({
    key: 'timeouts.body',
    fallback: 20_000,
    min: 1,
    max: 120_000,
    about: 'Longest silence while the body of an answer arrives.',
  }),
  totalTimeoutMs: duration({
    key: 'timeouts.total',
    fallback: 30_000,
    min: 1,
    max: 600_000,
    about: 'Ceiling of a whole request: waiting, redirects and body included.',
  }),
  idleMs: duration({
    key: 'idle',
    fallback: 30_000,
    min: 1_000,
    max: 600_000,
    about: 'How long an unused connection stays open.',
  }),
  allowPrivate: texts({
    key: 'allow_private',
    fallback: [],
    maxCount: 100,
    about: 'Hosts, addresses or CIDR ranges that may be private although no flow or configuration names them.',
  }),
} as const;

/** The complete limits of outbound HTTP. */
export type HttpOptions = Resolved<typeof HTTP_OPTIONS>;

/** What no single field can see: per host above total, an `allow_private` entry that is no host, address or range. */
export function checkHttpOptions(options: HttpOptions): readonly OptionProblem[] {
  const problems: OptionProblem[] = [];
  if (options.poolPerHostCount > options.poolTotalCount) {
    problems.push({
      path: 'http.pool.per_host',
      message: `must be at most http.pool.total (${options.poolTotalCount}), got ${options.poolPerHostCount}`,
    });
  }
  for (const entry of options.allowPrivate) {
    if (parseAllowEntry(entry) === undefined) {
      problems.push({
        path: 'http.allow_private',
        message: `must be a host, an address or a CIDR range, got ${entry.slice(0, 60)}`,
      });
    }
  }
  return problems;
}

/** @throws CONFIG_INVALID with all problems that {@link checkHttpOptions} finds */
export function requireHttpOptions(options: HttpOptions): void {
  const problems = checkHttpOptions(options);
  if (problems.length > 0) throw new ConfigError(problems);
}
