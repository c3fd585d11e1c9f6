/**
 * Filters on text: case, blanks, cutting, replacing, counting, addresses.
 *
 * They take anything that can be printed: numbers and null (empty text) as well.
 */
import type { JsonValue } from '../core/index.ts';
import { itemsOf, readPath } from './access.ts';
import { type ArgumentValues, type Filter, flagArgument, textArgument, wholeArgument } from './callable.ts';
import type { Evaluation } from './evaluation.ts';
import { MAX_SOURCE_LENGTH } from './limits.ts';
import { formatText } from './text-format.ts';
import { toText } from './text-form.ts';
import { splitAt } from './text-search.ts';
import { characters, isList, isObject } from './value.ts';

const MAX_WIDTH = MAX_SOURCE_LENGTH;

/** A filter without arguments that turns one text into another of about the same length. */
function textFilter(convert: (text: string) => string): Filter {
  return {
    parameters: [],
    run(value, _args, evaluation) {
      const text = toText(value, evaluation);
      evaluation.chargeNewText(text.length);
      const converted = convert(text);
      // Capital letters may be up to three times as long.
      evaluation.checkLength(converted.length);
      return converted;
    },
  };
}

/** First character upper case, the rest lower case. */
export function capitalize(text: string): string {
  const first = text.codePointAt(0);
  if (first === undefined) return text;
  const head = String.fromCodePoint(first);
  const [capital = '', ...others] = head.toUpperCase();
  // One letter may have several as its capital: ß begins a word as "Ss".
  return capital + others.join('').toLowerCase() + text.slice(head.length).toLowerCase();
}

