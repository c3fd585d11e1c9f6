/**
 * Content lines of RFC 5545, 3.1: bytes of one component → unfolded lines → name, parameters, value.
 *
 * Works on bytes, because exporters fold in the middle of a character. Linear in its input, and
 * decodes only lines whose name the caller asked for.
 */

/** One property as written: `DTSTART;TZID=Europe/Berlin:20250101T090000`. */
export interface ContentLine {
  /** Upper case. */
  readonly name: string;
  /** Parameter names in upper case; values without quotes. */
  readonly params: ReadonlyMap<string, string>;
  readonly value: string;
  /** True when the line was longer than allowed and its end is missing. */
  readonly isCut: boolean;
}

/** The lines of one component. */
export interface ContentLines {
  readonly lines: readonly ContentLine[];
  /** Names of wanted lines that are no content lines. */
  readonly brokenNames: readonly string[];
  /** How many characters had to be replaced because their bytes are not UTF-8. */
  readonly replacedCount: number;
}

/** Where the bytes of a component lie. */
export interface ByteRange {
  readonly from: number;
  readonly to: number;
}

const LF = 10;
const CR = 13;
const SPACE = 32;
const TAB = 9;
const COLON = 58;
const SEMICOLON = 59;
/** The longest property name that is looked at. */
const MAX_NAME_LENGTH = 64;

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** The end of the physical line that starts at `from`: the position of its line feed, or `to`. */
export function endOfLine(bytes: Uint8Array, from: number, to: number): number {
  const at = bytes.indexOf(LF, from);
  return at === -1 || at > to ? to : at;
}

/** Reads the lines with names in `wanted` directly inside a component; those of inner components are passed over. */
export function readContentLines(
  bytes: Uint8Array,
  range: ByteRange,
  options: { readonly wanted: ReadonlySet<string>; readonly maxLineBytes: number },
): ContentLines {
  const lines: ContentLine[] = [];
  const brokenNames: string[] = [];
  let replacedCount = 0;
  let depth = 0;
  for (let at = range.from; at < range.to; ) {
    const line = foldedLineAt(bytes, at, range.to);
    at = line.next;
    const name = nameAt(bytes, line.from, line.firstTo);
    if (name === 'BEGIN') depth += 1;
    else if (name === 'END') depth -= 1;
    if (depth > 0 || !options.wanted.has(name)) continue;
    const { text, isCut } = decodeLine(bytes, line, options.maxLineBytes);
    replacedCount += countReplaced(text);
    const parsed = parseContentLine(text, isCut);
    if (parsed === undefined) brokenNames.push(name);
    else lines.push(parsed);
  }
  return { lines, brokenNames, replacedCount };
}

interface FoldedLine {
  readonly from: number;
  /** End of the first physical line. */
  readonly firstTo: number;
  /** Start of the next line. */
  readonly next: number;
}

function foldedLineAt(bytes: Uint8Array, from: number, to: number): FoldedLine {
  const firstTo = endOfLine(bytes, from, to);
  let end = firstTo;
  while (end + 1 < to && isBlank(bytes[end + 1])) end = endOfLine(bytes, end + 1, to);
  return { from, firstTo, next: end + 1 };
}

function isBlank(byte: number | undefined): boolean {
  return byte === SPACE || byte === TAB;
}

function nameAt(bytes: Uint8Array, from: number, to: number): string {
  const limit = Math.min(to, from + MAX_NAME_LENGTH);
  let name = '';
  for (let at = from; at < limit; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte === COLON || byte === SEMICOLON || byte === CR) break;
    name += String.fromCharCode(byte);
  }
  return name.toUpperCase();
}

function decodeLine(bytes: Uint8Array, line: FoldedLine, maxBytes: number): { text: string; isCut: boolean } {
  const pieces: Uint8Array[] = [];
  let size = 0;
  let from = line.from;
  while (from < line.next && size <= maxBytes) {
    const end = endOfLine(bytes, from, line.next - 1);
    const isLastByteCr = end > from && bytes[end - 1] === CR;
    const piece = bytes.subarray(from, isLastByteCr ? end - 1 : end);
    pieces.push(piece);
    size += piece.length;
    // The next physical line begins with the blank of the fold, which is not part of the text.
    from = end + 2;
  }
  const only = pieces[0];
  if (pieces.length === 1 && only !== undefined && size <= maxBytes)
    return { text: decoder.decode(only), isCut: false };
  const joined = new Uint8Array(Math.min(size, maxBytes));
  let at = 0;
  for (const piece of pieces) {
    const fitting = piece.subarray(0, joined.length - at);
    joined.set(fitting, at);
    at += fitting.length;
  }
  return { text: decoder.decode(joined), isCut: size > maxBytes };
}

function countReplaced(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\uFFFD'); at !== -1; at = text.indexOf('\uFFFD', at + 1)) count += 1;
  return count;
}

/** One unfolded line taken apart; undefined when it has no value or an open quote. */
function parseContentLine(text: string, isCut: boolean): ContentLine | undefined {
  const params = new Map<string, string>();
  let at = text.search(/[:;]/);
  if (at <= 0) return undefined;
  const name = text.slice(0, at).toUpperCase();
  while (text[at] === ';') {
    const equals = text.indexOf('=', at);
    if (equals === -1) return undefined;
    const end = endOfParam(text, equals + 1);
    if (end === -1) return undefined;
    const key = text
      .slice(at + 1, equals)
      .trim()
      .toUpperCase();
    if (!params.has(key)) params.set(key, text.slice(equals + 1, end).replaceAll('"', ''));
    at = end;
  }
  return text[at] === ':' ? { name, params, value: text.slice(at + 1), isCut } : undefined;
}

/** Where a parameter's value ends: at the next `;` or `:` outside quotes, or -1. */
function endOfParam(text: string, from: number): number {
  let isQuoted = false;
  for (let at = from; at < text.length; at += 1) {
    const char = text[at];
    if (char === '"') isQuoted = !isQuoted;
    else if (!isQuoted && (char === ';' || char === ':')) return at;
  }
  return -1;
}

/** Text as it is meant: `\n`, `\,`, `\;` and `\\` taken back. */
export function unescapeText(value: string): string {
  if (!value.includes('\\')) return value;
  return value.replace(/\\([\s\S])/g, (_, char: string) => (char === 'n' || char === 'N' ? '\n' : char));
}
