/**
 * Actions that cases of the language need: they fail as told, wait for each other, and say what they were called with.
 *
 * Registered as an operator registers his own, by every door. What they remember is kept by run, so
 * that doors and cases do not meet. None of them knows time: who waits, waits for another call.
 */
import { type JsonObject, type JsonValue, MoonpoolError } from '../../../src/core/index.ts';
import type { ActionCall, ActionResult } from '../../../src/engine/index.ts';

type ActionRun = (input: JsonObject, call: ActionCall) => Promise<ActionResult>;

/** Calls of one kind in one run that are under way. */
interface Crew {
  working: number;
  come: number;
  most: number;
  gate: PromiseWithResolvers<void>;
}

const signals = new Map<string, PromiseWithResolvers<void>>();
/** How often an idempotency key came. */
const calls = new Map<string, number>();
const crews = new Map<string, Crew>();

function signalOf(call: ActionCall, name: JsonValue | undefined): PromiseWithResolvers<void> {
  const key = `${call.runId}/${String(name)}`;
  const found = signals.get(key) ?? Promise.withResolvers<void>();
  signals.set(key, found);
  return found;
}

/** `waited`, or the reason why the call is stopped. */
function unlessStopped<T>(waited: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = (): void => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
    waited.then(resolve, reject);
  });
}

function crewOf(call: ActionCall): Crew {
  const found = crews.get(call.runId) ?? { working: 0, come: 0, most: 0, gate: Promise.withResolvers<void>() };
  crews.set(call.runId, found);
  return found;
}

/** Works until `at_once` are at it together, or all of `total` have come. */
async function workInCrew({ at_once: atOnce, total }: JsonObject, call: ActionCall): Promise<void> {
  const crew = crewOf(call);
  crew.working += 1;
  crew.come += 1;
  crew.most = Math.max(crew.most, crew.working);
  const { gate } = crew;
  if (crew.working === atOnce || crew.come === total) {
    gate.resolve();
    crew.gate = Promise.withResolvers();
  }
  await unlessStopped(gate.promise, call.signal);
  crew.working -= 1;
}

const plain = (value: JsonValue): ActionResult => ({ value });

/** What the module registers. */
export const actions: { readonly [name: string]: ActionRun } = {
  'case.echo': async ({ value = null }) => plain(value),
  'case.fail': async ({ times, code, value = {} }, { idempotencyKey }) => {
    const count = (calls.get(idempotencyKey) ?? 0) + 1;
    calls.set(idempotencyKey, count);
    if (typeof times === 'number' && count > times) return plain(value);
    const known = code === 'CONN_TIMEOUT' ? 'CONN_TIMEOUT' : 'CONN_CONNECT';
    throw new MoonpoolError(known, `Attempt ${count} failed as told.`);
  },
  // The run's id differs from door to door; what follows it must not.
  'case.key': async ({ fail = 0 }, { idempotencyKey, attempt }) => {
    if (attempt <= Number(fail)) throw new MoonpoolError('CONN_CONNECT', `Attempt ${attempt} failed as told.`);
    return plain({ key: idempotencyKey.slice(idempotencyKey.indexOf('/') + 1), attempt });
  },
  'case.signal': async ({ name }, call) => {
    signalOf(call, name).resolve();
    return plain({});
  },
  'case.wait': async ({ name, value = {} }, call) => {
    await unlessStopped(signalOf(call, name).promise, call.signal);
    return plain(value);
  },
  'case.work': async (input, call) => {
    await workInCrew(input, call);
    return plain({});
  },
  'case.most': async (_, call) => plain({ most: crewOf(call).most }),
};
