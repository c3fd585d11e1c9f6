/** Whatever the text and the data: a value, or an ExprError, soon. Never markup from data. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { JsonValue } from '../core/index.ts';
import { FILTERS } from './filter-table.ts';
import {
  compileCondition,
  compileExpression,
  compileTemplate,
  compileValue,
  DEFAULT_LIMITS,
  ExprError,
  evaluateCondition,
  evaluateExpression,
  renderTemplate,
  renderValue,
  type Scope,
} from './index.ts';
import { utf8Length } from './value.ts';
import { VALUE_TESTS } from './value-tests.ts';

const LIMITS = { ...DEFAULT_LIMITS, maxSteps: 5_000, maxOutputBytes: 10_000 };

const WORDS = [
  ...'{{ }} {% %} {# #} -%} {%- ( ) [ ] { } , : . | = ~ + - * / // % ** == != < <= > >='.split(' '),
  ...'in not and or is if else elif endif for endfor set endset macro endmacro raw endraw with'.split(' '),
  ...'state x y loop f range namespace dict safe e constructor __proto__ get items split format'.split(' '),
  ...'<a href=" <script> </script> <!-- " \' \\ 0 1 -1 2.5 99999999999999999999 "a" \'%s%d\' é 😀 \ud800 \0'.split(' '),
  ...Object.keys(FILTERS),
  ...Object.keys(VALUE_TESTS),
  ' ',
  '\n',
];

const anyText = fc.oneof(
  fc.array(fc.constantFrom(...WORDS), { maxLength: 25 }).map((parts) => parts.join('')),
  fc.array(fc.constantFrom(...WORDS), { maxLength: 25 }).map((parts) => parts.join(' ')),
  fc.string({ unit: 'binary', maxLength: 60 }),
);

/** What state holds has been JSON text before, in which -0 is 0. */
const anyValue = fc.jsonValue({ maxDepth: 4 }).map((value) => JSON.parse(JSON.stringify(value)) as JsonValue);
const anyScope: fc.Arbitrary<Scope> = fc.record({ state: anyValue, x: anyValue, y: anyValue });

/** Expressions that nearly always parse, so that evaluation is reached. */
const anyExpression = fc.letrec<{ expr: string; args: string }>((tie) => ({
  expr: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(
      'x',
      'y',
      'state',
      'x.a',
      'y[0]',
      'state.x.y',
      '1',
      '0',
      '-2.5',
      '"a b"',
      '"%s"',
      'true',
      'none',
      '[]',
      '{}',
      '"é😀"',
    ),
    fc
      .tuple(
        tie('expr'),
        fc.constantFrom('+', '-', '*', '/', '//', '%', '**', '~', '==', '<', '>=', 'in', 'not in', 'and', 'or'),
        tie('expr'),
      )
      .map(([a, op, b]) => `(${a} ${op} ${b})`),
    fc
      .tuple(tie('expr'), fc.constantFrom(...Object.keys(FILTERS), 'e'), tie('args'))
      .map(([a, name, args]) => `(${a} | ${name}(${args}))`),
    fc
      .tuple(
        tie('expr'),
        fc.constantFrom(...Object.keys(VALUE_TESTS).filter((name) => /^\w+$/.test(name))),
        tie('args'),
      )
      .map(([a, name, args]) => `(${a} is ${name}(${args}))`),
    fc
      .tuple(
        tie('expr'),
        fc.constantFrom('get', 'items', 'split', 'replace', 'strip', 'join', 'format', 'index', 'startswith'),
        tie('args'),
      )
      .map(([a, name, args]) => `(${a}).${name}(${args})`),
    fc.tuple(tie('expr'), tie('expr'), tie('expr')).map(([a, b, c]) => `${a}[${b}:${c}]`),
    fc.tuple(tie('expr'), tie('expr'), tie('expr')).map(([a, b, c]) => `(${a} if ${b} else ${c})`),
    fc.tuple(tie('expr'), tie('expr')).map(([a, b]) => `[${a}, {"k": ${b}}]`),
    tie('expr').map((a) => `range(${a})`),
  ),
  args: fc.array(tie('expr'), { maxLength: 3 }).map((args) => args.join(', ')),
})).expr;

function onlyExprErrors<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    assert.ok(error instanceof ExprError, `not an ExprError: ${String((error as Error).stack)}`);
    assert.ok(error.place.line >= 1 && error.place.column >= 1);
    return undefined;
  }
}

/** JSON only, all the way down: no undefined, no NaN or Infinity, no minus zero, no object of a class. */
function assertJson(value: unknown): void {
  if (typeof value === 'number') assert.ok(Number.isFinite(value) && !Object.is(value, -0), `bad number ${value}`);
  else if (Array.isArray(value)) for (const item of value) assertJson(item);
  else if (typeof value === 'object' && value !== null) {
    const prototype: unknown = Object.getPrototypeOf(value);
    assert.ok(prototype === Object.prototype || prototype === null, 'an object of a class');
    for (const item of Object.values(value)) assertJson(item);
  } else assert.ok(value === null || typeof value === 'string' || typeof value === 'boolean', `bad ${typeof value}`);
}

describe('any text', () => {
  it('compiles and renders, or gives an ExprError', () => {
    fc.assert(
      fc.property(anyText, anyScope, (text, scope) => {
        onlyExprErrors(() => assertJson(evaluateExpression(compileExpression(text), scope, LIMITS)));
        onlyExprErrors(() => evaluateCondition(compileCondition(text), scope, LIMITS));
        onlyExprErrors(() => renderValue(compileValue([text]), scope, LIMITS));
        for (const escape of ['html', 'none'] as const) {
          const output = onlyExprErrors(() => renderTemplate(compileTemplate(text, { escape }), scope, LIMITS));
          assert.ok(output === undefined || utf8Length(output) <= LIMITS.maxOutputBytes);
        }
      }),
      { numRuns: 3_000 },
    );
  });
});

describe('any expression', () => {
  it('comes to JSON or gives an ExprError, the same each time, and leaves the scope as it is', () => {
    fc.assert(
      fc.property(anyExpression, anyScope, (text, scope) => {
        const before = JSON.stringify(scope);
        const expression = onlyExprErrors(() => compileExpression(text));
        if (expression === undefined) return;
        const first = onlyExprErrors(() => evaluateExpression(expression, scope, LIMITS));
        const second = onlyExprErrors(() => evaluateExpression(expression, scope, LIMITS));
        assert.deepEqual(first, second);
        assertJson(first ?? null);
        assert.equal(JSON.stringify(scope), before);
      }),
      { numRuns: 3_000 },
    );
  });

  it('printed into HTML brings no markup of the data', () => {
    const hostile = fc.constantFrom('<b>', '"><script>', "' onload='x", '</p>', '&lt;');
    fc.assert(
      fc.property(anyExpression, hostile, hostile, (text, x, y) => {
        const output = onlyExprErrors(() =>
          renderTemplate(
            compileTemplate(`<p title="{{ ${text} }}">{{ ${text} }}</p>`),
            { x, y: [x, { a: y }], state: { x: y } },
            LIMITS,
          ),
        );
        if (output === undefined) return;
        assert.match(output, /^<p title="[^<>"']*">[^<>"']*<\/p>$/);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('utf8Length', () => {
  it('agrees with the encoder for any text', () => {
    const encoder = new TextEncoder();
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', 'é', '€', '😀', '\ud800', '\udc00') }), (text) => {
        assert.equal(utf8Length(text), encoder.encode(text).length);
      }),
    );
  });
});
