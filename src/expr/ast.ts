/**
 * What the parsers make of a text: expressions and template statements as plain data.
 *
 * `at` is the offset in the text that an error names.
 */
import type { JsonValue } from '../core/index.ts';

/** Arguments of a filter, test, function, method or macro, in the order written. */
export interface Arguments {
  readonly positional: readonly Expr[];
  readonly named: readonly NamedArgument[];
}

/** `name=value` among arguments. */
export interface NamedArgument {
  readonly name: string;
  readonly value: Expr;
  readonly at: number;
}

/** An operator before its operand. */
export type UnaryOperator = '-' | '+' | 'not';
/** An operator that computes from two values. */
export type BinaryOperator = '+' | '-' | '*' | '/' | '//' | '%' | '**' | '~';
/** An operator whose answer is true or false. */
export type CompareOperator = '==' | '!=' | '<' | '<=' | '>' | '>=' | 'in' | 'not in';

type ExprShape =
  | { readonly kind: 'literal'; readonly value: JsonValue }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'attribute'; readonly object: Expr; readonly name: string }
  | { readonly kind: 'index'; readonly object: Expr; readonly index: Expr }
  | {
      readonly kind: 'slice';
      readonly object: Expr;
      readonly start: Expr | undefined;
      readonly stop: Expr | undefined;
      readonly step: Expr | undefined;
    }
  | { readonly kind: 'list'; readonly items: readonly Expr[] }
  | { readonly kind: 'object'; readonly entries: readonly (readonly [Expr, Expr])[] }
  | { readonly kind: 'unary'; readonly operator: UnaryOperator; readonly operand: Expr }
  | { readonly kind: 'binary'; readonly operator: BinaryOperator; readonly left: Expr; readonly right: Expr }
  | { readonly kind: 'logic'; readonly operator: 'and' | 'or'; readonly left: Expr; readonly right: Expr }
  | { readonly kind: 'compare'; readonly first: Expr; readonly rest: readonly Comparison[] }
  | {
      readonly kind: 'conditional';
      readonly condition: Expr;
      readonly whenTrue: Expr;
      readonly otherwise: Expr | undefined;
    }
  | { readonly kind: 'filter'; readonly operand: Expr; readonly name: string; readonly args: Arguments }
  | {
      readonly kind: 'test';
      readonly operand: Expr;
      readonly name: string;
      readonly args: Arguments;
      readonly isNegated: boolean;
    }
  | { readonly kind: 'call'; readonly name: string; readonly args: Arguments }
  | { readonly kind: 'method'; readonly object: Expr; readonly name: string; readonly args: Arguments };

/** One link of `a < b <= c`. */
export interface Comparison {
  readonly operator: CompareOperator;
  readonly operand: Expr;
  readonly at: number;
}

/** An expression; `depth` is the longest way down to a leaf. */
export type Expr = ExprShape & { readonly at: number; readonly depth: number };

/** An {@link Expr} without what the parser works out itself. */
export type ExprDraft = ExprShape;

/** What `set` and `for` assign to: `x`, `a, b`, or `ns.x`. */
export type Target =
  | { readonly kind: 'names'; readonly names: readonly string[] }
  | { readonly kind: 'member'; readonly object: string; readonly name: string };

/** One parameter of a macro. */
export interface Parameter {
  readonly name: string;
  readonly fallback: Expr | undefined;
}

/** One part of a template. */
export type Statement =
  | { readonly kind: 'text'; readonly text: string; readonly at: number }
  | { readonly kind: 'output'; readonly value: Expr; readonly at: number }
  | {
      readonly kind: 'if';
      readonly branches: readonly { readonly condition: Expr; readonly body: readonly Statement[] }[];
      readonly otherwise: readonly Statement[];
      readonly at: number;
    }
  | {
      readonly kind: 'for';
      readonly targets: readonly string[];
      readonly items: Expr;
      readonly condition: Expr | undefined;
      readonly body: readonly Statement[];
      readonly otherwise: readonly Statement[];
      readonly at: number;
    }
  | { readonly kind: 'set'; readonly target: Target; readonly value: Expr; readonly at: number }
  | { readonly kind: 'capture'; readonly name: string; readonly body: readonly Statement[]; readonly at: number }
  | {
      readonly kind: 'with';
      readonly entries: readonly (readonly [string, Expr])[];
      readonly body: readonly Statement[];
      readonly at: number;
    };

/** A macro; it stands at the top level of its template. */
export interface MacroDefinition {
  readonly name: string;
  readonly parameters: readonly Parameter[];
  readonly body: readonly Statement[];
  readonly at: number;
}

/** A template as parsed. */
export interface TemplateSource {
  readonly body: readonly Statement[];
  readonly macros: ReadonlyMap<string, MacroDefinition>;
}
