/**
 * A cursor over tokens, and the nesting guard both parsers share.
 *
 * Invariant: nesting is refused at MAX_NESTING, so no text can overflow the stack of a parser.
 */
import { type ExprError, syntaxError } from './error.ts';
import type { Token } from './lexer.ts';
import { MAX_NESTING } from './limits.ts';

/** Reads tokens one after the other. */
export class TokenReader {
  readonly #text: string;
  readonly #tokens: readonly Token[];
  #position = 0;
  #nesting = 0;

  constructor(text: string, tokens: readonly Token[]) {
    this.#text = text;
    this.#tokens = tokens;
  }

  /** The token at the cursor. */
  get token(): Token {
    return this.#tokens[this.#position] as Token;
  }

  /** The token behind the cursor's, or the `end` token. */
  get following(): Token {
    return (this.#tokens[this.#position + 1] ?? this.#tokens.at(-1)) as Token;
  }

  /** The token at the cursor, which is left behind; the cursor never passes `end`. */
  next(): Token {
    const token = this.token;
    if (token.kind !== 'end') this.#position += 1;
    return token;
  }

  isOperator(text: string): boolean {
    return this.token.kind === 'operator' && this.token.text === text;
  }

  isWord(text: string): boolean {
    return this.token.kind === 'name' && this.token.text === text;
  }

  /** Leaves the operator behind if it is there. */
  skipOperator(text: string): boolean {
    if (!this.isOperator(text)) return false;
    this.#position += 1;
    return true;
  }

  /** Leaves the word behind if it is there. */
  skipWord(text: string): boolean {
    if (!this.isWord(text)) return false;
    this.#position += 1;
    return true;
  }

  expectOperator(text: string, purpose: string): Token {
    if (!this.isOperator(text)) throw this.unexpected(`"${text}" ${purpose}`);
    return this.next();
  }

  expectWord(text: string, purpose: string): void {
    if (!this.skipWord(text)) throw this.unexpected(`"${text}" ${purpose}`);
  }

  expectName(purpose: string): Token {
    if (this.token.kind !== 'name') throw this.unexpected(purpose);
    return this.next();
  }

  expectEnd(purpose: string): void {
    if (this.token.kind !== 'end') throw this.unexpected(purpose);
  }

  /** Runs `parse` one level deeper. */
  nested<T>(parse: () => T): T {
    this.#nesting += 1;
    if (this.#nesting > MAX_NESTING) {
      throw this.failure(`This is nested deeper than ${MAX_NESTING} levels`, this.token.start, 'Split it into parts.');
    }
    const result = parse();
    this.#nesting -= 1;
    return result;
  }

  /** The error for a token that does not fit; `expected` says what would. */
  unexpected(expected: string): ExprError {
    const { token } = this;
    const found =
      token.kind === 'end' ? 'the end' : JSON.stringify(this.#text.slice(token.start, token.end).slice(0, 40));
    const hint = token.kind === 'operator' && token.text === '=' ? 'Equality is written "==".' : undefined;
    return this.failure(`Expected ${expected}, found ${found}`, token.start, hint);
  }

  failure(sentence: string, at: number, hint?: string): ExprError {
    return syntaxError(this.#text, at, sentence, hint);
  }
}
