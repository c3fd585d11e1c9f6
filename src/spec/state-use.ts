/**
 * Which keys of the state a flow's file reads and writes, with the places where it says so.
 *
 * Goes through the tree, so that it need not know every kind of node. What it cannot follow makes
 * reads or writes "not known"; text that it does not understand it takes for a possible read.
 */
import { isJsonObject } from '../core/index.ts';
import { compileCondition, compileExpression, compileValue, hasTemplateSyntax } from '../expr/index.ts';
import type { FlowCheck } from './flow-check.ts';
import { findStateUse } from './lua-state-use.ts';
import { offsetInScalar } from './scalar-position.ts';
import { childOf, itemsOf, type MapEntry, type MapNode, type ScalarNode, textOf, type YamlNode } from './yaml-tree.ts';

/** What the parts of a flow do with the state. */
export interface StateUse {
  /** Certain reads, with the offset of the first. */
  readonly reads: ReadonlyMap<string, number>;
  /** Everything that may be a read, the certain ones among it. */
  readonly possibleReads: ReadonlySet<string>;
  /** Keys that nodes are told to write, with the offset of the first. */
  readonly writes: ReadonlyMap<string, number>;
  /** Keys that come with the result of an action, asked for or not. */
  readonly possibleWrites: ReadonlySet<string>;
  readonly areReadsKnown: boolean;
  readonly areWritesKnown: boolean;
}

/** Keys of a node that say nothing of the state. */
const SILENT_KEYS: ReadonlySet<string> = new Set(['name', 'metadata', 'language', 'uses', 'fan_in', 'type']);
/** Keys of a node after which anything may have been written. */
const OPAQUE_KEYS = ['type', 'call', 'subgraph', 'steps', 'strategy', 'parallel_each', 'interrupt'];
/** Keys of a node that hold nodes. */
const NODE_KEYS: ReadonlySet<string> = new Set(['steps', 'body', 'action']);

/** See the head of this file; gathers what it is shown. */
export class StateWalk implements StateUse {
  readonly reads = new Map<string, number>();
  readonly possibleReads = new Set<string>();
  readonly writes = new Map<string, number>();
  /** A join and a failure taken care of put these there. */
  readonly possibleWrites = new Set(['parallel_results', 'error']);
  areReadsKnown = true;
  areWritesKnown = true;
  readonly #check: FlowCheck;
  /** Aliases show a value in several places. */
  readonly #done = new Set<YamlNode>();

  constructor(check: FlowCheck) {
    this.#check = check;
  }

  /** A node, or a list of them. */
  visitNodes(node: YamlNode | undefined): void {
    for (const item of itemsOf(node)) this.visitNodes(item);
    if (node?.kind !== 'map' || this.#isDone(node)) return;
    if (OPAQUE_KEYS.some((key) => node.entries.has(key))) this.areWritesKnown = false;
    this.#noteResult(node);
    for (const entry of node.entries.values()) this.#visitKey(node, entry);
  }

  /** A list of edges or rules. */
  visitRules(node: YamlNode | undefined): void {
    for (const rule of itemsOf(node)) {
      for (const key of ['if', 'when', 'condition']) {
        const condition = childOf(rule, key);
        this.#readCondition(condition?.kind === 'map' ? childOf(condition, 'value') : condition);
      }
    }
  }

  /** What an answer is made of. */
  visitAnswer(node: YamlNode | undefined): void {
    if (node?.kind !== 'map') return;
    for (const { value } of node.entries.values()) {
      this.#readCondition(childOf(value, 'include_if'));
      this.visitData(value);
    }
  }

  /** Values that may hold templates. */
  visitData(node: YamlNode): void {
    if (this.#isDone(node)) return;
    if (node.kind === 'list') for (const item of node.items) this.visitData(item);
    else if (node.kind === 'map') for (const { value } of node.entries.values()) this.visitData(value);
    else this.#readTemplate(node);
  }

  #isDone(node: YamlNode): boolean {
    const isDone = this.#done.has(node);
    this.#done.add(node);
    return isDone;
  }

  #visitKey(owner: MapNode, { key, value }: MapEntry): void {
    if (SILENT_KEYS.has(key)) return;
    if (key === 'run' || key === 'script') this.#visitRun(value);
    else if (key === 'output') this.#visitOutput(value);
    else if (key === 'goto') this.visitRules(value);
    else if (key === 'condition') this.#readCondition(value);
    else if (NODE_KEYS.has(key)) this.visitNodes(value);
    else this.visitData(value);
    // A flow that is called without `input` may read all there is.
    if (key === 'call' || key === 'subgraph') this.areReadsKnown &&= owner.entries.has('input');
  }

