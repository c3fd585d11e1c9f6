/**
 * Values as text: how they are printed, and as JSON.
 *
 * Printed, null is empty text, true and false are lower case, whole numbers have no fraction, lists
 * and objects are JSON. Own writer instead of JSON.stringify, so that size and depth are charged.
 */
import type { JsonObject, JsonValue } from '../core/index.ts';
import type { Evaluation } from './evaluation.ts';
import { MAX_DATA_DEPTH } from './limits.ts';
import { isList, Markup, toJson, type Value } from './value.ts';

/** `value` as it is printed. */
export function toText(value: Value, evaluation: Evaluation): string {
  if (typeof value === 'string') return value;
  if (value === null || value === undefined) return '';
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  if (typeof value === 'number') return value === 0 ? '0' : String(value);
  if (value instanceof Markup) return value.text;
  return writeJson(toJson(value), evaluation);
}

/**
 * `value` as JSON text, compact, or over several lines with `indent` blanks per level (0–16).
 *
 * @throws EXPR_LIMIT when it is longer than a text may be or nested deeper than 200 levels
 */
export function writeJson(value: JsonValue, evaluation: Evaluation, indent = 0): string {
  const writer = new JsonWriter(evaluation, indent);
  writer.write(value, 0);
  return writer.text;
}

class JsonWriter {
  text = '';
  readonly #evaluation: Evaluation;
  readonly #indent: string;

  constructor(evaluation: Evaluation, indent: number) {
    this.#evaluation = evaluation;
    this.#indent = ' '.repeat(indent);
  }

  write(value: JsonValue, depth: number): void {
    if (typeof value === 'string') {
      this.#evaluation.checkLength(this.text.length + value.length);
      this.#evaluation.chargeText(value.length);
      this.text += JSON.stringify(value);
      this.#evaluation.checkLength(this.text.length);
    } else if (typeof value !== 'object' || value === null) {
      this.#evaluation.charge(1);
      this.text += JSON.stringify(value ?? null);
    } else {
      this.#evaluation.charge(1);
      this.#writeParts(value, depth);
    }
  }

  #writeParts(value: readonly JsonValue[] | JsonObject, depth: number): void {
    if (depth >= MAX_DATA_DEPTH) {
      throw this.#evaluation.exceeded(`This value is nested deeper than ${MAX_DATA_DEPTH} levels`);
    }
    const isArray = isList(value);
    let count = 0;
    this.text += isArray ? '[' : '{';
    for (const key of isArray ? value.keys() : Object.keys(value)) {
      if (count > 0) this.text += ',';
      count += 1;
      this.#breakLine(depth + 1);
      if (typeof key === 'string') this.#writeKey(key);
      this.write((value as { readonly [key: string | number]: JsonValue })[key] ?? null, depth + 1);
    }
    if (count > 0) this.#breakLine(depth);
    this.text += isArray ? ']' : '}';
  }

  #writeKey(key: string): void {
    this.#evaluation.chargeNewText(key.length);
    this.text += `${JSON.stringify(key)}:${this.#indent === '' ? '' : ' '}`;
  }

  #breakLine(depth: number): void {
    if (this.#indent === '') return;
    this.text += `\n${this.#indent.repeat(depth)}`;
    this.#evaluation.chargeNewText(this.#indent.length * depth);
  }
}
