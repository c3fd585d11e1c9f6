/**
 * Lists of nodes → node drafts: what each does and where it says the run goes, bodies included.
 *
 * Drafts come in the flat order of a flow: a node, then those of its body, then the next one of its
 * list. Shapes were checked before; values of a wrong shape are read as absent. Targets and joins
 * are looked up later, list by list.
 */
import type { EachWork, NodeWork, Route } from '../flow/index.ts';
import {
  type Attempts,
  type FailureDraft,
  failureOf,
  type Gate,
  readAttempts,
  readErrors,
  readGate,
} from './conduct-reader.ts';
import { readDynamicParallel, readRepetition } from './each-reader.ts';
import type { ErrorHandling } from './failure-reader.ts';
import type { FlowCheck } from './flow-check.ts';
import type { ImportTable } from './import-table.ts';
import { countOf } from './limited-value.ts';
import { type NodeForm, readForm, requireNodeKeys } from './node-form.ts';
import { checkNodeName } from './node-name.ts';
import { quote } from './problem-list.ts';
import { readNodeRoute } from './node-route.ts';
import type { RouteDraft } from './route-draft.ts';
import { readConditionText } from './text-check.ts';
import { readAction, readCall, readInput, readRun } from './work-reader.ts';
import { childOf, itemsOf, type MapNode, textOf, type YamlNode } from './yaml-tree.ts';

/** Nodes of one flow, and the length of the path each has as its name: many deep ones would need much memory. */
const MAX_NODES = 20_000;
const MAX_PATH_LENGTH = 512;
/** Bodies inside bodies. */
const MAX_DEPTH = 16;
/** Name of the node that is done for each item, where the file gives none. */
const ITEM_NODE = 'item';
const ACTION_NODE = 'action';

/** A node whose targets are not looked up yet. */
export interface NodeDraft extends Gate, Attempts {
  /** Unique in the flow: names of owners and the own one, with `/` between. */
  readonly name: string;
  /** Unique in its list; what targets name. */
  readonly ownName: string;
  /** Offset of the name. */
  readonly at: number;
  readonly owner?: string;
  readonly work: NodeWork;
  readonly route?: RouteDraft;
  readonly failure: FailureDraft;
  /** Must lead somewhere: results would be lost otherwise. */
  readonly needsRoute: boolean;
}

/** Nodes that stand in one list: those at the top, or the body of one node. */
export interface NodeScope {
  readonly owner?: string;
  readonly nodes: readonly NodeDraft[];
}

/** All nodes of a flow: in flat order, and list by list, the one at the top first. */
export interface NodeDrafts {
  readonly all: readonly NodeDraft[];
  readonly scopes: readonly NodeScope[];
}

/** What holds for every node unless it says otherwise, and the flows it may call. */
export interface NodeContext {
  readonly imports: ImportTable;
  readonly errors: ErrorHandling | undefined;
  readonly maxWorkers: number | undefined;
}

/** The drafts of all nodes that have a usable name. */
export function readNodes(check: FlowCheck, list: YamlNode | undefined, context: NodeContext): NodeDrafts {
  return new NodeReader(check, context).read(list);
}

/** A list of nodes on the way down. */
interface ListPlace {
  readonly owner?: string;
  readonly depth: number;
}

/** A node on the way down. */
interface NodePlace extends ListPlace {
  readonly name: string;
  readonly ownName: string;
  readonly at: number;
}

/** A work, and the nodes of its body in flat order. */
interface ReadWork {
  readonly work: NodeWork;
  readonly inner: readonly NodeDraft[];
}

const NO_WORK: ReadWork = { work: { kind: 'none' }, inner: [] };

class NodeReader {
  readonly #check: FlowCheck;
  readonly #context: NodeContext;
  readonly #scopes: NodeScope[] = [];
  #chunkCount = 0;
  #nodeCount = 0;

  constructor(check: FlowCheck, context: NodeContext) {
    this.#check = check;
    this.#context = context;
  }

