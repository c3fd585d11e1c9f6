/**
 * Errors as the lines people read: `file:line:column: error CODE: sentence. hint`.
 *
 * One line per problem whatever the error holds, and nothing in it that a terminal would obey.
 */
import { ConfigError, ERROR_FACTS, type ErrorCode, isErrorCode, MoonpoolError } from '../core/index.ts';
import { type Diagnostic, formatDiagnostic, SpecError } from '../spec/index.ts';

/** Where in a file a problem stands; both numbers count from 1. */
export interface FilePlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** The exit code of a command that Ctrl-C ended. */
export const EXIT_INTERRUPTED = 130;

/** Raised by a command for arguments that parse but make no sense. */
export function usageError(sentence: string): MoonpoolError {
  return new MoonpoolError('CLI_USAGE', sentence);
}

/** Line breaks and other control characters become spaces: a Lua traceback or a file name stays one line. */
export function oneLine(text: string): string {
  return text.replace(/\s*\p{Cc}+\s*/gu, ' ').trim();
}

/** `text` with a full stop, unless it ends as a sentence already. */
function sentence(text: string): string {
  const line = oneLine(text);
  return /[.!?]["')\]]?$/.test(line) ? line : `${line}.`;
}

/** One error line, without a line break. */
export function errorLine(code: ErrorCode, message: string, place?: FilePlace, hint?: string): string {
  const at = place === undefined ? '' : `${oneLine(place.file)}:${place.line}:${place.column}: `;
  return `${at}error ${code}: ${sentence(message)}${hint === undefined ? '' : ` ${oneLine(hint)}`}`;
}

/** One line for a problem of a flow file. */
export function diagnosticLine(diagnostic: Diagnostic): string {
  return oneLine(formatDiagnostic({ ...diagnostic, message: sentence(diagnostic.message) }));
}

/** An error with the place that is to blame for it; what `failureLines` prints a place from. */
export class PlacedError extends MoonpoolError {
  override readonly name = 'PlacedError';
  readonly place: FilePlace;

  constructor(code: ErrorCode, message: string, place: FilePlace) {
    super(code, message);
    this.place = place;
  }
}

/** Everything an error says, one line per problem. Never a stack trace. */
export function failureLines(error: unknown): readonly string[] {
  if (error instanceof ConfigError) {
    return error.problems.map(({ path, message, place, hint }) =>
      errorLine('CONFIG_INVALID', path === '' ? message : `${path}: ${message}`, place, hint),
    );
  }
  if (error instanceof SpecError) return error.diagnostics.map(diagnosticLine);
  if (error instanceof PlacedError) return [errorLine(error.code, error.message, error.place)];
  if (error instanceof MoonpoolError) return [errorLine(error.code, error.message)];
  const message = error instanceof Error ? error.message : String(error);
  return [errorLine('BUG_INVARIANT', `Unexpected: ${message}`, undefined, 'Please report it.')];
}

/** The exit code an error stands for; 1 for what is not ours. */
export function failureExit(error: unknown): number {
  const code = typeof error === 'object' && error !== null ? (error as { code?: unknown }).code : undefined;
  return typeof code === 'string' && isErrorCode(code) ? ERROR_FACTS[code].exit : 1;
}
