/**
 * Starts runs and knows which are under way. What a run does is in `active-run.ts`.
 */
import { createRunId, type JsonObject, MoonpoolError, type RunId } from '../core/index.ts';
import type { Flow } from '../flow/index.ts';
import { ActiveRun } from './active-run.ts';
import { Breakers } from './breakers.ts';
import { ParkedBytes } from './parked-bytes.ts';
import type { RunEvent } from './events.ts';
import { finalState, replayEvents } from './replay.ts';
import type { Run, RunnerPorts, RunOptions } from './run.ts';

/** The circumstances of a telling. */
export interface TellOptions {
  /** Stops it. */
  readonly signal?: AbortSignal;
  /** Awaited between two steps, so that whoever listens can hold it back. */
  readonly ready?: () => Promise<void>;
}

/** Starts runs. */
export interface Runner {
  /**
   * Starts a run of `flow`; input that does not fit the flow's schema makes it fail with FLOW_INPUT.
   *
   * @throws FLOW_CANCELLED after `drain` was called
   */
  start(flow: Flow, input: JsonObject, options?: RunOptions): Run;
  /** The run under way or waiting with this id. */
  find(id: RunId): Run | undefined;
  /**
   * Tells the events of a run once more, from its journal, up to where it is; `flow` is the one it ran.
   *
   * Pure segments are computed again; nothing acts. Resolves to false when the journal is not complete any more.
   */
  tellAgain(id: RunId, flow: Flow, onEvent: (event: RunEvent) => void, options?: TellOptions): Promise<boolean>;
  /**
   * Resolves when no run is under way; new ones are refused from the call on. Runs that wait are cancelled at once,
   * the rest when `signal` aborts.
   */
  drain(signal: AbortSignal): Promise<void>;
  /** Runs under way. */
  readonly activeCount: number;
}

/** A runner over the given ports. */
export function createRunner(ports: RunnerPorts): Runner {
  const active = new Map<RunId, ActiveRun>();
  const shared = {
    breakers: new Breakers(ports.clock, ports.metrics),
    parked: new ParkedBytes(ports.limits.parkedBytes, ports.metrics),
  };
  let draining = false;
  const started = ports.metrics.counter('moonpool_runs_started_total', 'Runs started.');
  const ended = ports.metrics.counter('moonpool_runs_ended_total', 'Runs ended, by outcome.', ['outcome']);
  ports.metrics.gauge('moonpool_runs_active', 'Runs under way.', () => active.size);

  return {
    get activeCount() {
      return active.size;
    },
    start(flow, input, options = {}) {
      if (draining) throw new MoonpoolError('FLOW_CANCELLED', 'The server is stopping and takes no new runs.');
      const run = new ActiveRun(ports, shared, { id: createRunId(ports.clock), flow, input, options });
      active.set(run.id, run);
      started.add();
      void run.outcome.then((outcome) => {
        active.delete(run.id);
        ended.add(1, { outcome: outcome.kind });
      });
      run.begin();
      return run;
    },
    find: (id) => active.get(id),
    tellAgain: (id, flow, onEvent, options = {}) => tellAgain(ports, { id, flow, ...options }, onEvent),
    async drain(signal) {
      draining = true;
      const cancelAll = (): void => {
        for (const run of active.values()) run.cancel('the server is stopping');
      };
      // Nobody will give them anything any more, and they would keep whoever waits for the end.
      for (const run of active.values()) if (run.waitingFor.length > 0) run.cancel('the server is stopping');
      if (signal.aborted) cancelAll();
      signal.addEventListener('abort', cancelAll, { once: true });
      await Promise.all([...active.values()].map((run) => run.outcome));
      signal.removeEventListener('abort', cancelAll);
    },
  };
}

async function tellAgain(
  ports: RunnerPorts,
  { id, flow, signal = new AbortController().signal, ready }: TellOptions & { readonly id: RunId; readonly flow: Flow },
  onEvent: (event: RunEvent) => void,
): Promise<boolean> {
  const journal = await ports.store.read(id);
  const started = journal?.entries.find((entry) => entry.kind === 'run.started');
  if (journal?.isComplete !== true || started?.kind !== 'run.started') return false;
  const { seed, env } = started;
  const { startedAtMs } = journal.summary;
  const run = { runId: id, flow, seed, env, startedAtMs, limits: ports.limits, priority: 'optional' as const };
  const { entries } = journal;
  let seq = 0;
  const parts = { run, entries, segments: ports.segments, signal, ...(ready === undefined ? {} : { ready }) };
  await replayEvents(parts, ({ event, at_ms, data = {}, ...place }, end) => {
    const state = event === 'run.finished' ? finalState(end) : {};
    onEvent({ event, run_id: id, seq, at_ms, ...place, data: { ...data, ...state } });
    seq += 1;
  });
  return true;
}
