/**
 * The command in its own process: real streams, real signals, the exit code.
 */
import { createInterface, type Interface } from 'node:readline';
import { ERROR_FACTS, MoonpoolError, SECOND_MS, systemClock } from '../core/index.ts';
import { EXIT_INTERRUPTED, failureLines } from './error-line.ts';
import type { LoadApp } from './app-port.ts';
import type { CliIo, Sink } from './io.ts';
import { main } from './main.ts';

/** How long handles that nobody closed may keep the process after its command is done. */
const LINGER_MS = SECOND_MS;

/** Lines typed before they were asked for; the rest is dropped. */
const MAX_LINES_AHEAD = 100;

function sinkOf(stream: NodeJS.WriteStream, onClosed: (error: Error) => void): Sink {
  let isOpen = true;
  stream.on('error', (error: Error) => {
    if (isOpen) onClosed(error);
    isOpen = false;
  });
  return {
    isTerminal: stream.isTTY === true,
    write(text) {
      if (isOpen) stream.write(text);
    },
  };
}

async function readStdin(maxBytes: number): Promise<Uint8Array> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of process.stdin as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > maxBytes) {
      throw new MoonpoolError('CLI_FILE', `Standard input has more than the ${maxBytes} bytes an input may have.`);
    }
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/** Lines from the terminal, each to the question it answers; the terminal itself edits them and knows Ctrl-C. */
class Terminal {
  readonly #lines: string[] = [];
  #reader: Interface | undefined;
  #isOver = false;
  #wake: () => void = () => {};

  /** The question goes to standard error, which is for talk. */
  readonly ask = async (question: string, signal: AbortSignal): Promise<string | undefined> => {
    process.stderr.write(question);
    this.#reader ??= this.#open();
    const wake = (): void => this.#wake();
    signal.addEventListener('abort', wake, { once: true });
    while (this.#lines.length === 0 && !this.#isOver && !signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    signal.removeEventListener('abort', wake);
    return signal.aborted ? undefined : this.#lines.shift();
  };

  close(): void {
    this.#reader?.close();
  }

  #open(): Interface {
    const reader = createInterface({ input: process.stdin, terminal: false });
    reader.on('line', (line) => {
      if (this.#lines.length < MAX_LINES_AHEAD) this.#lines.push(line);
      this.#wake();
    });
    reader.once('close', () => {
      this.#isOver = true;
      this.#wake();
    });
    return reader;
  }
}

/** The first signal asks the command to end; the second ends the process. */
function listenForSignals(controller: AbortController): void {
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) process.exit(EXIT_INTERRUPTED);
      controller.abort(new MoonpoolError('FLOW_CANCELLED', `Interrupted by ${name === 'SIGINT' ? 'Ctrl-C' : name}.`));
    });
  }
}

/**
 * Runs the command this process was started with and sets its exit code.
 *
 * A second signal ends the process at once with 130.
 * Standard output that nobody reads any more (`| head`) ends a run quietly; a server goes on without its log.
 *
 * @param loadApp as for `main`
 */
export async function runCli(loadApp?: LoadApp): Promise<void> {
  const controller = new AbortController();
  const lost = new AbortController();
  let isDataLost = false;
  const stderr = sinkOf(process.stderr, () => {});
  const stdout = sinkOf(process.stdout, (error) => {
    const code = (error as NodeJS.ErrnoException).code ?? error.message;
    const reason = new MoonpoolError('CLI_FILE', `Standard output cannot be written (${code}).`);
    // A reader that left has what it wanted; any other failure lost something.
    isDataLost = code !== 'EPIPE';
    if (isDataLost) stderr.write(`${failureLines(reason)[0]}\n`);
    lost.abort(reason);
  });
  const fail = (error: unknown): void => {
    for (const line of failureLines(error)) stderr.write(`${line}\n`);
    process.exit(1);
  };
  process.on('uncaughtException', fail);
  process.on('unhandledRejection', fail);
  listenForSignals(controller);
  const terminal = new Terminal();
  const io: CliIo = {
    stdout,
    stderr,
    clock: systemClock,
    cwd: process.cwd(),
    signal: controller.signal,
    outputLost: lost.signal,
    readStdin,
    ...(process.stdin.isTTY ? { ask: terminal.ask } : {}),
  };
  const exitCode = await main(process.argv.slice(2), io, loadApp);
  terminal.close();
  // Where pipes are asynchronous, the last of the output may still be under way.
  await new Promise<void>((resolve) => process.stdout.write('', () => resolve()));
  process.exitCode = isDataLost && exitCode === 0 ? ERROR_FACTS.CLI_FILE.exit : exitCode;
  systemClock.after(LINGER_MS, () => process.exit());
}
