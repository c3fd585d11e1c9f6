/**
 * The texts one flow is made of, laid end to end: its own file first, then its overlays.
 *
 * One number is a place in all of them, so whoever checks a flow need not know that there are
 * several. Invariant: the file of an offset is the one whose text it came from.
 */
import type { Place } from '../flow/index.ts';
import { TextLines } from './text-lines.ts';

interface Part {
  readonly file: string;
  /** Offset of its first character. */
  readonly start: number;
  readonly lines: TextLines;
}

/** See the head of this file. */
export class SourceTexts {
  readonly #parts: Part[] = [];
  #text = '';

  /** Adds a file behind the others; gives the offset of its first character. */
  add(file: string, text: string): number {
    const isFirst = this.#parts.length === 0;
    const start = isFirst ? 0 : this.#text.length + 1;
    this.#text = isFirst ? text : `${this.#text}\n${text}`;
    this.#parts.push({ file, start, lines: new TextLines(text) });
    return start;
  }

  /** All texts, a line break between each two. */
  get text(): string {
    return this.#text;
  }

  /** Line and column of `offset`, with the file unless that is the first one. */
  placeOf(offset: number): Place {
    const part = this.#parts.findLast(({ start }) => start <= offset) ?? this.#parts[0];
    if (part === undefined) return { line: 1, column: 1 };
    const place = part.lines.placeOf(offset - part.start);
    return part === this.#parts[0] ? place : { file: part.file, ...place };
  }
}
