/**
 * Short ways to write the shapes that the key tables of the language are made of.
 */
import type { JsonObject } from '../core/index.ts';
import { DAY_MS } from '../core/index.ts';
import type { KeyFact, KeyTable, Shape } from './shape.ts';

/** Text, of at most `maxLength` characters when given. */
export function textShape(maxLength?: number): Shape {
  return maxLength === undefined ? { kind: 'text' } : { kind: 'text', maxLength };
}

/** A duration up to a day. */
export function durationShape(minMs = 1): Shape {
  return { kind: 'duration', minMs, maxMs: DAY_MS };
}

/** One of a few words. */
export function choiceShape(...words: readonly string[]): Shape {
  return { kind: 'choice', words };
}

/** A list with at least `minCount` items of one shape. */
export function listShape(of: Shape, minCount = 0): Shape {
  return { kind: 'list', of, minCount };
}

/** An object with the keys of `table`. */
export function tableShape(table: KeyTable): Shape {
  return { kind: 'table', table };
}

/** Any object. */
export const OBJECT_SHAPE: Shape = { kind: 'object' };
/** Any value. */
export const ANY_SHAPE: Shape = { kind: 'any' };
/** True or false. */
export const FLAG_SHAPE: Shape = { kind: 'flag' };

/** A key that this version carries out. */
export function key(shape: Shape, about: string, schema?: JsonObject): KeyFact {
  return schema === undefined ? { shape, about } : { shape, about, schema };
}

/** A key that must be there. */
export function requiredKey(shape: Shape, about: string): KeyFact {
  return { shape, about, required: true };
}

/** Keys of the language that this version refuses. To carry one out: give it a line of its own. */
export function laterKeys(...names: readonly string[]): KeyTable {
  const fact: KeyFact = { shape: ANY_SHAPE, about: 'Not available in this version.', status: 'later' };
  return Object.fromEntries(names.map((name) => [name, fact]));
}

/** Keys of the original dialect that mean nothing here: a warning. */
export function ignoredKeys(...names: readonly string[]): KeyTable {
  const fact: KeyFact = { shape: ANY_SHAPE, about: 'Has no meaning here.', status: 'ignored' };
  return Object.fromEntries(names.map((name) => [name, fact]));
}

/** Keys that name code, which no flow brings along: refused. */
export function codeKeys(...names: readonly string[]): KeyTable {
  const fact: KeyFact = { shape: ANY_SHAPE, about: 'Imports are flows, never code.', status: 'code' };
  return Object.fromEntries(names.map((name) => [name, fact]));
}

/** A promise about speed that this version does not use: a warning. */
export function unusedKey(shape: Shape, about: string): KeyFact {
  return { shape, about, status: 'unused' };
}