  #visitRun(run: YamlNode): void {
    if (run.kind === 'scalar') this.#readLua(run);
    const code = childOf(run, 'code');
    if (code?.kind === 'scalar') this.#readLua(code);
    const value = childOf(run, 'value');
    if (value?.kind === 'scalar') this.#readExpression(value);
    else if (value !== undefined) this.visitData(value);
    const outputKey = childOf(run, 'output_key');
    if (outputKey !== undefined) this.#write(textOf(outputKey) ?? '', outputKey.start);
  }

  #visitOutput(output: YamlNode): void {
    if (output.kind === 'scalar') this.#write(String(output.value), output.start);
    for (const { key, keyStart, value } of output.kind === 'map' ? output.entries.values() : []) {
      this.#write(key, keyStart);
      if (value.kind === 'scalar') this.#readExpression(value);
    }
  }

  #noteResult(node: MapNode): void {
    const uses = textOf(childOf(node, 'uses'));
    if (uses === undefined || node.entries.has('output')) return;
    const { type, properties, additionalProperties } = this.#check.actions.find(uses)?.resultSchema ?? {};
    const isClosed = type === 'object' && additionalProperties === false && isJsonObject(properties);
    if (isClosed) for (const key of Object.keys(properties)) this.possibleWrites.add(key);
    else if (typeof type === 'string' && type !== 'object') this.possibleWrites.add('result');
    else this.areWritesKnown = false;
  }

  #readLua(node: ScalarNode): void {
    if (typeof node.value !== 'string') return;
    const { reads, writes } = findStateUse(node.value);
    const place = (index: number): number => offsetInScalar(this.#check.text, node, index);
    if (reads === undefined) this.areReadsKnown = false;
    else for (const [key, index] of reads) this.#read(key, place(index));
    if (writes === undefined) this.areWritesKnown = false;
    else for (const [key, index] of writes) this.#write(key, place(index));
  }

  #readCondition(node: YamlNode | undefined): void {
    const text = textOf(node);
    if (text === undefined || node === undefined) return;
    const condition = attempt(() => compileCondition(text));
    if (condition?.kind === 'state') this.#read(condition.name, node.start);
    else if (condition?.kind === 'expression') this.#readPaths(condition.expression.paths, node.start);
    else if (condition?.kind === 'template') this.#readPaths(condition.template.paths, node.start);
  }

  #readExpression(node: ScalarNode): void {
    const text = textOf(node);
    if (text === undefined) return;
    if (hasTemplateSyntax(text)) this.#readTemplate(node);
    else this.#readPaths(attempt(() => compileExpression(text))?.paths ?? [], node.start);
  }

  #readTemplate(node: ScalarNode): void {
    const text = textOf(node);
    if (text === undefined) return;
    if (hasTemplateSyntax(text))
      this.#readPaths(attempt(() => compileValue(text, { secrets: 'placed' }))?.paths ?? [], node.start);
    else if (/\bstate\b/.test(text)) this.#suspectReads(text);
  }

  /** Perhaps an expression under a key that takes one. */
  #suspectReads(text: string): void {
    for (const [root, key] of attempt(() => compileExpression(text))?.paths ?? []) {
      if (root !== 'state') continue;
      if (key === undefined) this.areReadsKnown = false;
      else this.possibleReads.add(key);
    }
  }

  #readPaths(paths: readonly (readonly string[])[], at: number): void {
    for (const [root, key] of paths) {
      if (root !== 'state') continue;
      if (key === undefined) this.areReadsKnown = false;
      else this.#read(key, at);
    }
  }

  #read(key: string, at: number): void {
    this.possibleReads.add(key);
    if (!this.reads.has(key)) this.reads.set(key, at);
  }

  #write(key: string, at: number): void {
    if (!this.writes.has(key)) this.writes.set(key, at);
  }
}

/** What `make` gives; undefined for text that does not parse, which is reported elsewhere. */
function attempt<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch {
    return undefined;
  }
}
