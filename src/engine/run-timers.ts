/**
 * The timers of one run, by name: what happens when one fires.
 */
import type { Command } from './decision.ts';
import type { Path } from './path.ts';

/** See the head of this file. */
export class RunTimers {
  readonly #command: (command: Command) => void;
  readonly #then = new Map<string, (atMs: number) => void>();

  constructor(command: (command: Command) => void) {
    this.#command = command;
  }

  /** Timers that run. */
  get count(): number {
    return this.#then.size;
  }

  /** Starts a timer of `path` and gives its name, which no other has. */
  start(path: Path, delayMs: number, then: (atMs: number) => void): string {
    const timer = `${path.id}#${path.timerCount}`;
    path.timerCount += 1;
    this.#then.set(timer, then);
    this.#command({ kind: 'start_timer', timer, path: path.id, delayMs });
    return timer;
  }

  /** Stops a timer; one that fired or was stopped is left alone. */
  stop(timer: string | undefined): void {
    if (timer !== undefined && this.#then.delete(timer)) this.#command({ kind: 'stop_timer', timer });
  }

  /** Does what was to be done when the timer fires. */
  fire(timer: string, atMs: number): void {
    const then = this.#then.get(timer);
    this.#then.delete(timer);
    then?.(atMs);
  }
}
