/**
 * Runs the real command in a real process, as a user's shell would.
 *
 * Which command: `MOONPOOL_E2E_COMMAND` (a path; `.ci/run` points it at the packed tarball
 * installed in an empty folder), else the checkout's `bin/moonpool.js` over `dist/`.
 * Invariant: every process started here is bounded in time and in output, and is ended by its id.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { realpathSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { limitMs } from './slowness.ts';

/** The checkout's root folder. */
export const ROOT: string = fileURLToPath(new URL('../../', import.meta.url));

const MAX_OUTPUT_BYTES = 32 * 1024 * 1024;

/** How a process is started. */
export interface LaunchOptions {
  /** Working folder; default the checkout's root. */
  readonly cwd?: string;
  /** Added to the environment, which starts without any `MOONPOOL_*` and `NODE_*` of the caller. */
  readonly env?: Readonly<Record<string, string>>;
  /** Written to standard input, which is closed after it; default empty. */
  readonly input?: string;
  /** The process is killed and the call fails after this; default 30,000. */
  readonly timeoutMs?: number;
}

/** What a finished process left. `code` is null when a signal ended it. */
export interface CommandResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The command that end-to-end tests run: the packed one when `.ci/run` names it, else the checkout's. */
function commandPath(): string {
  return process.env['MOONPOOL_E2E_COMMAND'] ?? path.join(ROOT, 'bin', 'moonpool.js');
}

/**
 * A file of the package that {@link runMoonpool} runs, as that package has it: of the packed one
 * when `.ci/run` names it, else `name` as it is.
 */
export function installedPath(name: string): string {
  const command = process.env['MOONPOOL_E2E_COMMAND'];
  return command === undefined ? name : path.join(path.dirname(realpathSync(command)), '..', name);
}

/** A folder in which a module finds the package under its name, as in a user's program. */
export function userFolder(): string {
  const command = process.env['MOONPOOL_E2E_COMMAND'];
  // FOLDER/node_modules/.bin/moonpool
  return command === undefined ? ROOT : path.resolve(command, '..', '..', '..');
}

/** The caller's environment without what would change the command, the running Node first on the PATH. */
function cleanEnv(extra: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(?:MOONPOOL_|NODE_|npm_)/.test(name));
  const searchPath = [path.dirname(process.execPath), process.env['PATH'] ?? ''].join(path.delimiter);
  return { ...Object.fromEntries(kept), PATH: searchPath, ...extra };
}

/** A process whose output is kept as it comes. */
class Running {
  readonly child: ChildProcess;
  readonly ended: Promise<CommandResult>;
  stdout = '';
  stderr = '';
  #onOutput: (() => void) | undefined;

