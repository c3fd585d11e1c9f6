/**
 * The answer of a run, made from its final state: a few named values, each a template or a constant.
 */
import { type JsonObject, type JsonValue, setOwn } from '../core/index.ts';
import type { Scope } from './evaluation.ts';
import { type Condition, compileCondition, evaluateCondition } from './expression.ts';
import { DEFAULT_LIMITS, type EvaluationLimits } from './limits.ts';
import { compileValue, renderValue, type ValueTemplate } from './value-template.ts';

/** One key of an answer. */
export interface OutputPart {
  readonly name: string;
  /** For {@link compileValue}. */
  readonly value: JsonValue;
  /** For {@link compileCondition}: the key is left out while it is false. */
  readonly includeIf?: string;
  /** Stands in for a value that is null or empty text. */
  readonly default?: JsonValue;
}

/** Compiled parts; immutable, so they may be kept and rendered any number of times. */
export interface OutputTemplate {
  /** For this file only. */
  readonly parts: readonly {
    readonly name: string;
    readonly value: ValueTemplate;
    readonly includeIf?: Condition;
    readonly default?: JsonValue;
  }[];
}

/**
 * Compiles the parts of an answer.
 *
 * @throws SPEC_TEMPLATE when one of their texts does not parse
 */
export function compileOutput(parts: readonly OutputPart[]): OutputTemplate {
  return {
    parts: parts.map(({ includeIf, ...part }) => ({
      ...part,
      value: compileValue(part.value),
      ...(includeIf === undefined ? {} : { includeIf: compileCondition(includeIf) }),
    })),
  };
}

/**
 * The answer in `scope`, its keys in the order of the parts.
 *
 * `limits` hold for each text on its own.
 *
 * @throws EXPR_FAILED or EXPR_LIMIT when a value or condition cannot be evaluated
 */
export function renderOutput(
  { parts }: OutputTemplate,
  scope: Scope,
  limits: EvaluationLimits = DEFAULT_LIMITS,
): JsonObject {
  const answer: { [key: string]: JsonValue } = {};
  for (const part of parts) {
    if (part.includeIf !== undefined && !evaluateCondition(part.includeIf, scope, limits)) continue;
    const value = renderValue(part.value, scope, limits);
    const isMissing = value === null || value === '';
    setOwn(answer, part.name, isMissing && part.default !== undefined ? part.default : value);
  }
  return answer;
}
