/**
 * The actions of one run: asked of their breaker, recorded before and after, called.
 */
import { type ErrorData, type RunId, toErrorData } from '../core/index.ts';
import type { Breakers } from './breakers.ts';
import type { Command, Happening } from './decision.ts';
import { performEffect } from './effect.ts';
import type { EffectOutcome } from './ports.ts';
import type { RunnerPorts } from './run.ts';
import type { JournalWriter } from './run-journal.ts';
import { placeSecrets, type SecretInput, strikeOutcome } from './secret-use.ts';
import { parseObject } from './segment-request.ts';

type EffectCommand = Extract<Command, { kind: 'run_effect' }>;

/** What effects of one run share. */
export interface EffectContext {
  readonly runId: RunId;
  /** Name of the flow that was started. */
  readonly runFlow: string;
  readonly ports: Pick<RunnerPorts, 'actions' | 'clock' | 'blobs' | 'secrets'>;
  readonly breakers: Breakers;
  readonly journal: JournalWriter;
  /** Takes `effect_begun` while the effect goes on. */
  readonly take: (happening: Happening) => void;
}

/** Carries out one action call. @throws what the journal cannot keep */
export async function runEffect(
  context: EffectContext,
  command: EffectCommand,
  { signal, deadlineTickMs }: { readonly signal: AbortSignal; readonly deadlineTickMs: number },
): Promise<Happening> {
  const { ports, journal, runId } = context;
  const { step, uses } = command;
  const atMs = ports.clock.nowMs();
  const isSafe = ports.actions.find(uses)?.effect === 'safe';
  // A safe effect may simply be done again, so its begin needs no record.
  if (!isSafe) await journal.record({ kind: 'effect.begun', step, atMs });
  context.take({ kind: 'effect_begun', step, atMs });
  const outcome = await guarded(context, command, { signal, deadlineTickMs, atMs });
  // What an action kept while its run ended, the end did not find.
  if (signal.aborted) await ports.blobs?.release(runId);
  // Nobody takes how a call ended that was given up: a journal that told it would lead elsewhere.
  signal.throwIfAborted();
  const endedAtMs = ports.clock.nowMs();
  await journal.record({
    kind: 'effect.ended',
    step,
    atMs: endedAtMs,
    outcome,
    ...(isSafe ? { beganAtMs: atMs } : {}),
  });
  return { kind: 'effect_ended', step, atMs: endedAtMs, outcome };
}

interface Circumstances {
  readonly signal: AbortSignal;
  readonly deadlineTickMs: number;
  readonly atMs: number;
}

async function guarded(context: EffectContext, command: EffectCommand, how: Circumstances): Promise<EffectOutcome> {
  const { breaker } = command;
  if (breaker === undefined) return call(context, command, how);
  const error = context.breakers.ask(breaker);
  if (error !== undefined) return { kind: 'failed', error };
  const outcome = await call(context, command, how);
  if (how.signal.aborted) context.breakers.release(breaker);
  else context.breakers.tell(breaker, outcome.kind === 'done');
  return outcome;
}

/** The call with its secrets in, and what came of it without any. */
async function call(context: EffectContext, command: EffectCommand, how: Circumstances): Promise<EffectOutcome> {
  const { runFlow, ports } = context;
  let given: SecretInput;
  try {
    given = placeSecrets(parseObject(command.with), { ...command, runFlow }, ports.secrets);
  } catch (error) {
    return { kind: 'failed', error: toErrorData(error) };
  }
  return strikeOutcome(await callWithin(context, command, { ...how, given }), ports.secrets);
}

/** The call itself, ended when the time of this attempt is up. */
async function callWithin(
  context: EffectContext,
  command: EffectCommand,
  how: Circumstances & { readonly given: SecretInput },
): Promise<EffectOutcome> {
  const { clock, actions } = context.ports;
  const { input, hosts } = how.given;
  const { rateLimiters } = command.flow.settings;
  const { timeoutMs, step, node, attempt, uses, flow } = command;
  const limit = new AbortController();
  const late: ErrorData | undefined =
    timeoutMs === undefined
      ? undefined
      : { code: 'FLOW_TIMEOUT', message: `${node} did not end within its limit of ${timeoutMs} ms.` };
  const stopTimer = timeoutMs === undefined ? undefined : clock.after(timeoutMs, () => limit.abort());
  const limitTickMs = clock.tickMs() + (timeoutMs ?? Number.POSITIVE_INFINITY);
  const outcome = performEffect(actions, uses, input, {
    runId: context.runId,
    node,
    flowName: flow.name,
    flowDirectory: flow.directory,
    idempotencyKey: `${context.runId}/${step}`,
    attempt,
    ...(hosts === undefined ? {} : { hosts }),
    ...(rateLimiters === undefined ? {} : { rateLimiters }),
    nowMs: how.atMs,
    deadlineTickMs: Math.min(how.deadlineTickMs, limitTickMs),
    signal: AbortSignal.any([how.signal, limit.signal]),
  });
  const ended = new Promise<EffectOutcome>((resolve) => {
    // An action that does not look at its signal is not waited for.
    limit.signal.addEventListener('abort', () => {
      if (late !== undefined) resolve({ kind: 'failed', error: late });
    });
  });
  try {
    const first = await Promise.race([outcome, ended]);
    return limit.signal.aborted && late !== undefined ? { kind: 'failed', error: late } : first;
  } finally {
    stopTimer?.();
  }
}