  constructor(command: string, args: readonly string[], options: LaunchOptions) {
    this.child = spawn(command, args, {
      cwd: options.cwd ?? ROOT,
      env: cleanEnv(options.env),
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    // A process that ends before it reads its input breaks the pipe; its exit code tells the rest.
    this.child.stdin?.on('error', () => {});
    this.child.stdin?.end(options.input ?? '');
    for (const name of ['stdout', 'stderr'] as const) {
      this.child[name]?.setEncoding('utf8').on('data', (chunk: string) => {
        this[name] += chunk;
        if (this[name].length > MAX_OUTPUT_BYTES) this.child.kill('SIGKILL');
        this.#onOutput?.();
      });
    }
    this.ended = new Promise((resolve, reject) => {
      this.child.once('error', reject);
      this.child.once('close', (code, signal) => resolve({ code, signal, stdout: this.stdout, stderr: this.stderr }));
    });
    // Whoever awaits `ended` sees the failure; one that nobody awaits must not end the test run.
    this.ended.catch(() => {});
  }

  /** What `look` finds in the output, as soon as it is there. */
  firstMatch(look: () => string | undefined): Promise<string> {
    return new Promise((resolve) => {
      this.#onOutput = () => {
        const found = look();
        if (found !== undefined) resolve(found);
      };
      this.#onOutput();
    });
  }
}

/** `promise`, or a failure that shows the output so far when `timeoutMs` passes first. */
async function within<T>(promise: Promise<T>, timeoutMs: number, running: Running, what: string): Promise<T> {
  const timer = new AbortController();
  const late = wait(timeoutMs, undefined, { signal: timer.signal }).then(() => {
    running.child.kill('SIGKILL');
    throw new Error(`${what} took longer than ${timeoutMs} ms\nstdout: ${running.stdout}\nstderr: ${running.stderr}`);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    late.catch(() => {});
    timer.abort();
  }
}

/** Runs any program to its end. */
export function runProgram(program: string, args: readonly string[], options: LaunchOptions = {}) {
  const running = new Running(program, args, options);
  return within(
    running.ended,
    options.timeoutMs ?? limitMs(30_000),
    running,
    `${path.basename(program)} ${args.join(' ')}`,
  );
}

/** Runs `moonpool ARGS` to its end. */
export function runMoonpool(args: readonly string[], options: LaunchOptions = {}): Promise<CommandResult> {
  return runProgram(commandPath(), args, options);
}

/** A `moonpool serve` that listens. */
export interface RunningServer extends AsyncDisposable {
  /** Where it listens, without a slash at the end. */
  readonly url: string;
  readonly pid: number;
  /** Everything on its standard error so far. */
  readonly stderr: string;
  /** Everything on its standard output so far. */
  readonly stdout: string;
  /**
   * The first line of the log (standard output) that matches, from `after` characters on.
   *
   * Fails when there is none within 30 s, or when the process ends first.
   */
  logLine(pattern: RegExp, after?: number): Promise<string>;
  /** SIGTERM, then waits for the end, at most 15 s. Calling it again gives the same result. */
  stop(): Promise<CommandResult>;
  /** SIGKILL, as a power cut; then waits for the end. */
  kill(): Promise<CommandResult>;
}

/** The part of a line that names the address the server listens on. */
const ADDRESS = /\bhttps?:\/\/(?:\[[0-9a-f:]+\]|[\w.-]+):\d+/;

/**
 * Starts `moonpool serve ARGS` on a free port (`--port 0` unless ARGS has `--port`) and resolves
 * once standard error names the address.
 */
export async function startServer(args: readonly string[], options: LaunchOptions = {}): Promise<RunningServer> {
  const port = args.includes('--port') ? [] : ['--port', '0'];
  const running = new Running(commandPath(), ['serve', ...args, ...port], options);
  const died = running.ended.then((result) => {
    throw new Error(`moonpool serve ended with ${result.code ?? result.signal} before it listened\n${result.stderr}`);
  });
  died.catch(() => {});
  const address = running.firstMatch(
    () => ADDRESS.exec(running.stderr.slice(0, running.stderr.lastIndexOf('\n') + 1))?.[0],
  );
  const url = await within(
    Promise.race([address, died]),
    options.timeoutMs ?? limitMs(30_000),
    running,
    'moonpool serve',
  );
  const end = (signal: NodeJS.Signals): Promise<CommandResult> => {
    running.child.kill(signal);
    return within(running.ended, limitMs(15_000), running, `stopping moonpool serve by ${signal}`);
  };
  return {
    url,
    pid: running.child.pid as number,
    get stdout() {
      return running.stdout;
    },
    get stderr() {
      return running.stderr;
    },
    logLine(pattern, after = 0) {
      const line = running.firstMatch(() =>
        running.stdout
          .slice(after)
          .split('\n')
          .find((candidate) => pattern.test(candidate)),
      );
      const over = running.ended.then(() => {
        throw new Error(`moonpool serve ended before it logged ${pattern}\nstdout: ${running.stdout}`);
      });
      return within(Promise.race([line, over]), limitMs(30_000), running, `the log line ${pattern}`);
    },
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    async [Symbol.asyncDispose]() {
      await end('SIGTERM');
    },
  };
}
