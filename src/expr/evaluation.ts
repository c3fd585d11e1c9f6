/**
 * One evaluation in progress: the scope it reads, what it has used of its limits, and where it is.
 *
 * Filters, operators and statements charge their work here, so that every bound holds in one place.
 */
import type { JsonObject, JsonValue } from '../core/index.ts';
import { ExprError, type ExprErrorCode, placeOf } from './error.ts';
import type { EvaluationLimits } from './limits.ts';
import { isObject, isTrueValue, utf8Length, type Value } from './value.ts';

/** The names an expression may read: `state`, `variables`, `item` and so on. Only own keys are seen. */
export type Scope = { readonly [name: string]: JsonValue };

/** Names set by a template, innermost first. */
export class Frame {
  readonly names = new Map<string, Value>();
  readonly outer: Frame | undefined;

  constructor(outer: Frame | undefined) {
    this.outer = outer;
  }
}

const CHARACTERS_PER_STEP = 64;
const KEYS_PER_STEP = 16;

/** See the head of this file. */
export class Evaluation {
  readonly scope: Scope;
  readonly limits: EvaluationLimits;
  readonly source: string;
  /** Offset of what is being evaluated, for errors raised by filters and the like. */
  at = 0;
  /** Names set so far; undefined for a bare expression. */
  frame: Frame | undefined = undefined;
  /** The frame of the template itself, which macros see. */
  root: Frame | undefined = undefined;
  /** What was printed into the innermost capture. */
  output = '';
  /** Macros and captures in progress. */
  depth = 0;
  #steps = 0;
  #outputBytes = 0;
  /** Keys of the objects asked so far: counting takes as long as there are keys, so it is done once. */
  #keyCounts: WeakMap<JsonObject, number> | undefined;

  constructor(source: string, scope: Scope, limits: EvaluationLimits) {
    this.source = source;
    this.scope = scope;
    this.limits = limits;
  }

  /** Takes `count` steps off the budget. */
  charge(count: number): void {
    this.#steps += count;
    if (this.#steps > this.limits.maxSteps) {
      throw this.exceeded(`This takes more than ${this.limits.maxSteps} steps`, 'Work on less data at once.');
    }
  }

  /** Takes the cost of reading or making `length` characters off the budget. */
  chargeText(length: number): void {
    this.charge(1 + Math.floor(length / CHARACTERS_PER_STEP));
  }

  /** How many keys `object` has. */
  countKeys(object: JsonObject): number {
    this.#keyCounts ??= new WeakMap();
    let count = this.#keyCounts.get(object);
    if (count === undefined) {
      count = Object.keys(object).length;
      this.#keyCounts.set(object, count);
      this.charge(1 + Math.floor(count / KEYS_PER_STEP));
    }
    return count;
  }

  /** Whether `value` counts as true; see `isTrue`. */
  isTrue(value: Value): boolean {
    return isObject(value) ? this.countKeys(value) > 0 : isTrueValue(value);
  }

  /** Refuses a text of `length` characters, before it is made. */
  checkLength(length: number): void {
    if (!(length <= this.limits.maxOutputBytes)) throw this.#tooLong();
  }

  /** Checks and charges a text of `length` characters, before it is made. */
  chargeNewText(length: number): void {
    this.checkLength(length);
    this.chargeText(length);
  }

  /** Prints `text`. */
  print(text: string): void {
    this.#outputBytes += utf8Length(text);
    if (this.#outputBytes > this.limits.maxOutputBytes) throw this.#tooLong();
    this.chargeText(text.length);
    this.output += text;
  }

  /** What `run` printed, which does not reach the output itself. */
  capture(run: () => void): string {
    const outer = this.output;
    this.output = '';
    this.depth += 1;
    if (this.depth > this.limits.maxDepth) {
      throw this.exceeded(
        `Macros call each other more than ${this.limits.maxDepth} deep`,
        'End the recursion earlier.',
      );
    }
    run();
    this.depth -= 1;
    const captured = this.output;
    this.output = outer;
    return captured;
  }

  /** The error for something that cannot be evaluated, at the place in progress. */
  failure(sentence: string, hint?: string): ExprError {
    return this.#error('EXPR_FAILED', sentence, hint);
  }

  /** The error for work, data or a result beyond a limit, at the place in progress. */
  exceeded(sentence: string, hint?: string): ExprError {
    return this.#error('EXPR_LIMIT', sentence, hint);
  }

  #tooLong(): ExprError {
    const limit = this.limits.maxOutputBytes;
    return this.exceeded(`This makes text longer than ${limit} bytes`, 'Print less, or cut it with "truncate".');
  }

  #error(code: ExprErrorCode, sentence: string, hint?: string): ExprError {
    return new ExprError(code, sentence, {
      ...placeOf(this.source, this.at),
      ...(hint === undefined ? {} : { hint }),
    });
  }
}
