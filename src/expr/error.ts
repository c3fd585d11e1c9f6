/**
 * The one error of expressions and templates: what is wrong, where in the text, and what to write instead.
 *
 * Knows nothing of files: a caller that knows where the text stands adds that place to line and column.
 */
import { MoonpoolError } from '../core/index.ts';

/** The codes expressions and templates can report. */
export type ExprErrorCode = 'SPEC_TEMPLATE' | 'EXPR_FAILED' | 'EXPR_LIMIT';

/** A place in a text, both numbers from 1; a column counts UTF-16 units, as editors do. */
export interface TextPlace {
  readonly line: number;
  readonly column: number;
}

/** What an {@link ExprError} carries beside its code and sentence. */
export interface ExprErrorPlace extends TextPlace {
  /** What to do about it, as a sentence. */
  readonly hint?: string;
  /** Where in a tree of values the text stands: `headers.Accept`, `items[2]`. Only from value trees. */
  readonly path?: string;
}

/** The place of `offset` in `text`. */
export function placeOf(text: string, offset: number): TextPlace {
  let line = 1;
  let lineStart = 0;
  const stop = Math.min(offset, text.length);
  for (let index = text.indexOf('\n'); index !== -1 && index < stop; index = text.indexOf('\n', index + 1)) {
    line += 1;
    lineStart = index + 1;
  }
  return { line, column: stop - lineStart + 1 };
}

/**
 * An expression or template that does not parse (`SPEC_TEMPLATE`), fails while it is evaluated
 * (`EXPR_FAILED`), or does more than it may (`EXPR_LIMIT`).
 *
 * `details` holds `line`, `column` and, where known, `hint` and `path`.
 */
export class ExprError extends MoonpoolError {
  override readonly name = 'ExprError';
  /** The sentence without place and hint, for callers that print those themselves. */
  readonly sentence: string;
  readonly place: ExprErrorPlace;

  constructor(code: ExprErrorCode, sentence: string, place: ExprErrorPlace) {
    const where = place.path === undefined ? '' : `${place.path}: `;
    const hint = place.hint === undefined ? '' : ` ${place.hint}`;
    super(code, `${where}${sentence} (line ${place.line}, column ${place.column}).${hint}`, { details: { ...place } });
    this.sentence = sentence;
    this.place = place;
  }

  /** The same error, naming the place of its text in a tree of values. */
  within(path: string): ExprError {
    return new ExprError(this.code as ExprErrorCode, this.sentence, { ...this.place, path });
  }
}

/** An error of the text itself, found before anything is evaluated. */
export function syntaxError(text: string, offset: number, sentence: string, hint?: string): ExprError {
  return new ExprError('SPEC_TEMPLATE', sentence, {
    ...placeOf(text, offset),
    ...(hint === undefined ? {} : { hint }),
  });
}
