/**
 * The other flows that one flow names: `imports`, and paths in `call` and `subgraph`.
 *
 * Reads no file: who loads flows finds the paths with `findImports` and hands in what is behind
 * them. Invariant: every name in a checked flow stands for a checked flow.
 */
import type { Flow } from '../flow/index.ts';
import { FLOW_CALL } from './engine-actions.ts';
import type { FlowCheck } from './flow-check.ts';
import { isUsableName } from './node-name.ts';
import { quote } from './problem-list.ts';
import { readYaml } from './yaml-reader.ts';
import { childOf, itemsOf, type MapNode, textOf, type YamlNode } from './yaml-tree.ts';

/** Largest flow with all it imports, in characters of JSON: what is stored while a run refers to it. */
const MAX_IMPORTED_LENGTH = 8_388_608;

/** Why a path gives no flow. */
export interface ImportProblem {
  /** One sentence, final stop included. */
  readonly problem: string;
  readonly hint?: string;
}

/** What is behind each path, by the path as it is written. */
export type ImportedFlows = ReadonlyMap<string, Flow | ImportProblem>;

/** What `imports` and the paths of one flow stand for. */
export class ImportTable {
  readonly #loaded: ImportedFlows;
  /** Flows, and `undefined` for what was reported. */
  readonly #byName = new Map<string, Flow | undefined>();

  constructor(check: FlowCheck, node: YamlNode | undefined, loaded: ImportedFlows) {
    this.#loaded = loaded;
    for (const { name, at, path } of declaredIn(check, node)) {
      if (this.#byName.has(name)) {
        const message = `Two imports have the name ${quote(name)}.`;
        check.problems.add({ code: 'SPEC_INVALID', at, message, hint: 'Give each its own name with `as`.' });
      }
      this.#byName.set(name, this.#load(check, path));
    }
  }

