/**
 * `moonpool validate`: every problem of some flow files. Runs nothing, opens no socket, reads
 * no environment.
 */
import { ERROR_FACTS } from '../../core/index.ts';
import type { Diagnostic } from '../../spec/index.ts';
import type { LoadApp } from '../app-port.ts';
import { diagnosticLine } from '../error-line.ts';
import type { CliIo } from '../io.ts';

/** How to validate. */
export interface ValidateOptions {
  /** Warnings fail, and more is warned of: numbers without a unit, keys that nobody reads or writes. */
  readonly strict?: true;
  readonly json?: true;
  /** Files put over every flow, the last one last. */
  readonly overlay: readonly string[];
}

function exitCode(diagnostics: readonly Diagnostic[], isStrict: boolean): number {
  const fatal = diagnostics.find(({ severity }) => isStrict || severity === 'error');
  return fatal === undefined ? 0 : ERROR_FACTS[fatal.code].exit;
}

/** Prints one line per problem, nothing when there are none; with `json` always one JSON list. */
export async function validateFlows(
  io: CliIo,
  loadApp: LoadApp,
  paths: readonly string[],
  options: ValidateOptions,
): Promise<number> {
  const app = await loadApp();
  const isStrict = options.strict === true;
  const { diagnostics } = await app.loadFlows(paths, { strict: isStrict, overlays: options.overlay });
  if (options.json === true) {
    io.stdout.write(`${JSON.stringify(diagnostics, undefined, io.stdout.isTerminal ? 2 : undefined)}\n`);
  } else {
    for (const diagnostic of diagnostics) io.stdout.write(`${diagnosticLine(diagnostic)}\n`);
  }
  return exitCode(diagnostics, isStrict);
}
