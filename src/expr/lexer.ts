/**
 * Cuts the inside of an expression or statement into tokens.
 *
 * Walks character codes once, without regular expressions, so its cost is linear in the text.
 */
import { syntaxError } from './error.ts';

/** A token; `start` and `end` are offsets in the whole text. */
export type Token =
  | { readonly kind: 'name'; readonly text: string; readonly start: number; readonly end: number }
  | { readonly kind: 'string'; readonly text: string; readonly start: number; readonly end: number }
  | {
      readonly kind: 'number';
      readonly text: string;
      readonly value: number;
      readonly start: number;
      readonly end: number;
    }
  | { readonly kind: 'operator'; readonly text: string; readonly start: number; readonly end: number }
  | { readonly kind: 'end'; readonly text: ''; readonly start: number; readonly end: number };

/** The tokens up to a closing marker, and what follows it. */
export interface Tokens {
  readonly tokens: readonly Token[];
  /** Offset behind the closing marker. */
  readonly end: number;
  /** True when the marker was written with `-`, so blanks behind it go. */
  readonly isTrimmed: boolean;
}

const TWO_CHARACTER_OPERATORS: ReadonlySet<string> = new Set(['**', '//', '==', '!=', '<=', '>=']);
const ONE_CHARACTER_OPERATORS: ReadonlySet<string> = new Set('+-*/%~<>=.,:|()[]{}');
const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  t: '\t',
  r: '\r',
  b: '\b',
  f: '\f',
  v: '\v',
  a: '\x07',
  '0': '\0',
  '\\': '\\',
  "'": "'",
  '"': '"',
  '/': '/',
  '\n': '',
};
const HEX_ESCAPE_LENGTHS: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function isNameStart(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95 || code > 0xbf;
}

function isBlank(code: number): boolean {
  return code === 32 || (code >= 9 && code <= 13) || code === 0xa0 || code === 0xfeff;
}

class Lexer {
  readonly #text: string;
  readonly #closer: string;
  readonly #openedAt: number;
  readonly #tokens: Token[] = [];
  #offset: number;
  #braceDepth = 0;

  constructor(text: string, start: number, closer: string) {
    this.#text = text;
    this.#closer = closer;
    this.#openedAt = Math.max(0, start - 2);
    this.#offset = start;
  }

