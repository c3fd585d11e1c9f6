/**
 * Trees of values with templates in them, as `with:` and output maps hold.
 *
 * A text that is exactly one `{{ … }}` gives the value itself, any other text with template syntax gives
 * text, everything else stays as it is. Keys are never templates.
 */
import { type JsonValue, setOwn } from '../core/index.ts';
import { ExprError } from './error.ts';
import type { Scope } from './evaluation.ts';
import { compileOnlyOutput, evaluateExpression, type Expression } from './expression.ts';
import { checkSourceLength } from './guard.ts';
import { DEFAULT_LIMITS, type EvaluationLimits, MAX_DATA_DEPTH } from './limits.ts';
import { compileTemplate, renderTemplate, type Template } from './template.ts';
import { hasTemplateSyntax } from './template-lexer.ts';
import { isList } from './value.ts';

type ValueNode =
  | { readonly kind: 'constant'; readonly value: JsonValue }
  | { readonly kind: 'expression'; readonly expression: Expression; readonly path: string }
  | { readonly kind: 'template'; readonly template: Template; readonly path: string }
  | { readonly kind: 'list'; readonly items: readonly ValueNode[] }
  | { readonly kind: 'object'; readonly entries: readonly (readonly [string, ValueNode])[] };

/** A compiled tree; immutable, so it may be kept and rendered any number of times. */
export interface ValueTemplate {
  /** True when it holds no template: rendering gives the value it was compiled from. */
  readonly isConstant: boolean;
  /** What it reads from the scope, as far as it is known before. */
  readonly paths: readonly (readonly string[])[];
  /** For this folder only. */
  readonly node: ValueNode;
}

function within<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof ExprError && path !== '' ? error.within(path) : error;
  }
}

function compileText(text: string, path: string, paths: (readonly string[])[]): ValueNode {
  if (!hasTemplateSyntax(text)) return { kind: 'constant', value: text };
  return within(path, () => {
    checkSourceLength(text);
    const expression = compileOnlyOutput(text);
    if (expression !== undefined) {
      paths.push(...expression.paths);
      return { kind: 'expression', expression, path };
    }
    const template = compileTemplate(text, { escape: 'none' });
    paths.push(...template.paths);
    return { kind: 'template', template, path };
  });
}

function compileNode(value: JsonValue, path: string, depth: number, paths: (readonly string[])[]): ValueNode {
  if (typeof value === 'string') return compileText(value, path, paths);
  if (typeof value !== 'object' || value === null) return { kind: 'constant', value };
  if (depth >= MAX_DATA_DEPTH) {
    const sentence = `This value is nested deeper than ${MAX_DATA_DEPTH} levels`;
    throw new ExprError('SPEC_TEMPLATE', sentence, { line: 1, column: 1 });
  }
  if (isList(value)) {
    const items = value.map((item, index) => compileNode(item, `${path}[${index}]`, depth + 1, paths));
    return items.every((item) => item.kind === 'constant') ? { kind: 'constant', value } : { kind: 'list', items };
  }
  const entries = Object.keys(value).map((key) => {
    const node = compileNode(value[key] ?? null, path === '' ? key : `${path}.${key}`, depth + 1, paths);
    return [key, node] as const;
  });
  return entries.every(([, node]) => node.kind === 'constant')
    ? { kind: 'constant', value }
    : { kind: 'object', entries };
}

/**
 * Compiles every text of `value` that has template syntax.
 *
 * @throws SPEC_TEMPLATE with line and column within the text, and its `path` in the tree
 */
export function compileValue(value: JsonValue): ValueTemplate {
  const paths: (readonly string[])[] = [];
  const node = compileNode(value, '', 0, paths);
  return Object.freeze({ node, paths, isConstant: node.kind === 'constant' });
}

function renderNode(node: ValueNode, scope: Scope, limits: EvaluationLimits): JsonValue {
  switch (node.kind) {
    case 'constant':
      return node.value;
    case 'expression':
      return within(node.path, () => evaluateExpression(node.expression, scope, limits));
    case 'template':
      return within(node.path, () => renderTemplate(node.template, scope, limits));
    case 'list':
      return node.items.map((item) => renderNode(item, scope, limits));
    case 'object': {
      const object: { [key: string]: JsonValue } = {};
      for (const [key, child] of node.entries) setOwn(object, key, renderNode(child, scope, limits));
      return object;
    }
  }
}

/**
 * The tree with every template replaced by what it comes to in `scope`.
 *
 * The result may share parts with the scope and with the value it was compiled from. `limits` hold for
 * each text on its own.
 *
 * @throws EXPR_FAILED or EXPR_LIMIT with line and column within the text, and its `path` in the tree
 */
export function renderValue(
  valueTemplate: ValueTemplate,
  scope: Scope,
  limits: EvaluationLimits = DEFAULT_LIMITS,
): JsonValue {
  return renderNode(valueTemplate.node, scope, limits);
}
