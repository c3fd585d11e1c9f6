/**
 * Methods of texts, in Python's spelling: cutting, joining, asking what they are made of, filling in.
 */
import { getOwn, type JsonValue } from '../core/index.ts';
import { type ArgumentValues, type Signature, textArgument, wholeArgument } from './callable.ts';
import type { Evaluation } from './evaluation.ts';
import { MAX_SOURCE_LENGTH } from './limits.ts';
import { lookUp } from './selection-filters.ts';
import { formatText } from './text-format.ts';
import { capitalize, leftOfCenter, splitText, stripText, TEXT_FILTERS } from './text-filters.ts';
import { findLastText, findText } from './text-search.ts';
import { characters, isList, isObject } from './value.ts';
import { linesOf } from './writing-filters.ts';

/** A method of values of one type. */
export interface Method<T extends JsonValue> extends Signature {
  readonly run: (receiver: T, args: ArgumentValues, evaluation: Evaluation) => JsonValue;
}

const MAX_COUNT = 1_000_000;

/** What `format(name=value)` is called inside: its first argument holds the names. Nobody can write it. */
export const FORMAT_WITH_NAMES = 'format with names';

function stripping(ends: 'both' | 'start' | 'end'): Method<string> {
  return {
    parameters: ['chars'],
    run(text, args, evaluation) {
      evaluation.chargeText(text.length);
      return stripText(text, textArgument(args[0], '', 'chars', evaluation), ends);
    },
  };
}

function byFilter(name: string): Method<string> {
  return {
    parameters: [],
    run: (text, args, evaluation) => lookUp(TEXT_FILTERS, name)?.run(text, args, evaluation) ?? null,
  };
}

/** The affix may be one text or a list of them. */
function affix(holds: (text: string, affix: string) => boolean, name: string): Method<string> {
  return {
    parameters: [name],
    required: 1,
    run(text, args, evaluation) {
      const wanted = isList(args[0] ?? null) ? (args[0] as readonly JsonValue[]) : [args[0] ?? null];
      return wanted.some((one) => {
        const part = textArgument(one, '', name, evaluation);
        evaluation.chargeText(part.length);
        return one !== null && holds(text, part);
      });
    },
  };
}

function split(text: string, args: ArgumentValues, evaluation: Evaluation): readonly string[] {
  const limit =
    args[1] === undefined
      ? -1
      : wholeArgument(args[1], 'maxsplit', { fallback: -1, min: -1, max: MAX_COUNT }, evaluation);
  const separator = args[0] ?? null;
  if (separator === '') throw evaluation.failure('Cannot split at an empty text');
  const parts =
    separator === null
      ? splitText(text.trim(), /\s+/, evaluation)
      : splitText(text, textArgument(separator, '', 'sep', evaluation), evaluation);
  if (separator === null && parts.length === 1 && parts[0] === '') return [];
  if (limit < 0 || parts.length <= limit + 1) return parts;
  const glue = separator === null ? ' ' : textArgument(separator, '', 'sep', evaluation);
  return [...parts.slice(0, limit), parts.slice(limit).join(glue)];
}

/** As {@link split}, but a limit leaves what stands first together. */
function splitFromEnd(text: string, args: ArgumentValues, evaluation: Evaluation): JsonValue {
  const limit = args[1] ?? -1;
  const parts = split(text, [args[0]], evaluation);
  if (typeof limit !== 'number' || limit < 0 || parts.length <= limit + 1) return parts;
  const glue = args[0] === undefined || args[0] === null ? ' ' : textArgument(args[0], '', 'sep', evaluation);
  const cut = parts.length - Math.trunc(limit);
  return [parts.slice(0, cut).join(glue), ...parts.slice(cut)];
}

/** `[before, separator, after]`; where there is none, the text stands on the side the search ends at. */
function partition(find: typeof findText): Method<string> {
  return {
    parameters: ['sep'],
    required: 1,
    run(text, args, evaluation) {
      const separator = textArgument(args[0], '', 'sep', evaluation);
      if (separator === '') throw evaluation.failure('Cannot split at an empty text');
      const at = find(text, separator, evaluation);
      if (at === -1) return find === findText ? [text, '', ''] : ['', '', text];
      return [text.slice(0, at), separator, text.slice(at + separator.length)];
    },
  };
}

