/**
 * Filters on lists and objects: length, ends, order, groups, sums.
 */
import type { JsonValue } from '../core/index.ts';
import { itemsOf, readPath } from './access.ts';
import { type ArgumentValues, type Filter, flagArgument, shorten, textArgument, wholeArgument } from './callable.ts';
import { compareForSort } from './comparison.ts';
import type { Evaluation } from './evaluation.ts';
import { writeJson } from './text-form.ts';
import { characters, isList, isObject, typeName } from './value.ts';

const MAX_COUNT = 1_000_000;

/** How many items, keys or characters `value` has; null has none. */
function lengthOf(value: JsonValue, evaluation: Evaluation): number {
  if (value === null) return 0;
  if (isList(value)) return value.length;
  if (typeof value === 'string') {
    evaluation.chargeText(value.length);
    return characters(value).length;
  }
  if (isObject(value)) return evaluation.countKeys(value);
  throw evaluation.failure(`A ${typeName(value)} has no length`, 'Only lists, objects and texts have one.');
}

function lowerCased(value: JsonValue, evaluation: Evaluation): JsonValue {
  if (typeof value !== 'string') return value;
  evaluation.chargeText(value.length);
  return value.toLowerCase();
}

/** The keys to sort one item by: one per attribute of `path` ("a,b.c"), or the item itself. */
function sortKeys(
  item: JsonValue,
  path: JsonValue | undefined,
  isCaseSensitive: boolean,
  evaluation: Evaluation,
): readonly JsonValue[] {
  const paths = typeof path === 'string' ? path.split(',') : [path];
  return paths.map((part) => {
    const key = part === undefined || part === null ? item : readPath(item, part, evaluation);
    return isCaseSensitive ? key : lowerCased(key, evaluation);
  });
}

interface SortOrder {
  readonly path: JsonValue | undefined;
  readonly isCaseSensitive: boolean;
  readonly isReversed: boolean;
}

/** A sorted copy; equal items keep their order, also when reversed. */
function sortItems(items: readonly JsonValue[], order: SortOrder, evaluation: Evaluation): JsonValue[] {
  const sign = order.isReversed ? -1 : 1;
  return items
    .map((item) => ({ item, keys: sortKeys(item, order.path, order.isCaseSensitive, evaluation) }))
    .sort((left, right) => {
      evaluation.charge(1);
      for (let index = 0; index < left.keys.length; index += 1) {
        const difference = compareForSort(left.keys[index] ?? null, right.keys[index] ?? null, evaluation);
        if (difference !== 0) return sign * difference;
      }
      return 0;
    })
    .map(({ item }) => item);
}

function sort(value: JsonValue, args: ArgumentValues, evaluation: Evaluation): JsonValue {
  const order = {
    isReversed: flagArgument(args[0], false, evaluation),
    isCaseSensitive: flagArgument(args[1], false, evaluation),
    path: args[2],
  };
  return sortItems(itemsOf(value, evaluation), order, evaluation);
}

function dictSort(value: JsonValue, args: ArgumentValues, evaluation: Evaluation): JsonValue {
  const by = textArgument(args[1], 'key', 'by', evaluation);
  if (by !== 'key' && by !== 'value')
    throw evaluation.failure(`Cannot sort by "${shorten(by)}"`, 'Use "key" or "value".');
  const order = {
    isReversed: flagArgument(args[2], false, evaluation),
    isCaseSensitive: flagArgument(args[0], false, evaluation),
  };
  return sortItems(entriesOf(value, evaluation), { ...order, path: by === 'key' ? 0 : 1 }, evaluation);
}

/** `[key, value]` pairs of an object; null has none. */
export function entriesOf(value: JsonValue, evaluation: Evaluation): readonly JsonValue[] {
  if (value === null) return [];
  if (!isObject(value)) throw evaluation.failure(`Only an object has keys, not ${typeName(value)}`);
  const entries = Object.entries(value);
  evaluation.charge(1 + entries.length);
  return entries;
}

function extreme(sign: 1 | -1): Filter {
  return {
    parameters: ['case_sensitive', 'attribute'],
    run(value, args, evaluation) {
      const order = { isReversed: sign < 0, isCaseSensitive: flagArgument(args[0], false, evaluation), path: args[1] };
      const items = itemsOf(value, evaluation);
      let best: JsonValue = null;
      let bestKeys: readonly JsonValue[] = [null];
      for (const item of items) {
        const keys = sortKeys(item, order.path, order.isCaseSensitive, evaluation);
        // Missing values neither win nor lose.
        if (keys[0] === null || keys[0] === undefined) continue;
        if (bestKeys[0] === null || sign * compareForSort(keys[0], bestKeys[0] ?? null, evaluation) < 0) {
          best = item;
          bestKeys = keys;
        }
      }
      return best;
    },
  };
}

function sum(value: JsonValue, args: ArgumentValues, evaluation: Evaluation): number {
  let total = args[1] ?? 0;
  if (typeof total !== 'number') throw evaluation.failure('The argument "start" must be a number');
  for (const item of itemsOf(value, evaluation)) {
    const number = args[0] === undefined || args[0] === null ? item : readPath(item, args[0], evaluation);
    if (typeof number !== 'number') {
      throw evaluation.failure(
        `Cannot sum ${typeName(number)}`,
        'Leave out what is no number with "select" or "selectattr".',
      );
    }
    total += number;
  }
  if (!Number.isFinite(total)) throw evaluation.exceeded('The sum is larger than a number can be');
  return total;
}

