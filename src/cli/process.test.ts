/** The command in a real process: signals, lost output, what keeps it from ending. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, openSync } from 'node:fs';
import { describe, it } from 'node:test';

const PROCESS = new URL('./process.ts', import.meta.url).href;

/**
 * A program that is the command with an app whose server and runs do as told: `close` and
 * `outcome` are expressions, `early` is run first.
 */
function program(parts: { close?: string; outcome?: string; early?: string }): string {
  return `
    import { runCli } from ${JSON.stringify(PROCESS)};
    ${parts.early ?? ''}
    const never = new Promise(() => {});
    const cancelled = (signal) => new Promise((resolve) => {
      signal.addEventListener('abort', () => resolve({ kind: 'cancelled', error: { code: 'FLOW_CANCELLED', message: 'Cancelled.' } }));
    });
    const start = (flow, input, { signal, onEvent }) => {
      onEvent({ event: 'run.started', run_id: 'r', seq: 1, at_ms: 1 });
      process.stderr.write('started\\n');
      const outcome = ${parts.outcome ?? 'cancelled(signal)'};
      return { flow, outcome, untilRest: () => outcome };
    };
    const app = {
      loadConfig: async () => ({}),
      loadFlows: async () => ({ flows: [{ nodes: [] }], diagnostics: [] }),
      createEngine: async () => ({ runner: { start }, close: async () => {} }),
      startServe: async () => ({ url: 'http://127.0.0.1:1', isLoopbackOnly: true, close: () => ${parts.close ?? 'Promise.resolve()'} }),
      flowSchema: () => ({ long: 'x'.repeat(1_000_000) }),
    };
    setInterval(() => {}, 60_000); // a handle that nobody closes
    await runCli(async () => app);
  `;
}

interface Command {
  readonly child: ChildProcess;
  readonly text: { stdout: string; stderr: string };
  /** Resolves when standard error has `words`. */
  said(words: string): Promise<void>;
  /** The exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
}

function launch(argv: readonly string[], source: string, stdout: 'pipe' | number = 'pipe'): Command {
  const flags = ['--input-type=module', '-e', source, 'command', ...argv];
  const child = spawn(process.execPath, flags, {
    stdio: ['ignore', stdout, 'pipe'],
    timeout: 30_000,
    killSignal: 'SIGKILL',
  });
  const text = { stdout: '', stderr: '' };
  child.stdout?.setEncoding('utf8').on('data', (part: string) => {
    text.stdout += part;
  });
  child.stderr?.setEncoding('utf8').on('data', (part: string) => {
    text.stderr += part;
  });
  const ended = once(child, 'close').then(([code, signal]) => (code ?? signal) as number | NodeJS.Signals);
  const said = async (words: string): Promise<void> => {
    while (!text.stderr.includes(words) && child.stderr !== null) {
      await Promise.race([once(child.stderr, 'data'), ended.then(() => assert.fail(text.stderr))]);
    }
  };
  return { child, text, said, ended };
}

describe('runCli', () => {
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    it(`drains a server on ${signal} and ends with 0 although a handle is left open`, async () => {
      const { child, text, said, ended } = launch(['serve'], program({}));
      await said('Listening');

      child.kill(signal);

      assert.equal(await ended, 0);
      assert.equal(text.stderr, 'Listening on http://127.0.0.1:1\nStopping.\n');
    });
  }

  it('ends at once with 130 on the second signal', async () => {
    const { child, said, ended } = launch(['serve'], program({ close: 'never' }));
    await said('Listening');
    child.kill('SIGINT');
    await said('Stopping');

    child.kill('SIGINT');

    assert.equal(await ended, 130);
  });

  it('cancels a run on Ctrl-C with 130', async () => {
    const { child, text, said, ended } = launch(['run', 'a'], program({}));
    await said('started');

    child.kill('SIGINT');

    assert.equal(await ended, 130);
    assert.deepEqual(text, { stdout: '', stderr: 'started\nerror FLOW_CANCELLED: Cancelled.\n' });
  });

  it('ends quietly when the reader of its output is gone', async () => {
    const command = launch(['run', 'a', '--stream'], program({ early: 'process.stdin.resume();' }));
    command.child.stdout?.destroy();

    assert.equal(await command.ended, 1);
    assert.equal(command.text.stderr, 'started\n');
  });

  it('delivers all of a large output before it ends', async () => {
    const { text, ended } = launch(['schema'], program({}));

    assert.equal(await ended, 0);
    assert.equal(JSON.parse(text.stdout).long.length, 1_000_000);
  });

  it('tells when its output has no room', { skip: !existsSync('/dev/full') && 'there is no /dev/full' }, async () => {
    const { text, ended } = launch(['schema'], program({}), openSync('/dev/full', 'w'));

    assert.equal(await ended, 2);
    assert.equal(text.stderr, 'error CLI_FILE: Standard output cannot be written (ENOSPC).\n');
  });

  it('tells an unexpected fault in one line without a stack', async () => {
    const early = 'setTimeout(() => { throw new Error("late\\nfault"); }, 0);';
    const { text, ended } = launch(['serve'], program({ early }));

    assert.equal(await ended, 1);
    assert.match(
      text.stderr,
      /^(Listening[^\n]*\n)?error BUG_INVARIANT: Unexpected: late fault\. Please report it\.\n$/,
    );
  });
});
