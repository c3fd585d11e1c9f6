/**
 * Cuts a template into text, outputs, statements; comments and raw blocks are dealt with here.
 *
 * Blanks: `-` at a marker takes all blanks and line ends on that side; one line end at the very end
 * of the template goes. Nothing else is trimmed.
 */
import { syntaxError } from './error.ts';
import { type Token, tokenize } from './lexer.ts';

/** A piece of a template; tokens end with an `end` token. */
export type Piece =
  | { readonly kind: 'text'; readonly text: string; readonly at: number }
  | { readonly kind: 'output'; readonly tokens: readonly Token[]; readonly at: number }
  | { readonly kind: 'statement'; readonly tokens: readonly Token[]; readonly at: number };

interface Marker {
  readonly at: number;
  readonly kind: 'output' | 'statement' | 'comment';
  readonly isTrimming: boolean;
  /** Offset behind the marker and its sign. */
  readonly inside: number;
}

const MARKER_KINDS: Readonly<Record<string, Marker['kind']>> = { '{{': 'output', '{%': 'statement', '{#': 'comment' };

function findMarker(text: string, from: number): Marker | undefined {
  for (let at = text.indexOf('{', from); at !== -1; at = text.indexOf('{', at + 1)) {
    const kind = MARKER_KINDS[text.slice(at, at + 2)];
    if (kind === undefined) continue;
    const sign = text[at + 2];
    // `{{+1}}` is an output with a sign in it; `+` belongs to the marker of statements only.
    const hasSign = sign === '-' || (sign === '+' && kind === 'statement');
    return { at, kind, isTrimming: sign === '-', inside: at + (hasSign ? 3 : 2) };
  }
  return undefined;
}

function isWordStatement(tokens: readonly Token[], word: string): boolean {
  return tokens.length === 2 && tokens[0]?.kind === 'name' && tokens[0].text === word;
}

/** Cuts `text` up. */
class TemplateCutter {
  readonly #text: string;
  readonly #pieces: Piece[] = [];
  #position = 0;
  #isTrimmed = false;

  constructor(text: string) {
    this.#text = text;
  }

  run(): readonly Piece[] {
    for (;;) {
      const marker = findMarker(this.#text, this.#position);
      if (marker === undefined) break;
      this.#pushText(this.#text.slice(this.#position, marker.at), marker.isTrimming);
      if (marker.kind === 'comment') this.#skipComment(marker);
      else this.#readTokens(marker.kind, marker);
    }
    this.#pushText(withoutLastLineEnd(this.#text.slice(this.#position)), false);
    return this.#pieces;
  }

  #pushText(text: string, isTrimming: boolean): void {
    const start = this.#isTrimmed ? text.trimStart() : text;
    const trimmed = isTrimming ? start.trimEnd() : start;
    if (trimmed !== '') this.#pieces.push({ kind: 'text', text: trimmed, at: this.#position });
    this.#isTrimmed = false;
  }

  #skipComment(marker: Marker): void {
    const end = this.#text.indexOf('#}', marker.inside);
    if (end === -1) throw syntaxError(this.#text, marker.at, 'This comment is never closed with "#}"');
    this.#isTrimmed = this.#text[end - 1] === '-' && end > marker.inside;
    this.#position = end + 2;
  }

  #readTokens(kind: 'output' | 'statement', marker: Marker): void {
    const { tokens, end, isTrimmed } = tokenize(this.#text, marker.inside, kind === 'output' ? '}}' : '%}');
    this.#position = end;
    this.#isTrimmed = isTrimmed;
    if (kind === 'statement' && isWordStatement(tokens, 'raw')) this.#readRaw(marker);
    else this.#pieces.push({ kind, tokens, at: marker.at });
  }

  /** Everything up to `{% endraw %}` is text, whatever stands in it. */
  #readRaw(marker: Marker): void {
    for (let at = this.#text.indexOf('{%', this.#position); at !== -1; at = this.#text.indexOf('{%', at + 2)) {
      const close = /\{%([-+]?)\s{0,100}endraw\s{0,100}([-+]?)%\}/y;
      close.lastIndex = at;
      const match = close.exec(this.#text);
      if (match === null) continue;
      this.#pushText(this.#text.slice(this.#position, at), match[1] === '-');
      this.#position = close.lastIndex;
      this.#isTrimmed = match[2] === '-';
      return;
    }
    throw syntaxError(this.#text, marker.at, 'This raw block is never closed with "{% endraw %}"');
  }
}

function withoutLastLineEnd(text: string): string {
  if (text.endsWith('\r\n')) return text.slice(0, -2);
  return text.endsWith('\n') ? text.slice(0, -1) : text;
}

/**
 * The pieces of a template in order.
 *
 * @throws SPEC_TEMPLATE for a marker, comment, text or raw block that is never closed
 */
export function cutTemplate(text: string): readonly Piece[] {
  return new TemplateCutter(text).run();
}

/** True when `text` holds anything a template would act on. */
export function hasTemplateSyntax(text: string): boolean {
  return text.includes('{{') || text.includes('{%') || text.includes('{#');
}
