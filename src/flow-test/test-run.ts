/**
 * Runs one test: starts its flow, gives what it asks for, keeps what could be seen from outside.
 *
 * Judges nothing; `expectation.ts` does.
 */
import { hasCode, type JsonValue } from '../core/index.ts';
import type { Run, RunEvent, RunOutcome, Runner, RunWaiting, WaitingFor } from '../engine/index.ts';
import type { Flow } from '../flow/index.ts';
import { toJson } from '../spec/index.ts';
import type { Difference } from './difference.ts';
import type { RecordedCall } from './stubbed-actions.ts';
import type { FlowTest, Given } from './test-file.ts';

/** What a run showed. */
export interface Observation {
  readonly outcome: RunOutcome | RunWaiting;
  readonly events: readonly RunEvent[];
  readonly calls: readonly RecordedCall[];
  /** What went wrong before the end. */
  readonly differences: readonly Difference[];
}

/** What one test runs on. */
export interface TestRunParts {
  readonly runner: Runner;
  readonly flow: Flow;
  readonly test: FlowTest;
  readonly signal: AbortSignal;
}

/** Runs `test` until it ends, or waits for what nobody gives; then nothing of it goes on. */
export async function runToRest(parts: TestRunParts): Promise<Omit<Observation, 'calls'>> {
  const { runner, flow, test, signal } = parts;
  const events: RunEvent[] = [];
  const differences: Difference[] = [];
  let isOver = false;
  const run = runner.start(flow, test.input, {
    signal,
    interrupts: test.interrupts,
    onEvent: (event) => {
      if (!isOver) events.push(event);
    },
  });
  const given = [...test.given];
  let outcome = await run.untilRest();
  while (outcome.kind === 'waiting' && given.length > 0) {
    const next = takeAnswer(given, outcome.waitingFor);
    if (next === undefined) break;
    await give(run, next, differences);
    outcome = await run.untilRest();
  }
  for (const left of given) {
    const message = `The run did not ask for this: ${restText(outcome)}.`;
    differences.push({ at: left.at, what: 'given', message });
  }
  isOver = true;
  if (outcome.kind === 'waiting') {
    run.cancel('its test is over');
    await run.outcome;
  }
  return { outcome, events, differences };
}

interface Answer {
  readonly given: Given;
  readonly step: string;
}

/** The first answer that one of the waiting nodes asks for; it is taken out of `given`. */
function takeAnswer(given: Given[], waitingFor: readonly WaitingFor[]): Answer | undefined {
  for (const [index, one] of given.entries()) {
    const asked = waitingFor.find(({ node }) => one.node === undefined || one.node === node);
    if (asked === undefined) continue;
    given.splice(index, 1);
    return { given: one, step: asked.step };
  }
  return undefined;
}

async function give(run: Run, { given, step }: Answer, differences: Difference[]): Promise<void> {
  const value: JsonValue = toJson(given.value);
  try {
    await run.give(value, step);
    if (given.isRefused)
      differences.push({ at: given.at, what: 'given', message: 'The run took this, and should refuse it.' });
  } catch (error) {
    if (!hasCode(error, 'FLOW_INPUT')) throw error;
    if (given.isRefused) return;
    differences.push({ at: given.value.start, what: 'given', message: (error as Error).message });
  }
}

function restText(outcome: RunOutcome | RunWaiting): string {
  if (outcome.kind !== 'waiting') return `it ${outcome.kind === 'succeeded' ? 'succeeded' : 'failed'} before`;
  return `it waits at ${outcome.waitingFor.map(({ node }) => node).join(', ')}`;
}
