/**
 * The key tables of a language as rows for its reference: what each key takes, its default, its sentence. Pure.
 *
 * A table that is used in several places has one section. What refers to itself ends at the
 * section it has already.
 */
import { BREAKER_SHAPE, RETRY_SHAPE } from './failure-language.ts';
import { FIELD_KEYS } from './field-schema.ts';
import { FLOW_KEYS } from './flow-language.ts';
import { BODY_NODE_KEYS, CONDITION_SHAPE, NODE_KEYS } from './node-language.ts';
import { describeShape, type KeyFact, type KeyTable, type Shape } from './shape.ts';

/** One key. */
export interface LanguageKey {
  readonly key: string;
  readonly isRequired: boolean;
  /** What it takes, in words; `[name]` names the section of an object. */
  readonly takes: string;
  /** As JSON; absent when there is none. */
  readonly fallback?: string;
  readonly about: string;
  /** `later` and `code` are refused, `ignored` and `unused` warned of. */
  readonly status?: NonNullable<KeyFact['status']>;
}

/** The keys of one kind of object. */
export interface LanguageSection {
  /** Where it stands: `nodes`, `settings.lua`. */
  readonly name: string;
  readonly keys: readonly LanguageKey[];
}

/** Every section of the flow language, outer ones first. */
export function flowLanguageSections(): readonly LanguageSection[] {
  // A node in a body has the keys of any other.
  const known = new Map<KeyTable, string>([[BODY_NODE_KEYS, 'nodes']]);
  const shared = { condition: CONDITION_SHAPE, retry: RETRY_SHAPE, circuit_breaker: BREAKER_SHAPE };
  const roots: { [name: string]: KeyTable } = { flow: FLOW_KEYS, nodes: NODE_KEYS, field: FIELD_KEYS };
  for (const [name, shape] of Object.entries(shared)) for (const table of tablesIn(shape)) roots[name] = table;
  return sectionsOf(roots, known);
}

/** The sections of `roots` and of everything below them, each once. */
export function sectionsOf(
  roots: { readonly [name: string]: KeyTable },
  known: ReadonlyMap<KeyTable, string> = new Map(),
): readonly LanguageSection[] {
  const names = new Map(known);
  const open: { readonly name: string; readonly table: KeyTable; readonly prefix: string }[] = [];
  for (const [name, table] of Object.entries(roots)) {
    names.set(table, name);
    open.push({ name, table, prefix: open.length === 0 ? '' : `${name}.` });
  }
  const sections: LanguageSection[] = [];
  for (let next = open.shift(); next !== undefined; next = open.shift()) {
    const { name, table, prefix } = next;
    const inner: typeof open = [];
    for (const [key, fact] of Object.entries(table)) {
      const found = isRefused(fact) ? [] : tablesIn(fact.shape).filter((one) => !names.has(one));
      for (const one of found) names.set(one, `${prefix}${key}`);
      inner.push(...found.map((one) => ({ name: `${prefix}${key}`, table: one, prefix: `${prefix}${key}.` })));
    }
    open.unshift(...inner);
    sections.push({ name, keys: Object.entries(table).map(([key, fact]) => toRow(key, fact, names)) });
  }
  return sections;
}

/** What is not carried out needs no section. */
function isRefused({ status }: KeyFact): boolean {
  return status === 'later' || status === 'ignored' || status === 'code';
}

function tablesIn(shape: Shape): readonly KeyTable[] {
  switch (shape.kind) {
    case 'table':
      return [shape.table];
    case 'list':
    case 'dictionary':
      return tablesIn(shape.of);
    case 'either':
      return [shape.scalar, shape.list, shape.map].flatMap((way) => (way === undefined ? [] : tablesIn(way)));
    default:
      return [];
  }
}

function toRow(key: string, fact: KeyFact, names: ReadonlyMap<KeyTable, string>): LanguageKey {
  const fallback = fact.schema?.['default'];
  return {
    key,
    isRequired: fact.required === true,
    takes: takenBy(fact.shape, names),
    ...(fallback === undefined ? {} : { fallback: typeof fallback === 'string' ? fallback : JSON.stringify(fallback) }),
    about: fact.about,
    ...(fact.status === undefined ? {} : { status: fact.status }),
  };
}

function takenBy(shape: Shape, names: ReadonlyMap<KeyTable, string>): string {
  switch (shape.kind) {
    case 'table':
      return `an object: [${names.get(shape.table) ?? ''}]`;
    case 'list':
      return `a list${shape.minCount > 0 ? ` of at least ${shape.minCount}` : ''}: ${takenBy(shape.of, names)}`;
    case 'dictionary':
      return `names, each with ${takenBy(shape.of, names)}`;
    case 'either':
      return [shape.scalar, shape.list, shape.map]
        .flatMap((way) => (way === undefined ? [] : [way === shape.scalar ? singleTakenBy(way) : takenBy(way, names)]))
        .join(', or ');
    default:
      return describeShape(shape);
  }
}

function singleTakenBy(shape: Shape): string {
  return shape.kind === 'any' ? 'a single value' : describeShape(shape);
}