/** How many characters `text` lacks to `width`; charges for a text that long. */
function missingTo(text: string, width: JsonValue | undefined, evaluation: Evaluation): number {
  evaluation.chargeText(text.length);
  const wanted = wholeArgument(width, 'width', { fallback: 0, min: 0, max: MAX_SOURCE_LENGTH }, evaluation);
  const missing = Math.max(0, wanted - characters(text).length);
  evaluation.chargeNewText(text.length + missing);
  return missing;
}

function filled(fill: (text: string, missing: number, fill: string) => string): Method<string> {
  return {
    parameters: ['width', 'fillchar'],
    required: 1,
    run(text, args, evaluation) {
      const character = textArgument(args[1], ' ', 'fillchar', evaluation);
      if (character.length !== 1) throw evaluation.failure('The argument "fillchar" must be one character');
      return fill(text, missingTo(text, args[0], evaluation), character);
    },
  };
}

function madeOf(pattern: RegExp): Method<string> {
  return {
    parameters: [],
    run(text, _args, evaluation) {
      evaluation.chargeText(text.length);
      return pattern.test(text);
    },
  };
}

/** True when there are letters and all are in the case that `convert` makes. */
function hasCase(convert: (text: string) => string): Method<string> {
  return {
    parameters: [],
    run(text, _args, evaluation) {
      evaluation.chargeText(text.length);
      return text === convert(text) && text.toLowerCase() !== text.toUpperCase();
    },
  };
}

interface BraceValues {
  readonly args: ArgumentValues;
  readonly names?: JsonValue | undefined;
}

/** Turns `>8.2f` and `<10` into the directives of `%`. */
function directiveOf(style: string): string {
  const side = style.startsWith('<') ? '-' : '';
  const rest = style.startsWith('<') || style.startsWith('>') ? style.slice(1) : style;
  return `%${side}${rest}${/[a-zA-Z]$/.test(rest) ? '' : 's'}`;
}

/** `"{} of {1:.2f} by {name}".format(a, b, name=c)`; a style is one of `%` with `<` and `>` for the side. */
function formatBraces(text: string, { args, names = null }: BraceValues, evaluation: Evaluation): JsonValue {
  let position = 0;
  let length = 0;
  evaluation.chargeText(text.length);
  const take = (place: string): JsonValue => {
    if (/^[A-Za-z_]/.test(place)) {
      const named = isObject(names) ? getOwn(names, place) : undefined;
      if (named === undefined) throw evaluation.failure(`The format asks for "${place}", which is not given`);
      return named;
    }
    const index = place === '' ? position++ : Number(place);
    if (index >= args.length) throw evaluation.failure('The format asks for more values than it is given');
    return args[index] ?? null;
  };
  const pattern = /\{\{|\}\}|\{([A-Za-z_][A-Za-z0-9_]{0,63}|\d{0,4})(?::([^{}]{0,16}))?\}|[{}]/g;
  const formatted = text.replace(pattern, (match, place?: string, style?: string) => {
    if (match === '{{' || match === '}}') return match[0] as string;
    if (place === undefined) throw evaluation.failure('The format has a brace that fits no other', 'Double it.');
    const piece = formatText(directiveOf(style ?? ''), [[take(place)]].flat(), evaluation);
    length += piece.length;
    evaluation.checkLength(length);
    evaluation.chargeText(piece.length);
    return piece;
  });
  evaluation.checkLength(formatted.length);
  return formatted;
}

