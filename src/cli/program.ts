/**
 * The command line: which commands and options there are, and their help.
 *
 * Knows what each command is called with, nothing of what it does.
 */
import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import type { LoadApp } from './app-port.ts';
import { type DoctorOptions, examineMachine } from './commands/doctor.ts';
import { GRAPH_FORMATS, type InspectOptions, inspectFlow } from './commands/inspect.ts';
import { type RunFlowOptions, runFlow } from './commands/run.ts';
import { printSchema } from './commands/schema.ts';
import { type ServeOptions, serveFlows } from './commands/serve.ts';
import { type TestFlowsOptions, testFlows } from './commands/test.ts';
import { type ValidateOptions, validateFlows } from './commands/validate.ts';
import { appendNames } from './interrupt-names.ts';
import type { CliIo } from './io.ts';

/** What every command is handed, and where its exit code goes. */
export interface ProgramContext {
  readonly io: CliIo;
  readonly loadApp: LoadApp;
  readonly version: string;
  readonly done: (exitCode: number) => void;
}

const EXIT_CODES = `
Exit codes: 0 done, 1 the flow failed, 2 bad usage, flow or configuration,
3 cannot run here, 75 the run waits for input, 130 interrupted.`;

function parsePort(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new InvalidArgumentError('It must be a whole number from 0 to 65535; 0 takes any free port.');
}

function parseName(text: string): string {
  if (text.trim() !== '') return text;
  throw new InvalidArgumentError('It must not be empty.');
}

function appendTo(text: string, before: readonly string[]): readonly string[] {
  return [...before, text];
}

function overlayOption(): Option {
  const about = 'file put over the flow; the last one wins (repeatable)';
  return new Option('-f, --overlay <file>', about).argParser(appendTo).default([], 'none');
}

const DATA_OPTION = 'folder for what must outlive the process (default: .moonpool)';

function addRun(program: Command, { io, loadApp, done }: ProgramContext): void {
  program
    .command('run')
    .summary('run a flow once and print its final state')
    .description('Runs a flow once and prints its final state as one JSON document on standard output.')
    .argument('<flow>', 'flow file')
    .option('-i, --input <json>', 'input as a JSON object, @FILE to read it from a file, @- from standard input')
    .option(
      '--set <key=value>',
      'one input key; the value is JSON if it reads as JSON, else text (repeatable)',
      appendTo,
      [],
    )
    .addOption(overlayOption())
    .option('--stream', 'print one JSON event per line while the flow runs, instead of the state')
    .option('-o, --output <file>', 'write the final state to a file')
    .option(
      '--interrupt-before <names>',
      'wait for input before these nodes (comma-separated, repeatable)',
      appendNames,
    )
    .option('--interrupt-after <names>', 'wait for input after these nodes', appendNames)
    .option('--data <dir>', DATA_OPTION, parseName)
    .option('-q, --quiet', 'no progress and no warnings on standard error')
    .addHelpText(
      'after',
      `\nExamples:\n  moonpool run flow.yaml -i '{"name": "Ada"}'\n  moonpool run flow.yaml --set count=3 --stream${EXIT_CODES.replace('\n', '\n\n')}`,
    )
    .action(async (flow: string, options: RunFlowOptions) => done(await runFlow(io, loadApp, flow, options)));
}

function addValidate(program: Command, { io, loadApp, done }: ProgramContext): void {
  program
    .command('validate')
    .summary('find every problem of flow files without running them')
    .description(
      'Finds every problem of flow files. Runs nothing, opens no socket, reads no environment. Prints nothing when all is well.',
    )
    .argument('<flow...>', 'flow files, or folders of them')
    .addOption(overlayOption())
    .option('--strict', 'warnings fail too, and more is warned of')
    .option('--json', 'print one JSON list instead of lines')
    .action(async (flows: string[], options: ValidateOptions) =>
      done(await validateFlows(io, loadApp, flows, options)),
    );
}

