/**
 * What only `validate --strict` warns of: state keys that come to nothing, joins without a fan-out,
 * a first state that its description does not fit.
 *
 * Says something only where the file leaves no doubt: one node that hands the whole state on, or
 * returns a table by name, and nothing is said of what it may have read or written.
 */
import { isJsonObject, type JsonObject } from '../core/index.ts';
import type { Flow } from '../flow/index.ts';
import type { FlowCheck } from './flow-check.ts';
import { quote } from './problem-list.ts';
import { findSchemaProblems } from './schema-check.ts';
import { type StateUse, StateWalk } from './state-use.ts';
import { childOf, flagOf, itemsOf, type MapNode, nodeAt, textOf, type YamlNode } from './yaml-tree.ts';

/** Keywords by which a schema may allow keys that it does not name. */
const OPEN_KEYWORDS = ['anyOf', 'oneOf', 'allOf', '$ref', 'patternProperties', 'if', 'dependentSchemas'];

/** Warns of what is odd in a flow without errors. */
export function checkStrictly(check: FlowCheck, root: MapNode, flow: Flow): void {
  checkStateKeys(check, root, flow);
  checkJoinMarks(check, root, flow);
  checkInitialState(check, root, flow);
}

function checkStateKeys(check: FlowCheck, root: MapNode, flow: Flow): void {
  const use = new StateWalk(check);
  use.visitNodes(childOf(root, 'nodes'));
  use.visitRules(childOf(root, 'edges'));
  use.visitAnswer(childOf(root, 'output_schema'));
  for (const key of ['settings', 'endpoint']) {
    const node = childOf(root, key);
    if (node !== undefined) use.visitData(node);
  }
  const initial = keyPlaces(childOf(root, 'initial_state'));
  // Without an output schema the whole state is the answer, so every key is read in the end.
  if (flow.outputSchema !== undefined && use.areReadsKnown) warnOfUnread(check, use, initial);
  const input = inputKeys(flow);
  // Where a run pauses, a person may bring any key.
  const isClosed = use.areWritesKnown && !root.entries.has('config');
  if (input !== undefined && isClosed) warnOfUnwritten(check, use, new Set([...input, ...initial.keys()]));
}

function keyPlaces(node: YamlNode | undefined): ReadonlyMap<string, number> {
  if (node?.kind !== 'map') return new Map();
  return new Map([...node.entries.values()].map(({ key, keyStart }) => [key, keyStart]));
}

function warnOfUnread(check: FlowCheck, use: StateUse, initial: ReadonlyMap<string, number>): void {
  for (const [key, at] of [...initial, ...use.writes]) {
    if (use.possibleReads.has(key)) continue;
    const message = `The state key ${quote(key)} is written and never read.`;
    const hint = 'Read it, put it into `output_schema`, or do not write it.';
    check.problems.add({ code: 'SPEC_DEAD_KEY', severity: 'warning', at, message, hint });
  }
}

function warnOfUnwritten(check: FlowCheck, use: StateUse, given: ReadonlySet<string>): void {
  const known = new Set([...given, ...use.writes.keys(), ...use.possibleWrites]);
  for (const [key, at] of use.reads) {
    if (known.has(key)) continue;
    const near = check.problems.suggest(key, known);
    const message = `The state key ${quote(key)} is read and never written.`;
    const hint = near ?? 'Name it in `input_schema` or `initial_state` if it comes from outside.';
    check.problems.add({ code: 'SPEC_DEAD_KEY', severity: 'warning', at, message, hint });
  }
}

/** The keys that input can bring; undefined when that is not said. */
function inputKeys({ inputSchema, stateSchema, endpoint }: Flow): readonly string[] | undefined {
  if (inputSchema === undefined || OPEN_KEYWORDS.some((word) => Object.hasOwn(inputSchema, word))) return undefined;
  const { additionalProperties } = inputSchema;
  if (additionalProperties !== undefined && additionalProperties !== false) return undefined;
  const parameters = [...(endpoint?.pathParams ?? []), ...(endpoint?.queryParams ?? [])];
  return [...namesOf(inputSchema), ...namesOf(stateSchema), ...parameters.map(({ mapTo }) => mapTo)];
}

function namesOf(schema: JsonObject | undefined): readonly string[] {
  const properties = schema?.['properties'];
  return isJsonObject(properties) ? Object.keys(properties) : [];
}

function checkJoinMarks(check: FlowCheck, root: MapNode, flow: Flow): void {
  const routes = [flow.entry, ...flow.nodes.map(({ next }) => next)];
  const joins = new Set(routes.map((route) => (route.kind === 'parallel' ? route.join : undefined)));
  const nodes = itemsOf(childOf(root, 'nodes'));
  for (const node of nodes) joins.add(textOf(childOf(node, 'fan_in')));
  for (const node of nodes) {
    const name = textOf(childOf(node, 'name'));
    const mark = childOf(node, 'fan_in');
    if (name === undefined || mark === undefined || flagOf(mark) !== true || joins.has(name)) continue;
    const message = `The node ${quote(name)} is marked as a join, and no fan-out joins there.`;
    const hint = 'Name it in the `fan_in` of a fan-out, or remove the mark.';
    check.problems.add({ code: 'SPEC_UNREACHABLE', severity: 'warning', at: mark.start, message, hint });
  }
}

function checkInitialState(check: FlowCheck, root: MapNode, { stateSchema, initialState }: Flow): void {
  const node = childOf(root, 'initial_state');
  if (stateSchema === undefined || node === undefined) return;
  for (const { path, message, isAboutKeys } of findSchemaProblems(stateSchema, initialState)) {
    // What is absent at the start may come later.
    if (isAboutKeys) continue;
    const sentence = `${quote(path.join('.') || 'initial_state')} does not fit \`state_schema\`: it ${message}.`;
    check.problems.add({ code: 'SPEC_INVALID', severity: 'warning', at: nodeAt(node, path).start, message: sentence });
  }
}
