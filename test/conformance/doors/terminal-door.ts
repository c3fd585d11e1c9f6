/**
 * Cases of runs that ask, through the command line with somebody at the terminal.
 *
 * Gifts are typed in their order, as what is asked comes up; one that is refused is told on standard
 * error before the question comes again.
 */
import type { NamedCase } from '../case-file.ts';
import type { CommandDoor } from './command-door.ts';
import type { Door, RunTold } from './door.ts';

/** See the head of this file. */
export class TerminalDoor implements Door {
  readonly name = 'terminal';
  readonly canGive = true;
  readonly #command: CommandDoor;

  constructor(command: CommandDoor) {
    this.#command = command;
  }

  takes(one: NamedCase): boolean {
    // The terminal asks one question after the other, so nobody says which of several an answer is for.
    return one.give !== undefined && one.give.every(({ node }) => node === undefined) && one.waiting?.length === 1;
  }

  async run(one: NamedCase): Promise<RunTold> {
    const gifts = [...(one.give ?? [])];
    const refusals: (string | undefined)[] = [];
    let read = 0;
    const listen = (stderr: string): void => {
      refusals.push(/error ([A-Z_]+): /.exec(stderr.slice(read))?.[1]);
      read = stderr.length;
    };
    const told = await this.#command.runAsking(one, (stderr) => {
      if (gifts.length < (one.give?.length ?? 0)) listen(stderr);
      const gift = gifts.shift();
      return gift === undefined ? undefined : JSON.stringify(gift.value);
    });
    // The last answer is followed by no question: what came of it is how the run ended.
    if (refusals.length < (one.give?.length ?? 0)) refusals.push(undefined);
    return { ...told, refusals };
  }

  problems(one: NamedCase): Promise<readonly string[]> {
    return this.#command.problems(one);
  }

  /** The command door is closed by who opened it. */
  async [Symbol.asyncDispose](): Promise<void> {}
}
