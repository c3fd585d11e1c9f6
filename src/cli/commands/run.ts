/**
 * `moonpool run`: one flow, once. Standard output gets the final state and nothing else, or
 * with `--stream` the events as they happen.
 */
import { ERROR_FACTS, type ErrorData, type Log, silentLog } from '../../core/index.ts';
import type { Run, RunEvent, RunOutcome, RunWaiting } from '../../app/index.ts';
import type { Flow } from '../../flow/index.ts';
import type { LoadApp } from '../app-port.ts';
import { EXIT_INTERRUPTED, errorLine } from '../error-line.ts';
import type { CliIo } from '../io.ts';
import { type InterruptOptions, toInterrupts } from '../interrupt-names.ts';
import { requireOneFlow } from '../one-flow.ts';
import { requireOutputFolder, writeOutputFile } from '../output-file.ts';
import { readRunInput } from '../run-input.ts';
import { EXIT_WAITING, settleRun, waitingLines } from '../waiting-run.ts';

/** How to run. */
export interface RunFlowOptions extends InterruptOptions {
  /** JSON text, `@FILE` or `@-`. */
  readonly input?: string;
  /** `KEY=VALUE` each. */
  readonly set: readonly string[];
  /** Files put over the flow, the last one last. */
  readonly overlay: readonly string[];
  readonly stream?: true;
  /** The file that gets the final state instead of standard output. */
  readonly output?: string;
  readonly data?: string;
  readonly quiet?: true;
}

/** What came of a run: it ended, or this command can do no more for it. */
type Rest = RunOutcome | RunWaiting;

/** What people see of a run while they wait. */
function progressOf(io: CliIo): (event: RunEvent) => void {
  return ({ event, node, branch, run_id: id }) => {
    const where = branch === undefined ? (node ?? '') : `${node ?? ''} in ${branch}`;
    if (event === 'run.started') io.stderr.write(`run ${id}\n`);
    else if (event === 'node.started') io.stderr.write(`  ${where}\n`);
  };
}

/** Warnings and errors of the machinery, as lines beside the progress. */
function talkLog(io: CliIo): Log {
  const say =
    (level: string): Log['warn'] =>
    (event, fields) =>
      io.stderr.write(`${level} ${event}${fields === undefined ? '' : ` ${JSON.stringify(fields)}`}\n`);
  return { ...silentLog, warn: say('warning'), error: say('error') };
}

/** One JSON document: laid out for a person at a terminal, else one line. */
function stateText(state: Uint8Array, isForPeople: boolean): string {
  const text = new TextDecoder().decode(state);
  return isForPeople ? `${JSON.stringify(JSON.parse(text), undefined, 2)}\n` : `${text}\n`;
}

function reportFailure(io: CliIo, flow: Flow, error: ErrorData, nodeName?: string): number {
  const node = flow.nodes.find(({ name }) => name === nodeName);
  const place = node === undefined ? undefined : { file: flow.file, ...node.place };
  io.stderr.write(`${errorLine(error.code, error.message, place)}\n`);
  return ERROR_FACTS[error.code].exit;
}

async function finish(io: CliIo, run: Run, outcome: Rest, options: RunFlowOptions): Promise<number> {
  const { flow } = run;
  switch (outcome.kind) {
    case 'waiting':
      for (const line of waitingLines(run.id, outcome)) io.stderr.write(`${line}\n`);
      return EXIT_WAITING;
    case 'succeeded':
      if (options.output !== undefined) await writeOutputFile(io.cwd, options.output, stateText(outcome.state, false));
      else if (options.stream !== true) io.stdout.write(stateText(outcome.state, io.stdout.isTerminal));
      return 0;
    case 'failed':
      return reportFailure(io, flow, outcome.error, outcome.node);
    case 'cancelled': {
      // Nobody is left to tell: `| head` has what it wanted, and a full disk was reported already.
      if (io.outputLost.aborted) return ERROR_FACTS[outcome.error.code].exit;
      const exit = reportFailure(io, flow, outcome.error);
      return io.signal.aborted ? EXIT_INTERRUPTED : exit;
    }
  }
}

/**
 * Runs the flow at `path` to its end, or to where it waits for what nobody here gives.
 *
 * @returns 0, or the exit code of how it failed; 75 when it waits, 130 after Ctrl-C
 * @throws SpecError, CONFIG_INVALID, FLOW_INPUT, CLI_USAGE, CLI_FILE before anything ran
 */
export async function runFlow(io: CliIo, loadApp: LoadApp, path: string, options: RunFlowOptions): Promise<number> {
  const input = await readRunInput(io, options.input, options.set);
  if (options.output !== undefined) await requireOutputFolder(io.cwd, options.output);
  const app = await loadApp();
  const config = await app.loadConfig({ paths: [path] });
  const isQuiet = options.quiet === true;
  const flow = requireOneFlow(io, path, await app.loadFlows([path], { config, overlays: options.overlay }), isQuiet);
  const interrupts = toInterrupts(flow, options);
  io.signal.throwIfAborted();
  const engine = await app.createEngine({
    flows: [flow],
    config,
    log: isQuiet ? silentLog : talkLog(io),
    ...(options.data === undefined ? {} : { dataDirectory: options.data }),
  });
  try {
    const progress = isQuiet || !io.stderr.isTerminal ? undefined : progressOf(io);
    let isWatched = true;
    const onEvent = (event: RunEvent): void => {
      if (!isWatched) return;
      if (options.stream === true) io.stdout.write(`${JSON.stringify(event)}\n`);
      progress?.(event);
    };
    const signal = AbortSignal.any([io.signal, io.outputLost]);
    const stops = interrupts === undefined ? {} : { interrupts };
    const run: Run = engine.runner.start(flow, input, { signal, onEvent, ...stops });
    const rest = await settleRun(io, run);
    // A run that waits ends with this process; to whoever reads the events it waits.
    isWatched = rest.kind !== 'waiting';
    if (!isWatched) run.cancel('the command that started it ended');
    return await finish(io, run, rest, options);
  } finally {
    await engine.close();
  }
}
