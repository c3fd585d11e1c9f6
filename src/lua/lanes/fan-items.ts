/**
 * The branches of a dynamic fan-out: one per item, per combination of a matrix, or both.
 */
import { isJsonObject, type JsonObject, type JsonValue, MoonpoolError, setOwn } from '../../core/index.ts';
import { renderValue } from '../../expr/index.ts';
import type { EachWork, FlowNode, ItemResult, ItemStart } from '../../flow/index.ts';
import { parseObject, type PathState } from './path-state.ts';
import type { PreparedFlow } from './prepared-flow.ts';

/** Most branches of one fan-out. */
const MAX_ITEMS = 100_000;

/** What each branch begins with, in order. @throws FLOW_ITEMS for what is no list, or too many */
export function itemsOf(flow: PreparedFlow, node: FlowNode, work: EachWork, state: PathState): readonly ItemStart[] {
  const scope = state.scope();
  const render = (value: JsonValue): JsonValue => {
    const isTemplate = typeof value === 'object' && value !== null;
    return renderValue(flow.value(isTemplate ? value : { value }, value), scope);
  };
  const items = work.items === undefined ? undefined : listOf(render(work.items), `The items of ${node.name}`);
  const combinations = work.matrix === undefined ? [undefined] : combinationsOf(node, work.matrix, render);
  const count = combinations.length * (items?.length ?? 1);
  if (count > MAX_ITEMS)
    throw fault(`${node.name} has ${count} items; the most are ${MAX_ITEMS}. Take them in portions.`);
  return combinations
    .flatMap((matrix): JsonObject[] => {
      const given = matrix === undefined ? {} : { matrix };
      return items === undefined ? [given] : items.map((item) => ({ ...given, [work.itemVar]: item }));
    })
    .map((given, index) => {
      const vars = { ...given, [work.indexVar]: index };
      const start = { vars: state.encode(vars, `An item of ${node.name}`) };
      if (work.body.kind === 'nodes') return start;
      const input = renderValue(
        flow.value(work.body.input, work.body.input),
        state.scope({ ...vars, state: { ...state.value, ...vars } }),
      );
      return {
        ...start,
        input: state.encode(isJsonObject(input) ? input : {}, `The input of an item of ${node.name}`),
      };
    });
}

/** The results as the state has them, by index. */
export function toItemEntry(work: EachWork, result: ItemResult): JsonObject {
  const { index, success, timing_ms, attempts, error } = result;
  const vars = parseObject(result.vars);
  const given: { [key: string]: JsonValue } = {};
  if (work.matrix !== undefined) given['matrix'] = vars['matrix'] ?? null;
  if (work.items !== undefined) given['item'] = vars[work.itemVar] ?? null;
  const set = result.state === undefined ? {} : parseObject(result.state);
  const state = work.resultKey === 'result' ? withoutGiven(set, vars) : set;
  const failed = error === undefined ? {} : { error: { ...error } };
  return { index, ...given, success, [work.resultKey]: state, ...failed, timing_ms, attempts };
}

/** What the branch set, less what it was given and left as it was: of `result` the entry has that beside. */
function withoutGiven(set: JsonObject, vars: JsonObject): JsonObject {
  const own = Object.entries(set).filter(
    ([key, value]) => !Object.hasOwn(vars, key) || JSON.stringify(value) !== JSON.stringify(vars[key]),
  );
  return Object.fromEntries(own);
}

function combinationsOf(
  node: FlowNode,
  matrix: JsonObject,
  render: (value: JsonValue) => JsonValue,
): readonly JsonObject[] {
  let combinations: JsonObject[] = [{}];
  for (const [key, value] of Object.entries(matrix)) {
    const values = listOf(render(value), `The list ${key} in the matrix of ${node.name}`);
    if (combinations.length * values.length > MAX_ITEMS) {
      throw fault(`The matrix of ${node.name} has more than ${MAX_ITEMS} combinations.`);
    }
    combinations = combinations.flatMap((combination) =>
      values.map((chosen) => {
        const more = { ...combination };
        setOwn(more, key, chosen);
        return more;
      }),
    );
  }
  return combinations;
}

function listOf(value: JsonValue, what: string): readonly JsonValue[] {
  if (Array.isArray(value)) return value as readonly JsonValue[];
  throw fault(`${what} must be a list, and came to ${value === null ? 'null' : typeof value}.`);
}

function fault(message: string): MoonpoolError {
  return new MoonpoolError('FLOW_ITEMS', message);
}