/** Methods of texts by name. */
export const TEXT_METHODS: Readonly<Record<string, Method<string>>> = {
  upper: byFilter('upper'),
  lower: byFilter('lower'),
  capitalize: byFilter('capitalize'),
  title: {
    parameters: [],
    run(text, _args, evaluation) {
      evaluation.chargeNewText(text.length * 2);
      return text.replace(/\p{L}+/gu, capitalize);
    },
  },
  strip: stripping('both'),
  lstrip: stripping('start'),
  rstrip: stripping('end'),
  startswith: affix((text, start) => text.startsWith(start), 'prefix'),
  endswith: affix((text, end) => text.endsWith(end), 'suffix'),
  split: { parameters: ['sep', 'maxsplit'], run: split },
  splitlines: {
    parameters: [],
    run(text, _args, evaluation) {
      return linesOf(text, evaluation);
    },
  },
  replace: {
    parameters: ['old', 'new', 'count'],
    required: 2,
    run: (text, args, evaluation) => lookUp(TEXT_FILTERS, 'replace')?.run(text, args, evaluation) ?? null,
  },
  join: {
    parameters: ['items'],
    required: 1,
    run: (text, args, evaluation) => lookUp(TEXT_FILTERS, 'join')?.run(args[0] ?? null, [text], evaluation) ?? null,
  },
  find: {
    parameters: ['sub'],
    required: 1,
    run(text, args, evaluation) {
      return findText(text, textArgument(args[0], '', 'sub', evaluation), evaluation);
    },
  },
  rfind: {
    parameters: ['sub'],
    required: 1,
    run: (text, args, evaluation) => findLastText(text, textArgument(args[0], '', 'sub', evaluation), evaluation),
  },
  index: {
    parameters: ['sub'],
    required: 1,
    run(text, args, evaluation) {
      const found = findText(text, textArgument(args[0], '', 'sub', evaluation), evaluation);
      if (found === -1) throw evaluation.failure('The text is not in the text', 'Ask with "in" first.');
      return found;
    },
  },
  count: {
    parameters: ['sub'],
    required: 1,
    run(text, args, evaluation) {
      const sub = textArgument(args[0], '', 'sub', evaluation);
      if (sub === '') throw evaluation.failure('Cannot count an empty text');
      return splitText(text, sub, evaluation).length - 1;
    },
  },
  isdigit: madeOf(/^\d+$/),
  isdecimal: madeOf(/^\d+$/),
  isnumeric: madeOf(/^\p{N}+$/u),
  isalpha: madeOf(/^\p{L}+$/u),
  isalnum: madeOf(/^[\p{L}\p{N}]+$/u),
  isspace: madeOf(/^\s+$/),
  isupper: hasCase((text) => text.toUpperCase()),
  islower: hasCase((text) => text.toLowerCase()),
  swapcase: {
    parameters: [],
    run(text, _args, evaluation) {
      evaluation.chargeNewText(text.length * 2);
      return text.replace(/\p{L}/gu, (letter) => {
        const upper = letter.toUpperCase();
        return upper === letter ? letter.toLowerCase() : upper;
      });
    },
  },
  casefold: byFilter('lower'),
  rsplit: { parameters: ['sep', 'maxsplit'], run: splitFromEnd },
  partition: partition(findText),
  rpartition: partition(findLastText),
  removeprefix: {
    parameters: ['prefix'],
    required: 1,
    run(text, args, evaluation) {
      const prefix = textArgument(args[0], '', 'prefix', evaluation);
      evaluation.chargeText(text.length);
      return text.startsWith(prefix) ? text.slice(prefix.length) : text;
    },
  },
  removesuffix: {
    parameters: ['suffix'],
    required: 1,
    run(text, args, evaluation) {
      const suffix = textArgument(args[0], '', 'suffix', evaluation);
      evaluation.chargeText(text.length);
      return suffix !== '' && text.endsWith(suffix) ? text.slice(0, -suffix.length) : text;
    },
  },
  ljust: filled((text, missing, fill) => text + fill.repeat(missing)),
  rjust: filled((text, missing, fill) => fill.repeat(missing) + text),
  center: filled((text, missing, fill) => {
    const left = leftOfCenter(missing, missing + characters(text).length);
    return fill.repeat(left) + text + fill.repeat(missing - left);
  }),
  zfill: {
    parameters: ['width'],
    required: 1,
    run(text, args, evaluation) {
      const missing = missingTo(text, args[0], evaluation);
      const sign = /^[-+]/.exec(text)?.[0] ?? '';
      return sign + '0'.repeat(missing) + text.slice(sign.length);
    },
  },
  format: {
    parameters: [],
    isVariadic: true,
    run: (text, args, evaluation) => formatBraces(text, { args }, evaluation),
  },
  [FORMAT_WITH_NAMES]: {
    parameters: ['names'],
    isVariadic: true,
    run: (text, [names, ...args], evaluation) => formatBraces(text, { args, names }, evaluation),
  },
};
