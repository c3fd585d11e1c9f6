/** What is worked on is charged before or while it is worked on: small texts of a flow never keep a thread busy. */
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { systemClock } from '../core/index.ts';
import {
  compileCondition,
  compileExpression,
  compileTemplate,
  DEFAULT_LIMITS,
  evaluateCondition,
  evaluateExpression,
  renderTemplate,
  type Scope,
} from './index.ts';

/** Far above what any of these takes (under 0.5 s), far below what they took uncharged (up to 30 min). */
const PATIENCE_MS = 10_000;

function within<T>(work: () => T): T {
  const startMs = systemClock.tickMs();
  try {
    return work();
  } finally {
    assert.ok(systemClock.tickMs() - startMs < PATIENCE_MS, 'it took too long');
  }
}

function flat(text: string): string {
  return JSON.parse(JSON.stringify(text)) as string;
}

describe('looking for a text that is hard to find ends soon', () => {
  const half = 'a'.repeat(400_000);
  const scope: Scope = { hay: flat('a'.repeat(1_000_000)), needle: flat(`${half}b${half.slice(1)}`) };
  for (const [text, value] of [
    ['needle in hay', false],
    ['hay.find(needle)', -1],
    ['hay.rfind(needle)', -1],
    ['hay.count(needle)', 0],
    ['hay.split(needle) | length', 1],
    ['hay is containing(needle)', false],
    ['(hay | replace(needle, "")) == hay', true],
    ['hay.partition(needle)[1]', ''],
  ] as const) {
    it(text, () =>
      assert.equal(
        within(() => evaluateExpression(compileExpression(text), scope)),
        value,
      ),
    );
  }
});

describe('asking an object of 100,000 keys again and again', () => {
  const scope: Scope = { big: {}, other: {} };
  before(() => {
    for (const key of Array.from({ length: 100_000 }, (_, index) => `k${index}`)) {
      (scope['big'] as Record<string, number>)[key] = 1;
      (scope['other'] as Record<string, number>)[key] = 2;
    }
  });
  const loop = (inside: string): string => `{% for i in range(9000) %}${inside}{% endfor %}`;
  for (const inside of [
    '{% if big %}{% endif %}',
    '{% if not big %}{% endif %}',
    '{% set x = big and 1 %}',
    '{% set x = big or 1 %}',
    '{% set x = 1 if big else 2 %}',
    '{% set x = big | length %}',
    '{% set x = big == {} %}',
    '{% set x = {} == big %}',
    '{% set x = big | default(1, true) %}',
  ]) {
    it(`${inside} ends`, () => {
      const template = compileTemplate(loop(inside), { escape: 'none' });

      assert.equal(
        within(() => renderTemplate(template, scope)),
        '',
      );
    });
  }
  for (const inside of [
    '{% set x = big == other %}',
    '{% set x = big.keys() %}',
    '{% set x = big | list %}',
    '{% set x = big | tojson %}',
    '{% for k in big %}{% endfor %}',
  ]) {
    it(`${inside} is stopped`, () => {
      const template = compileTemplate(loop(inside), { escape: 'none' });

      assert.throws(() => within(() => renderTemplate(template, scope)), { code: 'EXPR_LIMIT' });
    });
  }
});

describe('what costs as much as its data is stopped', () => {
  const text = 'x'.repeat(1_000_000);
  const scope: Scope = { text, other: `${text.slice(1)}y`, list: Array.from({ length: 50_000 }, () => 0) };
  const loop = (inside: string): string => `{% for i in range(9000) %}${inside}{% endfor %}`;
  for (const inside of [
    '{% set x = text == other %}',
    '{% set x = text < other %}',
    '{% set x = "y" in text %}',
    '{% set x = text[i] %}',
    '{% set x = text.startswith(text) %}',
    '{% set x = text.isalpha() %}',
    '{% set x = text | upper %}',
    '{% set x = text.format() %}',
    '{% set x = text | striptags %}',
    '{% set x = text | wordwrap %}',
    '{% set x = text.swapcase() %}',
    '{% set x = 1 in list %}',
    '{% set x = list == list[:] %}',
    '{% set x = list + list %}',
  ]) {
    it(inside, () => {
      const template = compileTemplate(loop(inside), { escape: 'none' });

      assert.throws(() => within(() => renderTemplate(template, scope)), { code: 'EXPR_LIMIT' });
    });
  }

  it('the default of a macro argument, each time it is worked out', () => {
    const fallback = `[${'1,'.repeat(20_000)}]`;
    const template = compileTemplate(
      `{% macro f(a=${fallback}) %}{% endmacro %}{% for i in range(9000) %}{{ f() }}{% endfor %}`,
    );

    assert.throws(() => within(() => renderTemplate(template, {})), { code: 'EXPR_LIMIT' });
  });

  it('a condition on a long text looks at its first letters', () => {
    const condition = compileCondition('{{ text }}');

    assert.equal(
      within(() => evaluateCondition(condition, scope)),
      true,
    );
  });
});