  read(list: YamlNode | undefined): NodeDrafts {
    const all = this.#readList(list, { depth: 0 });
    return { all, scopes: this.#scopes };
  }

  #readList(list: YamlNode | undefined, { owner, depth }: ListPlace): readonly NodeDraft[] {
    const flat: NodeDraft[] = [];
    const own: NodeDraft[] = [];
    const names = new Map<string, number>();
    this.#addScope(owner, own);
    for (const [index, item] of itemsOf(list).entries()) {
      if (item.kind !== 'map') continue;
      if (!this.#countNode(item)) break;
      const place = this.#placeOf(item, { depth, ...(owner === undefined ? {} : { owner }) }, index);
      if (place === undefined) continue;
      checkNodeName(this.#check, place.ownName, place.at, names);
      const read = this.#readNode(item, place);
      if (read[0] !== undefined) own.push(read[0]);
      for (const draft of read) flat.push(draft);
    }
    return flat;
  }

  /** Where a node stands and what it is called; undefined when it has no usable name. */
  #placeOf(item: MapNode, list: ListPlace, index: number): NodePlace | undefined {
    const { owner } = list;
    const nameNode = childOf(item, 'name');
    const isNameless = nameNode === undefined && owner !== undefined;
    const ownName = isNameless ? `step${index + 1}` : textOf(nameNode);
    if (ownName === undefined) return undefined;
    const at = nameNode?.start ?? item.start;
    const name = owner === undefined ? ownName : `${owner}/${ownName}`;
    if (name.length <= MAX_PATH_LENGTH) return { ...list, name, ownName, at };
    const message = `The names of ${quote(ownName)} and of the nodes around it come to more than ${MAX_PATH_LENGTH} characters.`;
    this.#check.problems.add({ code: 'SPEC_INVALID', at, message, hint: 'Use shorter names.' });
    return undefined;
  }

  #countNode(item: MapNode): boolean {
    this.#nodeCount += 1;
    if (this.#nodeCount === MAX_NODES + 1) {
      const message = `The flow has more than ${MAX_NODES} nodes.`;
      const hint = 'Make several flows of it.';
      this.#check.problems.add({ code: 'SPEC_INVALID', at: item.start, message, hint });
    }
    return this.#nodeCount <= MAX_NODES;
  }

