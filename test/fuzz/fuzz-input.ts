/**
 * Makes hostile texts: by a grammar, and by taking texts that are right apart. The same chance, the same texts.
 */
import { globSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { JsonValue, Random } from '../../src/core/index.ts';
import type { Scope } from '../../src/expr/index.ts';
import { ROOT } from '../support/index.ts';

/** Where chance is drawn from, in the ways a generator needs. */
export class Chance {
  readonly #random: Random;

  constructor(random: Random) {
    this.#random = random;
  }

  /** A whole number from 0 below `limit`. */
  below(limit: number): number {
    return Math.floor(this.#random.next() * limit);
  }

  /** One of `choices`. */
  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)] as T;
  }

  /** True in about `ratio` of the cases. */
  isLucky(ratio: number): boolean {
    return this.#random.next() < ratio;
  }
}

const PIECES: readonly string[] = [
  ...'{{ }} {% %} {# #} {%- -%} ( ) [ ] { } , : . | = == != < <= > >= + - * / // % ** ~ "" \' " \\'.split(' '),
  ...'and or not in is if else elif endif for endfor set endset macro endmacro with endwith raw endraw'.split(' '),
  ...'state item loop range namespace dict len x y __proto__ constructor true none 0 1 -1 1e999 99999999999999'.split(
    ' ',
  ),
  ...'nodes edges name run goto parallel fan_in uses with output when to from type body steps items __end__ *v &v <<'.split(
    ' ',
  ),
  ...[
    '\n',
    '\n  ',
    '- ',
    ': ',
    '\t',
    '\0',
    '\ufeff',
    '\r\n',
    '\u2028',
    '😀',
    '\ud800',
    '---\n',
    '|\n',
    '>-\n',
    '# ',
    '!!str ',
  ],
];

/** `text` after a few random changes: pieces put in, taken out, doubled, moved, taken from another text. */
export function mutate(text: string, others: readonly string[], chance: Chance): string {
  let changed = text;
  for (let count = 1 + chance.below(6); count > 0; count -= 1) {
    const at = chance.below(changed.length + 1);
    const end = Math.min(changed.length, at + chance.below(chance.pick([3, 20, 200])));
    const part = changed.slice(at, end);
    const other = chance.pick(others);
    const from = chance.below(other.length + 1);
    const insert = chance.pick([
      () => chance.pick(PIECES),
      () => '',
      () => part + part,
      () => part.repeat(1 + chance.below(30)).slice(0, 2_000),
      () => chance.pick(PIECES).repeat(1 + chance.below(80)),
      () => other.slice(from, from + chance.below(200)),
      () => String.fromCharCode(chance.below(0x10000)),
    ])();
    changed = changed.slice(0, at) + insert + changed.slice(end);
  }
  return changed.slice(0, 20_000);
}

const ATOMS =
  'state.x state.list state.text item.k x y[0] 1 0 -2.5 2 "a" "%s-%d" none true [] {} [1,2,3] "a,b" 1e3'.split(' ');
const BINARY = '+ - * / // % ** ~ == != < <= > >= in and or'.split(' ').concat('not in');
const METHODS =
  'upper() split(",") get("a") get("a", 1) items() keys() format(1) replace("a", "b") count("a") zfill(9) strip() find("a")'.split(
    /(?<=\)) /,
  );

/** Words of the language, so that what is new in it is fuzzed without a change here. */
export interface Words {
  readonly filters: readonly Callable[];
  readonly tests: readonly Callable[];
}

/** A name, and the numbers of arguments it can be given. */
export interface Callable {
  readonly name: string;
  readonly counts: readonly number[];
}

/** `name`, or `name(a, b)`; now and then with a number of arguments it does not take. */
function aCall(chance: Chance, { name, counts }: Callable, argument: () => string): string {
  const count = chance.isLucky(0.02) ? chance.below(4) : chance.pick(counts);
  return count === 0 ? name : `${name}(${Array.from({ length: count }, argument).join(', ')})`;
}

