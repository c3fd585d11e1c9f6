/**
 * Lua text → its words and signs, without comments. Linear in the text; never throws.
 *
 * For text that compiled: what is no Lua gives some list of tokens, not a sensible one.
 */

/** One word, text or sign of Lua code. */
export interface LuaToken {
  readonly kind: 'name' | 'text' | 'number' | 'sign';
  /** The word, the sign, or what a text holds; escapes in texts stay as they are written. */
  readonly value: string;
  /** Offsets in the code: of the first character, and behind the last. */
  readonly at: number;
  readonly end: number;
}

const BLANK = /\s+/y;
const LONG_OPEN = /\[(=*)\[/y;
const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
const NUMBER = /0[xX][0-9a-fA-F.]*(?:[pP][+-]?\d+)?|\d[\d.]*(?:[eE][+-]?\d+)?|\.\d[\d.]*(?:[eE][+-]?\d+)?/y;
/** Text without its closing quote ends where it cannot go on: looking for the quote again and again would take for ever. */
const SHORT_TEXT = /(?:"((?:[^"\\\n]+|\\[\s\S])*)"?|'((?:[^'\\\n]+|\\[\s\S])*)'?)/y;
const SIGN = /\.\.\.|\.\.|==|~=|<=|>=|<<|>>|\/\/|::|[\s\S]/y;

/** The tokens of `code` in order. */
export function tokenizeLua(code: string): readonly LuaToken[] {
  const reader = new LuaReader(code);
  const tokens: LuaToken[] = [];
  for (let token = reader.next(); token !== undefined; token = reader.next()) tokens.push(token);
  return tokens;
}

/** `code` with blanks for its comments and for what stands in its texts; every other character keeps its place. */
export function blankTexts(code: string): string {
  let blanked = '';
  for (const { kind, at, end } of tokenizeLua(code)) {
    blanked += blanks(code.slice(blanked.length, at));
    const isLong = kind === 'text' && end - at > 1;
    blanked += isLong ? `${code[at]}${blanks(code.slice(at + 1, end - 1))}${code[end - 1]}` : code.slice(at, end);
  }
  return blanked + blanks(code.slice(blanked.length));
}

function blanks(text: string): string {
  return text.replace(/[^\n]/g, ' ');
}

class LuaReader {
  readonly #code: string;
  #at = 0;
  /** Long brackets that nothing behind here closes: each is looked for once. */
  readonly #unclosed = new Set<string>();

  constructor(code: string) {
    this.#code = code;
  }

  next(): LuaToken | undefined {
    while (this.#take(BLANK) !== undefined || this.#skipComment());
    const at = this.#at;
    if (at >= this.#code.length) return undefined;
    return { ...this.#read(), at, end: this.#at };
  }

  #read(): Pick<LuaToken, 'kind' | 'value'> {
    const long = this.#takeLong();
    if (long !== undefined) return { kind: 'text', value: long };
    const name = this.#take(NAME);
    if (name !== undefined) return { kind: 'name', value: name[0] };
    const number = this.#take(NUMBER);
    if (number !== undefined) return { kind: 'number', value: number[0] };
    const text = this.#take(SHORT_TEXT);
    if (text !== undefined) return { kind: 'text', value: text[1] ?? text[2] ?? '' };
    return { kind: 'sign', value: this.#take(SIGN)?.[0] ?? '' };
  }

  #take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#code);
    if (match === null) return undefined;
    this.#at += match[0].length;
    return match;
  }

  #skipComment(): boolean {
    if (!this.#code.startsWith('--', this.#at)) return false;
    this.#at += 2;
    if (this.#takeLong() !== undefined) return true;
    const lineEnd = this.#code.indexOf('\n', this.#at);
    this.#at = lineEnd === -1 ? this.#code.length : lineEnd;
    return true;
  }

  /** What stands between long brackets that open here. */
  #takeLong(): string | undefined {
    const before = this.#at;
    const level = this.#take(LONG_OPEN)?.[1];
    if (level === undefined) return undefined;
    const start = this.#at;
    const end = this.#unclosed.has(level) ? -1 : this.#code.indexOf(`]${level}]`, start);
    if (end === -1) {
      this.#unclosed.add(level);
      this.#at = before;
      return undefined;
    }
    this.#at = end + level.length + 2;
    return this.#code.slice(start, end);
  }
}
