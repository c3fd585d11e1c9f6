/**
 * `data.filter`: the items of a list for which a condition holds.
 *
 * Runs on the main thread, so all items together have one budget of steps, and the event loop is
 * let go now and then.
 */
import { type Clock, getOwn, type JsonObject, type JsonValue, MoonpoolError } from '../../core/index.ts';
import { type Condition, compileCondition, DEFAULT_LIMITS, evaluateCondition } from '../../expr/index.ts';
import type { Action } from '../../engine/index.ts';
import { actionError, readText } from '../action-input.ts';
import { objectSchema } from '../action-schema.ts';

const NAME = 'data.filter';
const MAX_ITEMS = 100_000;
const MAX_STEPS_PER_ITEM = 10_000;
/** Items between two looks at the signal and the event loop. */
const STRETCH = 500;
const MAX_CACHED = 64;

const WITH_SCHEMA = objectSchema(
  {
    list: { type: ['array', 'null'], maxItems: MAX_ITEMS, description: 'Any items. Null counts as an empty list.' },
    condition: {
      type: 'string',
      minLength: 1,
      maxLength: 10_000,
      description: 'An expression over `item` and `index` (from 0), such as item.age >= 18.',
    },
    data: {
      type: ['object', 'null'],
      description: 'More names the condition sees, such as {limit: 5}. Default: state and variables.',
    },
    max_count: {
      type: ['integer', 'null'],
      minimum: 1,
      maximum: MAX_ITEMS,
      description: 'Stop when so many are found. Default: all.',
    },
  },
  ['list', 'condition'],
);

const RESULT_SCHEMA: JsonObject = {
  type: 'object',
  properties: {
    filtered: { type: 'array', description: 'The items for which the condition holds, in their order.' },
    count: { type: 'integer', description: 'How many these are.' },
  },
};

/** `data.filter`. */
export function createDataFilterAction(deps: { readonly clock: Pick<Clock, 'sleep'> }): Action {
  const conditions = new Map<string, Condition>();

  function conditionFor(text: string): Condition {
    const condition = conditions.get(text) ?? compileCondition(text);
    conditions.delete(text);
    if (conditions.size >= MAX_CACHED) conditions.delete(conditions.keys().next().value ?? text);
    conditions.set(text, condition);
    return condition;
  }

  return {
    name: NAME,
    effect: 'safe',
    about: 'Keeps the items of a list for which a condition holds.',
    withSchema: WITH_SCHEMA,
    resultSchema: RESULT_SCHEMA,
    ownText: { condition: 'condition' },
    async run(input, call) {
      const list = getOwn(input, 'list');
      const items: readonly JsonValue[] = Array.isArray(list) ? list : [];
      const condition = conditionFor(readText(input, 'condition') ?? '');
      const data = getOwn(input, 'data') as JsonObject | null | undefined;
      const maxCount = Number(getOwn(input, 'max_count') ?? MAX_ITEMS);
      const filtered: JsonValue[] = [];
      for (const [index, item] of items.entries()) {
        if (index % STRETCH === 0) {
          await deps.clock.sleep(0, call.signal);
        }
        if (filtered.length === maxCount) break;
        if (holds(condition, { ...data, item, index })) filtered.push(item);
      }
      return { value: { filtered, count: filtered.length } };
    },
  };
}

function holds(condition: Condition, scope: { readonly item: JsonValue; readonly index: number }): boolean {
  try {
    return evaluateCondition(condition, { ...scope }, { ...DEFAULT_LIMITS, maxSteps: MAX_STEPS_PER_ITEM });
  } catch (error) {
    if (!(error instanceof MoonpoolError)) throw error;
    throw actionError(NAME, `item ${scope.index} cannot be judged: ${error.message}`, { cause: error });
  }
}
