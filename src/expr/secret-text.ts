/**
 * Texts that print secrets: `{{ secrets.key }}` alone, or between text and other outputs.
 *
 * The values are not known here and never come here: what is rendered names them, and whoever carries
 * the call out puts them in. So a secret can be printed and nothing else: no filter, test, condition or
 * statement can learn anything from it.
 */
import type { JsonValue } from '../core/index.ts';
import { ExprError, syntaxError } from './error.ts';
import type { Scope } from './evaluation.ts';
import { compileOutputTokens, type Expression, evaluateAsText } from './expression.ts';
import type { Token } from './lexer.ts';
import type { EvaluationLimits } from './limits.ts';
import { cutTemplate, type Piece } from './template-lexer.ts';

/** What a text with secrets is made of. */
export interface SecretText {
  readonly parts: readonly (string | Expression | { readonly secret: string })[];
  /** What it reads beside secrets. */
  readonly paths: readonly (readonly string[])[];
  /** The secrets in it, each once. */
  readonly names: readonly string[];
}

/** The name of the scope secrets stand in. */
const ROOT = 'secrets';
const NAME = /^[A-Za-z_][A-Za-z0-9_.-]{0,127}$/;
const HINT = 'Print it as it is: "{{ secrets.name }}", alone or inside text.';

/** True when something in `paths` reads secrets. */
export function mentionsSecrets(paths: readonly (readonly string[])[]): boolean {
  return paths.some(([root]) => root === ROOT);
}

/** Where `text`, which reads secrets, first names them. */
export function whereSecretStands(text: string): number {
  try {
    for (const piece of cutTemplate(text)) {
      const token = piece.kind === 'text' ? undefined : piece.tokens.find(isRoot);
      if (token !== undefined) return token.start;
    }
  } catch (error) {
    if (!(error instanceof ExprError)) throw error;
    // Its place is only for a message.
  }
  return Math.max(0, text.indexOf(ROOT));
}

function isRoot(token: Token): boolean {
  return token.kind === 'name' && token.text === ROOT;
}

/**
 * Compiles a text that reads secrets.
 *
 * @throws SPEC_TEMPLATE where it does more than print them
 */
export function compileSecretText(text: string): SecretText {
  const parts: (string | Expression | { readonly secret: string })[] = [];
  const paths: (readonly string[])[] = [];
  const names = new Set<string>();
  for (const piece of cutTemplate(text)) {
    const part = compilePiece(text, piece);
    parts.push(part);
    if (typeof part === 'string') continue;
    if ('secret' in part) names.add(part.secret);
    else paths.push(...part.paths);
  }
  return { parts: withoutBlanksAround(parts), paths, names: [...names] };
}

function compilePiece(text: string, piece: Piece): string | Expression | { readonly secret: string } {
  if (piece.kind === 'text') return piece.text;
  const at = piece.tokens.find(isRoot)?.start ?? piece.at;
  if (piece.kind === 'statement') {
    throw syntaxError(text, at, 'A text with a secret cannot hold statements', HINT);
  }
  const secret = secretNamed(piece.tokens);
  if (secret === undefined) {
    const expression = compileOutputTokens(text, piece.tokens);
    if (!mentionsSecrets(expression.paths)) return expression;
    throw syntaxError(text, at, 'A secret can only be printed, nothing can be done with it', HINT);
  }
  if (NAME.test(secret)) return { secret };
  throw syntaxError(text, at, 'This cannot be the name of a secret', 'Names are letters, digits, "_", "-" and ".".');
}

/** The name in exactly `secrets.name` or `secrets['name']`; undefined for any other tokens. */
function secretNamed(tokens: readonly Token[]): string | undefined {
  const [root, , name] = tokens;
  if (root === undefined || !isRoot(root) || name === undefined) return undefined;
  const shape = tokens.map(({ kind, text }) => (kind === 'operator' ? text : kind)).join(' ');
  return shape === 'name . name end' || shape === 'name [ string ] end' ? name.text : undefined;
}

/** Around a single output blanks go, as they do for every text that is exactly one output. */
function withoutBlanksAround(parts: SecretText['parts']): SecretText['parts'] {
  const told = parts.filter((part) => typeof part !== 'string' || part.trim() !== '');
  return told.length === 1 && typeof told[0] !== 'string' ? told : parts;
}

/**
 * What stands for the text until the secrets are put in.
 *
 * @throws EXPR_FAILED or EXPR_LIMIT as its other outputs do
 */
export function renderSecretText({ parts }: SecretText, scope: Scope, limits: EvaluationLimits): JsonValue {
  const rendered = parts.map((part) => {
    if (typeof part === 'string') return part;
    return 'secret' in part ? { $secret: part.secret } : evaluateAsText(part, scope, limits);
  });
  const [only] = rendered;
  return rendered.length === 1 && only !== undefined && typeof only !== 'string' ? only : { $text: rendered };
}
