/**
 * `ratelimit.wrap`: another action, called no more often than a named limiter lets through.
 *
 * The wait is decided at once, from a bucket that all runs of the process share. The action inside
 * gets the same circumstances as if it stood in the node itself.
 */
import {
  type Clock,
  formatDuration,
  getOwn,
  isJsonObject,
  type JsonObject,
  MINUTE_MS,
  MoonpoolError,
} from '../../core/index.ts';
import type { Action, ActionCall } from '../../engine/index.ts';
import { actionError, readDurationMs, readText, shown } from '../action-input.ts';
import { objectSchema } from '../action-schema.ts';
import type { CompileSchema } from '../data-validate/index.ts';
import { type RateLimit, RateLimiters } from '../rate-limiters.ts';

/** A limiter of the flow's settings. */
type FlowLimiter = NonNullable<ActionCall['rateLimiters']>[string];

const NAME = 'ratelimit.wrap';
const DEFAULT_WAIT_MS = MINUTE_MS;
const MAX_WAIT_MS = 60 * MINUTE_MS;
const MAX_PER_SECOND = 10_000;

/** What `ratelimit.wrap` is built on. */
export interface RatelimitWrapDeps {
  readonly clock: Clock;
  readonly compileSchema: CompileSchema;
  /** The action of that name, built-in or not. */
  readonly find: (name: string) => Action | undefined;
}

const RATE: JsonObject = { type: ['number', 'null'], exclusiveMinimum: 0 };

const WITH_SCHEMA = objectSchema(
  {
    limiter: {
      type: 'string',
      minLength: 1,
      maxLength: 100,
      description: 'Name of the limiter; all nodes and runs of the flow that use it share it.',
    },
    action: {
      type: ['string', 'object'],
      minLength: 1,
      additionalProperties: false,
      properties: { uses: { type: 'string', minLength: 1 }, with: { type: ['object', 'null'] } },
      required: ['uses'],
      description: 'The action to call: its name, or {uses, with}.',
    },
    args: { type: ['object', 'null'], description: 'The `with` of an action that is given by its name.' },
    rps: { ...RATE, maximum: MAX_PER_SECOND, description: 'Calls per second on average; goes before rpm.' },
    rpm: {
      ...RATE,
      maximum: MAX_PER_SECOND * 60,
      description: 'Calls per minute on average. Without rps and rpm: what settings.rate_limiters says, else 60.',
    },
    burst: {
      type: ['integer', 'null'],
      minimum: 1,
      maximum: 1_000,
      description: 'Calls at once after a silence. Default 1.',
    },
    timeout: {
      type: ['string', 'number', 'null'],
      description: 'Longest wait, default 1m, at most 1h; a call that would wait longer fails at once.',
    },
  },
  ['limiter', 'action'],
);

const RESULT_SCHEMA: JsonObject = {
  type: 'object',
  properties: {
    result: { description: 'What the action inside gave.' },
    waited_ms: { type: 'integer', description: 'How long the call had to wait.' },
    limiter: { type: 'string' },
  },
};

