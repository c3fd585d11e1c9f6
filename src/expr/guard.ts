/**
 * The last net under every door of this folder: what the limits let through as a full stack or a text
 * beyond the engine's own size becomes a plain EXPR_LIMIT or SPEC_TEMPLATE.
 */
import { ExprError, type ExprErrorCode, placeOf } from './error.ts';
import { MAX_SOURCE_LENGTH } from './limits.ts';

/** Runs `work`; a RangeError of the engine (stack, text size) becomes `code` at offset `at()`. */
export function guarded<T>(text: string, code: ExprErrorCode, work: () => T, at: () => number): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new ExprError(code, 'This is larger or nested deeper than can be handled', placeOf(text, at()));
  }
}

/** @throws SPEC_TEMPLATE when `text` is longer than 256 Ki UTF-16 units */
export function checkSourceLength(text: string): void {
  if (text.length <= MAX_SOURCE_LENGTH) return;
  const sentence = `This text has ${text.length} characters, and ${MAX_SOURCE_LENGTH} are allowed`;
  throw new ExprError('SPEC_TEMPLATE', sentence, { line: 1, column: 1, hint: 'Read long fixed text from a file.' });
}
