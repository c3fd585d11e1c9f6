/**
 * A runner whose runs end as a test says: for everything that stands above the engine.
 */
import { type ErrorCode, type JsonObject, type JsonValue, MoonpoolError, type RunId } from '../../src/core/index.ts';
import type { Run, Runner, RunOptions, RunOutcome } from '../../src/engine/index.ts';
import type { Flow } from '../../src/flow/index.ts';

/** What a fake run does: gives its outcome, waits for ever, or throws whatever it likes. */
export type Behaviour = (input: JsonObject, options: RunOptions) => RunOutcome | Promise<RunOutcome>;

/** A {@link Runner} that a test steers by flow name, and that remembers what was asked of it. */
export class FakeRunner implements Runner {
  readonly behaviours = new Map<string, Behaviour>();
  readonly started: { readonly flow: string; readonly input: JsonObject; readonly options: RunOptions }[] = [];
  activeCount = 0;

  /** Sets what runs of `flowName` do from now on. */
  on(flowName: string, behaviour: Behaviour): void {
    this.behaviours.set(flowName, behaviour);
  }

  start(flow: Flow, input: JsonObject, options: RunOptions = {}): Run {
    this.started.push({ flow: flow.name, input, options });
    const behaviour = this.behaviours.get(flow.name) ?? (() => succeeded({}));
    const outcome = Promise.resolve(behaviour(input, options));
    return {
      id: `run-${this.started.length}` as RunId,
      flow,
      outcome,
      waitingFor: [],
      untilRest: () => outcome,
      async give() {
        throw new MoonpoolError('FLOW_NOT_WAITING', 'A fake run never waits.');
      },
      cancel() {},
    };
  }

  find(): undefined {}

  async tellAgain(): Promise<boolean> {
    return false;
  }

  async drain(): Promise<void> {}
}

/** A run that ended with `state`. */
export function succeeded(state: JsonObject): RunOutcome {
  return { kind: 'succeeded', state: Buffer.from(JSON.stringify(state)) };
}

/** A run that answered by itself. */
export function responded(body: JsonValue, headers: Readonly<Record<string, string>> = {}, status = 200): RunOutcome {
  return { kind: 'succeeded', state: Buffer.from('{}'), response: { status, headers, body } };
}

/** A run that failed. */
export function failed(code: ErrorCode, message = 'a message with a /path and a secret'): RunOutcome {
  return { kind: 'failed', error: { code, message }, node: 'n' };
}

/** A run that goes on until it is cancelled. */
export const endless: Behaviour = (_input, { signal }) =>
  new Promise((resolve) => {
    signal?.addEventListener('abort', () =>
      resolve({ kind: 'cancelled', error: { code: 'FLOW_CANCELLED', message: 'x' } }),
    );
  });
