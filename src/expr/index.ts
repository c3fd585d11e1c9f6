/** Templates and expressions: text to compiled to value; pure and bounded. */
export { ExprError, type ExprErrorCode, type ExprErrorPlace, type TextPlace } from './error.ts';
export type { Scope } from './evaluation.ts';
export {
  type Condition,
  compileCondition,
  compileExpression,
  evaluateCondition,
  evaluateExpression,
  type Expression,
} from './expression.ts';
export { DEFAULT_LIMITS, EVALUATION_LIMITS, type EvaluationLimits, MAX_SOURCE_LENGTH } from './limits.ts';
export { compileOutput, type OutputPart, type OutputTemplate, renderOutput } from './output-shape.ts';
export { compileTemplate, renderTemplate, type Template, type TemplateOptions } from './template.ts';
export { hasTemplateSyntax } from './template-lexer.ts';
export { isRouteTrue, isTrue } from './value.ts';
export { expressionVocabulary, type Vocabulary } from './vocabulary.ts';
export { mentionsSecrets, whereSecretStands } from './secret-text.ts';
export {
  compileValue,
  renderValue,
  type SecretPlace,
  type ValueOptions,
  type ValueTemplate,
} from './value-template.ts';
