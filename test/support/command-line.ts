/**
 * The command line in-process: `main` over streams that keep what they are told and an `app`
 * made of values.
 */
import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import type { FlowTestRequest, RunOutcome, RunWaiting, TestResult } from '../../src/app/index.ts';
import { type CliApp, type CliIo, main } from '../../src/cli/index.ts';
import { type Clock, MoonpoolError, systemClock } from '../../src/core/index.ts';
import { END, type Flow } from '../../src/flow/index.ts';
import type { Diagnostic } from '../../src/spec/index.ts';

/** A flow with an action, two branches, their join, a way back, and a node no way leads to. */
export const FLOW: Flow = {
  name: 'greet',
  file: 'greet.yaml',
  directory: '.',
  hash: 'h',
  variables: {},
  initialState: {},
  settings: { lua: {}, maxSteps: 10 },
  entry: { kind: 'rules', rules: [{ to: 'fetch' }] },
  nodes: [
    {
      name: 'fetch',
      place: { line: 3, column: 5 },
      work: { kind: 'action', uses: 'http.get', with: {} },
      next: { kind: 'parallel', branches: ['left', 'right'], join: 'both', onError: 'fail' },
      onError: { mode: 'raise' },
    },
    {
      name: 'left',
      place: { line: 5, column: 5 },
      work: { kind: 'lua', code: '', line: 6, chunk: 0 },
      next: { kind: 'next', to: 'right' },
      onError: { mode: 'raise' },
    },
    {
      name: 'right',
      place: { line: 7, column: 5 },
      work: { kind: 'none' },
      next: { kind: 'end' },
      onError: { mode: 'raise' },
    },
    {
      name: 'both',
      place: { line: 9, column: 5 },
      work: { kind: 'none' },
      next: { kind: 'rules', rules: [{ when: 'state.again', to: 'fetch' }, { to: END }] },
      onError: { mode: 'raise' },
    },
    {
      name: 'lost "one"',
      place: { line: 11, column: 5 },
      work: { kind: 'none' },
      next: { kind: 'end' },
      onError: { mode: 'raise' },
    },
  ],
};

/** An error in a flow file. */
export const DIAGNOSTIC: Diagnostic = {
  severity: 'error',
  code: 'SPEC_UNKNOWN_KEY',
  file: 'greet.yaml',
  line: 2,
  column: 1,
  message: 'unknown key nodse',
  hint: 'Did you mean nodes?',
};
/** A warning in a flow file. */
export const WARNING: Diagnostic = {
  ...DIAGNOSTIC,
  severity: 'warning',
  code: 'SPEC_IGNORED',
  message: 'odd',
  hint: 'Drop it.',
};

/** What a test says about the machinery below the command line. */
export interface Situation {
  readonly diagnostics?: readonly Diagnostic[];
  readonly flows?: readonly Flow[];
  /** Where the run waits, one after the other; the first answer to each is refused with its `refusal`. */
  readonly waits?: readonly { readonly waitingFor: RunWaiting['waitingFor'][number]; readonly refusal?: string }[];
  /** What is typed at the terminal; then its input ends. Absent: there is no terminal. */
  readonly answers?: readonly string[];
  readonly outcome?: RunOutcome | ((signal: AbortSignal) => Promise<RunOutcome>);
  readonly startFails?: Error;
  readonly configFails?: Error;
  readonly serveFails?: Error;
  readonly isLoopbackOnly?: boolean;
  readonly luaFails?: Error;
  /** What came of tests, by file. */
  readonly tests?: readonly (readonly [string, TestResult])[];
  readonly testsFail?: Error;
  readonly stdin?: string;
  readonly isTerminal?: boolean;
  readonly signal?: AbortSignal;
  readonly cwd?: string;
  readonly outputLost?: AbortSignal;
  readonly clock?: Clock;
  /** How the server's close settles. */
  readonly closing?: Promise<void>;
}

/** The outcome of a run that ended with `state`. */
export const succeeded = (state: unknown): RunOutcome => ({
  kind: 'succeeded',
  state: new TextEncoder().encode(JSON.stringify(state)),
});

interface StartOptions {
  readonly signal: AbortSignal;
  readonly onEvent: (event: unknown) => void;
  readonly interrupts?: unknown;
}

/** What a fake run does while it waits. */
function restingRun(situation: Situation, settled: Promise<RunOutcome>, calls: string[]) {
  const waits = (situation.waits ?? []).slice();
  let refused = 0;
  return {
    outcome: waits.length === 0 ? settled : new Promise<never>(() => {}),
    async untilRest() {
      const [first] = waits;
      return first === undefined ? settled : { kind: 'waiting', waitingFor: [first.waitingFor] };
    },
    async give(value: unknown, step: string) {
      calls.push(`give ${JSON.stringify(value)} ${step}`);
      const refusal = waits[0]?.refusal;
      refused += 1;
      if (refusal !== undefined && refused === 1) throw new MoonpoolError('FLOW_INPUT', refusal);
      refused = 0;
      waits.shift();
    },
  };
}

