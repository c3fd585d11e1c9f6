/**
 * `moonpool.yaml` → one layer, with the place of every key and value.
 *
 * Knows YAML, not the options. A file that is not well-formed gives problems and no settings.
 * Bounded: 1 MiB of text, 10,000 values after aliases are followed, 20 levels.
 */
import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  type Node,
  Parser,
  type Pair,
  parseDocument,
  type YAMLMap,
} from 'yaml';
import { type JsonValue, MIB, type OptionProblem, setOwn } from '../core/index.ts';
import { isVariablePath } from './flow-variables.ts';
import type { ConfigLayer, Position, Setting } from './setting.ts';

/** The longest configuration file that is read, in bytes. */
export const MAX_CONFIG_BYTES = MIB;
const MAX_VALUES = 10_000;
/** Far more pieces of text than a file of that many values has. */
const MAX_LEXEMES = 10 * MAX_VALUES;
const MAX_DEPTH = 20;
/** The YAML library recurses while it composes; beyond this it is not asked to. */
const MAX_RAW_DEPTH = 64;
/** Further syntax errors of a broken file follow from the first ones. */
const MAX_SYNTAX_PROBLEMS = 20;

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
      // The library compares every key with every other: minutes for a large file. Here a set does it.
      uniqueKeys: false,
      lineCounter: this.#lines,
    });
  }

  read(): void {
    const { errors, warnings, contents } = this.#document;
    const found = [...errors, ...warnings].slice(0, MAX_SYNTAX_PROBLEMS);
    for (const { message, pos } of found) this.#report(this.#at(pos[0]), '', message);
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
      for (const { key, name, value } of this.#pairs(target)) {
        this.#walk(value, [...path, name], [...keys, this.#place(key)]);
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

  /** The pairs of a map; a key that stands twice is a problem at its second place. */
  #pairs(map: YAMLMap): readonly { readonly key: Node; readonly name: string; readonly value: Node | null }[] {
    const names = new Set<string>();
    return (map.items as Pair<Node, Node | null>[]).map(({ key, value }) => {
      const name = this.#key(key);
      if (names.has(name)) this.#report(this.#place(key), name, 'stands twice in one object');
      names.add(name);
      return { key, name, value };
    });
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
      for (const { name, value } of this.#pairs(target)) setOwn(object, name, inside(value));
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

/** Why the text is not worth composing: cheap to see in its words, dear to find out later. */
function excessOf(text: string): string | undefined {
  const parser = new Parser();
  let lexemeCount = 0;
  for (const lexeme of new Lexer().lex(text)) {
    lexemeCount += 1;
    if (lexemeCount > MAX_LEXEMES) return `more than ${MAX_VALUES} values`;
    // Only the depth of what is open matters here; the tokens themselves are made again later.
    Array.from(parser.next(lexeme));
    if (parser.stack.length > MAX_RAW_DEPTH) return `nested deeper than ${MAX_DEPTH} levels`;
  }
  return undefined;
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
  const excess = excessOf(text);
  if (excess !== undefined) return refuse(excess);
  const reader = new ConfigReader(file, text);
  reader.read();
  return { settings: reader.problems.length > 0 ? [] : reader.settings, problems: reader.problems };
}
