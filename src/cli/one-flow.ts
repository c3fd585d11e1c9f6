/**
 * The one flow that a command names, or every reason why it cannot be used.
 */
import type { Flow } from '../flow/index.ts';
import { SpecError } from '../spec/index.ts';
import type { LoadedFlows } from './app-port.ts';
import { diagnosticLine, usageError } from './error-line.ts';
import type { CliIo } from './io.ts';

/**
 * The flow in `loaded`; its warnings go to standard error.
 *
 * @throws a `SpecError` with every diagnostic when there are errors; CLI_USAGE unless it is one flow
 */
export function requireOneFlow(io: CliIo, path: string, loaded: LoadedFlows, isQuiet: boolean): Flow {
  const { flows, diagnostics } = loaded;
  if (diagnostics.some(({ severity }) => severity === 'error')) throw new SpecError(diagnostics);
  if (!isQuiet) for (const warning of diagnostics) io.stderr.write(`${diagnosticLine(warning)}\n`);
  const [flow, ...others] = flows;
  if (flow === undefined) throw usageError(`${path} holds no flow. Name a flow file.`);
  if (others.length > 0) throw usageError(`${path} holds ${flows.length} flows. Name the file of one of them.`);
  return flow;
}
