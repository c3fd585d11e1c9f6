/**
 * The shapes of values in a flow file: one description that checks a file and makes its JSON Schema.
 *
 * A shape says which kinds of YAML value fit and in which range. Meaning that crosses keys
 * (targets, joins, code) is checked elsewhere. Invariant: every key that a shape does not know
 * or that is not executed yet is reported, none is dropped silently.
 */
import { formatDuration, formatSize, parseDurationMs, parseSizeBytes } from '../core/index.ts';
import type { JsonObject } from '../core/index.ts';
import { type ProblemList, quote } from './problem-list.ts';
import { kindName, type MapEntry, type MapNode, type YamlNode } from './yaml-tree.ts';

/** What may stand at a place of the file. */
export type Shape =
  | { readonly kind: 'text'; readonly maxLength?: number }
  | { readonly kind: 'flag' }
  | { readonly kind: 'number'; readonly min?: number; readonly max?: number }
  | { readonly kind: 'int'; readonly min: number; readonly max: number }
  | { readonly kind: 'duration'; readonly minMs: number; readonly maxMs: number }
  | { readonly kind: 'size'; readonly minBytes: number; readonly maxBytes: number }
  | { readonly kind: 'choice'; readonly words: readonly string[] }
  /** A single value of one of several shapes. */
  | { readonly kind: 'one-of'; readonly of: readonly ScalarShape[] }
  /** Any object. */
  | { readonly kind: 'object' }
  | { readonly kind: 'any' }
  | { readonly kind: 'list'; readonly of: Shape; readonly minCount: number }
  /** An object with keys of the author's choice, each with a value of one shape. */
  | { readonly kind: 'dictionary'; readonly of: Shape }
  | { readonly kind: 'table'; readonly table: KeyTable }
  /** Told apart by how the value is written. */
  | { readonly kind: 'either'; readonly scalar?: Shape; readonly list?: Shape; readonly map?: Shape };

/** What a single value may be. */
export type ScalarShape = Exclude<Shape, { kind: 'any' | 'object' | 'list' | 'dictionary' | 'table' | 'either' }>;

/** What the language knows of one key. */
export interface KeyFact {
  readonly shape: Shape;
  /** One sentence for editors and docs. */
  readonly about: string;
  readonly required?: true;
  /**
   * `later`: part of the language, not executed by this version, refused. `unused`: a promise about
   * speed that this version does not use, a warning. `ignored`: of the original dialect, without meaning here.
   * `code`: names code, which flows never bring along, refused.
   */
  readonly status?: 'later' | 'unused' | 'ignored' | 'code';
  /** More for the JSON Schema: `examples`, `default`. */
  readonly schema?: JsonObject;
}

/** The keys of one kind of object. */
export type KeyTable = { readonly [key: string]: KeyFact };

/** What a check of a whole file carries along. */
export interface ShapeCheck {
  readonly problems: ProblemList;
  /** Bare numbers where a unit can stand are warned of. */
  readonly isStrict: boolean;
}

/** Reports everything in `node` that does not fit `shape`; true when it all fits. `what` names it in messages. */
export function checkShape(check: ShapeCheck, node: YamlNode, shape: Shape, what: string): boolean {
  switch (shape.kind) {
    case 'any':
      return true;
    case 'object':
      return node.kind === 'map' || refuse(check, node, what, 'an object');
    case 'list':
      return checkList(check, node, shape, what);
    case 'dictionary':
      if (node.kind !== 'map') return refuse(check, node, what, 'an object');
      return [...node.entries.values()].reduce(
        (fits, { key, value }) => checkShape(check, value, shape.of, `${what}.${key}`) && fits,
        true,
      );
    case 'table':
      return node.kind === 'map' ? checkTable(check, node, shape.table, what) : refuse(check, node, what, 'an object');
    case 'either': {
      const branch = shape[node.kind];
      return branch === undefined
        ? refuse(check, node, what, describeShape(shape))
        : checkShape(check, node, branch, what);
    }
    default:
      return checkScalar(check, node, shape, what);
  }
}

function checkScalar(check: ShapeCheck, node: YamlNode, shape: ScalarShape, what: string): boolean {
  const value = node.kind === 'scalar' ? node.value : undefined;
  if (!fitsScalar(value, shape)) return refuse(check, node, what, describeShape(shape));
  if (check.isStrict && typeof value === 'number' && (shape.kind === 'duration' || shape.kind === 'size')) {
    check.problems.add({
      code: 'SPEC_INVALID',
      severity: 'warning',
      at: node.start,
      message: `${quote(what)} has no unit.`,
      hint: shape.kind === 'duration' ? `Write \`${value}s\`.` : `Write \`${value}B\`.`,
    });
  }
  return true;
}

