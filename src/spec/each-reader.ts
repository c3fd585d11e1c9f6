/**
 * Dynamic parallel of a checked file, all but its body: which items there are, under which names, how many at once.
 */
import { type JsonObject, type JsonValue, setOwn } from '../core/index.ts';
import type { EachWork } from '../flow/index.ts';
import type { FlowCheck } from './flow-check.ts';
import { countOf } from './limited-value.ts';
import { present } from './present.ts';
import { quote } from './problem-list.ts';
import { readExpressionValue, readTemplates } from './text-check.ts';
import { childOf, flagOf, type MapNode, textOf, type YamlNode } from './yaml-tree.ts';

/** State key of the results unless the file says otherwise. */
const RESULTS = 'parallel_results';
/** Combinations of a matrix whose lists are written out. */
const MAX_COMBINATIONS = 10_000;
/** Names an item would hide. */
const TAKEN_NAMES: ReadonlySet<string> = new Set(
  'state variables settings env run result secrets matrix true false none null and or not in is if else'.split(' '),
);

/** Everything of a dynamic parallel but what is done for each item. */
type EachParts = Omit<EachWork, 'body'>;

/** `type: dynamic_parallel`. `maxWorkers` counts unless the node says how many run at once. */
export function readDynamicParallel(check: FlowCheck, node: MapNode, maxWorkers: number | undefined): EachParts {
  const output = childOf(node, 'output');
  if (output?.kind === 'map') {
    const message = '`output` of `dynamic_parallel` is the state key of the list of results.';
    check.problems.add({ code: 'SPEC_INVALID', at: output.start, message, hint: 'Write one name.' });
  }
  return present({
    kind: 'each',
    items: readItems(check, childOf(node, 'items'), 'items'),
    ...readNames(check, node, 'index'),
    maxConcurrency: workersOf(check, childOf(node, 'max_concurrency')) ?? maxWorkers,
    failFast: flagOf(childOf(node, 'fail_fast')) ?? false,
    output: textOf(output) ?? RESULTS,
    resultKey: 'state',
  });
}

/** `parallel_each` and `strategy` beside a work of the node's own. */
export function readRepetition(check: FlowCheck, node: MapNode, maxWorkers: number | undefined): EachParts {
  const strategy = childOf(node, 'strategy');
  const matrix = childOf(strategy, 'matrix');
  const atOnce = childOf(strategy, 'max_parallel') ?? childOf(node, 'max_concurrency') ?? childOf(node, 'max_workers');
  return present({
    kind: 'each',
    items: readItems(check, childOf(node, 'parallel_each'), 'parallel_each'),
    matrix: matrix?.kind === 'map' ? readMatrix(check, matrix) : undefined,
    ...readNames(check, node, 'item_index'),
    maxConcurrency: workersOf(check, atOnce) ?? maxWorkers,
    failFast: flagOf(childOf(strategy, 'fail_fast')) ?? flagOf(childOf(node, 'fail_fast')) ?? false,
    output: RESULTS,
    resultKey: 'result',
  });
}

/** How many run at once, cut to what the configuration allows. */
export function workersOf(check: FlowCheck, node: YamlNode | undefined): number | undefined {
  return countOf(check, node, check.limits.maxWorkers);
}

function readItems(check: FlowCheck, node: YamlNode | undefined, what: string): JsonValue | undefined {
  // An object was reported by its shape.
  if (node === undefined || node.kind === 'map') return undefined;
  if (node.kind === 'list') return readTemplates(check, node);
  if (textOf(node) !== undefined) return readExpressionValue(check, node);
  const message = `${quote(what)} must be a list, or an expression that gives one.`;
  check.problems.add({ code: 'SPEC_INVALID', at: node.start, message });
  return undefined;
}

function readMatrix(check: FlowCheck, node: MapNode): JsonObject {
  if (node.entries.size === 0) {
    check.problems.add({ code: 'SPEC_INVALID', at: node.start, message: '`matrix` names no list.' });
  }
  const matrix: { [key: string]: JsonValue } = {};
  for (const { key, value } of node.entries.values()) setOwn(matrix, key, readItems(check, value, key) ?? []);
  const count = Object.values(matrix).reduce<number>(
    (product, list) => product * (Array.isArray(list) ? list.length : 1),
    1,
  );
  if (count > MAX_COMBINATIONS) {
    const message = `The matrix has ${count} combinations; at most ${MAX_COMBINATIONS} run.`;
    check.problems.add({ code: 'SPEC_INVALID', at: node.start, message, hint: 'Leave out values.' });
  }
  return matrix;
}

function readNames(check: FlowCheck, node: MapNode, index: string): Pick<EachWork, 'itemVar' | 'indexVar'> {
  const itemVar = readName(check, childOf(node, 'item_var')) ?? 'item';
  const indexVar = readName(check, childOf(node, 'index_var')) ?? index;
  if (itemVar === indexVar) {
    const at = (childOf(node, 'index_var') ?? childOf(node, 'item_var') ?? node).start;
    const message = `An item and its index cannot both be called ${quote(itemVar)}.`;
    check.problems.add({ code: 'SPEC_INVALID', at, message });
  }
  return { itemVar, indexVar };
}

function readName(check: FlowCheck, node: YamlNode | undefined): string | undefined {
  const name = textOf(node);
  if (name === undefined || node === undefined) return undefined;
  if (/^[A-Za-z_]\w*$/.test(name) && !TAKEN_NAMES.has(name)) return name;
  const message = `${quote(name)} cannot be the name of an item or index.`;
  const hint = 'Use letters, digits and `_`, and no word that expressions know already.';
  check.problems.add({ code: 'SPEC_INVALID', at: node.start, message, hint });
  return name;
}
