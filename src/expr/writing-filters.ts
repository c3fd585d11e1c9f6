/**
 * Filters that lay text out for readers, or take a layout away: sizes, line breaks, tags.
 */
import type { JsonValue } from '../core/index.ts';
import { type ArgumentValues, type Filter, flagArgument, textArgument, wholeArgument } from './callable.ts';
import type { Evaluation } from './evaluation.ts';
import { MAX_SOURCE_LENGTH } from './limits.ts';
import { toNumber } from './number-filters.ts';
import { toText } from './text-form.ts';
import { splitText } from './text-filters.ts';
import { typeName } from './value.ts';
import { wrapLine, type WrapOptions } from './word-wrap.ts';

const DECIMAL_UNITS = ['kB', 'MB', 'GB', 'TB', 'PB', 'EB', 'ZB', 'YB'];
const BINARY_UNITS = ['KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB', 'ZiB', 'YiB'];

function fileSize(value: JsonValue, args: ArgumentValues, evaluation: Evaluation): string {
  const bytes = toNumber(value);
  if (bytes === undefined) throw evaluation.failure(`A size is a number of bytes, not ${typeName(value)}`);
  const isBinary = flagArgument(args[0], false, evaluation);
  const [base, units] = isBinary ? [1024, BINARY_UNITS] : [1000, DECIMAL_UNITS];
  if (bytes === 1) return '1 Byte';
  if (bytes < base) return `${Math.trunc(bytes)} Bytes`;
  let size = bytes / base;
  let index = 0;
  while (size >= base && index < units.length - 1) {
    size /= base;
    index += 1;
  }
  return `${size.toFixed(1)} ${units[index]}`;
}

function wordWrap(value: JsonValue, args: ArgumentValues, evaluation: Evaluation): string {
  const text = toText(value, evaluation);
  const options: WrapOptions = {
    width: wholeArgument(args[0], 'width', { fallback: 79, min: 1, max: MAX_SOURCE_LENGTH }, evaluation),
    mayCutWords: args[1] === undefined || flagArgument(args[1], true, evaluation),
    mayCutHyphens: args[3] === undefined || flagArgument(args[3], true, evaluation),
  };
  const glue = textArgument(args[2], '\n', 'wrapstring', evaluation);
  const lines = linesOf(text, evaluation).flatMap((line) => wrapLine(line, options, evaluation));
  evaluation.chargeNewText(text.length + lines.length * glue.length);
  return lines.join(glue);
}

/** The lines of a text; a line end at its end begins no further one. */
export function linesOf(text: string, evaluation: Evaluation): string[] {
  const lines = splitText(text, /\r\n|\r|\n/, evaluation);
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

const REFERENCES: Readonly<Record<string, string>> = {
  lt: '<',
  gt: '>',
  amp: '&',
  quot: '"',
  apos: "'",
  nbsp: '\u00a0',
};

/** `text` without comments and tags. What is opened and never closed is text. */
function withoutTags(text: string): string {
  let result = '';
  let position = 0;
  for (let open = text.indexOf('<'); open !== -1; open = text.indexOf('<', position)) {
    const isComment = text.startsWith('<!--', open);
    const closer = isComment ? '-->' : '>';
    const close = text.indexOf(closer, isComment ? open + 4 : open + 1);
    if (close === -1) break;
    result += text.slice(position, open);
    position = close + closer.length;
  }
  return result + text.slice(position);
}

function stripTags(value: JsonValue, _args: ArgumentValues, evaluation: Evaluation): string {
  const text = toText(value, evaluation);
  evaluation.chargeNewText(text.length * 2);
  const words = withoutTags(text).trim().replace(/\s+/g, ' ');
  return words.replace(/&(?:#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|([a-z]{2,4}));/g, (match, decimal, hex, name) => {
    if (typeof name === 'string') return REFERENCES[name] ?? match;
    const code = typeof decimal === 'string' ? Number(decimal) : Number.parseInt(String(hex), 16);
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : match;
  });
}

/** Filters on layout by name. */
export const WRITING_FILTERS: Readonly<Record<string, Filter>> = {
  filesizeformat: { parameters: ['binary'], run: fileSize },
  wordwrap: { parameters: ['width', 'break_long_words', 'wrapstring', 'break_on_hyphens'], run: wordWrap },
  striptags: { parameters: [], run: stripTags },
};
