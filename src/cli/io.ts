/**
 * What a command may touch of the world it was started from: its streams, its folder, Ctrl-C.
 *
 * Tests hand in their own; `process.ts` makes the real one.
 */

import type { Clock } from '../core/index.ts';

/** Where text goes. */
export interface Sink {
  /** Never throws; what a closed reader misses is dropped. */
  write(text: string): void;
  readonly isTerminal: boolean;
}

/** The surroundings of one command. */
export interface CliIo {
  /** Data only. */
  readonly stdout: Sink;
  /** Errors and talk. */
  readonly stderr: Sink;
  readonly clock: Clock;
  /** Relative paths start here. */
  readonly cwd: string;
  /** Aborts on Ctrl-C and on SIGTERM. */
  readonly signal: AbortSignal;
  /** Aborts when standard output takes no more: its reader is gone, or its disk is full. */
  readonly outputLost: AbortSignal;
  /**
   * All of standard input as bytes.
   *
   * @throws CLI_FILE above `maxBytes`
   */
  readStdin(maxBytes: number): Promise<Uint8Array>;
  /**
   * Asks whoever sits at the terminal; absent when standard input is none.
   *
   * @returns the line without its end; undefined when there is no more input, or when `signal` aborts
   */
  readonly ask?: (question: string, signal: AbortSignal) => Promise<string | undefined>;
}
