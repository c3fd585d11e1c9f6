/**
 * What must hold for any text: a result or a named error with its place in the text, in bounded size.
 */
import assert from 'node:assert/strict';
import { hasCode, MoonpoolError } from '../../src/core/index.ts';
import {
  compileCondition,
  compileExpression,
  compileTemplate,
  compileValue,
  DEFAULT_LIMITS,
  evaluateCondition,
  evaluateExpression,
  renderTemplate,
  renderValue,
  type Scope,
} from '../../src/expr/index.ts';
import { luaCheckRefusing, parse } from '../support/flow-text.ts';

/** Small, so that a text that asks for much ends soon; the bounds hold at any size. */
const LIMITS = { ...DEFAULT_LIMITS, maxSteps: 20_000, maxOutputBytes: 65_536 };
const LONGEST_MESSAGE = 4_000;

function assertPlace(text: string, line: number, column: number): void {
  const found = text.split('\n')[line - 1];
  assert.ok(found !== undefined, `line ${line} is not in the text`);
  assert.ok(column >= 1 && column <= found.length + 1, `column ${column} is not in line ${line}`);
}

/** What `work` gives, or undefined after an error that is one of ours and names a place in `text`. */
function attempt<T>(text: string, work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof MoonpoolError)) throw error;
    assert.ok(
      hasCode(error, 'SPEC_TEMPLATE') || hasCode(error, 'EXPR_FAILED') || hasCode(error, 'EXPR_LIMIT'),
      `unexpected code ${error.code}`,
    );
    assert.ok(error.message.length <= LONGEST_MESSAGE, 'the message is too long');
    assertPlace(text, Number(error.details['line']), Number(error.details['column']));
    return undefined;
  }
}

/** Holds the evaluator to its promises for `text`: as an expression, a condition, a value and both kinds of template. */
export function checkEvaluator(text: string, scope: Scope): void {
  attempt(text, () => {
    const expression = compileExpression(text);
    const value = attempt(text, () => evaluateExpression(expression, scope, LIMITS));
    if (value !== undefined) assert.equal(typeof JSON.stringify(value), 'string');
  });
  attempt(text, () => evaluateCondition(compileCondition(text), scope, LIMITS));
  attempt(text, () => renderValue(compileValue([text]), scope, LIMITS));
  for (const escape of ['html', 'none'] as const) {
    attempt(text, () => {
      const output = renderTemplate(compileTemplate(text, { escape }), scope, LIMITS);
      assert.ok(Buffer.byteLength(output) <= LIMITS.maxOutputBytes, 'the output is too long');
    });
  }
}

const OPTIONS = { checkLua: luaCheckRefusing(/==/), strict: true, limits: { luaTimeoutMs: 1_000 } };

/** Holds the flow parser to its promises for `text`: a flow, or problems that have their place in the file. */
export function checkParser(text: string): void {
  const { flow, diagnostics } = parse(text, OPTIONS);
  assert.equal(
    flow === undefined,
    diagnostics.some((found) => found.severity === 'error'),
  );
  for (const { line, column, message } of diagnostics) {
    assertPlace(text, line, column);
    assert.ok(message.length <= LONGEST_MESSAGE, 'the message is too long');
  }
  if (flow !== undefined) JSON.stringify(flow);
}
