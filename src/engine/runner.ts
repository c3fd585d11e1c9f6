/**
 * Starts runs and knows which are under way. What a run does is in `active-run.ts`.
 */
import { createRunId, type JsonObject, MoonpoolError } from '../core/index.ts';
import type { Flow } from '../flow/index.ts';
import { ActiveRun } from './active-run.ts';
import type { Run, RunnerPorts, RunOptions } from './run.ts';

/** Starts runs. */
export interface Runner {
  /**
   * Starts a run of `flow`; input that does not fit the flow's schema makes it fail with FLOW_INPUT.
   *
   * @throws FLOW_CANCELLED after `drain` was called
   */
  start(flow: Flow, input: JsonObject, options?: RunOptions): Run;
  /** Resolves when no run is under way; new ones are refused from the call on. When `signal` aborts, the rest is cancelled. */
  drain(signal: AbortSignal): Promise<void>;
  /** Runs under way. */
  readonly activeCount: number;
}

/** A runner over the given ports. */
export function createRunner(ports: RunnerPorts): Runner {
  const active = new Set<ActiveRun>();
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
      const run = new ActiveRun(ports, { id: createRunId(ports.clock), flow, input, options });
      active.add(run);
      started.add();
      void run.outcome.then((outcome) => {
        active.delete(run);
        ended.add(1, { outcome: outcome.kind });
      });
      run.begin();
      return run;
    },
    async drain(signal) {
      draining = true;
      const cancelAll = (): void => {
        for (const run of active) run.cancel('the server is stopping');
      };
      if (signal.aborted) cancelAll();
      signal.addEventListener('abort', cancelAll, { once: true });
      await Promise.all([...active].map((run) => run.outcome));
      signal.removeEventListener('abort', cancelAll);
    },
  };
}
