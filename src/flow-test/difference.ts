/**
 * Where a value is not what a test expects: each place in the test file with what stands there and what came. Pure.
 */
import { getOwn, isJsonObject, type JsonObject, type JsonValue } from '../core/index.ts';
import { type MapNode, toJson, type YamlNode } from '../spec/index.ts';

/** One expectation that does not hold. */
export interface Difference {
  /** Offset of the expectation in the test file. */
  readonly at: number;
  /** What was looked at: `state.answer.items[2]`. */
  readonly what: string;
  /** What must be there; absent when `what` says it all or nothing may be there. */
  readonly expected?: JsonValue;
  /** What is there; absent when there is nothing. */
  readonly got?: JsonValue;
  /** A sentence instead of the two. */
  readonly message?: string;
}

/** How close a value must be: `whole` is all of it, with `part` objects may have other keys too. */
export type Closeness = 'whole' | 'part';

/** Where `got`, which `what` names, is not what `expected` says; an absent value is `undefined`. */
export function differencesOf(
  expected: YamlNode,
  got: JsonValue | undefined,
  { what, closeness }: { readonly what: string; readonly closeness: Closeness },
): readonly Difference[] {
  const found: Difference[] = [];
  compare(expected, got, { what, closeness, found });
  return found;
}

/** True when `got` is `expected`, or has all of it. */
export function fits(expected: YamlNode, got: JsonValue | undefined, closeness: Closeness): boolean {
  return differencesOf(expected, got, { what: '', closeness }).length === 0;
}

interface Comparison {
  readonly what: string;
  readonly closeness: Closeness;
  readonly found: Difference[];
}

function compare(expected: YamlNode, got: JsonValue | undefined, how: Comparison): void {
  if (expected.kind === 'map' && isJsonObject(got)) compareObjects(expected, got, how);
  else if (expected.kind === 'list' && Array.isArray(got) && got.length === expected.items.length) {
    for (const [index, item] of expected.items.entries()) {
      compare(item, (got as readonly JsonValue[])[index], { ...how, what: `${how.what}[${index}]` });
    }
  } else if (expected.kind !== 'scalar' || !isSame(expected.value, got, how.closeness)) {
    const there = got === undefined ? {} : { got };
    how.found.push({ at: expected.start, what: how.what, expected: toJson(expected), ...there });
  }
}

function isSame(expected: JsonValue, got: JsonValue | undefined, closeness: Closeness): boolean {
  // Where only a part is looked at, null says that there is nothing.
  return expected === got || (closeness === 'part' && expected === null && got === undefined);
}

function compareObjects(expected: MapNode, got: JsonObject, how: Comparison): void {
  for (const { key, value } of expected.entries.values()) {
    compare(value, getOwn(got, key), { ...how, what: keyPath(how.what, key) });
  }
  if (how.closeness === 'part') return;
  for (const [key, value] of Object.entries(got)) {
    if (!expected.entries.has(key)) how.found.push({ at: expected.start, what: keyPath(how.what, key), got: value });
  }
}

function keyPath(path: string, key: string): string {
  const step = /^[\p{L}_][\p{L}\p{N}_-]*$/u.test(key) ? key : JSON.stringify(key);
  return path === '' ? step : `${path}.${step}`;
}
