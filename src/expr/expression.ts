/**
 * Bare expressions, as in `when: state.x > 3`, and the conditions flows decide their way by.
 */
import type { JsonValue } from '../core/index.ts';
import type { Expr } from './ast.ts';
import { syntaxError } from './error.ts';
import { Evaluation, type Scope } from './evaluation.ts';
import { ExpressionCompiler, type Run } from './expression-compiler.ts';
import { parseExpression } from './expression-parser.ts';
import { checkSourceLength, guarded } from './guard.ts';
import { type Token, tokenize } from './lexer.ts';
import { DEFAULT_LIMITS, type EvaluationLimits } from './limits.ts';
import { cutTemplate, hasTemplateSyntax } from './template-lexer.ts';
import { compileTemplate, renderTemplate, type Template } from './template.ts';
import { toText } from './text-form.ts';
import { TokenReader } from './token-reader.ts';
import { isRouteTrue, toJson } from './value.ts';

/** A compiled expression; immutable, so it may be kept and evaluated any number of times. */
export interface Expression {
  readonly text: string;
  /** What it reads from the scope, as far as it is known before: `[['state', 'x']]`. */
  readonly paths: readonly (readonly string[])[];
  /** For this folder only. */
  readonly run: Run;
  /** Steps one evaluation takes at least. */
  readonly cost: number;
}

/** The tokens between the only `{{ }}` of a text, or undefined when it is anything else. */
function tokensOfOnlyOutput(text: string): readonly Token[] | undefined {
  const pieces = cutTemplate(text).filter((piece) => piece.kind !== 'text' || piece.text.trim() !== '');
  const [only] = pieces;
  return pieces.length === 1 && only?.kind === 'output' ? only.tokens : undefined;
}

function parseWhole(text: string, tokens: readonly Token[]): Expr {
  const reader = new TokenReader(text, tokens);
  const value = parseExpression(reader);
  reader.expectEnd('an operator, a filter or the end');
  return value;
}

function compileTokens(text: string, tokens: readonly Token[]): Expression {
  const compiler = new ExpressionCompiler(text, { isTemplate: false, isHtml: false, macros: new Map() });
  const run = compiler.compile(parseWhole(text, tokens));
  return Object.freeze({ text, run, cost: compiler.cost, paths: [...compiler.paths.values()] });
}

/**
 * The expression that `text` is exactly one `{{ … }}` around, or undefined for any other text.
 *
 * @throws SPEC_TEMPLATE when what stands between does not parse
 */
export function compileOnlyOutput(text: string): Expression | undefined {
  return guarded(
    text,
    'SPEC_TEMPLATE',
    () => {
      const tokens = tokensOfOnlyOutput(text);
      return tokens === undefined ? undefined : compileTokens(text, tokens);
    },
    () => 0,
  );
}

/**
 * The expression in the `tokens` of one output of `text`, which was compiled whole before.
 *
 * @throws SPEC_TEMPLATE when it does not parse
 */
export function compileOutputTokens(text: string, tokens: readonly Token[]): Expression {
  return guarded(
    text,
    'SPEC_TEMPLATE',
    () => compileTokens(text, tokens),
    () => 0,
  );
}

/**
 * Compiles a bare expression (`state.x > 3`), or one in exactly one `{{ … }}`.
 *
 * Cost: linear in the text, which has at most 256 Ki characters.
 *
 * @throws SPEC_TEMPLATE with line and column when it does not parse, names an unknown filter, test or
 *   function, or is nested deeper than 64 levels
 */
export function compileExpression(text: string): Expression {
  checkSourceLength(text);
  if (text.trimStart().startsWith('{{')) {
    const wrapped = compileOnlyOutput(text);
    if (wrapped !== undefined) return wrapped;
    throw syntaxError(text, 0, 'This is more than one "{{ … }}"', 'Write one expression, with or without the braces.');
  }
  return guarded(
    text,
    'SPEC_TEMPLATE',
    () => compileTokens(text, tokenize(text, 0, '').tokens),
    () => 0,
  );
}