function titleCase(text: string): string {
  return text.replace(/[^\s\-([{<]+/g, capitalize);
}

const WORD_CHARACTER = /[\p{L}\p{M}\p{N}_]/u;

/** `text` without the characters of `set` (blanks when empty) at the given ends. */
export function stripText(text: string, set: string, ends: 'both' | 'start' | 'end'): string {
  if (set === '') return ends === 'both' ? text.trim() : ends === 'start' ? text.trimStart() : text.trimEnd();
  const wanted = new Set(set);
  const items = Array.from(text);
  let start = 0;
  let end = items.length;
  if (ends !== 'end') while (start < end && wanted.has(items[start] as string)) start += 1;
  if (ends !== 'start') while (end > start && wanted.has(items[end - 1] as string)) end -= 1;
  return items.slice(start, end).join('');
}

/** The parts of `text` between separators, one step each; never more of them than steps are allowed. */
export function splitText(text: string, separator: string | RegExp, evaluation: Evaluation): string[] {
  if (typeof separator === 'string') return splitAt(text, separator, evaluation);
  evaluation.chargeText(text.length);
  const parts = text.split(separator, evaluation.limits.maxSteps + 1);
  evaluation.charge(parts.length);
  return parts;
}

/**
 * `text` with `search` replaced, at most `count` times when given.
 *
 * @throws EXPR_LIMIT before a text longer than allowed is made
 */
function replaceText(
  text: string,
  [search, replacement, count]: readonly [string, string, number | undefined],
  evaluation: Evaluation,
): string {
  if (search === '') throw evaluation.failure('Cannot replace an empty text');
  const parts = splitText(text, search, evaluation);
  const times = Math.min(parts.length - 1, count ?? Number.MAX_SAFE_INTEGER);
  evaluation.chargeNewText(text.length + times * (replacement.length - search.length));
  if (times === parts.length - 1) return parts.join(replacement);
  return parts.slice(0, times + 1).join(replacement) + search + parts.slice(times + 1).join(search);
}

function truncate(value: JsonValue, args: ArgumentValues, evaluation: Evaluation): string {
  const text = toText(value, evaluation);
  const length = wholeArgument(args[0], 'length', { fallback: 255, min: 0, max: MAX_WIDTH }, evaluation);
  const mayCutWords = flagArgument(args[1], false, evaluation);
  const ending = textArgument(args[2], '...', 'end', evaluation);
  const leeway = wholeArgument(args[3], 'leeway', { fallback: 5, min: 0, max: MAX_WIDTH }, evaluation);
  evaluation.chargeNewText(text.length);
  const items = characters(text);
  if (items.length <= length + leeway) return text;
  const kept = items.slice(0, Math.max(0, length - characters(ending).length));
  const cut = typeof kept === 'string' ? kept : kept.join('');
  if (mayCutWords) return cut + ending;
  const blank = cut.lastIndexOf(' ');
  return (blank === -1 ? cut : cut.slice(0, blank)) + ending;
}

function indent(value: JsonValue, args: ArgumentValues, evaluation: Evaluation): string {
  const text = toText(value, evaluation);
  const width = args[0];
  const pad =
    typeof width === 'string'
      ? width
      : ' '.repeat(wholeArgument(width, 'width', { fallback: 4, min: 0, max: 1000 }, evaluation));
  const isFirstIndented = flagArgument(args[1], false, evaluation);
  const areBlankIndented = flagArgument(args[2], false, evaluation);
  const lines = splitText(text, '\n', evaluation);
  evaluation.chargeNewText(text.length + lines.length * pad.length);
  return lines
    .map((line, index) => {
      if (index === 0) return isFirstIndented ? pad + line : line;
      return line === '' && !areBlankIndented ? line : pad + line;
    })
    .join('\n');
}

function join(value: JsonValue, args: ArgumentValues, evaluation: Evaluation): string {
  const separator = textArgument(args[0], '', 'd', evaluation);
  const path = args[1];
  let length = 0;
  const texts: string[] = [];
  for (const item of itemsOf(value, evaluation)) {
    const text = toText(path === undefined || path === null ? item : readPath(item, path, evaluation), evaluation);
    length += text.length + separator.length;
    evaluation.chargeNewText(text.length + separator.length);
    if (length - separator.length > evaluation.limits.maxOutputBytes) evaluation.chargeNewText(length);
    texts.push(text);
  }
  return texts.join(separator);
}

/** How many of `missing` places stand left of a centred text; Python's way with an odd one. */
export function leftOfCenter(missing: number, width: number): number {
  return missing <= 0 ? 0 : Math.floor(missing / 2) + (missing & width & 1);
}

function center(value: JsonValue, args: ArgumentValues, evaluation: Evaluation): string {
  const text = toText(value, evaluation);
  const width = wholeArgument(args[0], 'width', { fallback: 80, min: 0, max: MAX_WIDTH }, evaluation);
  evaluation.chargeNewText(Math.max(width, text.length));
  const length = characters(text).length;
  const left = leftOfCenter(width - length, width);
  return ' '.repeat(left) + text + ' '.repeat(Math.max(0, width - length - left));
}

/** Everything but letters, digits and `_.-~` as percent signs; `/` too unless kept. */
function encodePart(text: string, isSlashKept: boolean): string {
  const encoded = encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return isSlashKept ? encoded.replaceAll('%2F', '/') : encoded;
}

function urlEncode(value: JsonValue, _args: ArgumentValues, evaluation: Evaluation): string {
  const encode = (item: JsonValue, isSlashKept: boolean): string => {
    const text = toText(item, evaluation);
    evaluation.chargeNewText(text.length * 3);
    const encoded = encodePart(text, isSlashKept);
    evaluation.checkLength(encoded.length);
    return encoded;
  };
  if (!isObject(value) && !isList(value)) return encode(value, true);
  const pairs: readonly (readonly JsonValue[])[] = isObject(value)
    ? Object.entries(value)
    : value.map((pair) => {
        if (isList(pair) && pair.length === 2) return pair;
        throw evaluation.failure(
          'A list of pairs is needed to make a query',
          'Give an object, a text, or [[key, value], …].',
        );
      });
  evaluation.charge(pairs.length);
  return pairs
    .map(([key, item]) => `${encode(key ?? null, false)}=${encode(item ?? null, false)}`.replaceAll('%20', '+'))
    .join('&');
}

/** Filters on text by name. */
export const TEXT_FILTERS: Readonly<Record<string, Filter>> = {
  upper: textFilter((text) => text.toUpperCase()),
  lower: textFilter((text) => text.toLowerCase()),
  capitalize: textFilter(capitalize),
  title: textFilter(titleCase),
  string: textFilter((text) => text),
  trim: {
    parameters: ['chars'],
    run(value, args, evaluation) {
      const text = toText(value, evaluation);
      evaluation.chargeNewText(text.length);
      return stripText(text, textArgument(args[0], '', 'chars', evaluation), 'both');
    },
  },
  replace: {
    parameters: ['old', 'new', 'count'],
    aliases: { from: 'old', to: 'new' },
    required: 2,
    run(value, args, evaluation) {
      const search = textArgument(args[0], '', 'old', evaluation);
      const replacement = textArgument(args[1], '', 'new', evaluation);
      const count =
        args[2] === undefined || args[2] === null
          ? undefined
          : wholeArgument(args[2], 'count', { fallback: 0, min: 0, max: MAX_WIDTH }, evaluation);
      return replaceText(toText(value, evaluation), [search, replacement, count], evaluation);
    },
  },
  truncate: { parameters: ['length', 'killwords', 'end', 'leeway'], run: truncate },
  indent: { parameters: ['width', 'first', 'blank'], run: indent },
  center: { parameters: ['width'], run: center },
  join: { parameters: ['d', 'attribute'], aliases: { sep: 'd' }, run: join },
  format: { parameters: [], isVariadic: true, run: format },
  urlencode: { parameters: [], run: urlEncode },
  wordcount: {
    parameters: [],
    run(value, _args, evaluation) {
      const text = toText(value, evaluation);
      evaluation.charge(1 + text.length);
      let count = 0;
      let isInWord = false;
      for (const character of text) {
        const isPart = WORD_CHARACTER.test(character);
        if (isPart && !isInWord) count += 1;
        isInWord = isPart;
      }
      return count;
    },
  },
};

function format(value: JsonValue, args: ArgumentValues, evaluation: Evaluation): string {
  return formatText(
    toText(value, evaluation),
    args.map((argument) => argument ?? null),
    evaluation,
  );
}
