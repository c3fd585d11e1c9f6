/**
 * `{{ … }}` of a template: what is printed, given what surrounds it.
 *
 * Without HTML, values are printed as they are. With it, the place decides: escaped text, a checked link,
 * JSON in a script, or a refusal while compiling.
 */
import { escapeHtml } from '../core/index.ts';
import type { Expr } from './ast.ts';
import { type ExprError, syntaxError } from './error.ts';
import type { Evaluation } from './evaluation.ts';
import { type ExpressionCompiler, isAuthorText, type Run } from './expression-compiler.ts';
import { harmlessStyle, harmlessUrl, type HtmlContext, type HtmlPlace, placeAt } from './html-context.ts';
import { toText } from './text-form.ts';
import { Markup, type Value } from './value.ts';

/** A compiled part of a template. */
export type Print = (evaluation: Evaluation) => void;

const JSON_FILTERS: ReadonlySet<string> = new Set(['tojson']);
const NUMBER_FILTERS: ReadonlySet<string> = new Set(['length', 'count', 'wordcount', 'abs', 'round', 'sum']);

/** True when what is printed cannot be code: JSON made for scripts, numbers, or the author's own words. */
function isScriptSafe(expr: Expr): boolean {
  if (isAuthorText(expr)) return true;
  if (expr.kind === 'conditional') {
    return isScriptSafe(expr.whenTrue) && (expr.otherwise === undefined || isScriptSafe(expr.otherwise));
  }
  if (expr.kind === 'compare' || expr.kind === 'test') return true;
  if (expr.kind !== 'filter') return false;
  if (expr.name === 'safe') return isScriptSafe(expr.operand);
  return JSON_FILTERS.has(expr.name) || NUMBER_FILTERS.has(expr.name);
}

const REFUSALS: Readonly<Partial<Record<HtmlPlace, readonly [string, string]>>> = {
  script: ['Data in a script must be written as JSON', 'End it with "| tojson".'],
  handler: ['Data in an event handler must be written as JSON', 'End it with "| tojson".'],
  tag: ['Data cannot stand in a tag outside of quotes', 'Put it in quotes: name="{{ value }}".'],
  program: ['Data cannot decide what is loaded or run here', 'Write this part in the template itself.'],
};

function refusal(text: string, at: number, place: HtmlPlace): ExprError {
  const [sentence, hint] = REFUSALS[place] ?? ['Data cannot stand here', ''];
  return syntaxError(text, at, sentence, hint);
}

function isAllowed(place: HtmlPlace, expr: Expr): boolean {
  if (place === 'script' || place === 'handler') return isScriptSafe(expr);
  return place === 'tag' || place === 'program' ? isAuthorText(expr) : true;
}

function escapeUnlessMarkup(value: Value, evaluation: Evaluation): string {
  if (value instanceof Markup) return value.text;
  return typeof value === 'number' ? toText(value, evaluation) : escapeHtml(toText(value, evaluation));
}

function convert(place: HtmlPlace, value: Value, evaluation: Evaluation): string {
  switch (place) {
    case 'text':
      return escapeUnlessMarkup(value, evaluation);
    case 'url': {
      const text = escapeUnlessMarkup(value, evaluation);
      // References of an escaped link hold no colon, so its scheme reads the same either way.
      return harmlessUrl(text);
    }
    case 'style':
      return harmlessStyle(toText(value, evaluation));
    case 'handler':
      return escapeHtml(toText(value, evaluation));
    case 'script':
      return value === null ? 'null' : toText(value, evaluation);
    case 'tag':
    case 'program':
      return toText(value, evaluation);
  }
}

/**
 * A closure that prints an output at `context`, or as it is without one.
 *
 * @throws SPEC_TEMPLATE where data could become code
 */
export function compileOutput(
  compiler: ExpressionCompiler,
  { value, at }: { readonly value: Expr; readonly at: number },
  context: HtmlContext | undefined,
): Print {
  const before = compiler.cost;
  const run: Run = compiler.compile(value);
  const cost = compiler.cost - before;
  if (context === undefined) {
    return (evaluation) => {
      evaluation.charge(cost);
      const result = run(evaluation);
      evaluation.at = at;
      evaluation.print(toText(result, evaluation));
    };
  }
  const place = placeAt(context);
  if (!isAllowed(place, value)) throw refusal(compiler.text, at, place);
  return (evaluation) => {
    evaluation.charge(cost);
    const result = run(evaluation);
    evaluation.at = at;
    evaluation.print(convert(place, result, evaluation));
  };
}
