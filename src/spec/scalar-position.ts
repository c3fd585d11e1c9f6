/**
 * Where a character of a YAML text value stands in the file, for every way to write one.
 *
 * Walks value and source side by side: quotes, escapes, indentation and folded line breaks make
 * the two differ. Inside runs of blanks a place may be off by blanks; elsewhere it is exact.
 */
import type { ScalarNode } from './yaml-tree.ts';

/** The offset in `source` of the character `index` of the text in `node`. */
export function offsetInScalar(source: string, node: ScalarNode, index: number): number {
  const value = String(node.value);
  const walk = new SourceWalk(source, node);
  let at = walk.position;
  for (let done = 0; done <= Math.min(index, value.length - 1); done += 1) {
    at = walk.take(value[done] as string);
  }
  // One past the end: right behind the last character.
  return index >= value.length && value.length > 0 ? walk.position : at;
}

/** The offset in `source` of line `line`, column `column` (both from 1) of the text in `node`. */
export function offsetOfPlace(source: string, node: ScalarNode, line: number, column: number): number {
  const value = String(node.value);
  let lineStart = 0;
  for (let passed = 1; passed < line; passed += 1) {
    const end = value.indexOf('\n', lineStart);
    if (end === -1) break;
    lineStart = end + 1;
  }
  const lineEnd = value.indexOf('\n', lineStart);
  return offsetInScalar(source, node, Math.min(lineStart + column - 1, lineEnd === -1 ? value.length : lineEnd));
}

class SourceWalk {
  readonly #source: string;
  readonly #end: number;
  readonly #style: ScalarNode['style'];
  /** Units of a surrogate pair that an escape already stood for. */
  #owed = 0;
  position: number;

  constructor(source: string, node: ScalarNode) {
    this.#source = source;
    this.#style = node.style;
    const isQuoted = node.style === 'single' || node.style === 'double';
    const isBlock = node.style === 'literal' || node.style === 'folded';
    this.#end = isQuoted ? node.end - 1 : node.end;
    this.position = isQuoted ? node.start + 1 : node.start;
    if (isBlock) {
      const headerEnd = source.indexOf('\n', node.start);
      this.position = headerEnd === -1 ? node.end : headerEnd + 1;
    }
  }

  /** Consumes what stands for `character`, and says where it began. */
  take(character: string): number {
    if (this.#owed > 0) {
      this.#owed -= 1;
      return this.position;
    }
    while (this.position < this.#end) {
      const found = this.#source[this.position] as string;
      const isEscape = this.#style === 'double' && found === '\\';
      if (isEscape && !this.#isLineContinuation()) return this.#takeEscape();
      if (!isEscape && (found === character || isBlank(character) || !isBlank(found))) {
        return this.#takePlain(character, found);
      }
      this.position += 1;
    }
    return this.position;
  }

  #takePlain(character: string, found: string): number {
    const at = this.position;
    const isDoubledQuote = this.#style === 'single' && character === "'";
    // A blank of the value that the file does not have here was folded away: nothing is consumed.
    const isMissing = found !== character && isBlank(character) && !isBlank(found);
    if (!isMissing) this.position += isDoubledQuote ? 2 : 1;
    return at;
  }

  #isLineContinuation(): boolean {
    const next = this.#source[this.position + 1];
    return next === '\n' || next === '\r';
  }

  #takeEscape(): number {
    const at = this.position;
    const kind = this.#source[at + 1] ?? '';
    const digits = { x: 2, u: 4, U: 8 }[kind] ?? 0;
    this.position += 2 + digits;
    if (kind === 'U' && Number.parseInt(this.#source.slice(at + 2, at + 10), 16) > 0xffff) this.#owed = 1;
    return at;
  }
}

function isBlank(character: string): boolean {
  return /\s/.test(character);
}
