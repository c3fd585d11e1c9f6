/**
 * What `validate` reports: one problem with its place, code, sentence and hint.
 */
import { ERROR_FACTS, type ErrorCode, MoonpoolError } from '../core/index.ts';

/** One problem of a flow file. */
export interface Diagnostic {
  readonly severity: 'error' | 'warning';
  readonly code: ErrorCode;
  readonly file: string;
  /** Both count from 1. */
  readonly line: number;
  readonly column: number;
  /** One sentence without the final stop's hint: what is wrong, with the value found. */
  readonly message: string;
  /** What to do about it, as a sentence. */
  readonly hint?: string;
}

/** `file:line:column: error CODE: sentence. hint` — the one form every door prints. */
export function formatDiagnostic(diagnostic: Diagnostic): string {
  const { file, line, column, severity, code, message, hint } = diagnostic;
  const tail = hint === undefined ? '' : ` ${hint}`;
  return `${file}:${line}:${column}: ${severity} ${code}: ${message}${tail}`;
}

/** Raised when a flow cannot be used: carries every diagnostic of the file. */
export class SpecError extends MoonpoolError {
  override readonly name = 'SpecError';
  readonly diagnostics: readonly Diagnostic[];

  constructor(diagnostics: readonly Diagnostic[]) {
    const first = diagnostics.find((diagnostic) => diagnostic.severity === 'error');
    super(first?.code ?? 'SPEC_INVALID', diagnostics.map(formatDiagnostic).join('\n'));
    this.diagnostics = diagnostics;
  }

  /** The exit code of a bad flow. */
  get exitCode(): number {
    return ERROR_FACTS[this.code].exit;
  }
}
