/**
 * `moonpool doctor`: what this machine can do, and what would keep Moonpool from running here.
 */
import { readFile, statfs } from 'node:fs/promises';
import { arch, availableParallelism, platform } from 'node:os';
import { dirname, resolve } from 'node:path';
import { formatSize, MIB } from '../../core/index.ts';
import type { CliApp, LoadApp } from '../app-port.ts';
import type { CliIo } from '../io.ts';

/** How to look. */
export interface DoctorOptions {
  readonly json?: true;
  readonly data?: string;
}

/** One thing that was looked at. `broken` means Moonpool cannot run; `poor` that something will not go well. */
export interface Finding {
  readonly name: string;
  readonly status: 'good' | 'poor' | 'broken';
  /** What was found, for people. */
  readonly text: string;
  /** The same as a bare value, for programs. */
  readonly value: string | number | null;
}

/** 2024-01-01 UTC: a clock before it was never set. */
const CLOCK_FLOOR_MS = 1_704_067_200_000;
const EXIT_CANNOT_RUN = 3;
const SMALL_DISK_BYTES = 100 * MIB;

function good(name: string, value: string | number, text = String(value)): Finding {
  return { name, status: 'good', text, value };
}

/** The kernel's page size in bytes, from the vector it hands every process; Linux only. */
async function readPageBytes(): Promise<number | undefined> {
  const PAGE_SIZE_TAG = 6n;
  try {
    const vector = await readFile('/proc/self/auxv');
    for (let at = 0; at + 16 <= vector.length; at += 16) {
      if (vector.readBigUInt64LE(at) === PAGE_SIZE_TAG) return Number(vector.readBigUInt64LE(at + 8));
    }
  } catch {
    // Another system, or /proc is hidden: then nobody knows, which is not a fault.
  }
  return undefined;
}

/** Free bytes where `directory` is or will be made. */
async function readFreeBytes(directory: string): Promise<number | undefined> {
  for (let path = directory; ; path = dirname(path)) {
    try {
      const { bavail, bsize } = await statfs(path);
      return bavail * bsize;
    } catch {
      // Not made yet: its parent is on the same disk.
      if (path === dirname(path)) return undefined;
    }
  }
}

function describeDisk(directory: string, freeBytes: number | undefined): Finding {
  if (freeBytes === undefined)
    return { name: 'disk', status: 'poor', text: `${directory} cannot be looked at`, value: null };
  const text = `${Math.floor(freeBytes / MIB)} MiB free for ${directory}`;
  return { name: 'disk', status: freeBytes < SMALL_DISK_BYTES ? 'poor' : 'good', text, value: freeBytes };
}

function describeClock(nowMs: number): Finding {
  const isSet = nowMs >= CLOCK_FLOOR_MS;
  const instant = `${Math.floor(nowMs / 1000)} s since 1970`;
  const text = isSet ? 'set' : `not set (${instant}); schedules wait for a clock after 2023`;
  return { name: 'clock', status: isSet ? 'good' : 'poor', text, value: nowMs };
}

async function describeLua(app: CliApp): Promise<Finding> {
  try {
    return good('lua', await app.probeLua());
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { name: 'lua', status: 'broken', text: `does not load: ${reason}`, value: null };
  }
}

/** Everything that was looked at, in the order it is printed. */
async function examine(io: CliIo, app: CliApp, dataDirectory: string): Promise<readonly Finding[]> {
  const memory = await app.findMemory();
  const pageBytes = await readPageBytes();
  const wordBits = arch() === 'arm' || arch() === 'ia32' ? 32 : 64;
  const system = `${platform()} ${arch()}`;
  return [
    good('node', process.version),
    wordBits === 64
      ? good('system', system)
      : { name: 'system', status: 'broken', text: `${system} has 32 bits, 64 are needed`, value: system },
    good('cores', availableParallelism()),
    good('memory', memory.limit.bytes, `${Math.floor(memory.limit.bytes / MIB)} MiB (${memory.limit.from})`),
    good('profile', memory.profile),
    pageBytes === undefined
      ? { name: 'page size', status: 'good', text: 'unknown', value: null }
      : good('page size', pageBytes, formatSize(pageBytes)),
    describeDisk(dataDirectory, await readFreeBytes(dataDirectory)),
    describeClock(io.clock.nowMs()),
    await describeLua(app),
  ];
}

/** Prints what was found. @returns 0, or 3 when Moonpool cannot run here */
export async function examineMachine(io: CliIo, loadApp: LoadApp, options: DoctorOptions): Promise<number> {
  const findings = await examine(io, await loadApp(), resolve(io.cwd, options.data ?? '.moonpool'));
  if (options.json === true) {
    io.stdout.write(`${JSON.stringify(findings, undefined, io.stdout.isTerminal ? 2 : undefined)}\n`);
  } else {
    for (const { name, status, text } of findings) {
      io.stdout.write(`${name.padEnd(10)} ${text}${status === 'good' ? '' : ` (${status})`}\n`);
    }
  }
  return findings.some(({ status }) => status === 'broken') ? EXIT_CANNOT_RUN : 0;
}
