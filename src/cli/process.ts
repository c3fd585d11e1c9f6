/**
 * The command in its own process: real streams, real signals, the exit code.
 */
import { MoonpoolError, SECOND_MS, systemClock } from '../core/index.ts';
import { EXIT_INTERRUPTED, failureLines } from './error-line.ts';
import type { CliIo, Sink } from './io.ts';
import { main } from './main.ts';

/** How long handles that nobody closed may keep the process after its command is done. */
const LINGER_MS = SECOND_MS;

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
 * Standard output that nobody reads any more (`| head`) ends the command quietly with 1.
 */
export async function runCli(): Promise<void> {
  const controller = new AbortController();
  let isOutputLost = false;
  const stderr = sinkOf(process.stderr, () => {});
  const stdout = sinkOf(process.stdout, (error) => {
    isOutputLost = true;
    const code = (error as NodeJS.ErrnoException).code ?? error.message;
    const reason = new MoonpoolError('CLI_FILE', `Standard output cannot be written (${code}).`);
    if (code !== 'EPIPE') stderr.write(`${failureLines(reason)[0]}\n`);
    controller.abort(reason);
  });
  const fail = (error: unknown): void => {
    for (const line of failureLines(error)) stderr.write(`${line}\n`);
    process.exit(1);
  };
  process.on('uncaughtException', fail);
  process.on('unhandledRejection', fail);
  listenForSignals(controller);
  const io: CliIo = { stdout, stderr, cwd: process.cwd(), signal: controller.signal, readStdin };
  const exitCode = await main(process.argv.slice(2), io);
  // Where pipes are asynchronous, the last of the output may still be under way.
  await new Promise<void>((resolve) => process.stdout.write('', () => resolve()));
  process.exitCode = isOutputLost ? 1 : exitCode;
  systemClock.after(LINGER_MS, () => process.exit());
}
