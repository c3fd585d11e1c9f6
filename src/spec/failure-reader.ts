/**
 * What a checked file says of failures: retries, circuit breakers, `on_error`.
 *
 * Shapes were checked before; values of a wrong shape are read as absent.
 */
import { ERROR_FACTS, type ErrorCode, parseDurationMs } from '../core/index.ts';
import type { Breaker, OnError, Retry } from '../flow/index.ts';
import { ERROR_RETRY_KEYS } from './failure-language.ts';
import type { FlowCheck } from './flow-check.ts';
import { durationOf, numberOf } from './limited-value.ts';
import { quote } from './problem-list.ts';
import { type Target, targetOf } from './route-draft.ts';
import { childOf, flagOf, itemsOf, type MapNode, textOf, type YamlNode } from './yaml-tree.ts';

const DEFAULT_MAX_RETRIES = 3;
const DEFAULT_BASE_DELAY_MS = 1_000;
const DEFAULT_MAX_DELAY_MS = 60_000;
const DEFAULT_FACTOR = 2;
const JITTER_OF_TRUE = 0.5;
const DEFAULT_FAILURE_THRESHOLD = 5;
const DEFAULT_RESET_TIMEOUT_MS = 30_000;

/** What is done about a failure, and before that. */
export interface ErrorHandling {
  /** Without the fallback, which takes care of a failure whatever the mode. */
  readonly mode: OnError['mode'];
  readonly retry?: Retry;
  readonly fallback?: Target;
}

/** `retry`; undefined when there is none. */
export function readRetry(check: FlowCheck, node: YamlNode | undefined): Retry | undefined {
  if (node?.kind !== 'map') return undefined;
  const backoff = readBackoff(check, node);
  const retryOn = readCodes(check, childOf(node, 'retry_on'));
  return {
    maxRetries: numberOf(childOf(node, 'max_retries')) ?? DEFAULT_MAX_RETRIES,
    baseDelayMs:
      durationOf(check, childOf(node, 'base_delay') ?? childOf(node, 'retry_delay')) ?? DEFAULT_BASE_DELAY_MS,
    maxDelayMs: durationOf(check, childOf(node, 'max_delay')) ?? DEFAULT_MAX_DELAY_MS,
    ...backoff,
    jitter: readJitter(childOf(node, 'jitter')),
    ...(retryOn === undefined ? {} : { retryOn }),
  };
}

function readBackoff(check: FlowCheck, node: MapNode): Pick<Retry, 'backoff' | 'factor'> {
  const written = childOf(node, 'backoff');
  const multiplier = node.entries.get('backoff_multiplier');
  const word = textOf(written) ?? 'exponential';
  const factor = numberOf(written) ?? numberOf(multiplier?.value) ?? DEFAULT_FACTOR;
  if (multiplier !== undefined && (word !== 'exponential' || numberOf(written) !== undefined)) {
    const message = '`backoff_multiplier` is the factor of `backoff: exponential` only.';
    check.problems.add({ code: 'SPEC_INVALID', at: multiplier.keyStart, message, hint: 'Keep one of the two.' });
  }
  if (word === 'linear') return { backoff: 'linear', factor };
  return { backoff: word === 'constant' || word === 'fixed' ? 'constant' : 'exponential', factor };
}

function readJitter(node: YamlNode | undefined): number {
  return numberOf(node) ?? (flagOf(node) === true ? JITTER_OF_TRUE : 0);
}

/** Codes of the catalogue; `CONN_*` stands for all that begin so. */
function readCodes(check: FlowCheck, node: YamlNode | undefined): readonly ErrorCode[] | undefined {
  if (node?.kind !== 'list') return undefined;
  const known = Object.keys(ERROR_FACTS) as ErrorCode[];
  const codes = itemsOf(node).flatMap((item) => {
    const text = textOf(item) ?? '';
    const meant = text.endsWith('*') ? known.filter((code) => code.startsWith(text.slice(0, -1))) : [];
    if (meant.length > 0) return meant;
    const exact = known.find((code) => code === text);
    if (exact !== undefined) return [exact];
    const hint = check.problems.suggest(text, known) ?? 'Write codes like `CONN_TIMEOUT`, or `CONN_*`.';
    check.problems.add({
      code: 'SPEC_INVALID',
      at: item.start,
      message: `There is no error code ${quote(text)}.`,
      hint,
    });
    return [];
  });
  return [...new Set(codes)];
}

/** `circuit_breaker`; undefined when there is none. */
export function readBreaker(check: FlowCheck, node: YamlNode | undefined): Breaker | undefined {
  if (node?.kind !== 'map') return undefined;
  return {
    failureThreshold: numberOf(childOf(node, 'failure_threshold')) ?? DEFAULT_FAILURE_THRESHOLD,
    resetTimeoutMs: durationOf(check, childOf(node, 'reset_timeout')) ?? DEFAULT_RESET_TIMEOUT_MS,
  };
}

/** `on_error` or `settings.error_handling`; undefined when there is none. */
export function readErrorHandling(check: FlowCheck, node: YamlNode | undefined): ErrorHandling | undefined {
  if (node?.kind !== 'map') return undefined;
  const mode = textOf(childOf(node, 'mode'));
  const fallback = targetOf(childOf(node, 'fallback'));
  if (fallback !== undefined && mode === 'raise') {
    const message = '`fallback` is never used with `mode: raise`.';
    check.problems.add({ code: 'SPEC_INVALID', at: fallback.at, message, hint: 'Write `mode: graceful`.' });
  }
  const retry = readErrorRetry(check, node, mode);
  return {
    mode: mode === 'graceful' ? 'graceful' : 'raise',
    ...(retry === undefined ? {} : { retry }),
    ...(fallback === undefined ? {} : { fallback }),
  };
}

/** Tried again with `mode: retry`, and without a mode when `max_retries` asks for it. */
function readErrorRetry(check: FlowCheck, node: MapNode, mode: string | undefined): Retry | undefined {
  if (mode === 'retry' || (mode === undefined && node.entries.has('max_retries'))) {
    checkDelays(check, node);
    return readRetry(check, node);
  }
  for (const key of ERROR_RETRY_KEYS) {
    const entry = node.entries.get(key);
    if (entry === undefined) continue;
    const message = `${quote(key)} counts only with \`mode: retry\`.`;
    const hint = 'Write that mode, or give the node a `retry` of its own.';
    check.problems.add({ code: 'SPEC_IGNORED', severity: 'warning', at: entry.keyStart, message, hint });
  }
  return undefined;
}

function checkDelays(check: FlowCheck, node: MapNode): void {
  const second = node.entries.get('retry_delay');
  const first = childOf(node, 'base_delay');
  if (first === undefined || second === undefined) return;
  if (delayOf(first) === delayOf(second.value)) return;
  const message = '`retry_delay` and `base_delay` say the same thing with different values.';
  check.problems.add({ code: 'SPEC_INVALID', at: second.keyStart, message, hint: 'Keep one of them.' });
}

function delayOf(node: YamlNode): number | undefined {
  return node.kind === 'scalar' ? parseDurationMs(node.value) : undefined;
}
