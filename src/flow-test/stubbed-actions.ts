/**
 * The actions of one test: stubs first, then what only computes, and a refusal for all that touches the world.
 *
 * Keeps what was called with what. Invariant: without `isReal` no action reaches anything outside
 * the test unless it is in the list below.
 */
import { type JsonObject, MoonpoolError } from '../core/index.ts';
import type { Action, ActionCall, ActionResult } from '../engine/index.ts';
import { toJson } from '../spec/index.ts';
import { type Difference, differencesOf, fits } from './difference.ts';
import type { JumpClock } from './jump-clock.ts';
import type { FlowTest, Stub, StubAnswer } from './test-file.ts';

/** What runs as it is: it computes, or what it does stays in the test. */
const HARMLESS =
  /^(?:json|csv|data|memory)\.|^(?:template\.render|calendar\.events|http\.respond|time\.sleep|ratelimit\.wrap|log|health\.report)$/;

/** True for an action that runs in a test without a stub. */
function isHarmless(action: string): boolean {
  return HARMLESS.test(action);
}

/** One call of an action. */
export interface RecordedCall {
  readonly node: string;
  readonly action: string;
  readonly with: JsonObject;
  /** Node path with iterations and items: the same however fast branches are. */
  readonly step: string;
  readonly attempt: number;
}

/** See the head of this file. */
export class StubbedActions {
  /** What went wrong with calls, in the order it did. */
  readonly differences: Difference[] = [];
  readonly #test: FlowTest;
  readonly #clock: JumpClock;
  readonly #isReal: boolean;
  readonly #calls: RecordedCall[] = [];
  readonly #used = new Map<Stub, number>();

  constructor(test: FlowTest, { clock, isReal }: { readonly clock: JumpClock; readonly isReal: boolean }) {
    this.#test = test;
    this.#clock = clock;
    this.#isReal = isReal;
  }

  /** All calls: by node path, then by attempt, whatever order they came in. */
  get calls(): readonly RecordedCall[] {
    return this.#calls.toSorted(
      (left, right) => left.step.localeCompare(right.step, 'en', { numeric: true }) || left.attempt - right.attempt,
    );
  }

  /** `action` as this test has it; time stands still while it works. */
  wrap(action: Action): Action {
    return { ...action, run: (input, call) => this.#clock.hold(() => this.#run(action, input, call)) };
  }

  async #run(action: Action, input: JsonObject, call: ActionCall): Promise<ActionResult> {
    const step = call.idempotencyKey.slice(call.idempotencyKey.indexOf('/') + 1);
    this.#calls.push({ node: call.node, action: action.name, with: input, step, attempt: call.attempt });
    const stub = this.#test.stubs.find((one) => answersCall(one, action.name, { input, call }));
    if (stub !== undefined) return this.#answer(stub, action.name, { input, call });
    if (isHarmless(action.name)) return action.run(input, call);
    if (!this.#isReal) throw this.#refusal(action.name, call);
    // The deadline is one of the test's own time, which says nothing about the world's.
    const { deadlineTickMs: _, ...rest } = call;
    return action.run(input, rest);
  }

  #refusal(action: string, { node }: ActionCall): MoonpoolError {
    const message = `The node ${node} called ${action}, which touches the world: give the test a stub for it, or run with --real.`;
    this.#differ({ at: this.#test.at, what: `call of ${node}`, message });
    return new MoonpoolError('FLOW_ACTION', message);
  }

  async #answer(stub: Stub, action: string, { input, call }: Call): Promise<ActionResult> {
    const answer = this.#nextAnswer(stub);
    if (answer === undefined) {
      const count = stub.answers.length;
      const message = `${action} was called more than the ${count} times for which this stub has an answer.`;
      this.#differ({ at: stub.at, what: `calls of ${call.node}`, message });
      throw new MoonpoolError('FLOW_ACTION', message);
    }
    if (answer.expectWith !== undefined) {
      const what = `with of ${call.node}`;
      const found = differencesOf(answer.expectWith, input, { what, closeness: 'part' });
      for (const difference of found) this.#differ(difference);
    }
    if (answer.delayMs > 0) await this.#clock.inside().sleep(answer.delayMs, call.signal);
    if (answer.error !== undefined) throw new MoonpoolError(answer.error.code, answer.error.message);
    return { value: answer.result === undefined ? null : toJson(answer.result) };
  }

  #nextAnswer(stub: Stub): StubAnswer | undefined {
    if (!stub.isList) return stub.answers[0];
    const used = this.#used.get(stub) ?? 0;
    this.#used.set(stub, used + 1);
    return stub.answers[used];
  }

  /** A call that is made again differs in the same way, and is told of once. */
  #differ(difference: Difference): void {
    const text = JSON.stringify(difference);
    if (this.differences.every((other) => JSON.stringify(other) !== text)) this.differences.push(difference);
  }
}

interface Call {
  readonly input: JsonObject;
  readonly call: ActionCall;
}

function answersCall({ action, node, ifWith }: Stub, name: string, { input, call }: Call): boolean {
  if (action !== undefined && action !== name) return false;
  if (node !== undefined && node !== call.node) return false;
  return ifWith === undefined || fits(ifWith, input, 'part');
}
