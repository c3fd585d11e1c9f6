/**
 * Whole templates: text in, text out.
 */
import { syntaxError } from './error.ts';
import { Evaluation, Frame, type Scope } from './evaluation.ts';
import type { MacroCall } from './expression-compiler.ts';
import { checkSourceLength, guarded } from './guard.ts';
import { HTML_START, isSameContext } from './html-context.ts';
import { DEFAULT_LIMITS, type EvaluationLimits } from './limits.ts';
import type { Print } from './output-compiler.ts';
import { StatementCompiler } from './statement-compiler.ts';
import { parseTemplate } from './template-parser.ts';

/** How a template treats what it prints. */
export interface TemplateOptions {
  /** `html` (default): everything is escaped for the place of the HTML it lands in. `none`: printed as it is. */
  readonly escape?: 'html' | 'none';
}

/** A compiled template; immutable, so it may be kept and rendered any number of times. */
export interface Template {
  readonly text: string;
  readonly escape: 'html' | 'none';
  /** What it reads from the scope, as far as it is known before, without the names it sets itself. */
  readonly paths: readonly (readonly string[])[];
  /** For this folder only. */
  readonly print: Print;
}

function compile(text: string, escape: 'html' | 'none'): Template {
  const source = parseTemplate(text);
  const macros = new Map<string, MacroCall>();
  const compiler = new StatementCompiler(text, escape === 'html', macros);
  // Macros may call each other and themselves, so all are known before any is compiled.
  for (const [name, { parameters }] of source.macros) {
    macros.set(name, { parameters: parameters.map((parameter) => parameter.name), call: () => null });
  }
  for (const [name, definition] of source.macros) {
    Object.assign(macros.get(name) as MacroCall, compiler.compileMacro(definition));
  }
  const { print, context } = compiler.compileBody(source.body, HTML_START);
  // A page may end inside an element's text, but not inside a tag or comment.
  if (escape === 'html' && context.state !== 'raw' && !isSameContext(context, HTML_START)) {
    throw syntaxError(text, text.length, 'The template ends inside a tag or a comment', 'Close what it opens.');
  }
  const paths = [...compiler.expressions.paths.values()].filter(([root]) => !compiler.localNames.has(root ?? ''));
  return Object.freeze({ text, escape, print, paths });
}

/**
 * Compiles a template with `{{ }}`, `{% if|for|set|with|macro|raw %}` and `{# #}`.
 *
 * With `escape: 'html'` (the default) there is no way for data to become markup or code: outputs are
 * escaped, links are checked for their scheme, scripts take JSON only, and places where neither helps are
 * refused here. `safe` is only for text written in the template.
 *
 * @throws SPEC_TEMPLATE with line and column of the first thing wrong
 */
export function compileTemplate(text: string, options: TemplateOptions = {}): Template {
  checkSourceLength(text);
  return guarded(
    text,
    'SPEC_TEMPLATE',
    () => compile(text, options.escape ?? 'html'),
    () => 0,
  );
}

/**
 * The text `template` prints for `scope`.
 *
 * @throws EXPR_FAILED with line and column for operations that values do not allow
 * @throws EXPR_LIMIT when it takes more steps, or prints more, than `limits` allow
 */
export function renderTemplate(template: Template, scope: Scope, limits: EvaluationLimits = DEFAULT_LIMITS): string {
  const evaluation = new Evaluation(template.text, scope, limits);
  const root = new Frame(undefined);
  evaluation.root = root;
  evaluation.frame = root;
  return guarded(
    template.text,
    'EXPR_LIMIT',
    () => {
      template.print(evaluation);
      return evaluation.output;
    },
    () => evaluation.at,
  );
}
