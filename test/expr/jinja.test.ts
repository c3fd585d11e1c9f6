/** Expressions and templates against recorded answers of Jinja; where ours differ, the data says why. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import type { JsonValue } from '../../src/core/index.ts';
import {
  compileExpression,
  compileTemplate,
  evaluateExpression,
  renderTemplate,
  type Scope,
} from '../../src/expr/index.ts';

interface Recorded {
  readonly scope: Scope;
  readonly expressions: readonly (readonly [text: string, value: JsonValue])[];
  readonly templates: readonly (readonly [text: string, output: string])[];
  /** `{"error": true}` stands for an error. */
  readonly differences: readonly { text: string; jinja: JsonValue; ours: JsonValue; why: string }[];
}

const FILE = path.join(import.meta.dirname, 'jinja-cases.json');
const { scope, expressions, templates, differences } = JSON.parse(readFileSync(FILE, 'utf8')) as Recorded;

function evaluate(text: string): JsonValue {
  try {
    return evaluateExpression(compileExpression(text), scope);
  } catch {
    return { error: true };
  }
}

describe('an expression comes to what Jinja makes of it', () => {
  for (const [text, value] of expressions) it(text, () => assert.deepEqual(evaluate(text), value));
});

describe('a template prints what Jinja prints', () => {
  for (const [text, output] of templates) {
    it(JSON.stringify(text), () => {
      assert.equal(renderTemplate(compileTemplate(text, { escape: 'none' }), scope), output);
    });
  }
});

describe('an expression differs from Jinja on purpose', () => {
  for (const { text, jinja, ours, why } of differences) {
    it(`${text}: ${why}`, () => {
      assert.deepEqual(evaluate(text), ours);
      assert.notDeepEqual(ours, jinja);
    });
  }
});