  #addScope(owner: string | undefined, nodes: readonly NodeDraft[]): void {
    this.#scopes.push(owner === undefined ? { nodes } : { owner, nodes });
  }

  /** The node and those of its body. */
  #readNode(node: MapNode, place: NodePlace): readonly NodeDraft[] {
    const form = readForm(this.#check, node, place.name);
    if (form.isRepeated) return this.#readRepeated(node, place, form);
    const { work, inner } = this.#readWork(node, place, form);
    const errors = this.#readErrors(node, place, work);
    const draft = this.#draft(node, place, form, {
      work,
      failure: failureOf(errors),
      ...readAttempts(this.#check, node, errors),
    });
    return [draft, ...inner];
  }

  /** The work runs once per item, in a node of its own. */
  #readRepeated(node: MapNode, place: NodePlace, form: NodeForm): readonly NodeDraft[] {
    const inside = insideOf(place, ITEM_NODE, place.at);
    const { work, inner } = this.#readWork(node, inside, form);
    const errors = this.#readErrors(node, inside, work);
    const { depth: _, ...where } = inside;
    const item: NodeDraft = {
      ...where,
      work,
      failure: { mode: errors?.mode ?? 'raise' },
      needsRoute: false,
      ...readAttempts(this.#check, node, errors),
    };
    this.#addScope(place.name, [item]);
    // What is said of a failure is about one item; only the way out of it belongs to the whole, as `goto` does.
    const outer = node.entries.has('on_error') ? errors : this.#readErrors(node, place, NO_WORK.work);
    const mode = this.#context.errors?.mode ?? 'raise';
    const draft = this.#draft(node, place, form, {
      work: {
        ...readRepetition(this.#check, node, this.#context.maxWorkers),
        body: { kind: 'nodes', entry: entryOf([item]) },
      },
      failure: outer?.fallback === undefined ? { mode } : failureOf(outer),
    });
    return [draft, item, ...inner];
  }

  #readErrors(node: MapNode, place: NodePlace, work: NodeWork): ErrorHandling | undefined {
    return readErrors(this.#check, node, this.#context.errors, {
      ownName: place.ownName,
      isInBody: place.owner !== undefined,
      isRetried: ['lua', 'expression', 'action', 'call'].includes(work.kind),
    });
  }

  #draft(
    node: MapNode,
    place: NodePlace,
    form: NodeForm,
    parts: Pick<NodeDraft, 'work' | 'failure'> & Attempts,
  ): NodeDraft {
    const { name, ownName, at, owner } = place;
    const isEach = parts.work.kind === 'each';
    const route = readNodeRoute(this.#check, node, { name, isEach });
    return {
      name,
      ownName,
      at,
      ...(owner === undefined ? {} : { owner }),
      ...readGate(this.#check, node, form.kind === 'while_loop'),
      ...parts,
      ...(route === undefined ? {} : { route }),
      needsRoute: isEach && owner === undefined,
    };
  }

  #readWork(node: MapNode, place: NodePlace, form: NodeForm): ReadWork {
    switch (form.kind) {
      case 'run': {
        const work = readRun(this.#workPlace(place.name), node);
        if (work.kind === 'lua') this.#chunkCount += 1;
        return { work, inner: [] };
      }
      case 'uses':
        return { work: readAction(this.#workPlace(place.name), node), inner: [] };
      case 'call':
        return { work: readCall(this.#workPlace(place.name), node), inner: [] };
      case 'steps': {
        const { entry, inner } = this.#readBody(childOf(node, 'steps'), place);
        return { work: { kind: 'steps', entry }, inner };
      }
      case 'while_loop':
        return this.#readLoop(node, place);
      case 'dynamic_parallel':
        return this.#readEach(node, place);
      case 'none':
        return NO_WORK;
    }
  }

  #workPlace(name: string): Parameters<typeof readRun>[0] {
    return { check: this.#check, name, imports: this.#context.imports, chunk: this.#chunkCount };
  }

  #readBody(
    list: YamlNode | undefined,
    place: NodePlace,
  ): { readonly entry: Route; readonly inner: readonly NodeDraft[] } {
    const depth = place.depth + 1;
    if (depth > MAX_DEPTH) {
      const message = `The body of ${quote(place.ownName)} lies more than ${MAX_DEPTH} bodies deep.`;
      this.#check.problems.add({
        code: 'SPEC_INVALID',
        at: place.at,
        message,
        hint: 'Make a flow of it and `call` it.',
      });
      return { entry: { kind: 'end' }, inner: [] };
    }
    const inner = this.#readList(list, { owner: place.name, depth });
    return { entry: entryOf(inner), inner };
  }

  #readLoop(node: MapNode, place: NodePlace): ReadWork {
    requireNodeKeys(this.#check, node, '`type: while_loop`', ['condition', 'max_iterations', 'body']);
    const condition = childOf(node, 'condition');
    const { entry, inner } = this.#readBody(childOf(node, 'body'), place);
    const work: NodeWork = {
      kind: 'while',
      condition: condition === undefined ? 'false' : readConditionText(this.#check, condition, 'condition'),
      maxIterations: countOf(this.#check, childOf(node, 'max_iterations')) ?? 1,
      onLimit: textOf(childOf(node, 'on_limit')) === 'error' ? 'error' : 'exit',
      entry,
    };
    return { work, inner };
  }

  #readEach(node: MapNode, place: NodePlace): ReadWork {
    const check = this.#check;
    requireNodeKeys(check, node, '`type: dynamic_parallel`', ['items']);
    const [first, second] = ['action', 'steps', 'subgraph'].filter((key) => node.entries.has(key));
    const at = (second === undefined ? node.entries.get('type') : node.entries.get(second))?.keyStart ?? node.start;
    if (first === undefined || second !== undefined) {
      const message = `The node ${quote(place.name)} needs one of \`action\`, \`steps\` and \`subgraph\`${second === undefined ? '' : ', not two'}.`;
      check.problems.add({ code: 'SPEC_INVALID', at, message });
    }
    const input = node.entries.get('input');
    if (input !== undefined && first !== 'subgraph') {
      const message = '`input` belongs to `subgraph`.';
      check.problems.add({
        code: 'SPEC_INVALID',
        at: input.keyStart,
        message,
        hint: 'Items are in the state already.',
      });
    }
    const { body, inner } = this.#readItemBody(node, place, first);
    return { work: { ...readDynamicParallel(check, node, this.#context.maxWorkers), body }, inner };
  }

  #readItemBody(
    node: MapNode,
    place: NodePlace,
    key: string | undefined,
  ): { readonly body: EachWork['body']; readonly inner: readonly NodeDraft[] } {
    const subgraph = childOf(node, 'subgraph');
    if (key === 'subgraph' && subgraph !== undefined) {
      const flow = this.#context.imports.nameOf(this.#check, subgraph);
      return { body: { kind: 'call', flow, input: readInput(this.#check, childOf(node, 'input')) }, inner: [] };
    }
    if (key === 'action') {
      const inner = this.#readItemAction(childOf(node, 'action'), place);
      return { body: { kind: 'nodes', entry: entryOf(inner) }, inner };
    }
    const { entry, inner } = this.#readBody(childOf(node, 'steps'), place);
    return { body: { kind: 'nodes', entry }, inner };
  }

  #readItemAction(node: YamlNode | undefined, place: NodePlace): readonly NodeDraft[] {
    if (node?.kind !== 'map') return [];
    const inside = insideOf(place, ACTION_NODE, childOf(node, 'uses')?.start ?? node.start);
    const work = readAction(this.#workPlace(inside.name), node);
    const errors = this.#readErrors(node, inside, work);
    const { depth: _, ...where } = inside;
    const attempts = readAttempts(this.#check, node, errors);
    const draft: NodeDraft = { ...where, work, failure: failureOf(errors), needsRoute: false, ...attempts };
    this.#addScope(place.name, [draft]);
    return [draft];
  }
}

/** The place of a node that the file does not name, inside `place`. */
function insideOf(place: NodePlace, ownName: string, at: number): NodePlace & { readonly owner: string } {
  return { name: `${place.name}/${ownName}`, ownName, at, owner: place.name, depth: place.depth + 1 };
}

/** A body begins at its first node. */
function entryOf(inner: readonly NodeDraft[]): Route {
  const first = inner[0];
  return first === undefined ? { kind: 'end' } : { kind: 'rules', rules: [{ to: first.name }] };
}