  run(): Tokens {
    for (;;) {
      while (isBlank(this.#text.charCodeAt(this.#offset))) this.#offset += 1;
      const closed = this.#readEnd();
      if (closed !== undefined) return closed;
      this.#tokens.push(this.#readToken());
    }
  }

  #readEnd(): Tokens | undefined {
    const start = this.#offset;
    if (this.#closer === '') return start < this.#text.length ? undefined : this.#finish(start, start, false);
    if (start >= this.#text.length) {
      throw syntaxError(this.#text, this.#openedAt, `This is never closed with "${this.#closer}"`);
    }
    // Inside { } the two characters of }} are the ends of two objects.
    if (this.#braceDepth > 0 && this.#closer === '}}') return undefined;
    if (this.#text.startsWith(this.#closer, start)) return this.#finish(start, start + this.#closer.length, false);
    const sign = this.#text[start];
    if ((sign === '-' || sign === '+') && this.#text.startsWith(this.#closer, start + 1)) {
      return this.#finish(start, start + 1 + this.#closer.length, sign === '-');
    }
    return undefined;
  }

  #finish(start: number, end: number, isTrimmed: boolean): Tokens {
    this.#tokens.push({ kind: 'end', text: '', start, end: start });
    return { tokens: this.#tokens, end, isTrimmed };
  }

  #readToken(): Token {
    const start = this.#offset;
    const code = this.#text.charCodeAt(start);
    if (isNameStart(code)) return this.#readName(start);
    if (isDigit(code)) return this.#readNumber(start);
    if (code === 34 || code === 39) return this.#readString(start, code);
    const two = this.#text.slice(start, start + 2);
    if (TWO_CHARACTER_OPERATORS.has(two)) return this.#operator(two);
    const one = this.#text[start] ?? '';
    if (ONE_CHARACTER_OPERATORS.has(one)) {
      if (one === '{') this.#braceDepth += 1;
      else if (one === '}' && this.#braceDepth > 0) this.#braceDepth -= 1;
      return this.#operator(one);
    }
    throw syntaxError(this.#text, start, `Unexpected character ${JSON.stringify(one)}`, hintForCharacter(one));
  }

  #operator(text: string): Token {
    const start = this.#offset;
    this.#offset += text.length;
    return { kind: 'operator', text, start, end: this.#offset };
  }

  #readName(start: number): Token {
    let end = start + 1;
    while (isNameStart(this.#text.charCodeAt(end)) || isDigit(this.#text.charCodeAt(end))) end += 1;
    this.#offset = end;
    return { kind: 'name', text: this.#text.slice(start, end), start, end };
  }

  /** Behind a dot only digits are read: `rows.0.1` is two attributes, not one fraction. */
  #readNumber(start: number): Token {
    const isAttribute = this.#tokens.at(-1)?.text === '.' && this.#tokens.at(-1)?.kind === 'operator';
    const end = isAttribute ? this.#skipDigits(start) : this.#skipDecimal(start);
    const text = this.#text.slice(start, end).replaceAll('_', '');
    const value = Number(text);
    if (!Number.isFinite(value)) throw syntaxError(this.#text, start, 'This number is too large');
    this.#offset = end;
    return { kind: 'number', text, value, start, end };
  }

  /** Offset behind digits, a fraction and an exponent, where each is there. */
  #skipDecimal(start: number): number {
    let end = this.#skipDigits(start);
    if (this.#text[end] === '.' && isDigit(this.#text.charCodeAt(end + 1))) end = this.#skipDigits(end + 1);
    if (this.#text[end] !== 'e' && this.#text[end] !== 'E') return end;
    const sign = this.#text[end + 1] === '-' || this.#text[end + 1] === '+' ? 1 : 0;
    const exponent = end + 1 + sign;
    return isDigit(this.#text.charCodeAt(exponent)) ? this.#skipDigits(exponent) : end;
  }

  #skipDigits(start: number): number {
    let end = start;
    while (
      isDigit(this.#text.charCodeAt(end)) ||
      (this.#text[end] === '_' && isDigit(this.#text.charCodeAt(end + 1)))
    ) {
      end += 1;
    }
    return end;
  }

  #readString(start: number, quote: number): Token {
    const parts: string[] = [];
    let from = start + 1;
    for (let index = from; index < this.#text.length; index += 1) {
      const code = this.#text.charCodeAt(index);
      if (code === quote) {
        parts.push(this.#text.slice(from, index));
        this.#offset = index + 1;
        return { kind: 'string', text: parts.join(''), start, end: index + 1 };
      }
      if (code === 92) {
        parts.push(this.#text.slice(from, index));
        const escape = this.#readEscape(index);
        parts.push(escape.text);
        from = escape.end;
        index = escape.end - 1;
      }
    }
    throw syntaxError(this.#text, start, 'This text is never closed with its quote');
  }

  #readEscape(backslash: number): { text: string; end: number } {
    const letter = this.#text[backslash + 1] ?? '';
    const simple = ESCAPES[letter];
    if (Object.hasOwn(ESCAPES, letter) && simple !== undefined) return { text: simple, end: backslash + 2 };
    const length = Object.hasOwn(HEX_ESCAPE_LENGTHS, letter) ? (HEX_ESCAPE_LENGTHS[letter] as number) : 0;
    // An unknown escape stays as written, as in the language this syntax comes from.
    if (length === 0) return { text: '\\', end: backslash + 1 };
    const digits = this.#text.slice(backslash + 2, backslash + 2 + length);
    const point = /^[0-9a-fA-F]+$/.test(digits) && digits.length === length ? Number.parseInt(digits, 16) : -1;
    if (point < 0 || point > 0x10ffff) {
      throw syntaxError(this.#text, backslash, `The escape \\${letter} needs ${length} hexadecimal digits`);
    }
    return { text: String.fromCodePoint(point), end: backslash + 2 + length };
  }
}

function hintForCharacter(character: string): string | undefined {
  if (character === '!') return 'Write "not x", or "!=" for "differs from".';
  if (character === '&') return 'Write "and".';
  if (character === '?') return 'Write "a if condition else b".';
  if (character === '$') return 'Names stand without "$" here.';
  return undefined;
}

/**
 * The tokens of `text` from `start` up to `closer` (`}}`, `%}`, or '' for the end of the text), an `end` token last.
 *
 * @throws SPEC_TEMPLATE when a string, a number or the marker itself is broken
 */
export function tokenize(text: string, start: number, closer: string): Tokens {
  return new Lexer(text, start, closer).run();
}
