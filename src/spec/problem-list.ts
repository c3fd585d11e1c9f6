/**
 * Collects what is wrong with one file, as diagnostics with line and column.
 *
 * Bounded: after `MAX_PROBLEMS` the rest is left out and said to be. Invariant: `sorted` gives
 * the same list for the same text, in the order of the file.
 */
import type { ErrorCode } from '../core/index.ts';
import { nearestWord } from '../core/index.ts';
import type { Diagnostic } from './diagnostic.ts';
import type { Place } from '../flow/index.ts';

/** Problems of one file that are reported; more than anybody fixes in one go. */
const MAX_PROBLEMS = 200;

/** Where a problem is, what it is, and what to do about it. */
export interface Problem {
  readonly code: ErrorCode;
  /** Offset in the text that is read. */
  readonly at: number;
  /** One sentence, final stop included. */
  readonly message: string;
  readonly hint?: string;
  /** `error` unless said otherwise. */
  readonly severity?: 'error' | 'warning';
}

/** Where a reader of one text puts what is wrong with it; offsets count from the start of that text. */
export interface ProblemSink {
  add(problem: Problem): void;
  /** True once an error was added here. */
  readonly hasErrors: boolean;
}

/** The problems of one file and of its overlays. */
export class ProblemList {
  readonly #file: string;
  readonly #placeOf: (offset: number) => Place;
  readonly #found: (Problem & { readonly severity: 'error' | 'warning' })[] = [];
  readonly #seen = new Set<string>();
  #leftOutCount = 0;

  constructor(file: string, placeOf: (offset: number) => Place) {
    this.#file = file;
    this.#placeOf = placeOf;
  }

  /** True once a problem that keeps the flow from running was added. */
  hasErrors = false;

  /** No more are kept: callers may skip the work of finding hints. */
  get isFull(): boolean {
    return this.#found.length >= MAX_PROBLEMS;
  }

  /** Adds a problem; the same one at the same place counts once (aliases show a node twice). */
  add(problem: Problem): void {
    const severity = problem.severity ?? 'error';
    if (severity === 'error') this.hasErrors = true;
    const key = `${problem.at} ${problem.code} ${problem.message}`;
    if (this.#seen.has(key)) return;
    if (this.isFull) {
      this.#leftOutCount += 1;
      return;
    }
    this.#seen.add(key);
    this.#found.push({ ...problem, severity });
  }

  /** This list for the text that begins at `start`. */
  from(start: number): ProblemSink {
    const sink = {
      hasErrors: false,
      add: (problem: Problem): void => {
        sink.hasErrors ||= problem.severity !== 'warning';
        this.add({ ...problem, at: problem.at + start });
      },
    };
    return sink;
  }

  /** `Did you mean …?`, or undefined when nothing known is near. */
  suggest(word: string, known: Iterable<string>): string | undefined {
    const near = this.isFull ? undefined : nearestWord(word, known);
    return near === undefined ? undefined : `Did you mean \`${near}\`?`;
  }

  /** Line and column of an offset, both from 1, with the file when it is not the flow's own. */
  placeOf(offset: number): Place {
    return this.#placeOf(offset);
  }

  /** Everything found, in the order of the file. */
  sorted(): readonly Diagnostic[] {
    const inOrder = this.#found.toSorted((left, right) => left.at - right.at);
    const diagnostics = inOrder.map(({ code, at, message, hint, severity }): Diagnostic => {
      const base = { severity, code, file: this.#file, ...this.#placeOf(at), message };
      return hint === undefined ? base : { ...base, hint };
    });
    const last = diagnostics.at(-1);
    if (this.#leftOutCount > 0 && last !== undefined) {
      const message = `${this.#leftOutCount} more problems are not shown.`;
      diagnostics.push({ ...last, severity: this.hasErrors ? 'error' : 'warning', code: 'SPEC_INVALID', message });
    }
    return diagnostics;
  }
}

/** Text from a file as a message may show it: on one line, without control characters, at most 60 characters. */
export function quote(text: string): string {
  return `\`${oneLine(text, 60)}\``;
}

/** `text` on one line, without control characters; what is longer than `maxLength` characters is cut and says so. */
export function oneLine(text: string, maxLength: number): string {
  const line = text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ');
  return line.length > maxLength ? `${line.slice(0, maxLength - 3)}...` : line;
}
