/**
 * Finding a text in a text in linear time.
 *
 * The engine's own search may take length × length steps: a megabyte searched for half a megabyte of one
 * letter keeps it busy for a minute. Short texts go to it; longer ones to Knuth, Morris and Pratt.
 */
import type { Evaluation } from './evaluation.ts';

/** Up to here the engine's search takes at most this many looks at each character. */
const LONGEST_FOR_ENGINE = 32;

/** Looks for one text, which is not empty, in any others. */
class TextSearch {
  readonly #sought: string;
  /** For each character, how much of the text before it is also its beginning; undefined for a short text. */
  readonly #borders: Int32Array | undefined;

  /** @throws EXPR_LIMIT when `sought` is longer than the steps left allow */
  constructor(sought: string, evaluation: Evaluation) {
    evaluation.chargeText(sought.length);
    this.#sought = sought;
    this.#borders = sought.length > LONGEST_FOR_ENGINE ? bordersOf(sought) : undefined;
  }

  /** The offset of the first place at or behind `from`, or -1. The caller charges for `text`. */
  findIn(text: string, from: number): number {
    if (this.#borders === undefined) return text.indexOf(this.#sought, from);
    return find(text, this.#sought, { borders: this.#borders, from });
  }
}

function bordersOf(sought: string): Int32Array {
  const borders = new Int32Array(sought.length);
  let border = 0;
  for (let index = 1; index < sought.length; index += 1) {
    const unit = sought.charCodeAt(index);
    while (border > 0 && sought.charCodeAt(border) !== unit) border = borders[border - 1] ?? 0;
    if (sought.charCodeAt(border) === unit) border += 1;
    borders[index] = border;
  }
  return borders;
}

function find(
  text: string,
  sought: string,
  { borders, from }: { readonly borders: Int32Array; readonly from: number },
) {
  let matched = 0;
  for (let index = from; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    while (matched > 0 && sought.charCodeAt(matched) !== unit) matched = borders[matched - 1] ?? 0;
    if (sought.charCodeAt(matched) === unit) matched += 1;
    if (matched === sought.length) return index - matched + 1;
  }
  return -1;
}

/** Whether `text` holds `sought`; the empty text is in every text. */
export function holdsText(text: string, sought: string, evaluation: Evaluation): boolean {
  return findText(text, sought, evaluation) !== -1;
}

/** The offset of the first `sought` in `text`, or -1. */
export function findText(text: string, sought: string, evaluation: Evaluation): number {
  evaluation.chargeText(text.length);
  if (sought === '') return 0;
  if (sought.length > text.length) return -1;
  return new TextSearch(sought, evaluation).findIn(text, 0);
}

/** The offset of the last `sought` in `text`, or -1. */
export function findLastText(text: string, sought: string, evaluation: Evaluation): number {
  if (sought.length <= LONGEST_FOR_ENGINE) {
    evaluation.chargeText(text.length);
    return text.lastIndexOf(sought);
  }
  if (sought.length > text.length) return -1;
  evaluation.chargeText(text.length * 2);
  const fromEnd = findText(mirror(text), mirror(sought), evaluation);
  return fromEnd === -1 ? -1 : text.length - fromEnd - sought.length;
}

function mirror(text: string): string {
  return text.split('').reverse().join('');
}

/**
 * The parts of `text` between `separator`s, one step each.
 *
 * @throws EXPR_LIMIT as soon as there are more parts than steps left
 */
export function splitAt(text: string, separator: string, evaluation: Evaluation): string[] {
  evaluation.chargeText(text.length);
  const search = new TextSearch(separator, evaluation);
  const parts: string[] = [];
  let start = 0;
  for (let at = search.findIn(text, 0); at !== -1; at = search.findIn(text, start)) {
    evaluation.charge(1);
    parts.push(text.slice(start, at));
    start = at + separator.length;
  }
  parts.push(text.slice(start));
  evaluation.charge(1);
  return parts;
}
