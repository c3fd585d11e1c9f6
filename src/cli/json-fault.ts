/**
 * Where JSON text stops being JSON.
 *
 * `JSON.parse` decides whether it is; its messages name a place only sometimes, and a person
 * with a long file needs one always.
 */

const SPACE = /[ \t\n\r]*/y;
const SCALAR =
  /"(?:[ !#-[\]-\u{10ffff}]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/uy;

/** What may come next. */
type Expected = 'value' | 'value or ]' | 'key' | 'key or }' | ':' | ', or end' | 'end';

function matchLength(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0].length ?? 0;
}

/** Where in the grammar a reader of JSON stands. */
class JsonPosition {
  expected: Expected = 'value';
  /** The signs that close what is open, innermost last. */
  readonly #open: string[] = [];

  get wantsValue(): boolean {
    return this.expected === 'value' || this.expected === 'value or ]';
  }

  get wantsKey(): boolean {
    return this.expected === 'key' || this.expected === 'key or }';
  }

  /** Steps over one sign of structure. @returns false when it cannot stand here */
  takeSign(sign: string): boolean {
    switch (sign) {
      case '{':
        return this.#begin('}', 'key or }');
      case '[':
        return this.#begin(']', 'value or ]');
      case '}':
      case ']':
        return this.#end(sign);
      case ',':
        return this.#follow(', or end', this.#open.at(-1) === '}' ? 'key' : 'value');
      case ':':
        return this.#follow(':', 'value');
      default:
        return false;
    }
  }

  /** Steps over a key or a value that is no object and no list. */
  takeScalar(): void {
    this.expected = this.wantsKey ? ':' : this.#afterValue();
  }

  #begin(closing: string, next: Expected): boolean {
    if (!this.wantsValue) return false;
    this.#open.push(closing);
    this.expected = next;
    return true;
  }

  #end(sign: string): boolean {
    const isEmpty = this.expected === `key or ${sign}` || this.expected === `value or ${sign}`;
    if (!isEmpty && !(this.expected === ', or end' && this.#open.at(-1) === sign)) return false;
    this.#open.pop();
    this.expected = this.#afterValue();
    return true;
  }

  #follow(when: Expected, next: Expected): boolean {
    if (this.expected !== when) return false;
    this.expected = next;
    return true;
  }

  #afterValue(): Expected {
    return this.#open.length === 0 ? 'end' : ', or end';
  }
}

/**
 * The offset of the first character that cannot stand where it does; the text's length when
 * it ends too early; undefined when it is JSON.
 */
export function findJsonFault(text: string): number | undefined {
  const position = new JsonPosition();
  let at = matchLength(SPACE, text, 0);
  while (at < text.length) {
    if (position.takeSign(text.charAt(at))) {
      at += 1;
    } else {
      const isScalar = position.wantsValue || (position.wantsKey && text.charAt(at) === '"');
      const length = isScalar ? matchLength(SCALAR, text, at) : 0;
      if (length === 0) return at;
      position.takeScalar();
      at += length;
    }
    at += matchLength(SPACE, text, at);
  }
  return position.expected === 'end' ? undefined : text.length;
}

/** The line and column of an offset, both from 1. */
export function placeOf(text: string, offset: number): { readonly line: number; readonly column: number } {
  const before = text.slice(0, offset);
  return { line: before.split('\n').length, column: offset - before.lastIndexOf('\n') };
}
