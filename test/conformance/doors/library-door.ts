/**
 * Cases through the door `moonpool`, as a program uses it.
 */
import { MoonpoolError } from '../../../src/core/index.ts';
import {
  createRunner,
  type FlowOutcome,
  type FlowRun,
  type FlowRunner,
  type FlowWaiting,
  loadFlow,
  type RunEvent,
} from '../../../src/library/index.ts';
import { formatDiagnostic, SpecError } from '../../../src/spec/index.ts';
import type { Gift, NamedCase } from '../case-file.ts';
import type { CaseFolder } from '../case-folder.ts';
import { type Door, type Rest, type RunTold, stepFor } from './door.ts';

/** See the head of this file. */
export class LibraryDoor implements Door {
  readonly name = 'library';
  readonly canGive = true;
  readonly #folder: CaseFolder;
  readonly #runner: FlowRunner;

  private constructor(folder: CaseFolder, runner: FlowRunner) {
    this.#folder = folder;
    this.#runner = runner;
  }

  /** Opens the door for `cases`, all of which must be flows without errors. */
  static async open(folder: CaseFolder, cases: readonly NamedCase[]): Promise<LibraryDoor> {
    const { environment, configFile } = folder;
    const flows = await Promise.all(
      cases.map((one) => loadFlow(folder.fileOf(one), { configFile, environment, overlays: folder.overlaysOf(one) })),
    );
    const dataDirectory = `${folder.root}/.data-library`;
    return new LibraryDoor(folder, await createRunner({ flows, configFile, environment, dataDirectory }));
  }

  takes(one: NamedCase): boolean {
    return one.strict !== true && one.beside === undefined;
  }

  async run(one: NamedCase): Promise<RunTold> {
    const warnings: string[] = [];
    const flow = await loadFlow(this.#folder.fileOf(one), {
      ...this.#options(one),
      onWarning: (problem) => warnings.push(this.#folder.withoutFolder(formatDiagnostic(problem))),
    });
    const events: RunEvent[] = [];
    const { before = [], after = [] } = one.interrupts ?? {};
    const run = this.#runner.start(flow, one.input, {
      ...(one.quiet === true ? {} : { onEvent: (event: RunEvent) => events.push(event) }),
      interrupts: { before, after },
    });
    let outcome = await run.untilRest();
    const rests = [toRest(outcome)];
    const refusals: (string | undefined)[] = [];
    for (const gift of one.give ?? []) {
      const refusal = await give(run, gift);
      refusals.push(refusal);
      if (refusal !== undefined) continue;
      outcome = await run.untilRest();
      rests.push(toRest(outcome));
    }
    if (outcome.kind === 'waiting') run.cancel('the case ends here');
    await run.outcome;
    const told = outcome.kind === 'waiting' ? untilLastWaiting(events) : events;
    const failedNode = outcome.kind === 'failed' && outcome.node !== undefined ? { failedNode: outcome.node } : {};
    return { rests, refusals, events: told, warnings, ...failedNode };
  }

  async problems(one: NamedCase): Promise<readonly string[]> {
    try {
      await loadFlow(this.#folder.fileOf(one), this.#options(one));
      return [];
    } catch (error) {
      if (!(error instanceof SpecError)) throw error;
      return error.diagnostics.map((problem) => this.#folder.withoutFolder(formatDiagnostic(problem)));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#runner.close();
  }

  #options(one: NamedCase): {
    readonly overlays: readonly string[];
    readonly environment: Readonly<Record<string, string>>;
  } {
    return { overlays: this.#folder.overlaysOf(one), environment: this.#folder.environment };
  }
}

function toRest(outcome: FlowOutcome | FlowWaiting): Rest {
  switch (outcome.kind) {
    case 'succeeded':
      return { kind: 'succeeded', state: outcome.state };
    case 'waiting':
      return { kind: 'waiting', asked: outcome.waitingFor };
    default:
      return { kind: outcome.kind, error: outcome.error };
  }
}

async function give(run: FlowRun, { value, node }: Gift): Promise<string | undefined> {
  try {
    await run.give(value, stepFor(run.waitingFor, node));
    return undefined;
  } catch (error) {
    if (error instanceof MoonpoolError) return error.code;
    throw error;
  }
}

/** What was told before the run was ended so that nothing is left of it. */
function untilLastWaiting(events: readonly RunEvent[]): readonly RunEvent[] {
  return events.slice(0, events.findLastIndex(({ event }) => event === 'run.waiting') + 1);
}
