/**
 * Filters and tests that only the Rust engine of the original has, so that its flows need no rewriting.
 */
import type { JsonValue } from '../core/index.ts';
import { itemsOf } from './access.ts';
import { type Filter, flagArgument, type Test, textArgument, wholeArgument } from './callable.ts';
import { areEqual } from './comparison.ts';
import type { Evaluation } from './evaluation.ts';
import { toText, writeJson } from './text-form.ts';
import { splitText, stripText } from './text-filters.ts';
import { holdsText } from './text-search.ts';
import { isList, isObject } from './value.ts';

const LAST_INDEX = 1_000_000;
const PRETTY_INDENT = 2;

function trimming(ends: 'start' | 'end'): Filter {
  return {
    parameters: [],
    run(value, _args, evaluation) {
      const text = toText(value, evaluation);
      evaluation.chargeNewText(text.length);
      return stripText(text, '', ends);
    },
  };
}

/** Filters by name. */
export const RUST_FILTERS: Readonly<Record<string, Filter>> = {
  json_encode: {
    parameters: ['pretty'],
    run: (value, args, evaluation) =>
      writeJson(value, evaluation, flagArgument(args[0], false, evaluation) ? PRETTY_INDENT : 0),
  },
  as_str: { parameters: [], run: (value, _args, evaluation) => toText(value, evaluation) },
  nth: {
    parameters: ['n'],
    required: 1,
    run(value, args, evaluation) {
      const index = wholeArgument(args[0], 'n', { fallback: 0, min: 0, max: LAST_INDEX }, evaluation);
      return (isList(value) ? value : itemsOf(value, evaluation))[index] ?? null;
    },
  },
  concat: {
    parameters: ['with'],
    required: 1,
    run(value, args, evaluation) {
      const more = args[0] ?? null;
      return [...itemsOf(value, evaluation), ...(isList(more) ? itemsOf(more, evaluation) : [more])];
    },
  },
  get: {
    parameters: ['key', 'default'],
    required: 1,
    run(value, args, evaluation) {
      const key = textArgument(args[0], '', 'key', evaluation);
      return (isObject(value) && Object.hasOwn(value, key) ? value[key] : args[1]) ?? null;
    },
  },
  split: {
    parameters: ['pat'],
    required: 1,
    run(value, args, evaluation) {
      const separator = textArgument(args[0], '', 'pat', evaluation);
      if (separator === '') throw evaluation.failure('Cannot split at an empty text');
      return splitText(toText(value, evaluation), separator, evaluation);
    },
  },
  trim_start: trimming('start'),
  trim_end: trimming('end'),
};

function affix(holds: (text: string, part: string) => boolean): Test {
  return {
    parameters: ['part'],
    required: 1,
    run(value, args, evaluation) {
      const part = textArgument(args[0], '', 'part', evaluation);
      evaluation.chargeText(part.length);
      return typeof value === 'string' && holds(value, part);
    },
  };
}

function holdsPart(value: JsonValue, part: JsonValue, evaluation: Evaluation): boolean {
  if (typeof value === 'string') return holdsText(value, textArgument(part, '', 'part', evaluation), evaluation);
  if (isObject(value)) return typeof part === 'string' && Object.hasOwn(value, part);
  if (!isList(value)) return false;
  evaluation.charge(value.length);
  return value.some((item) => areEqual(item, part, evaluation));
}

/** Tests by name. */
export const RUST_TESTS: Readonly<Record<string, Test>> = {
  object: { parameters: [], run: (value) => isObject(value) },
  starting_with: affix((text, part) => text.startsWith(part)),
  ending_with: affix((text, part) => text.endsWith(part)),
  containing: {
    parameters: ['part'],
    required: 1,
    run: (value, args, evaluation) => holdsPart(value, args[0] ?? null, evaluation),
  },
};
