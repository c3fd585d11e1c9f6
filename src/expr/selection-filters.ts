/**
 * Filters that apply another filter or test to each item: map, select, reject and their attribute forms.
 *
 * They get the tables they look names up in, so that those tables can hold them.
 */
import { type JsonValue, nearestWord } from '../core/index.ts';
import { itemsOf, readPath } from './access.ts';
import { type ArgumentValues, type Filter, shorten, type Signature, type Test } from './callable.ts';
import type { Evaluation } from './evaluation.ts';
import { reasonAgainst } from './refusals.ts';
import { typeName } from './value.ts';

/** Finds by name in a table; inherited names are not there. */
export function lookUp<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

function resolve<T extends Signature>(
  table: Readonly<Record<string, T>>,
  kind: 'filter' | 'test',
  [name, ...args]: ArgumentValues,
  evaluation: Evaluation,
): { entry: T; args: ArgumentValues } {
  if (typeof name !== 'string') {
    throw evaluation.failure(`The name of a ${kind} must be text, not ${typeName(name ?? null)}`);
  }
  const entry = lookUp(table, name);
  if (entry === undefined) {
    const near = nearestWord(name, Object.keys(table));
    throw evaluation.failure(
      `There is no ${kind} "${shorten(name)}"`,
      reasonAgainst(kind, name) ?? (near === undefined ? undefined : `Did you mean "${near}"?`),
    );
  }
  if (args.length < (entry.required ?? 0)) {
    throw evaluation.failure(`The ${kind} "${name}" needs the argument "${entry.parameters[args.length]}"`);
  }
  if (args.length > entry.parameters.length && entry.isVariadic !== true) {
    throw evaluation.failure(`The ${kind} "${name}" takes at most ${entry.parameters.length} arguments`);
  }
  return { entry, args };
}

function createMap(filters: Readonly<Record<string, Filter>>): Filter {
  return {
    // The names come behind the positions a caller fills: map("join", ", ") or map(attribute="x").
    parameters: ['filter', 'attribute', 'default'],
    isVariadic: true,
    run(value, args, evaluation) {
      const items = itemsOf(value, evaluation);
      const [filter, attribute, fallback] = args;
      if (filter === undefined) {
        if (attribute === undefined) throw evaluation.failure('map needs a filter or attribute="name"');
        return items.map((item) => readPath(item, attribute, evaluation) ?? fallback ?? null);
      }
      const { entry, args: rest } = resolve(filters, 'filter', trimArguments(args), evaluation);
      return items.map((item) => {
        evaluation.charge(2);
        return entry.run(item, rest, evaluation);
      });
    },
  };
}

/** Without the empty places behind the last argument given. */
function trimArguments(args: ArgumentValues): ArgumentValues {
  let count = args.length;
  while (count > 0 && args[count - 1] === undefined) count -= 1;
  return args.slice(0, count);
}

function createSelection(tests: Readonly<Record<string, Test>>, hasAttribute: boolean, wanted: boolean): Filter {
  return {
    parameters: hasAttribute ? ['attribute', 'test'] : ['test'],
    required: hasAttribute ? 1 : 0,
    isVariadic: true,
    run(value, args, evaluation) {
      const items = itemsOf(value, evaluation);
      const read = (item: JsonValue): JsonValue => (hasAttribute ? readPath(item, args[0] ?? null, evaluation) : item);
      const testArgs = trimArguments(hasAttribute ? args.slice(1) : args);
      if (testArgs.length === 0) return items.filter((item) => evaluation.isTrue(read(item)) === wanted);
      const { entry, args: rest } = resolve(tests, 'test', testArgs, evaluation);
      return items.filter((item) => {
        evaluation.charge(2);
        return entry.run(read(item), rest, evaluation) === wanted;
      });
    },
  };
}

/** The filters that look up others in `filters` and `tests`. */
export function createSelectionFilters(
  filters: Readonly<Record<string, Filter>>,
  tests: Readonly<Record<string, Test>>,
): Readonly<Record<string, Filter>> {
  return {
    map: createMap(filters),
    select: createSelection(tests, false, true),
    reject: createSelection(tests, false, false),
    selectattr: createSelection(tests, true, true),
    rejectattr: createSelection(tests, true, false),
  };
}