describe('a namespace holds 64 names', () => {
  const fill = (count: number): string =>
    `{% set ns = namespace() %}${Array.from({ length: count }, (_, index) => `{% set ns.n${index} = 1 %}`).join('')}`;

  it('passes 64 and refuses 65', () => {
    renderTemplate(compileTemplate(fill(64)), {});
    assert.throws(() => renderTemplate(compileTemplate(fill(65)), {}), { code: 'EXPR_LIMIT', message: /at most 64/ });
  });

  it('refuses 65 arguments', () => {
    const named = (count: number): string =>
      `dict(${Array.from({ length: count }, (_, index) => `n${index}=1`).join(', ')})`;

    assert.equal(Object.keys(evaluateExpression(compileExpression(named(64)), {}) as object).length, 64);
    assert.throws(() => compileExpression(named(65)), { code: 'SPEC_TEMPLATE', message: /at most 64/ });
  });
});

describe('a message', () => {
  it('cuts a long name that data brought', () => {
    const name = 'secret'.repeat(1000);

    assert.throws(
      () => evaluateExpression(compileExpression('[1] | map(name) | list'), { name }),
      (error: Error) => error.message.length < 200,
    );
  });
});

/** Each makes a text as long as `n`, in units of `unit` bytes. */
const MAKERS: readonly (readonly [text: string, unit: number])[] = [
  ['"a" * n', 1],
  ['("a" * (n - 1)) ~ "a"', 1],
  ['("a" * (n - 1)) + "a"', 1],
  ['"b" | replace("b", "a" * n)', 1],
  ['"a" | center(n)', 1],
  ['"a".ljust(n)', 1],
  ['"a".rjust(n)', 1],
  ['"a".center(n)', 1],
  ['"7".zfill(n)', 1],
  ['["a" * (n - 1), "a"] | join', 1],
  ['"a" | indent(n - 1, true)', 1],
  ['"%{}s".format(n) % "a"', 1],
  ['"{}{}".format("a", "a" * (n - 1))', 1],
  ['("a" * (n - 2)) | tojson', 1],
  ['("&" * (n // 5)) | e', 5],
  ['("ß" * (n // 2)) | upper', 2],
  ['(["a"] * (n // 2)) | join("b") ~ "c"', 2],
];

describe('the longest text that may be made is made, and one more is not', () => {
  const limits = { ...DEFAULT_LIMITS, maxOutputBytes: 100 };
  for (const [text, unit] of MAKERS) {
    it(text, () => {
      const expression = compileExpression(text);
      const made = evaluateExpression(expression, { n: 100 }, limits);

      assert.equal(typeof made === 'string' ? made.length : 0, 100);
      assert.throws(() => evaluateExpression(expression, { n: 100 + unit }, limits), { code: 'EXPR_LIMIT' });
    });
  }
});

describe('the last step allowed is taken, and one more is not', () => {
  for (const [text, maxSteps] of [
    ['range(7)', 10],
    ['[0] * 7', 12],
    ['"a" * 640', 14],
    ['list | length', 3],
    ['list | list', 10],
    ['9 in list', 9],
  ] as const) {
    it(`${text}: ${maxSteps}`, () => {
      const expression = compileExpression(text);
      const scope = { list: [1, 2, 3, 4, 5, 6] };

      evaluateExpression(expression, scope, { ...DEFAULT_LIMITS, maxSteps });
      assert.throws(() => evaluateExpression(expression, scope, { ...DEFAULT_LIMITS, maxSteps: maxSteps - 1 }), {
        code: 'EXPR_LIMIT',
      });
    });
  }
});
