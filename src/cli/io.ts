/**
 * What a command may touch of the world it was started from: its streams, its folder, Ctrl-C.
 *
 * Tests hand in their own; `process.ts` makes the real one.
 */

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
  /** Relative paths start here. */
  readonly cwd: string;
  /** Aborts on Ctrl-C, on SIGTERM, and when nobody reads standard output any more. */
  readonly signal: AbortSignal;
  /**
   * All of standard input as bytes.
   *
   * @throws CLI_FILE above `maxBytes`
   */
  readStdin(maxBytes: number): Promise<Uint8Array>;
}
