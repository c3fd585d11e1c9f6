/**
 * A contestant as a process: started fresh, asked until it answers, measured, ended.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';

/** A server that can be compared. */
export interface Contestant {
  readonly name: string;
  /** Arguments for the pinned Node, given the port. */
  readonly args: (port: number) => readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** What it answers at `path`, parsed; a wrong answer fails the benchmark. */
  readonly path: string;
  readonly isRight: (body: unknown) => boolean;
}

/** A contestant that answered. */
export interface RunningServer extends AsyncDisposable {
  readonly url: string;
  /** From spawn to the first right answer. */
  readonly startMs: number;
  memory(): Promise<{ readonly rssMb: number; readonly pssMb: number }>;
  request(): Promise<void>;
}

/** A start that takes longer has hung. */
const START_LIMIT_MS = 60_000;

async function freePort(): Promise<number> {
  const probe = createServer();
  probe.listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  probe.close();
  await once(probe, 'close');
  if (address === null || typeof address === 'string') throw new Error('No port.');
  return address.port;
}

async function ask(url: string, contestant: Contestant): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(5_000) });
    if (!response.ok) return false;
    const body: unknown = await response.json();
    if (!contestant.isRight(body)) throw new WrongAnswer(`${contestant.name} answered ${JSON.stringify(body)}.`);
    return true;
  } catch (error) {
    if (error instanceof WrongAnswer) throw error;
    return false;
  }
}

class WrongAnswer extends Error {}

/** Starts `contestant` and resolves at its first right answer. */
export async function startServer(contestant: Contestant): Promise<RunningServer> {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}${contestant.path}`;
  const startedMs = performance.now();
  const child = spawn(process.execPath, contestant.args(port), {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', ...contestant.env },
  });
  let talk = '';
  child.stderr.on('data', (chunk: Buffer) => {
    talk = (talk + chunk.toString()).slice(-2_000);
  });
  try {
    while (!(await ask(url, contestant))) {
      if (child.exitCode !== null) throw new Error(`${contestant.name} ended with ${child.exitCode}: ${talk}`);
      if (performance.now() - startedMs > START_LIMIT_MS) throw new Error(`${contestant.name} did not answer: ${talk}`);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
  } catch (error) {
    await end(child);
    throw error;
  }
  return {
    url,
    startMs: performance.now() - startedMs,
    memory: () => readMemory(child),
    async request() {
      if (!(await ask(url, contestant))) throw new Error(`${contestant.name} stopped answering: ${talk}`);
    },
    [Symbol.asyncDispose]: () => end(child),
  };
}

async function readMemory(child: ChildProcess): Promise<{ readonly rssMb: number; readonly pssMb: number }> {
  const text = await readFile(`/proc/${child.pid}/smaps_rollup`, 'utf8');
  const read = (key: string): number => Number(new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(text)?.[1]) / 1024;
  return { rssMb: read('Rss'), pssMb: read('Pss') };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}