function fitsScalar(value: unknown, shape: ScalarShape): boolean {
  switch (shape.kind) {
    case 'text':
      return typeof value === 'string' && value.length <= (shape.maxLength ?? Number.MAX_SAFE_INTEGER);
    case 'flag':
      return typeof value === 'boolean';
    case 'number':
      return typeof value === 'number' && isWithin(value, shape.min ?? -Infinity, shape.max ?? Infinity);
    case 'one-of':
      return shape.of.some((way) => fitsScalar(value, way));
    case 'int':
      return Number.isSafeInteger(value) && isWithin(value as number, shape.min, shape.max);
    case 'duration':
      return isWithin(parseDurationMs(value), shape.minMs, shape.maxMs);
    case 'size':
      return isWithin(parseSizeBytes(value), shape.minBytes, shape.maxBytes);
    case 'choice':
      return shape.words.some((word) => word === value);
  }
}

function isWithin(value: number | undefined, min: number, max: number): boolean {
  return value !== undefined && value >= min && value <= max;
}

function checkList(check: ShapeCheck, node: YamlNode, shape: Shape & { kind: 'list' }, what: string): boolean {
  if (node.kind !== 'list') return refuse(check, node, what, describeShape(shape));
  if (node.items.length < shape.minCount) return refuse(check, node, what, describeShape(shape));
  return node.items.reduce((fits, item) => checkShape(check, item, shape.of, `${what} item`) && fits, true);
}

function checkTable(check: ShapeCheck, node: MapNode, table: KeyTable, what: string): boolean {
  let fits = true;
  for (const entry of node.entries.values()) {
    const fact = Object.hasOwn(table, entry.key) ? table[entry.key] : undefined;
    if (fact === undefined) {
      const hint = check.problems.suggest(entry.key, Object.keys(table));
      const message = `The key ${quote(entry.key)} is not known in ${quote(what)}.`;
      check.problems.add({
        code: 'SPEC_UNKNOWN_KEY',
        at: entry.keyStart,
        message,
        ...(hint === undefined ? {} : { hint }),
      });
      fits = false;
    } else {
      fits = checkKey(check, entry, fact) && fits;
    }
  }
  for (const [key, fact] of Object.entries(table)) {
    if (fact.required !== true || node.entries.has(key)) continue;
    check.problems.add({
      code: 'SPEC_INVALID',
      at: node.start,
      message: `${quote(what)} needs the key ${quote(key)}.`,
    });
    fits = false;
  }
  return fits;
}

function checkKey(check: ShapeCheck, { key, keyStart: at, value }: MapEntry, fact: KeyFact): boolean {
  switch (fact.status) {
    case 'later': {
      const message = `${quote(key)} is not available in this version.`;
      check.problems.add({ code: 'SPEC_INVALID', at, message, hint: 'Remove it, or do without for now.' });
      return false;
    }
    case 'code': {
      const message = `${quote(key)} names code; imports are flows, never code.`;
      check.problems.add({ code: 'SPEC_LANGUAGE', at, message, hint: 'Write Lua nodes, or use an action.' });
      return false;
    }
    case 'ignored': {
      const message = `${quote(key)} has no meaning here.`;
      check.problems.add({ code: 'SPEC_IGNORED', severity: 'warning', at, message, hint: 'Remove it.' });
      return true;
    }
    case 'unused': {
      const message = `${quote(key)} is not used in this version.`;
      check.problems.add({ code: 'SPEC_IGNORED', severity: 'warning', at, message });
      return checkShape(check, value, fact.shape, key);
    }
    default:
      return checkShape(check, value, fact.shape, key);
  }
}

/** Says what `node`, which `what` names, must be and is not. */
function refuse(check: ShapeCheck, node: YamlNode, what: string, wanted: string): false {
  const message = `${quote(what)} must be ${wanted}, not ${foundIn(node)}.`;
  check.problems.add({ code: 'SPEC_INVALID', at: node.start, message });
  return false;
}

function foundIn(node: YamlNode): string {
  if (node.kind === 'list' && node.items.length === 0) return 'an empty list';
  return node.kind === 'scalar' && typeof node.value === 'string' ? quote(node.value) : kindName(node);
}

/** What fits, in words: `a duration from 1ms to 10m`. */
export function describeShape(shape: Shape): string {
  switch (shape.kind) {
    case 'text':
      return shape.maxLength === undefined ? 'text' : `text of at most ${shape.maxLength} characters`;
    case 'flag':
      return 'true or false';
    case 'number':
      return shape.min === undefined ? 'a number' : `a number from ${shape.min} to ${shape.max ?? 'infinity'}`;
    case 'one-of':
      return shape.of.map(describeShape).join(' or ');
    case 'int':
      return `a whole number from ${shape.min} to ${shape.max}`;
    case 'duration':
      return `a duration from ${formatDuration(shape.minMs)} to ${formatDuration(shape.maxMs)}`;
    case 'size':
      return `a size from ${formatSize(shape.minBytes)} to ${formatSize(shape.maxBytes)}`;
    case 'choice':
      return shape.words.length === 1 ? `\`${shape.words[0]}\`` : `one of ${shape.words.join(', ')}`;
    case 'list':
      return shape.minCount === 0 ? 'a list' : `a list of at least ${shape.minCount}`;
    case 'either': {
      const ways = [shape.scalar, shape.list, shape.map].filter((way) => way !== undefined);
      return ways.map(describeShape).join(' or ');
    }
    case 'any':
      return 'anything';
    default:
      return 'an object';
  }
}
