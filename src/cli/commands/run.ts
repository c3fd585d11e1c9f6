/**
 * `moonpool run`: one flow, once. Standard output gets the final state and nothing else, or
 * with `--stream` the events as they happen.
 */
import { ERROR_FACTS, type ErrorData, type Log, silentLog } from '../../core/index.ts';
import type { Run, RunEvent, RunOutcome } from '../../app/index.ts';
import type { Flow } from '../../flow/index.ts';
import type { LoadApp } from '../app-port.ts';
import { EXIT_INTERRUPTED, errorLine } from '../error-line.ts';
import type { CliIo } from '../io.ts';
import { requireOneFlow } from '../one-flow.ts';
import { requireOutputFolder, writeOutputFile } from '../output-file.ts';
import { readRunInput } from '../run-input.ts';

/** How to run. */
export interface RunFlowOptions {
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

async function finish(io: CliIo, flow: Flow, outcome: RunOutcome, options: RunFlowOptions): Promise<number> {
  switch (outcome.kind) {
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
 * Runs the flow at `path` to its end.
 *
 * @returns 0, or the exit code of how it failed; 130 after Ctrl-C
 * @throws SpecError, CONFIG_INVALID, FLOW_INPUT, CLI_USAGE, CLI_FILE before anything ran
 */
export async function runFlow(io: CliIo, loadApp: LoadApp, path: string, options: RunFlowOptions): Promise<number> {
  const input = await readRunInput(io, options.input, options.set);
  if (options.output !== undefined) await requireOutputFolder(io.cwd, options.output);
  const app = await loadApp();
  const config = await app.loadConfig({ paths: [path] });
  const isQuiet = options.quiet === true;
  const flow = requireOneFlow(io, path, await app.loadFlows([path], { config, overlays: options.overlay }), isQuiet);
  io.signal.throwIfAborted();
  const engine = await app.createEngine({
    flows: [flow],
    config,
    log: isQuiet ? silentLog : talkLog(io),
    ...(options.data === undefined ? {} : { dataDirectory: options.data }),
  });
  try {
    const progress = isQuiet || !io.stderr.isTerminal ? undefined : progressOf(io);
    const onEvent = (event: RunEvent): void => {
      if (options.stream === true) io.stdout.write(`${JSON.stringify(event)}\n`);
      progress?.(event);
    };
    const run: Run = engine.runner.start(flow, input, { signal: AbortSignal.any([io.signal, io.outputLost]), onEvent });
    return await finish(io, flow, await run.outcome, options);
  } finally {
    await engine.close();
  }
}
