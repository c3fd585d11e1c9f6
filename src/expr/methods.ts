/**
 * The few methods flows may call on texts, objects and lists, in Python's spelling.
 *
 * Built in here by name and type of the receiver; a method of the host language is never looked up.
 */
import type { JsonValue } from '../core/index.ts';
import type { ArgumentValues } from './callable.ts';
import { areEqual } from './comparison.ts';
import type { Evaluation } from './evaluation.ts';
import { entriesOf } from './list-filters.ts';
import { lookUp } from './selection-filters.ts';
import { FORMAT_WITH_NAMES, type Method, TEXT_METHODS } from './text-methods.ts';
import { isList, isObject, typeName } from './value.ts';

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
  copy: { parameters: [], run: (object) => object },
  values: {
    parameters: [],
    run: (object, _args, evaluation) => entriesOf(object, evaluation).map((entry) => (entry as [string, JsonValue])[1]),
  },
};

const LIST_METHODS: Readonly<Record<string, Method<readonly JsonValue[]>>> = {
  copy: { parameters: [], run: (list) => list },
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
  ...Object.keys(TEXT_METHODS).filter((name) => name !== FORMAT_WITH_NAMES),
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