/** An expression that nearly always parses, `depth` operators deep at most. */
export function anExpression(chance: Chance, words: Words, depth: number): string {
  if (depth <= 0 || chance.isLucky(0.15)) return chance.pick(ATOMS);
  const inner = (): string => anExpression(chance, words, depth - 1);
  return chance.pick([
    () => `(${inner()} ${chance.pick(BINARY)} ${inner()})`,
    () => `(${inner()} | ${aCall(chance, chance.pick(words.filters), inner)})`,
    () => `(${inner()} | ${aCall(chance, chance.pick(words.filters), inner)})`,
    () => `(${inner()} | ${aCall(chance, chance.pick(words.filters), inner)} | string)`,
    () => `(${inner()} is ${chance.isLucky(0.5) ? 'not ' : ''}${aCall(chance, chance.pick(words.tests), inner)})`,
    () => `(${inner()} if ${inner()} else ${inner()})`,
    () => `(${inner()}).${chance.pick(METHODS)}`,
    () => `[${inner()}, ${inner()}][${inner()}:${inner()}]`,
    () => `{${inner()}: ${inner()}}`,
    () => `(not ${inner()})`,
    () => `range(${inner()})`,
    () => `(${inner()} | map("${chance.pick(words.filters).name}") | list)`,
    () => `(${inner()} | select("${chance.pick(words.tests).name}", ${inner()}) | list)`,
    () => `(${inner()} * ${chance.pick(['9', '1000', '1000000000', '-1'])})`,
  ])();
}

/** A template around expressions. */
export function aTemplate(chance: Chance, words: Words, depth: number): string {
  const expression = (): string => anExpression(chance, words, 2);
  const inner = (): string => (depth <= 0 ? `{{ ${expression()} }}` : aTemplate(chance, words, depth - 1));
  return chance.pick([
    () => `{{ ${expression()} }}`,
    () => `a {{ ${expression()} }}\n${inner()}`,
    () => `{% if ${expression()} %}${inner()}{% else %}${inner()}{% endif %}`,
    () => `{% for i in ${expression()} %}${inner()}{{ loop.index }}{% endfor %}`,
    () => `{% for i in range(${chance.pick(['3', '100000', '-1'])}) %}${inner()}{% endfor %}`,
    () => `{% set x = ${expression()} %}${inner()}`,
    () => `{% set x %}${inner()}{% endset %}{{ x }}`,
    () => `{% set ns = namespace(a=${expression()}) %}{% for i in range(20) %}{% set ns.a = ns.a ~ ns.a %}{% endfor %}`,
    () => `{% macro f(a=${expression()}) %}{{ a }}${chance.isLucky(0.3) ? '{{ f(a) }}' : ''}{% endmacro %}{{ f() }}`,
    () => `<p title="{{ ${expression()} }}">${inner()}</p>`,
  ])();
}

/** Data for an expression: small values of every kind, and now and then a large one. */
export function aScope(chance: Chance): Scope {
  const value = (depth: number): JsonValue =>
    chance.pick<() => JsonValue>([
      () => null,
      () => chance.isLucky(0.5),
      () => chance.pick([0, 1, -1, 2.5, 1e308, 5e-324, 2 ** 53]),
      () => chance.pick(['', 'a', 'a,b', '😀', '<b>', '12', '%s%d', '{}', '[1]', '\ud800', ' x ']),
      () => 'ab,'.repeat(chance.below(2_000)),
      () => (depth <= 0 ? [] : Array.from({ length: chance.below(4) }, () => value(depth - 1))),
      () => Array.from({ length: chance.below(300) }, (_, index) => (index * 7919) % 311),
      () => (depth <= 0 ? {} : { a: value(depth - 1), x: value(depth - 1), k: value(depth - 1) }),
      () => JSON.parse('{"__proto__": [1], "constructor": {"a": 2}}') as JsonValue,
    ])();
  return { state: { x: value(2), list: [value(1), value(1)], text: 'a b' }, item: value(1), x: value(2), y: value(2) };
}

/** Texts that are right: every flow and page among the examples. */
export function readCorpus(): readonly string[] {
  const files = globSync('examples/**/*.{yaml,yml,html}', { cwd: ROOT }).sort();
  return files.map((file) => readFileSync(path.join(ROOT, file), 'utf8'));
}
