/**
 * `moonpool.yaml` → one layer, with the place of every key and value.
 *
 * Knows YAML, not the options. A file that is not well-formed gives problems and no settings.
 * Bounded: 1 MiB of text, 10,000 values after aliases are followed, 20 levels.
 */
import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, type Pair, parseDocument } from 'yaml';
import { type JsonValue, MIB, type OptionProblem, setOwn } from '../core/index.ts';
import { isVariablePath } from './flow-variables.ts';
import type { ConfigLayer, Position, Setting } from './setting.ts';

/** The longest configuration file that is read, in bytes. */
export const MAX_CONFIG_BYTES = MIB;
const MAX_VALUES = 10_000;
const MAX_DEPTH = 20;

/** Raised inside this file only; becomes a problem with a place. */
class Refusal extends Error {
  readonly node: Node | null;

  constructor(node: Node | null, message: string) {
    super(message);
    this.node = node;
  }
}

class ConfigReader {
  readonly #file: string;
  readonly #document: ReturnType<typeof parseDocument>;
  readonly #lines = new LineCounter();
  readonly settings: Setting[] = [];
  readonly problems: OptionProblem[] = [];
  #valueCount = 0;

  constructor(file: string, text: string) {
    this.#file = file;
    this.#document = parseDocument(text, {
      version: '1.2',
      schema: 'core',
      prettyErrors: false,
      uniqueKeys: true,
      lineCounter: this.#lines,
    });
  }

  read(): void {
    const { errors, warnings, contents } = this.#document;
    for (const { message, pos } of [...errors, ...warnings]) this.#report(this.#at(pos[0]), '', message);
    if (this.problems.length > 0 || contents === null) return;
    try {
      this.#walk(contents, [], []);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.#report(this.#place(error.node), '', error.message);
    }
  }

  #walk(node: Node | null, path: readonly string[], keys: readonly Position[]): void {
    const target = this.#resolve(node, path.length);
    if (isMap(target) && target.items.length > 0 && !isVariablePath(path)) {
      for (const pair of target.items as readonly Pair<Node, Node | null>[]) {
        const place = this.#place(pair.key);
        this.#walk(pair.value, [...path, this.#key(pair.key)], [...keys, place]);
      }
      return;
    }
    const isEmpty = target === null || (isScalar(target) && target.value === null);
    if (path.length > 0) this.#set(path, keys, isEmpty ? null : target);
    else if (!isMap(target) && !isEmpty) throw new Refusal(target, 'a configuration file holds one object');
  }

  #set(path: readonly string[], keys: readonly Position[], node: Node | null): void {
    // An empty value has no text of its own: its key is the better place to point at.
    const position = node === null ? (keys.at(-1) ?? this.#at(0)) : this.#place(node);
    const value = this.#toJson(node, path.length);
    this.settings.push({ path, value, keys, source: { kind: 'file', file: this.#file, ...position } });
  }

  /** Follows aliases; every visit counts, so that a few aliases cannot stand for a billion values. */
  #resolve(node: Node | null, depth: number): Node | null {
    this.#valueCount += 1;
    if (this.#valueCount > MAX_VALUES) throw new Refusal(node, `more than ${MAX_VALUES} values`);
    if (depth > MAX_DEPTH) throw new Refusal(node, `nested deeper than ${MAX_DEPTH} levels`);
    return isAlias(node) ? ((node.resolve(this.#document) as Node | undefined) ?? null) : node;
  }

  #key(node: Node): string {
    const target = isAlias(node) ? node.resolve(this.#document) : node;
    if (isScalar(target) && typeof target.value === 'string') return target.value;
    // A flow may be called 12 or true; JSON writes both as YAML does.
    if (isScalar(target) && ['number', 'boolean'].includes(typeof target.value)) return JSON.stringify(target.value);
    throw new Refusal(node, 'a key must be text');
  }

  /** @param target has its alias followed already */
  #toJson(target: Node | null, depth: number): JsonValue {
    const inside = (node: Node | null): JsonValue => this.#toJson(this.#resolve(node, depth + 1), depth + 1);
    if (target === null) return null;
    if (isSeq(target)) return target.items.map((item) => inside(item as Node | null));
    if (isMap(target)) {
      const object: { [key: string]: JsonValue } = {};
      for (const pair of target.items as readonly Pair<Node, Node | null>[]) {
        setOwn(object, this.#key(pair.key), inside(pair.value));
      }
      return object;
    }
    const value = isScalar(target) ? target.value : undefined;
    if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    throw new Refusal(target, 'a number must be finite');
  }

  #at(offset: number): Position {
    const { line, col } = this.#lines.linePos(offset);
    return { line, column: col };
  }

  #place(node: Node | null): Position {
    return this.#at(node?.range?.[0] ?? 0);
  }

  #report(position: Position, path: string, message: string): void {
    this.problems.push({ path, message: message.replaceAll('\n', ' '), place: { file: this.#file, ...position } });
  }
}

/**
 * The layer a configuration file makes. Never throws: what cannot be read is in `problems`.
 *
 * @param file as the user named it; for messages
 */
export function layerFromFile(file: string, text: string): ConfigLayer {
  const refuse = (message: string): ConfigLayer => ({
    settings: [],
    problems: [{ path: '', message, place: { file, line: 1, column: 1 } }],
  });
  if (text.length > MAX_CONFIG_BYTES) return refuse('larger than 1 MiB, the most a configuration file may be');
  try {
    const reader = new ConfigReader(file, text);
    reader.read();
    return { settings: reader.problems.length > 0 ? [] : reader.settings, problems: reader.problems };
  } catch (error) {
    // The YAML parser recurses: a hundred thousand brackets end its stack.
    if (error instanceof RangeError) return refuse('nested too deeply');
    throw error;
  }
}
