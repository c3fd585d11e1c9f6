/**
 * Whether what a test names is there: nodes, actions, and results that the action could give.
 */
import { compileSchema, type ProblemList, childOf, itemsOf, textOf, toJson, type YamlNode } from '../spec/index.ts';
import type { ActionCatalogue, Flow } from '../flow/index.ts';
import type { FlowTest, Stub } from './test-file.ts';

/** What a test may name. */
export interface Known {
  readonly flow: Flow;
  readonly actions: ActionCatalogue;
  readonly problems: ProblemList;
}

/** Reports what `test` names and the flow, or the flows it calls, do not have. */
export function checkReferences(test: FlowTest, known: Known): void {
  const nodes = nodesOf(known.flow);
  const check = (node: YamlNode | undefined): void => checkNode(known, nodes, node);
  const { expect, node: root } = test;
  for (const name of ['interrupt_before', 'interrupt_after']) itemsOf(childOf(root, name)).forEach(check);
  for (const given of itemsOf(childOf(root, 'given'))) check(childOf(given, 'node'));
  check(childOf(childOf(expect, 'error'), 'node'));
  itemsOf(childOf(expect, 'path')).forEach(check);
  const branches = childOf(expect, 'branches');
  if (branches?.kind === 'map') for (const { value } of branches.entries.values()) itemsOf(value).forEach(check);
  const calls = childOf(expect, 'calls');
  if (calls?.kind === 'map') {
    for (const { key, keyStart } of calls.entries.values()) checkName(known, nodes, { name: key, at: keyStart });
  }
  for (const stub of test.stubs) checkStub(known, nodes, stub);
  checkVariables(test, known);
}

function checkVariables({ variables, at, node }: FlowTest, { flow, problems }: Known): void {
  for (const name of Object.keys(variables)) {
    if (Object.hasOwn(flow.variables, name)) continue;
    const own = childOf(node, 'variables');
    const place = own?.kind === 'map' ? own.entries.get(name)?.keyStart : undefined;
    const hint = problems.suggest(name, Object.keys(flow.variables));
    const message = `The flow \`${flow.name}\` has no variable \`${name}\`.`;
    problems.add({ code: 'SPEC_UNKNOWN_KEY', at: place ?? at, message, ...(hint === undefined ? {} : { hint }) });
  }
}

/** Every node by name with the action it uses, those of called flows too. */
function nodesOf(flow: Flow, found = new Map<string, string | undefined>()): ReadonlyMap<string, string | undefined> {
  for (const { name, work } of flow.nodes) found.set(name, work.kind === 'action' ? work.uses : undefined);
  for (const imported of Object.values(flow.imports ?? {})) nodesOf(imported, found);
  return found;
}

type Nodes = ReadonlyMap<string, string | undefined>;

function checkNode(known: Known, nodes: Nodes, node: YamlNode | undefined): void {
  const name = textOf(node);
  if (node !== undefined && name !== undefined) checkName(known, nodes, { name, at: node.start });
}

function checkName(
  { problems, flow }: Known,
  nodes: Nodes,
  { name, at }: { readonly name: string; readonly at: number },
): void {
  if (nodes.has(name)) return;
  const hint = problems.suggest(name, nodes.keys());
  const message = `The flow \`${flow.name}\` has no node \`${name}\`.`;
  problems.add({ code: 'SPEC_UNKNOWN_TARGET', at, message, ...(hint === undefined ? {} : { hint }) });
}

function checkStub(known: Known, nodes: Nodes, stub: Stub): void {
  const { actions, problems } = known;
  const { action, node, at } = stub;
  if (node !== undefined) checkName(known, nodes, { name: node, at });
  if (action !== undefined && actions.find(action) === undefined) {
    const hint = problems.suggest(action, actions.names());
    const message = `There is no action \`${action}\`.`;
    problems.add({ code: 'SPEC_UNKNOWN_ACTION', at, message, ...(hint === undefined ? {} : { hint }) });
  }
  const name = action ?? nodes.get(node ?? '');
  if (name !== undefined) checkResults(known, name, stub);
}

/** What the real action never gives would prove nothing. */
function checkResults({ actions, problems }: Known, name: string, { answers }: Stub): void {
  const schema = actions.find(name)?.resultSchema;
  if (schema === undefined) return;
  const check = compileSchema(schema);
  for (const { result } of answers) {
    if (result === undefined) continue;
    for (const problem of check(toJson(result))) {
      const message = `\`${name}\` gives no such result: ${problem.replace(/\.$/, '')}.`;
      problems.add({ code: 'SPEC_INVALID', at: result.start, message });
    }
  }
}
