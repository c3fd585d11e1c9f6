/**
 * `+ - * / // % ** ~` and signs.
 *
 * Numbers are JSON's: 4 / 2 prints as 2. `//` and `%` round down as Python's do. A result that is no
 * finite number is an error, never Infinity or NaN.
 */
import { escapeHtml, type JsonValue } from '../core/index.ts';
import type { BinaryOperator } from './ast.ts';
import type { Evaluation } from './evaluation.ts';
import { formatText } from './text-format.ts';
import { toText } from './text-form.ts';
import { isList, Markup, toJson, typeName, type Value } from './value.ts';

const VERBS: Readonly<Record<BinaryOperator, string>> = {
  '+': 'add',
  '-': 'subtract',
  '*': 'multiply',
  '/': 'divide',
  '//': 'divide',
  '%': 'take the remainder of',
  '**': 'raise',
  '~': 'join',
};

function mismatch(operator: BinaryOperator, left: Value, right: Value, evaluation: Evaluation) {
  const sentence = `Cannot ${VERBS[operator]} ${typeName(left)} and ${typeName(right)}`;
  if (left === null || right === null)
    return evaluation.failure(sentence, 'A missing key is null; give it a value with "default".');
  if (operator === '+' && (typeof left === 'string' || typeof right === 'string')) {
    return evaluation.failure(sentence, 'Texts are joined with "~".');
  }
  return evaluation.failure(sentence);
}

function checkNumber(value: number, evaluation: Evaluation): number {
  // Adding zero turns minus zero, which JSON cannot tell apart, into zero.
  if (Number.isFinite(value)) return value + 0;
  if (Number.isNaN(value)) throw evaluation.failure('The result is not a real number');
  throw evaluation.exceeded('The result is larger than a number can be');
}

function computeNumbers(operator: BinaryOperator, left: number, right: number, evaluation: Evaluation): number {
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '**':
      if (left === 0 && right < 0) throw evaluation.failure('Cannot divide by zero');
      return left ** right;
    default:
      break;
  }
  if (right === 0) throw evaluation.failure('Cannot divide by zero');
  if (operator === '/') return left / right;
  if (operator === '//') return Math.floor(left / right);
  const remainder = left % right;
  return remainder !== 0 && remainder < 0 !== right < 0 ? remainder + right : remainder;
}

/** `text * 3` and `list * 3`; a count below one gives nothing. */
function repeat(value: string | readonly JsonValue[], count: number, evaluation: Evaluation): Value {
  if (!Number.isInteger(count))
    throw evaluation.failure(`Cannot repeat something ${count} times`, 'Use a whole number.');
  const times = Math.max(0, count);
  if (typeof value === 'string') {
    evaluation.chargeNewText(value.length * times);
    return value.length === 0 ? '' : value.repeat(times);
  }
  evaluation.charge(1 + value.length * times);
  return value.length === 0 ? [] : Array.from({ length: times }, () => value).flat();
}

/** Texts and lists added; undefined for anything else. */
function add(left: JsonValue, right: JsonValue, evaluation: Evaluation): Value | undefined {
  if (typeof left === 'string' && typeof right === 'string') {
    chargeJoin(left, right, evaluation);
    return left + right;
  }
  if (!isList(left) || !isList(right)) return undefined;
  evaluation.charge(1 + left.length + right.length);
  return [...left, ...right];
}

/** A text or list times a number, in either order; undefined for anything else. */
function multiply(left: JsonValue, right: JsonValue, evaluation: Evaluation): Value | undefined {
  const [value, count] = typeof left === 'number' ? [right, left] : [left, right];
  if (typeof count !== 'number' || (typeof value !== 'string' && !isList(value))) return undefined;
  return repeat(value, count, evaluation);
}

function computeOthers(operator: BinaryOperator, left: JsonValue, right: JsonValue, evaluation: Evaluation): Value {
  let result: Value | undefined;
  if (operator === '+') result = add(left, right, evaluation);
  else if (operator === '*') result = multiply(left, right, evaluation);
  else if (operator === '%' && typeof left === 'string') {
    result = formatText(left, isList(right) ? right : [right], evaluation);
  }
  if (result === undefined) throw mismatch(operator, left, right, evaluation);
  return result;
}

/** The engine joins texts without copying, so the shorter one is charged; whoever reads the whole pays for it. */
function chargeJoin(left: string, right: string, evaluation: Evaluation): void {
  evaluation.checkLength(left.length + right.length);
  evaluation.chargeText(Math.min(left.length, right.length));
}

/** Both as printed, one behind the other; markup stays markup and what joins it is escaped. */
function joinTexts(left: Value, right: Value, evaluation: Evaluation): Value {
  const leftText = toText(left, evaluation);
  const rightText = toText(right, evaluation);
  chargeJoin(leftText, rightText, evaluation);
  const isLeftMarkup = left instanceof Markup;
  const isRightMarkup = right instanceof Markup;
  if (!isLeftMarkup && !isRightMarkup) return leftText + rightText;
  evaluation.chargeNewText(leftText.length + rightText.length);
  const joined = (isLeftMarkup ? leftText : escapeHtml(leftText)) + (isRightMarkup ? rightText : escapeHtml(rightText));
  evaluation.checkLength(joined.length);
  return new Markup(joined);
}

/** The result of an operator between two values. */
export function computeBinary(operator: BinaryOperator, left: Value, right: Value, evaluation: Evaluation): Value {
  if (typeof left === 'number' && typeof right === 'number' && operator !== '~') {
    return checkNumber(computeNumbers(operator, left, right, evaluation), evaluation);
  }
  if (operator === '~') return joinTexts(left, right, evaluation);
  return computeOthers(operator, toJson(left), toJson(right), evaluation);
}

/** `-value` or `+value`. */
export function computeSign(operator: '-' | '+', value: Value, evaluation: Evaluation): number {
  if (typeof value !== 'number') throw evaluation.failure(`Cannot put "${operator}" before ${typeName(value)}`);
  return operator === '-' ? 0 - value : value;
}
