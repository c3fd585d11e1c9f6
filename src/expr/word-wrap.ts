/**
 * Breaking text into lines of a width, between words and behind hyphens.
 */
import type { Evaluation } from './evaluation.ts';

/** How to wrap. */
export interface WrapOptions {
  /** Characters a line may have, from 1. */
  readonly width: number;
  /** Whether a word longer than a line is cut. */
  readonly mayCutWords: boolean;
  /** Whether a line may end behind a hyphen within a word. */
  readonly mayCutHyphens: boolean;
}

const LETTER = /[\p{L}_]/u;
const WORD_CHARACTER = /[\p{L}\p{N}_]/u;

/** True when the hyphen at `at` joins two words of two characters or more: not in "1-2" or "-x". */
function joinsWords(word: string, at: number): boolean {
  if (!LETTER.test(word[at - 1] ?? '') || !WORD_CHARACTER.test(word[at - 2] ?? '')) return false;
  if (!WORD_CHARACTER.test(word[at + 1] ?? '')) return false;
  for (let index = at + 2; WORD_CHARACTER.test(word[index] ?? ''); index += 1) {
    if (LETTER.test(word[index] ?? '')) return true;
  }
  return false;
}

/** A word in the parts it may be broken into: `well-known` is `well-` and `known`. */
function partsOfWord(word: string, mayCutHyphens: boolean): readonly string[] {
  if (!mayCutHyphens) return [word];
  const parts: string[] = [];
  let start = 0;
  for (let at = word.indexOf('-'); at !== -1; at = word.indexOf('-', at + 1)) {
    if (!joinsWords(word, at)) continue;
    parts.push(word.slice(start, at + 1));
    start = at + 1;
  }
  parts.push(word.slice(start));
  return parts;
}

class LineWrapper {
  readonly lines: string[] = [];
  #line = '';
  #length = 0;
  readonly #options: WrapOptions;

  constructor(options: WrapOptions) {
    this.#options = options;
  }

  addBlank(blank: string): void {
    // Blanks at a break vanish; those a text begins with stay.
    if (this.#length === 0 && this.lines.length > 0) return;
    this.#line += blank;
    this.#length += blank.length;
  }

  addPart(part: string): void {
    const { width, mayCutWords } = this.#options;
    let rest = Array.from(part);
    if (this.#length + rest.length > width && rest.length <= width) this.endLine();
    while (mayCutWords && this.#length + rest.length > width) {
      const room = Math.max(0, width - this.#length);
      this.#line += rest.slice(0, room).join('');
      rest = rest.slice(room);
      this.#length += room;
      this.endLine();
    }
    if (!mayCutWords && this.#length > 0 && this.#length + rest.length > width) this.endLine();
    this.#line += rest.join('');
    this.#length += rest.length;
  }

  endLine(): void {
    const line = this.#line.trimEnd();
    if (line !== '') this.lines.push(line);
    this.#line = '';
    this.#length = 0;
  }
}

/** The lines that `line`, which holds no line end, is broken into; one empty line when it is blank. */
export function wrapLine(line: string, options: WrapOptions, evaluation: Evaluation): readonly string[] {
  evaluation.charge(1 + line.length);
  const wrapper = new LineWrapper(options);
  for (const chunk of line.match(/\s+|\S+/g) ?? []) {
    if (chunk.trim() === '') wrapper.addBlank(chunk);
    else for (const part of partsOfWord(chunk, options.mayCutHyphens)) wrapper.addPart(part);
  }
  wrapper.endLine();
  return wrapper.lines.length === 0 ? [''] : wrapper.lines;
}