function fakeApp(situation: Situation, calls: string[]): CliApp {
  const parts = {
    loadConfig: async () => {
      if (situation.configFails !== undefined) throw situation.configFails;
      return {};
    },
    loadFlows: async (paths: readonly string[], { overlays = [] }: { readonly overlays?: readonly string[] }) => {
      calls.push(['loadFlows', ...paths, ...overlays.map((overlay) => `over ${overlay}`)].join(' '));
      return { flows: situation.flows ?? [FLOW], diagnostics: situation.diagnostics ?? [] };
    },
    flowSchema: () => ({ type: 'object' }),
    createEngine: async (options: { dataDirectory?: string }) => {
      calls.push(`createEngine ${options.dataDirectory ?? '-'}`);
      return {
        runner: {
          activeCount: 0,
          drain: async () => {},
          start(_flow: Flow, input: unknown, options: StartOptions) {
            const interrupts = options.interrupts === undefined ? '' : ` ${JSON.stringify(options.interrupts)}`;
            calls.push(`start ${JSON.stringify(input)}${interrupts}`);
            if (situation.startFails !== undefined) throw situation.startFails;
            options.onEvent({ event: 'run.started', run_id: 'r1', seq: 1, at_ms: 5 });
            options.onEvent({ event: 'node.started', run_id: 'r1', seq: 2, at_ms: 5, node: 'fetch' });
            const { outcome } = situation;
            const settled =
              typeof outcome === 'function' ? outcome(options.signal) : Promise.resolve(outcome ?? succeeded({}));
            const cancel = (): void => {
              calls.push('cancel');
              options.onEvent({ event: 'run.finished', run_id: 'r1', seq: 3, at_ms: 5 });
            };
            return { id: 'r1', flow: situation.flows?.[0] ?? FLOW, cancel, ...restingRun(situation, settled, calls) };
          },
        },
        close: async () => void calls.push('close'),
      };
    },
    startServe: async (options: { readonly io: CliIo }) => {
      calls.push(`startServe ${JSON.stringify({ ...options, io: undefined, version: undefined })}`);
      if (situation.serveFails !== undefined) throw situation.serveFails;
      const close = (): Promise<void> => {
        calls.push('close');
        return situation.closing ?? Promise.resolve();
      };
      return { url: 'http://127.0.0.1:8080', isLoopbackOnly: situation.isLoopbackOnly ?? true, close };
    },
    runFlowTests: async ({ paths, isReal, onWarning, onResult }: FlowTestRequest) => {
      calls.push(`runFlowTests ${paths.join(' ')}${isReal ? ' really' : ''}`);
      if (situation.testsFail !== undefined) throw situation.testsFail;
      for (const warning of situation.diagnostics ?? []) onWarning(warning);
      for (const [file, result] of situation.tests ?? []) onResult(file, result);
    },
    findMemory: async () => ({ limit: { bytes: 512 * 1024 * 1024, from: 'cgroup v2' }, profile: 'pi-zero-2w' }),
    probeLua: async () => {
      if (situation.luaFails !== undefined) throw situation.luaFails;
      return 'Lua 5.4';
    },
  };
  // The configuration and the runner are opaque to the commands: empty stand-ins do.
  return parts as unknown as CliApp;
}

/** Runs one command; gives its exit code, what it printed and what it asked of the app. */
export async function moonpool(argv: readonly string[], situation: Situation = {}) {
  const calls: string[] = [];
  const answers = situation.answers?.slice();
  const text = { stdout: '', stderr: '' };
  const sink = (name: 'stdout' | 'stderr') => ({
    isTerminal: situation.isTerminal ?? false,
    write: (part: string) => {
      text[name] += part;
    },
  });
  const io: CliIo = {
    stdout: sink('stdout'),
    stderr: sink('stderr'),
    cwd: situation.cwd ?? tmpdir(),
    signal: situation.signal ?? new AbortController().signal,
    outputLost: situation.outputLost ?? new AbortController().signal,
    clock: situation.clock ?? systemClock,
    ...(answers === undefined
      ? {}
      : {
          ask: async (question: string) => {
            text.stderr += question;
            return answers.shift();
          },
        }),
    readStdin: async () => new TextEncoder().encode(situation.stdin ?? ''),
  };
  const code = await main(argv, io, async () => fakeApp(situation, calls));
  return { code, ...text, calls };
}

/** Asserts a command that ends with exit 2 and one line, and nothing on standard output. */
export async function refuses(argv: readonly string[], line: RegExp, situation?: Situation): Promise<void> {
  const { code, stdout, stderr } = await moonpool(argv, situation);
  assert.match(stderr, line);
  assert.equal(stderr.split('\n').length, 2, stderr);
  assert.equal(stdout, '');
  assert.equal(code, 2);
}