function addInspect(program: Command, { io, loadApp, done }: ProgramContext): void {
  program
    .command('inspect')
    .summary('show the graph of a flow')
    .description('Shows the nodes of a flow and where each leads: -> a step, => a parallel branch, >> its join.')
    .argument('<flow>', 'flow file')
    .addOption(overlayOption())
    .addOption(new Option('--format <format>', 'how to show it').choices(GRAPH_FORMATS).default('text'))
    .action(async (flow: string, options: InspectOptions) => done(await inspectFlow(io, loadApp, flow, options)));
}

function addTest(program: Command, { io, loadApp, done }: ProgramContext): void {
  program
    .command('test')
    .summary('run the tests of flows')
    .description(
      'Runs *.test.yaml files. Actions answer as the tests say, time jumps instead of passing, and nothing outside is touched.',
    )
    .argument('[path...]', 'test files, flow files that have one beside them, or folders (default: this folder)')
    .option('--real', 'actions without a stub touch the world')
    .option('--json', 'print one JSON document instead of lines')
    .option('-q, --quiet', 'no warnings on standard error')
    .addHelpText('after', '\nExit codes: 0 all passed, 1 a test failed, 2 bad test file or flow.')
    .action(async (paths: string[], options: TestFlowsOptions) => done(await testFlows(io, loadApp, paths, options)));
}

function addServe(program: Command, { io, loadApp, version, done }: ProgramContext): void {
  program
    .command('serve')
    .summary('serve endpoint flows and run scheduled ones')
    .description('Serves endpoint flows over HTTP and runs scheduled ones, until SIGTERM or Ctrl-C.')
    .addArgument(new Argument('[flow...]', 'flow files, or folders of them (default: this folder)'))
    .option(
      '--config <file>',
      'configuration file (default: moonpool.yaml beside the flows, if there is one)',
      parseName,
    )
    .option(
      '--profile <name>',
      'defaults for a kind of machine: auto, default, pi-zero-2w, phase-2a (default: auto)',
      parseName,
    )
    .option('--port <number>', 'port to listen on; 0 takes any free one', parsePort)
    .option('--host <address>', 'address to listen on (default: 127.0.0.1, this machine only)', parseName)
    .option('--data <dir>', DATA_OPTION, parseName)
    .addHelpText('after', `\nLog lines go to standard output, as JSON when that is not a terminal.\n${EXIT_CODES}`)
    .action(async (flows: string[], options: Omit<ServeOptions, 'version'>) =>
      done(await serveFlows(io, loadApp, flows, { ...options, version })),
    );
}

function addSmall(program: Command, { io, loadApp, done }: ProgramContext): void {
  program
    .command('schema')
    .summary('print the JSON Schema of a flow file')
    .description('Prints the JSON Schema of a flow file, for editors that complete and check.')
    .action(async () => done(await printSchema(io, loadApp)));
  program
    .command('doctor')
    .summary('show what this machine can do')
    .description('Shows what this machine can do: cores, memory limit in force, page size, disk, clock, Lua.')
    .option('--data <dir>', DATA_OPTION, parseName)
    .option('--json', 'print one JSON list instead of lines')
    .action(async (options: DoctorOptions) => done(await examineMachine(io, loadApp, options)));
}

/** The whole command line; `parseAsync` runs the command it names. Errors are thrown, never printed. */
export function createProgram(context: ProgramContext): Command {
  const { io, version } = context;
  const program = new Command('moonpool');
  program
    .description('Runs YAML + Lua flows on small machines and serves them.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print the help of a command')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      // Errors are thrown too, and printed in one form by `main`.
      writeErr: () => {},
      getOutHelpWidth: () => 100,
      getOutHasColors: () => false,
    })
    .addHelpText('after', EXIT_CODES);
  addRun(program, context);
  addValidate(program, context);
  addInspect(program, context);
  addTest(program, context);
  addServe(program, context);
  addSmall(program, context);
  return program;
}
