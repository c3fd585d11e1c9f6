/**
 * The few methods flows may call on texts, objects and lists, in Python's spelling.
 *
 * Built in here by name and type of the receiver; a method of the host language is never looked up.
 */
import type { JsonValue } from '../core/index.ts';
import { type ArgumentValues, type Signature, textArgument, wholeArgument } from './callable.ts';
import { areEqual } from './comparison.ts';
import type { Evaluation } from './evaluation.ts';
import { entriesOf } from './list-filters.ts';
import { lookUp } from './selection-filters.ts';
import { splitText, stripText, TEXT_FILTERS } from './text-filters.ts';
import { isList, isObject, typeName } from './value.ts';
import { formatText } from './text-format.ts';

interface Method<T extends JsonValue> extends Signature {
  readonly run: (receiver: T, args: ArgumentValues, evaluation: Evaluation) => JsonValue;
}

const MAX_COUNT = 1_000_000;

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
      evaluation.charge(wanted.length);
      return wanted.some((one) => one !== null && holds(text, textArgument(one, '', name, evaluation)));
    },
  };
}

function split(text: string, args: ArgumentValues, evaluation: Evaluation): JsonValue {
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

const TEXT_METHODS: Readonly<Record<string, Method<string>>> = {
  upper: byFilter('upper'),
  lower: byFilter('lower'),
  capitalize: byFilter('capitalize'),
  title: byFilter('title'),
  strip: stripping('both'),
  lstrip: stripping('start'),
  rstrip: stripping('end'),
  startswith: affix((text, start) => text.startsWith(start), 'prefix'),
  endswith: affix((text, end) => text.endsWith(end), 'suffix'),
  split: { parameters: ['sep', 'maxsplit'], run: split },
  splitlines: {
    parameters: [],
    run(text, _args, evaluation) {
      const lines = splitText(text, /\r\n|\r|\n/, evaluation);
      if (lines.at(-1) === '') lines.pop();
      return lines;
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
      evaluation.chargeText(text.length);
      return text.indexOf(textArgument(args[0], '', 'sub', evaluation));
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
  isdigit: { parameters: [], run: (text, _args, evaluation) => isMadeOf(text, /^\d+$/, evaluation) },
  format: { parameters: [], isVariadic: true, run: formatBraces },
};

function isMadeOf(text: string, pattern: RegExp, evaluation: Evaluation): boolean {
  evaluation.chargeText(text.length);
  return pattern.test(text);
}

/** `"{} of {1}".format(a, b)`: places only, without format specifications but `:.2f` and the like. */
function formatBraces(text: string, args: ArgumentValues, evaluation: Evaluation): JsonValue {
  let position = 0;
  let length = 0;
  return text.replace(/\{\{|\}\}|\{(\d{0,4})(?::([^{}]{0,16}))?\}/g, (match, place?: string, style?: string) => {
    if (match === '{{' || match === '}}') return match[0] as string;
    const index = place === undefined || place === '' ? position++ : Number(place);
    if (index >= args.length) throw evaluation.failure('The format asks for more values than it is given');
    const piece = formatText(
      style === undefined || style === '' ? '%s' : `%${style}`,
      [[args[index] ?? null]].flat(),
      evaluation,
    );
    length += piece.length;
    evaluation.chargeNewText(text.length + length);
    return piece;
  });
}

const OBJECT_METHODS: Readonly<Record<string, Method<{ readonly [key: string]: JsonValue }>>> = {
  get: {
    parameters: ['key', 'default'],
    required: 1,
    run(object, args) {
      const key = args[0] ?? null;
      const isHeld = (typeof key === 'string' || typeof key === 'number') && Object.hasOwn(object, key);
      return (isHeld ? object[key] : args[1]) ?? null;
    },
  },
  items: { parameters: [], run: (object, _args, evaluation) => entriesOf(object, evaluation) },
  keys: {
    parameters: [],
    run: (object, _args, evaluation) => entriesOf(object, evaluation).map((entry) => (entry as [string, JsonValue])[0]),
  },
  values: {
    parameters: [],
    run: (object, _args, evaluation) => entriesOf(object, evaluation).map((entry) => (entry as [string, JsonValue])[1]),
  },
};

const LIST_METHODS: Readonly<Record<string, Method<readonly JsonValue[]>>> = {
  index: {
    parameters: ['item'],
    required: 1,
    run(list, args, evaluation) {
      evaluation.charge(list.length);
      const found = list.findIndex((item) => areEqual(item, args[0] ?? null, evaluation));
      if (found === -1) throw evaluation.failure('The item is not in the list', 'Ask with "in" first.');
      return found;
    },
  },
  count: {
    parameters: ['item'],
    required: 1,
    run(list, args, evaluation) {
      evaluation.charge(list.length);
      return list.filter((item) => areEqual(item, args[0] ?? null, evaluation)).length;
    },
  },
};

/** Every name that is a method of some type. */
export const METHOD_NAMES: ReadonlySet<string> = new Set([
  ...Object.keys(TEXT_METHODS),
  ...Object.keys(OBJECT_METHODS),
  ...Object.keys(LIST_METHODS),
]);

/** Reads of null are null all the way down, so these methods of null give what an empty receiver would. */
const NULL_RESULTS: ReadonlyMap<string, JsonValue> = new Map<string, JsonValue>([
  ['items', []],
  ['keys', []],
  ['values', []],
]);

/**
 * Calls the method `name` of `receiver`. Of null: `items`, `keys`, `values` are empty, `get` gives its
 * default, everything else null.
 *
 * @throws EXPR_FAILED when the receiver's type has no such method, or the arguments do not fit
 */
export function callMethod(receiver: JsonValue, name: string, args: ArgumentValues, evaluation: Evaluation): JsonValue {
  evaluation.charge(1);
  if (receiver === null) return name === 'get' ? (args[1] ?? null) : (NULL_RESULTS.get(name) ?? null);
  let run: (() => JsonValue) | undefined;
  if (typeof receiver === 'string') run = prepare(TEXT_METHODS, receiver, [name, args], evaluation);
  else if (isList(receiver)) run = prepare(LIST_METHODS, receiver, [name, args], evaluation);
  else if (isObject(receiver)) run = prepare(OBJECT_METHODS, receiver, [name, args], evaluation);
  if (run === undefined) throw evaluation.failure(`A ${typeName(receiver)} has no method "${name}"`);
  return run();
}

function prepare<T extends JsonValue>(
  methods: Readonly<Record<string, Method<T>>>,
  receiver: T,
  [name, args]: readonly [string, ArgumentValues],
  evaluation: Evaluation,
): (() => JsonValue) | undefined {
  const method = lookUp(methods, name);
  if (method === undefined) return undefined;
  const { parameters, required = 0, isVariadic = false } = method;
  if (args.length < required)
    throw evaluation.failure(`The method "${name}" needs the argument "${parameters[args.length]}"`);
  if (args.length > parameters.length && !isVariadic) {
    throw evaluation.failure(`The method "${name}" takes at most ${parameters.length} arguments, not ${args.length}`);
  }
  return () => method.run(receiver, args, evaluation);
}
