/**
 * One run as a program sees it: its state is an object, not bytes.
 */
import { type ErrorData, isJsonObject, type JsonObject, type JsonValue } from '../core/index.ts';
import type { FlowResponse, Run, RunEvent, RunOutcome, RunWaiting, WaitingFor } from '../engine/index.ts';

/** How a run ended. */
export type FlowOutcome =
  | { readonly kind: 'succeeded'; readonly state: JsonObject; readonly response?: FlowResponse }
  /** `node` is the innermost node that failed. */
  | { readonly kind: 'failed'; readonly error: ErrorData; readonly node?: string }
  | { readonly kind: 'cancelled'; readonly error: ErrorData };

/** A run that goes on when somebody gives what one of these asks for. */
export interface FlowWaiting {
  readonly kind: 'waiting';
  readonly waitingFor: readonly WaitingFor[];
}

/** The circumstances a run starts in. */
export interface FlowRunOptions {
  /** Cancels the run. */
  readonly signal?: AbortSignal;
  /** Longest run in ms; time it waits for somebody does not count. The flow's own `timeout` counts too. */
  readonly timeoutMs?: number;
  /** What is served first when lanes are short. Default `normal`. */
  readonly priority?: 'critical' | 'normal' | 'optional';
  /** Names of nodes before and after which the run waits, beside those the flow names. */
  readonly interrupts?: { readonly before: readonly string[]; readonly after: readonly string[] };
  /** Called with every event, in order; must not throw. A run with a listener is told of every node, which costs. */
  readonly onEvent?: (event: RunEvent) => void;
}

/** One run. */
export class FlowRun {
  readonly #run: Run;

  /** @internal */
  constructor(run: Run) {
    this.#run = run;
  }

  /** Sorts by the time of the start. */
  get id(): string {
    return this.#run.id;
  }

  /** Settles once, when the run has ended, and never rejects: failure and cancellation are outcomes. */
  get outcome(): Promise<FlowOutcome> {
    return this.#run.outcome.then(toFlowOutcome);
  }

  /** What the run asks for now; empty unless it waits. */
  get waitingFor(): readonly WaitingFor[] {
    return this.#run.waitingFor;
  }

  /** Resolves when the run has ended, or waits for somebody. */
  async untilRest(): Promise<FlowOutcome | FlowWaiting> {
    const rest: RunOutcome | RunWaiting = await this.#run.untilRest();
    return rest.kind === 'waiting' ? rest : toFlowOutcome(rest);
  }

  /**
   * Gives a waiting run what it asks for; it goes on.
   *
   * @param step which of several; may be left out when there is one
   * @throws FLOW_NOT_WAITING; FLOW_INPUT for a value that does not fit what was asked for: the run waits on
   */
  give(value: JsonValue, step?: string): Promise<void> {
    return this.#run.give(value, step);
  }

  /** Stops everything the run has in flight; the outcome is `cancelled`. */
  cancel(reason: string): void {
    this.#run.cancel(reason);
  }
}

function toFlowOutcome(outcome: RunOutcome): FlowOutcome {
  if (outcome.kind !== 'succeeded') return outcome;
  const state: unknown = JSON.parse(new TextDecoder().decode(outcome.state));
  return { ...outcome, state: isJsonObject(state) ? state : {} };
}