  /** The flow that `node` names, as it is written there; reports one that does not exist. */
  nameOf(check: FlowCheck, node: YamlNode): string {
    const name = textOf(node) ?? '';
    if (name === '' || this.#byName.has(name)) return name;
    if (name.includes('{{') || name.includes('{%')) {
      const message = 'The name of a called flow must be written out.';
      const hint = 'Choose between flows with `goto`: one node per flow.';
      check.problems.add({ code: 'SPEC_INVALID', at: node.start, message, hint });
    } else if (looksLikePath(name)) {
      this.#byName.set(name, this.#load(check, node));
    } else {
      const near = check.problems.suggest(name, this.#byName.keys());
      const hint = near ?? 'Add it to `imports`, or write the path of its file.';
      const message = `There is no import ${quote(name)}.`;
      check.problems.add({ code: 'SPEC_UNKNOWN_TARGET', at: node.start, message, hint });
    }
    return name;
  }

  /** All flows by the names that are used for them; undefined when there are none. */
  get flows(): { readonly [name: string]: Flow } | undefined {
    const known = [...this.#byName].filter((entry): entry is [string, Flow] => entry[1] !== undefined);
    return known.length === 0 ? undefined : Object.fromEntries(known);
  }

  #load(check: FlowCheck, node: YamlNode): Flow | undefined {
    const path = textOf(node) ?? '';
    const refuse = (message: string, hint?: string): undefined => {
      const code = isCode(path) ? 'SPEC_LANGUAGE' : 'SPEC_INVALID';
      check.problems.add({ code, at: node.start, message, ...(hint === undefined ? {} : { hint }) });
    };
    const reason = whyPathUnusable(path);
    if (reason !== undefined) return refuse(`The path ${quote(path)} cannot be imported: ${reason}.`);
    const found = this.#loaded.get(path);
    if (found === undefined) return refuse(`The flow ${quote(path)} was not loaded.`, 'Load the flow from its file.');
    return 'problem' in found ? refuse(found.problem, found.hint) : found;
  }

  /** Reports a flow that with all its imports, each as often as it is named, would be too large to keep. */
  checkSize(check: FlowCheck, at: number): void {
    const length = Object.values(this.flows ?? {}).reduce((sum, flow) => sum + lengthOf(flow), 0);
    if (length <= MAX_IMPORTED_LENGTH) return;
    const message = `The imported flows come to ${length} characters; at most ${MAX_IMPORTED_LENGTH} are kept.`;
    check.problems.add({ code: 'SPEC_INVALID', at, message, hint: 'Import fewer flows, or smaller ones.' });
  }
}

function lengthOf(flow: Flow): number {
  const { imports, ...own } = flow;
  return Object.values(imports ?? {}).reduce((sum, inner) => sum + lengthOf(inner), JSON.stringify(own).length);
}

interface Declared {
  readonly name: string;
  /** Where the name stands. */
  readonly at: number;
  readonly path: YamlNode;
}

function declaredIn(check: FlowCheck, node: YamlNode | undefined): readonly Declared[] {
  const declared = [...writtenIn(node)];
  for (const { name, at } of declared) {
    if (isUsableName(name) && !looksLikePath(name)) continue;
    const message = `${quote(name)} cannot be the name of an import.`;
    check.problems.add({ code: 'SPEC_INVALID', at, message, hint: 'Choose a short name with `as`.' });
  }
  return declared;
}

/** `imports` as a list of objects, or as an object of names with paths. */
function* writtenIn(node: YamlNode | undefined): Generator<Declared> {
  for (const entry of node?.kind === 'map' ? node.entries.values() : []) {
    if (textOf(entry.value) !== undefined) yield { name: entry.key, at: entry.keyStart, path: entry.value };
  }
  for (const item of itemsOf(node)) {
    const path = childOf(item, 'path');
    const text = textOf(path);
    if (path === undefined || text === undefined) continue;
    const named = [childOf(item, 'as'), childOf(item, 'namespace')].find((one) => (textOf(one) ?? '') !== '');
    yield { name: textOf(named) ?? stemOf(text), at: named?.start ?? path.start, path };
  }
}

function stemOf(path: string): string {
  return path.replace(/^.*[/\\]/, '').replace(/\.[^.]*$/, '');
}

function looksLikePath(name: string): boolean {
  return name.includes('/') || /\.ya?ml$/i.test(name);
}

function isCode(path: string): boolean {
  return /\.(?:py|lua|js|ts|so|wasm)$/i.test(path);
}

function whyPathUnusable(path: string): string | undefined {
  if (isCode(path)) return 'imports are flows, never code';
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(path)) return 'flows are read from files only';
  if (/^(?:[/\\~]|[a-z]:)/i.test(path)) return 'paths begin from the file that names them';
  if (/[\\\p{Cc}]/u.test(path)) return 'the parts of a path are separated by `/`';
  return /\.ya?ml$/i.test(path) ? undefined : 'a flow file ends in .yaml or .yml';
}

/** The paths of flows that `text` names and that could be loaded, each once, in the order of the file. */
export function findImports(text: string): readonly string[] {
  const { root } = readYaml(text, '');
  const found = new Set<string>();
  const add = (node: YamlNode | undefined): void => {
    const path = textOf(node);
    if (path !== undefined && looksLikePath(path) && whyPathUnusable(path) === undefined) found.add(path);
  };
  for (const { path } of writtenIn(childOf(root, 'imports'))) add(path);
  const seen = new Set<YamlNode>();
  const open = [...itemsOf(childOf(root, 'nodes'))].toReversed();
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (node.kind !== 'map' || seen.has(node)) continue;
    seen.add(node);
    for (const named of namedBy(node)) add(named);
    const bodies = ['steps', 'body'].flatMap((key) => itemsOf(childOf(node, key)));
    for (const inner of bodies.toReversed()) open.push(inner);
  }
  return [...found];
}

function namedBy(node: MapNode): readonly (YamlNode | undefined)[] {
  const calls = [node, childOf(node, 'action')].filter((one) => textOf(childOf(one, 'uses')) === FLOW_CALL);
  const flows = calls.map((one) => childOf(childOf(one, 'with'), 'flow'));
  return [childOf(node, 'call'), childOf(node, 'subgraph'), ...flows];
}
