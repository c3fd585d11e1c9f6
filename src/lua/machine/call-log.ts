/**
 * What one call printed, up to a ceiling. Lines beyond it are dropped and the log says so.
 */
import { utf8Length } from './text-codec.ts';

/** See the head of the file. */
export class CallLog {
  readonly #lines: string[] = [];
  #bytesLeft: number;
  #wasCut = false;

  constructor(maxBytes: number) {
    this.#bytesLeft = maxBytes;
  }

  /** Adds a line, unless the log is full. */
  add(line: string): void {
    if (this.#wasCut) return;
    this.#bytesLeft -= utf8Length(line) + 1;
    if (this.#bytesLeft < 0) this.#wasCut = true;
    else this.#lines.push(line);
  }

  get lines(): readonly string[] {
    return this.#lines;
  }

  /** True when a line was dropped. */
  get wasCut(): boolean {
    return this.#wasCut;
  }
}
