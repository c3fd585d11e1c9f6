/**
 * Trees of values with templates in them, as `with:` and output maps hold.
 *
 * A text that is exactly one `{{ … }}` gives the value itself, any other text with template syntax gives
 * text, everything else stays as it is. Keys are never templates.
 */
import { type JsonValue, setOwn } from '../core/index.ts';
import { ExprError, syntaxError } from './error.ts';
import type { Scope } from './evaluation.ts';
import { compileOnlyOutput, evaluateExpression, type Expression } from './expression.ts';
import { checkSourceLength } from './guard.ts';
import { DEFAULT_LIMITS, type EvaluationLimits, MAX_DATA_DEPTH } from './limits.ts';
import {
  compileSecretText,
  mentionsSecrets,
  renderSecretText,
  type SecretText,
  whereSecretStands,
} from './secret-text.ts';
import { compileTemplate, renderTemplate, type Template } from './template.ts';
import { hasTemplateSyntax } from './template-lexer.ts';
import { isList } from './value.ts';

type ValueNode =
  | { readonly kind: 'constant'; readonly value: JsonValue }
  | { readonly kind: 'expression'; readonly expression: Expression; readonly path: string }
  | { readonly kind: 'template'; readonly template: Template; readonly path: string }
  | { readonly kind: 'secret'; readonly text: SecretText; readonly path: string }
  | { readonly kind: 'list'; readonly items: readonly ValueNode[] }
  | { readonly kind: 'object'; readonly entries: readonly (readonly [string, ValueNode])[] };

/** A compiled tree; immutable, so it may be kept and rendered any number of times. */
export interface ValueTemplate {
  /** True when it holds no template: rendering gives the value it was compiled from. */
  readonly isConstant: boolean;
  /** What it reads from the scope, as far as it is known before. */
  readonly paths: readonly (readonly string[])[];
  /** Where texts with secrets stand, in the order of the tree. */
  readonly secrets: readonly SecretPlace[];
  /** For this folder only. */
  readonly node: ValueNode;
}

/** A text with secrets: keys and indices that lead to it, and the secrets in it. */
export interface SecretPlace {
  readonly path: readonly (string | number)[];
  readonly names: readonly string[];
}

/** How a tree is compiled. */
export interface ValueOptions {
  /** `placed`: texts may print secrets, as {@link renderValue} says. `refused` (default): none may read them. */
  readonly secrets?: 'placed' | 'refused';
}

/** What is gathered on the way through a tree. */
interface Gathered {
  readonly paths: (readonly string[])[];
  readonly secrets: SecretPlace[];
  readonly maySecretsStand: boolean;
}

type Keys = readonly (string | number)[];

/** `headers.accept[0]` */
function pathOf(keys: Keys): string {
  return keys.reduce<string>((path, key) => {
    if (typeof key === 'number') return `${path}[${key}]`;
    return path === '' ? key : `${path}.${key}`;
  }, '');
}

function within<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof ExprError && path !== '' ? error.within(path) : error;
  }
}

function compileText(text: string, keys: Keys, into: Gathered): ValueNode {
  if (!hasTemplateSyntax(text)) return { kind: 'constant', value: text };
  const path = pathOf(keys);
  return within(path, () => {
    checkSourceLength(text);
    const expression = compileOnlyOutput(text);
    const template = expression === undefined ? compileTemplate(text, { escape: 'none' }) : undefined;
    const { paths } = expression ?? (template as Template);
    if (mentionsSecrets(paths)) return compileSecret(text, keys, into);
    into.paths.push(...paths);
    return expression === undefined
      ? { kind: 'template', template: template as Template, path }
      : { kind: 'expression', expression, path };
  });
}

function compileSecret(text: string, keys: Keys, into: Gathered): ValueNode {
  if (!into.maySecretsStand) {
    const hint = 'Secrets go into `with` of actions that send them on, such as http.get, and nowhere else.';
    throw syntaxError(text, whereSecretStands(text), 'A secret cannot be read here', hint);
  }
  const secret = compileSecretText(text);
  into.paths.push(...secret.paths);
  into.secrets.push({ path: keys, names: secret.names });
  return { kind: 'secret', text: secret, path: pathOf(keys) };
}

function compileNode(value: JsonValue, keys: Keys, into: Gathered): ValueNode {
  if (typeof value === 'string') return compileText(value, keys, into);
  if (typeof value !== 'object' || value === null) return { kind: 'constant', value };
  if (keys.length >= MAX_DATA_DEPTH) {
    const sentence = `This value is nested deeper than ${MAX_DATA_DEPTH} levels`;
    throw new ExprError('SPEC_TEMPLATE', sentence, { line: 1, column: 1 });
  }
  if (isList(value)) {
    const items = value.map((item, index) => compileNode(item, [...keys, index], into));
    return items.every((item) => item.kind === 'constant') ? { kind: 'constant', value } : { kind: 'list', items };
  }
  const entries = Object.keys(value).map((key) => {
    const node = compileNode(value[key] ?? null, [...keys, key], into);
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
export function compileValue(value: JsonValue, options: ValueOptions = {}): ValueTemplate {
  const into: Gathered = { paths: [], secrets: [], maySecretsStand: options.secrets === 'placed' };
  const node = compileNode(value, [], into);
  const { paths, secrets } = into;
  return Object.freeze({ node, paths, secrets, isConstant: node.kind === 'constant' });
}

function renderNode(node: ValueNode, scope: Scope, limits: EvaluationLimits): JsonValue {
  switch (node.kind) {
    case 'constant':
      return node.value;
    case 'expression':
      return within(node.path, () => evaluateExpression(node.expression, scope, limits));
    case 'template':
      return within(node.path, () => renderTemplate(node.template, scope, limits));
    case 'secret':
      return within(node.path, () => renderSecretText(node.text, scope, limits));
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
 * each text on its own. A text with secrets comes to `{$secret: name}` when it is only that, else to
 * `{$text: [part, {$secret: name}, …]}`: what is put in for them later is told apart from data by the places
 * in `secrets`, never by how it looks.
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