/**
 * What `expression` comes to in `scope`; the result may share parts with the scope.
 *
 * @throws EXPR_FAILED with line and column for operations that values do not allow
 * @throws EXPR_LIMIT when it takes more steps, or makes longer text, than `limits` allow
 */
export function evaluateExpression(
  expression: Expression,
  scope: Scope,
  limits: EvaluationLimits = DEFAULT_LIMITS,
): JsonValue {
  const evaluation = new Evaluation(expression.text, scope, limits);
  return guarded(
    expression.text,
    'EXPR_LIMIT',
    () => {
      evaluation.charge(expression.cost);
      return toJson(expression.run(evaluation));
    },
    () => evaluation.at,
  );
}

/**
 * What `expression` comes to in `scope`, as an output prints it.
 *
 * @throws EXPR_FAILED or EXPR_LIMIT as {@link evaluateExpression}
 */
export function evaluateAsText(expression: Expression, scope: Scope, limits: EvaluationLimits): string {
  const evaluation = new Evaluation(expression.text, scope, limits);
  return guarded(
    expression.text,
    'EXPR_LIMIT',
    () => {
      evaluation.charge(expression.cost);
      return toText(expression.run(evaluation), evaluation);
    },
    () => evaluation.at,
  );
}

/** A compiled condition of a `when`, `condition` or goto rule. */
export type Condition =
  | { readonly kind: 'expression'; readonly text: string; readonly expression: Expression }
  | { readonly kind: 'template'; readonly text: string; readonly template: Template }
  | { readonly kind: 'state'; readonly text: string; readonly name: string; readonly isNegated: boolean };

const SCOPE_NAMES: ReadonlySet<string> = new Set([
  'state',
  'variables',
  'settings',
  'env',
  'run',
  'item',
  'index',
  'result',
  'secrets',
]);
const STATE_SHORTHAND = /^(!?)[ \t]*([A-Za-z_][A-Za-z0-9_]{0,127})$/;
const CONSTANT_WORDS: ReadonlySet<string> = new Set(['true', 'True', 'false', 'False', 'none', 'None', 'null']);

/**
 * Compiles a condition: an expression, one `{{ … }}`, a whole template whose text is looked at, or the
 * older shorthand `name` and `!name` for a key of the state.
 *
 * A word that names a part of the scope (`item`, `result`) is that part, not a key of the state.
 *
 * @throws SPEC_TEMPLATE when it does not parse
 */
export function compileCondition(text: string): Condition {
  checkSourceLength(text);
  const trimmed = text.trim();
  const shorthand = STATE_SHORTHAND.exec(trimmed);
  const name = shorthand?.[2];
  if (name !== undefined && !SCOPE_NAMES.has(name) && !CONSTANT_WORDS.has(name) && name !== 'not') {
    return { kind: 'state', text, name, isNegated: shorthand?.[1] === '!' };
  }
  if (hasTemplateSyntax(text) && compileOnlyOutput(text) === undefined) {
    return { kind: 'template', text, template: compileTemplate(text, { escape: 'none' }) };
  }
  return { kind: 'expression', text, expression: compileExpression(text) };
}

/**
 * Whether `condition` holds in `scope`, by the rule of {@link isRouteTrue}.
 *
 * @throws EXPR_FAILED or EXPR_LIMIT as the expression or template does
 */
export function evaluateCondition(
  condition: Condition,
  scope: Scope,
  limits: EvaluationLimits = DEFAULT_LIMITS,
): boolean {
  switch (condition.kind) {
    case 'expression':
      return isRouteTrue(evaluateExpression(condition.expression, scope, limits));
    case 'template':
      return isRouteTrue(renderTemplate(condition.template, scope, limits));
    case 'state': {
      const state = Object.hasOwn(scope, 'state') ? scope['state'] : null;
      const holder = typeof state === 'object' && state !== null && !Array.isArray(state) ? (state as Scope) : {};
      const value = Object.hasOwn(holder, condition.name) ? (holder[condition.name] ?? null) : null;
      return isRouteTrue(value) !== condition.isNegated;
    }
  }
}
