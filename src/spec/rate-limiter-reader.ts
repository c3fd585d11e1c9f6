/**
 * `settings.rate_limiters`: the limiters of a flow, and whether the nodes that name one agree with them.
 */
import { getOwn, type JsonObject } from '../core/index.ts';
import { hasTemplateSyntax } from '../expr/index.ts';
import type { RateLimiter } from '../flow/index.ts';
import type { FlowCheck } from './flow-check.ts';
import { durationOf, numberOf } from './limited-value.ts';
import { present } from './present.ts';
import { quote } from './problem-list.ts';
import { childOf, type MapNode, type YamlNode } from './yaml-tree.ts';

const WRAP = 'ratelimit.wrap';
/** More than any flow needs; each may become a bucket that outlives its runs. */
const MAX_LIMITERS = 64;
const DEFAULT_PER_MINUTE = 60;
const RATE_KEYS = ['rps', 'rpm', 'burst'];

/** The names of the limiters; undefined without any. */
export function readLimiterNames(node: YamlNode | undefined): ReadonlySet<string> | undefined {
  return node?.kind === 'map' && node.entries.size > 0 ? new Set(node.entries.keys()) : undefined;
}

/** The limiters by name; undefined when there are none. */
export function readRateLimiters(
  check: FlowCheck,
  node: YamlNode | undefined,
): { readonly [name: string]: RateLimiter } | undefined {
  if (node?.kind !== 'map' || node.entries.size === 0) return undefined;
  if (node.entries.size > MAX_LIMITERS) {
    const message = `\`rate_limiters\` has ${node.entries.size} limiters; a flow has at most ${MAX_LIMITERS}.`;
    check.problems.add({ code: 'SPEC_INVALID', at: node.start, message });
  }
  const limiters = [...node.entries.values()].flatMap(({ key, value }): readonly (readonly [string, RateLimiter])[] =>
    value.kind === 'map' ? [[key, readRateLimiter(check, value)]] : [],
  );
  return Object.fromEntries(limiters);
}

function readRateLimiter(check: FlowCheck, node: MapNode): RateLimiter {
  const perMinute = numberOf(childOf(node, 'rpm')) ?? DEFAULT_PER_MINUTE;
  return present({
    perSecond: numberOf(childOf(node, 'rps')) ?? perMinute / 60,
    burst: numberOf(childOf(node, 'burst')) ?? 1,
    timeoutMs: durationOf(check, childOf(node, 'timeout')),
  });
}

/** Warns where `input` of `ratelimit.wrap`, which stands at `node`, says what the limiters of the flow say otherwise. */
export function checkLimiterUse(check: FlowCheck, uses: string, node: YamlNode, input: JsonObject): void {
  const limiter = getOwn(input, 'limiter');
  const known = check.limiterNames;
  if (uses !== WRAP || known === undefined || typeof limiter !== 'string' || hasTemplateSyntax(limiter)) return;
  const rates = RATE_KEYS.filter((key) => (getOwn(input, key) ?? null) !== null);
  const isKnown = known.has(limiter);
  for (const key of isKnown ? rates : []) {
    const message = `${quote(key)} is not looked at: \`settings.rate_limiters\` says how fast ${quote(limiter)} is.`;
    const at = (childOf(node, key) ?? node).start;
    check.problems.add({ code: 'SPEC_IGNORED', severity: 'warning', at, message, hint: 'Remove it.' });
  }
  if (isKnown || rates.length > 0) return;
  const message = `The limiter ${quote(limiter)} is not in \`settings.rate_limiters\` and has no rate of its own: 60 calls a minute.`;
  const hint = check.problems.suggest(limiter, known) ?? 'Add it there, or give `rps` or `rpm`.';
  const at = (childOf(node, 'limiter') ?? node).start;
  check.problems.add({ code: 'SPEC_INVALID', severity: 'warning', at, message, hint });
}