/** Text by which equal values are recognised. */
function identityOf(value: JsonValue, isCaseSensitive: boolean, evaluation: Evaluation): string {
  const json = writeJson(value, evaluation);
  return !isCaseSensitive && typeof value === 'string' ? json.toLowerCase() : json;
}

function unique(value: JsonValue, args: ArgumentValues, evaluation: Evaluation): JsonValue {
  const isCaseSensitive = flagArgument(args[0], false, evaluation);
  const seen = new Set<string>();
  return itemsOf(value, evaluation).filter((item) => {
    const key = args[1] === undefined || args[1] === null ? item : readPath(item, args[1], evaluation);
    const identity = identityOf(key, isCaseSensitive, evaluation);
    if (seen.has(identity)) return false;
    seen.add(identity);
    return true;
  });
}

function groupBy(value: JsonValue, args: ArgumentValues, evaluation: Evaluation): JsonValue {
  const isCaseSensitive = flagArgument(args[2], false, evaluation);
  const groups = new Map<string, { grouper: JsonValue; list: JsonValue[] }>();
  for (const item of itemsOf(value, evaluation)) {
    const grouper = readPath(item, args[0] ?? null, evaluation) ?? args[1] ?? null;
    const identity = identityOf(grouper, isCaseSensitive, evaluation);
    const group = groups.get(identity);
    if (group === undefined) groups.set(identity, { grouper, list: [item] });
    else group.list.push(item);
  }
  return sortItems([...groups.values()], { path: 'grouper', isCaseSensitive, isReversed: false }, evaluation);
}

function batch(value: JsonValue, args: ArgumentValues, evaluation: Evaluation): JsonValue {
  const size = wholeArgument(args[0], 'linecount', { fallback: 1, min: 1, max: MAX_COUNT }, evaluation);
  const items = itemsOf(value, evaluation);
  const rows: JsonValue[][] = [];
  for (let start = 0; start < items.length; start += size) rows.push(items.slice(start, start + size));
  const last = rows.at(-1);
  if (args[1] !== undefined && args[1] !== null && last !== undefined) {
    evaluation.charge(size - last.length);
    while (last.length < size) last.push(args[1]);
  }
  return rows;
}

function slice(value: JsonValue, args: ArgumentValues, evaluation: Evaluation): JsonValue {
  const count = wholeArgument(args[0], 'slices', { fallback: 1, min: 1, max: MAX_COUNT }, evaluation);
  const items = itemsOf(value, evaluation);
  evaluation.charge(count);
  const short = Math.floor(items.length / count);
  const longCount = items.length % count;
  const columns: JsonValue[][] = [];
  for (let index = 0, start = 0; index < count; index += 1) {
    const end = start + short + (index < longCount ? 1 : 0);
    const column = items.slice(start, end);
    if (args[1] !== undefined && args[1] !== null && index >= longCount && longCount > 0) column.push(args[1]);
    columns.push(column);
    start = end;
  }
  return columns;
}

function reverse(value: JsonValue, _args: ArgumentValues, evaluation: Evaluation): JsonValue {
  const items = itemsOf(value, evaluation);
  return typeof value === 'string' ? Array.from(value).toReversed().join('') : items.toReversed();
}

/** The first or last item, key or character; null when there is none. */
function end(index: 0 | -1): Filter {
  return {
    parameters: [],
    run: (value, _args, evaluation) => (isList(value) ? value : itemsOf(value, evaluation)).at(index) ?? null,
  };
}

const length: Filter = { parameters: [], run: (value, _args, evaluation) => lengthOf(value, evaluation) };

/** Filters on lists and objects by name. */
export const LIST_FILTERS: Readonly<Record<string, Filter>> = {
  length,
  count: length,
  first: end(0),
  last: end(-1),
  list: { parameters: [], run: (value, _args, evaluation) => itemsOf(value, evaluation) },
  items: { parameters: [], run: (value, _args, evaluation) => entriesOf(value, evaluation) },
  reverse: { parameters: [], run: reverse },
  sort: { parameters: ['reverse', 'case_sensitive', 'attribute'], run: sort },
  dictsort: { parameters: ['case_sensitive', 'by', 'reverse'], run: dictSort },
  min: extreme(1),
  max: extreme(-1),
  sum: { parameters: ['attribute', 'start'], run: sum },
  unique: { parameters: ['case_sensitive', 'attribute'], run: unique },
  groupby: { parameters: ['attribute', 'default', 'case_sensitive'], required: 1, run: groupBy },
  batch: { parameters: ['linecount', 'fill_with'], required: 1, run: batch },
  slice: { parameters: ['slices', 'fill_with'], required: 1, run: slice },
  attr: {
    parameters: ['name'],
    required: 1,
    run: (value, args, evaluation) => readPath(value, args[0] ?? null, evaluation),
  },
};
