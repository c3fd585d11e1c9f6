/**
 * One command from arguments to exit code. Prints every error in the one form; throws nothing.
 */
import { type Command, CommanderError } from 'commander';
import type { LoadApp } from './app-port.ts';
import { EXIT_INTERRUPTED, failureExit, failureLines, usageError } from './error-line.ts';
import type { CliIo } from './io.ts';
import { createProgram } from './program.ts';
import { readVersion } from './version.ts';

/** What the parser throws after it printed what was asked for: help or the version. */
const PRINTED: ReadonlySet<string> = new Set(['commander.help', 'commander.helpDisplayed', 'commander.version']);

/** The parser's complaint as one of ours. */
function toUsageError(program: Command, error: CommanderError): Error {
  const commands = program.commands.map((command) => command.name()).join(', ');
  const [first = '', suggestion] = error.message.replace(/^error: /, '').split('\n');
  const said = first.charAt(0).toUpperCase() + first.slice(1).replace(/\.$/, '');
  const meant = suggestion === undefined ? '' : ` ${suggestion.replace(/^\(|\)$/g, '')}`;
  if (error.code === 'commander.unknownCommand') return usageError(`${said}.${meant} The commands are ${commands}.`);
  return usageError(`${said}.${meant} See moonpool --help, or --help after a command.`);
}

async function runProgram(argv: readonly string[], io: CliIo, loadApp: LoadApp): Promise<number> {
  let exitCode = 0;
  const done = (code: number): void => {
    exitCode = code;
  };
  const program = createProgram({ io, loadApp, version: readVersion(), done });
  if (argv.length === 0) {
    const commands = program.commands.map((command) => command.name()).join(', ');
    throw usageError(`No command was given. The commands are ${commands}; see moonpool --help.`);
  }
  try {
    await program.parseAsync([...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (PRINTED.has(error.code)) return 0;
    throw toUsageError(program, error);
  }
  return exitCode;
}

/**
 * Runs the command that `argv` names.
 *
 * @param argv    the arguments behind the program's name
 * @param loadApp gives what commands stand on; the real `app` unless a test says otherwise
 * @returns the exit code; every error was printed on `io.stderr`
 */
export async function main(
  argv: readonly string[],
  io: CliIo,
  loadApp: LoadApp = () => import('../app/index.ts'),
): Promise<number> {
  try {
    return await runProgram(argv, io, loadApp);
  } catch (error) {
    for (const line of failureLines(error)) io.stderr.write(`${line}\n`);
    return io.signal.aborted && error === io.signal.reason ? EXIT_INTERRUPTED : failureExit(error);
  }
}
