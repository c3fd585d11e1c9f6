/**
 * A run that waits for somebody: asks whoever sits at the terminal, or says what it asks for.
 */
import { hasCode, isJsonObject, type JsonValue, MoonpoolError } from '../core/index.ts';
import type { Run, RunOutcome, RunWaiting } from '../app/index.ts';
import { errorLine } from './error-line.ts';
import type { CliIo } from './io.ts';

type WaitingFor = RunWaiting['waitingFor'][number];

/** The exit code of a command whose run waits for input. */
export const EXIT_WAITING = 75;

/**
 * Follows a run until it has ended, or waits for what nobody here gives.
 *
 * At a terminal each question is asked until its answer fits; the end of input (Ctrl-D) gives up.
 */
export async function settleRun(io: CliIo, run: Run): Promise<RunOutcome | RunWaiting> {
  for (;;) {
    const rest = await run.untilRest();
    const { ask } = io;
    if (rest.kind !== 'waiting' || ask === undefined) return rest;
    const [first] = rest.waitingFor;
    if (first === undefined) return rest;
    // Ctrl-C ends the run while it asks.
    const over = run.outcome.then(() => true);
    if (!(await Promise.race([isGiven(io, ask, run, first), over]))) return rest;
  }
}

/** The lines that say what a waiting run asks for. */
export function waitingLines(id: string, { waitingFor }: RunWaiting): readonly string[] {
  return waitingFor.map((waiting) => `run ${id} waits for input: ${questionOf(waiting)} (step ${waiting.step})`);
}

/** Asks until an answer fits; false when there are no more answers. */
async function isGiven(io: CliIo, ask: NonNullable<CliIo['ask']>, run: Run, waiting: WaitingFor): Promise<boolean> {
  io.stderr.write(`${questionOf(waiting)}\n`);
  for (;;) {
    const answer = await ask('> ', io.signal);
    // After Ctrl-C the run has an end, which says so.
    if (answer === undefined) return io.signal.aborted;
    try {
      await run.give(toValue(answer, waiting), waiting.step);
      return true;
    } catch (error) {
      if (!(error instanceof MoonpoolError)) throw error;
      // It ended, or somebody else answered, while this answer was being typed.
      if (hasCode(error, 'FLOW_NOT_WAITING')) return true;
      io.stderr.write(`${errorLine(error.code, error.message)}\n`);
    }
  }
}

/** One line: who asks, in which words, and what is to be given. */
function questionOf({ node, when, prompt, schema }: WaitingFor): string {
  const place = when === 'result' ? node : `${when} ${node}`;
  const words = prompt === undefined ? '' : `: ${typeof prompt === 'string' ? prompt : JSON.stringify(prompt)}`;
  const shape = schema === undefined ? '' : ` [JSON that fits ${JSON.stringify(schema)}]`;
  // Prompts come from flows, which fetch what they like: nothing in them may steer a terminal.
  return `${place}${words}${shape}`.replace(/\s*\p{Cc}+\s*/gu, ' ');
}

/** A text where one is asked for, else JSON; words that are no JSON are taken as text. */
function toValue(answer: string, { schema, when }: WaitingFor): JsonValue {
  const text = answer.trim();
  if (isJsonObject(schema) && schema['type'] === 'string' && !text.startsWith('"')) return answer;
  // Nothing to add to the state.
  if (text === '' && when !== 'result') return {};
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return answer;
  }
}