/** `ratelimit.wrap` over limiters of its own. */
export function createRatelimitWrapAction(deps: RatelimitWrapDeps): Action {
  const limiters = new RateLimiters(deps.clock);
  const checks = new WeakMap<Action, ReturnType<CompileSchema>>();

  function checked(action: Action, input: JsonObject): JsonObject {
    const check = checks.get(action) ?? deps.compileSchema(action.withSchema);
    checks.set(action, check);
    const problems = check(input);
    if (problems.length === 0) return input;
    throw actionError(NAME, `${action.name} was called with something it cannot use: ${problems.join('; ')}.`);
  }

  return {
    name: NAME,
    effect: 'other',
    about: 'Calls another action no more often than a shared limiter allows.',
    takesSecrets: true,
    withSchema: WITH_SCHEMA,
    resultSchema: RESULT_SCHEMA,
    async run(input, call) {
      const { uses, inner } = readInner(input);
      const action = uses === NAME ? undefined : deps.find(uses);
      if (action === undefined) {
        throw new MoonpoolError(
          'SPEC_UNKNOWN_ACTION',
          `${NAME} cannot call ${shown(uses)}; name another action that is registered.`,
        );
      }
      const given = checked(action, inner);
      const limiter = readText(input, 'limiter') ?? '';
      const known = knownLimiter(call, limiter);
      const waitedMs = await wait(
        limiters,
        { limiter, limit: readLimit(input, known), maxMs: maxWaitMs(input, { known, call, clock: deps.clock }) },
        { call, clock: deps.clock },
      );
      const { value, ...more } = await action.run(given, call);
      return { value: { result: value, waited_ms: waitedMs, limiter }, ...more };
    },
  };
}

function readInner(input: JsonObject): { readonly uses: string; readonly inner: JsonObject } {
  const action = getOwn(input, 'action');
  const args = getOwn(input, 'args') ?? undefined;
  if (typeof action === 'string') return { uses: action, inner: isJsonObject(args) ? args : {} };
  if (args !== undefined)
    throw actionError(NAME, 'takes args only beside the name of an action; put them under action.with.');
  const uses = isJsonObject(action) ? readText(action, 'uses') : undefined;
  const inner = isJsonObject(action) ? getOwn(action, 'with') : undefined;
  return { uses: uses ?? '', inner: isJsonObject(inner) ? inner : {} };
}

/** What the flow's settings say of the limiter. */
function knownLimiter({ rateLimiters = {} }: ActionCall, limiter: string): FlowLimiter | undefined {
  return Object.hasOwn(rateLimiters, limiter) ? rateLimiters[limiter] : undefined;
}

/** What the settings say goes before what a node says, so that all nodes agree. */
function readLimit(input: JsonObject, known: FlowLimiter | undefined): RateLimit {
  if (known !== undefined) return { perSecond: known.perSecond, burst: known.burst };
  const perSecond = Number(getOwn(input, 'rps') ?? Number(getOwn(input, 'rpm') ?? 60) / 60);
  return { perSecond, burst: Number(getOwn(input, 'burst') ?? 1) };
}

/** No wait outlives its run. */
function maxWaitMs(
  input: JsonObject,
  { known, call, clock }: { readonly known: FlowLimiter | undefined; readonly call: ActionCall; readonly clock: Clock },
): number {
  const asked = readDurationMs(NAME, input, 'timeout') ?? known?.timeoutMs ?? DEFAULT_WAIT_MS;
  if (asked > MAX_WAIT_MS) throw actionError(NAME, `timeout must be at most ${formatDuration(MAX_WAIT_MS)}.`);
  return call.deadlineTickMs === undefined ? asked : Math.min(asked, Math.max(0, call.deadlineTickMs - clock.tickMs()));
}

async function wait(
  limiters: RateLimiters,
  place: { readonly limiter: string; readonly limit: RateLimit; readonly maxMs: number },
  { call, clock }: { readonly call: ActionCall; readonly clock: Clock },
): Promise<number> {
  call.signal.throwIfAborted();
  // Names are the flow's own: another flow means something else by the same one. No flow's name holds a NUL.
  const name = `${call.flowName}\0${place.limiter}`;
  const waitMs = limiters.take(name, place.limit, place.maxMs);
  if (waitMs === undefined) {
    throw new MoonpoolError(
      'FLOW_RATE_LIMITED',
      `The limiter ${shown(place.limiter)} would let this call through only after more than ${formatDuration(Math.floor(place.maxMs))}; try again later or raise timeout.`,
    );
  }
  try {
    if (waitMs > 0) await clock.sleep(waitMs, call.signal);
    return waitMs;
  } catch (error) {
    limiters.giveBack(name);
    throw error;
  }
}
