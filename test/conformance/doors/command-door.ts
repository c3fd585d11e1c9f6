/**
 * Cases through the command line: the real commands over streams that keep what they are told.
 *
 * One engine serves them all, since a command that starts its own takes a hundred times as long.
 * `real-commands.test.ts` runs some cases as processes, with everything their own.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as app from '../../../src/app/index.ts';
import { type CliApp, type CliIo, main } from '../../../src/cli/index.ts';
import { type ErrorData, isErrorCode, type JsonObject, silentLog, systemClock } from '../../../src/core/index.ts';
import type { RunEvent, WaitingFor } from '../../../src/engine/index.ts';
import { type Diagnostic, formatDiagnostic } from '../../../src/spec/index.ts';
import type { NamedCase } from '../case-file.ts';
import type { CaseFolder } from '../case-folder.ts';
import type { Door, Rest, RunTold } from './door.ts';

const EXIT_WAITING = 75;

/** Gives the next line that is typed, none at the end; told what standard error has so far. */
export type Ask = (stderr: string) => string | undefined;

/** What a command said. */
export interface CommandTold {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** See the head of this file. */
export class CommandDoor implements Door {
  readonly name = 'command line';
  readonly canGive = false;
  readonly #folder: CaseFolder;
  readonly #engine: app.AppEngine;

  private constructor(folder: CaseFolder, engine: app.AppEngine) {
    this.#folder = folder;
    this.#engine = engine;
  }

  /** Opens the door for `cases`, all of which must be flows without errors. */
  static async open(folder: CaseFolder, cases: readonly NamedCase[]): Promise<CommandDoor> {
    const { configFile, environment } = folder;
    const config = await app.loadConfig({ configFile, environment });
    const { flows } = await app.loadFlows(
      cases.map((one) => folder.fileOf(one)),
      { config },
    );
    const dataDirectory = join(folder.root, '.data-command');
    return new CommandDoor(folder, await app.createEngine({ flows, config, dataDirectory, log: silentLog }));
  }

  takes(one: NamedCase): boolean {
    return one.beside === undefined;
  }

  run(one: NamedCase): Promise<RunTold> {
    return this.runAsking(one, undefined);
  }

  /** Runs the case with `ask` for the terminal that answers what the run asks. */
  async runAsking(one: NamedCase, ask: Ask | undefined): Promise<RunTold> {
    const { before, after } = one.interrupts ?? {};
    const stateFile = join(this.#folder.root, `${one.id}.state.json`);
    const argv = [
      'run',
      this.#folder.fileOf(one),
      ...this.#overlays(one),
      ...(one.input === undefined ? [] : ['-i', JSON.stringify(one.input)]),
      ...(before === undefined ? [] : ['--interrupt-before', before.join(',')]),
      ...(after === undefined ? [] : ['--interrupt-after', after.join(',')]),
      ...(one.quiet === true ? [] : ['--stream']),
      ...['-q', '-o', stateFile],
    ];
    const told = await this.command(argv, ask);
    const events = told.stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as RunEvent);
    const rest = await restOf(told, events, stateFile);
    // Where somebody answers, the run came to rest at each question.
    const asked = ask === undefined ? [] : events.flatMap(toWaiting);
    const rests = rest.kind === 'waiting' && asked.length > 0 ? asked : [...asked, rest];
    return { rests, refusals: [], events, warnings: await this.problems(one) };
  }

  async problems(one: NamedCase): Promise<readonly string[]> {
    const strict = one.strict === true ? ['--strict'] : [];
    const file = this.#folder.fileOf(one);
    const { stdout } = await this.command(['validate', file, '--json', ...strict, ...this.#overlays(one)]);
    const found = JSON.parse(stdout) as readonly Diagnostic[];
    return found.map((problem) => this.#folder.withoutFolder(formatDiagnostic(problem)));
  }

  /** Runs one command; `ask` gets what standard error has so far. */
  async command(argv: readonly string[], ask?: Ask): Promise<CommandTold> {
    const text = { stdout: '', stderr: '' };
    const sink = (name: 'stdout' | 'stderr'): CliIo['stdout'] => ({
      isTerminal: false,
      write: (part) => {
        text[name] += part;
      },
    });
    const io: CliIo = {
      stdout: sink('stdout'),
      stderr: sink('stderr'),
      cwd: this.#folder.root,
      signal: new AbortController().signal,
      outputLost: new AbortController().signal,
      clock: systemClock,
      readStdin: async () => new Uint8Array(),
      ...(ask === undefined ? {} : { ask: async () => ask(text.stderr) }),
    };
    const code = await main(argv, io, async () => this.#app());
    return { code, ...text };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#engine.close();
  }

  #overlays(one: NamedCase): readonly string[] {
    return this.#folder.overlaysOf(one).flatMap((file) => ['-f', file]);
  }

  #app(): CliApp {
    const { runner } = this.#engine;
    return { ...app, createEngine: async () => ({ runner, close: async () => {} }) };
  }
}

/** What a run waits for that came to rest with this event. */
function toWaiting({ event, data }: RunEvent): readonly Rest[] {
  if (event !== 'run.waiting') return [];
  return [{ kind: 'waiting', asked: data['waiting_for'] as unknown as readonly WaitingFor[] }];
}

async function restOf(told: CommandTold, events: readonly RunEvent[], stateFile: string): Promise<Rest> {
  const last = events.at(-1);
  if (told.code === 0) return { kind: 'succeeded', state: JSON.parse(await readFile(stateFile, 'utf8')) as JsonObject };
  const [waiting] = last === undefined ? [] : toWaiting(last);
  if (told.code === EXIT_WAITING && waiting !== undefined) return waiting;
  const line = /error (?<code>[A-Z_]+): (?<message>.*)\n$/.exec(told.stderr)?.groups;
  const code = line?.['code'] ?? '';
  if (line === undefined || !isErrorCode(code)) throw new Error(`exit ${told.code}: ${told.stderr}`);
  const error = last?.data['error'] as unknown as ErrorData | undefined;
  // What people read is one line; a program that follows the stream gets the error as it is.
  return { kind: 'failed', error: error ?? { code, message: line['message'] ?? '' } };
}
