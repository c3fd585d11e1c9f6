/** The reference of expressions: every line with an arrow holds, and it names all there is and no more. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import type { JsonValue } from '../../src/core/index.ts';
import {
  compileExpression,
  compileTemplate,
  DEFAULT_LIMITS,
  evaluateExpression,
  expressionVocabulary,
  MAX_SOURCE_LENGTH,
  renderTemplate,
  type Scope,
} from '../../src/expr/index.ts';
import { ROOT } from '../support/index.ts';
import { blocksOf } from './snippet.ts';

const PAGE = readFileSync(path.join(ROOT, 'docs/reference/expressions.md'), 'utf8');
const BLOCKS = blocksOf(PAGE);
const SCOPE = JSON.parse(BLOCKS.find(({ language }) => language === 'json')?.text ?? '') as Scope;
const ARROW = ' → ';

function print(text: string, escape: 'html' | 'none'): string {
  return renderTemplate(compileTemplate(text, { escape }), SCOPE);
}

function evaluate(text: string): JsonValue {
  return evaluateExpression(compileExpression(text), SCOPE);
}

/** What each kind of block claims of a line: its value as JSON, or the message or code of its error. */
const CHECKS: Readonly<Record<string, (text: string, claim: string) => void>> = {
  expression: (text, claim) => assert.deepEqual(evaluate(text), JSON.parse(claim)),
  template: (text, claim) => assert.equal(print(text, 'none'), JSON.parse(claim)),
  page: (text, claim) => assert.equal(print(text, 'html'), JSON.parse(claim)),
  refused: (text, claim) =>
    assert.throws(() => (text.startsWith('{%') ? print(text, 'none') : evaluate(text)), saying(claim)),
  'refused page': (text, claim) => assert.throws(() => print(text, 'html'), saying(claim)),
  limited: (text, claim) => assert.throws(() => evaluate(text), { code: claim }),
};

function saying(claim: string): (error: unknown) => boolean {
  return (error) => error instanceof Error && error.message.replace(/ \(line \d+, column \d+\)/, '') === claim;
}

describe('the reference of expressions shows what holds', () => {
  for (const { language, text, line } of BLOCKS.filter((block) => Object.hasOwn(CHECKS, block.language))) {
    for (const [at, row] of text.trimEnd().split('\n').entries()) {
      it(`line ${line + at + 1}: ${row}`, () => {
        const [shown = '', claim = ''] = row.split(ARROW);

        CHECKS[language]?.(shown, claim);
      });
    }
  }
});

/** Where on the page a name of each kind stands. */
const USES = {
  filter: (name: string) => [`| ${name}`],
  test: (name: string) => [`is ${name}`, `is not ${name}`, `select("${name}"`],
  function: (name: string) => [`${name}(`],
  method: (name: string) => [`.${name}(`],
  statement: (name: string) => [`{% ${name}`],
} as const;

describe('the reference of expressions names', () => {
  const shown = BLOCKS.map(({ text }) => text).join('\n');
  const isShown = (use: string): boolean => {
    const at = shown.indexOf(use);
    if (at === -1) return false;
    return /\w$/.test(use) ? new RegExp(`${use.replaceAll(/[|{%.(]/g, '\\$&')}\\b`).test(shown) : true;
  };
  for (const [kind, { known, refused }] of Object.entries(expressionVocabulary())) {
    it(`every ${kind}`, () => {
      const uses = USES[kind as keyof typeof USES];
      const missing = [...known, ...refused].filter((name) => !uses(name).some(isShown));

      assert.deepEqual(missing, []);
    });
  }

  it('every way in which it differs from Jinja', () => {
    const data = readFileSync(path.join(ROOT, 'test/expr/jinja-cases.json'), 'utf8');
    const { differences } = JSON.parse(data) as { differences: readonly { why: string }[] };

    for (const { why } of differences) assert.ok(PAGE.includes(`\n- ${why}\n`), why);
  });

  it('the limits in force', () => {
    const { maxSteps, maxOutputBytes, maxDepth } = DEFAULT_LIMITS;
    for (const claim of [
      `| ${maxSteps.toLocaleString('en')} |`,
      `| ${maxOutputBytes.toLocaleString('en')} bytes |`,
      `| ${maxDepth} deep |`,
      `| ${MAX_SOURCE_LENGTH.toLocaleString('en')} characters |`,
    ]) {
      assert.ok(PAGE.includes(claim), claim);
    }
  });
});
