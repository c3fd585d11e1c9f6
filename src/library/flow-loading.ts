/**
 * A flow from its file, checked as `moonpool validate` checks it.
 */
import { MoonpoolError } from '../core/index.ts';
import { loadConfig, loadFlows } from '../app/index.ts';
import type { Flow } from '../flow/index.ts';
import { type Diagnostic, SpecError } from '../spec/index.ts';

/** One thing that is wrong with a flow file, or only odd: file, line and column from 1, code, sentence, hint. */
export type FlowProblem = Diagnostic;

/** How a flow is loaded. */
export interface LoadFlowOptions {
  /** Files put over the flow, the last one last. Default none. */
  readonly overlays?: readonly string[];
  /** The configuration file: variables of flows, limits, own actions. Default: `moonpool.yaml` beside the flow, if any. */
  readonly configFile?: string;
  /** Stands for the environment of the process, of which `MOONPOOL_*` counts. Default: nothing is read from there. */
  readonly environment?: { readonly [name: string]: string | undefined };
  /** Called with every warning. Default: nobody is told. */
  readonly onWarning?: (problem: FlowProblem) => void;
}

/**
 * Loads and checks the flow in the file `path`, with the flows it imports.
 *
 * Cost: about 0.4 ms per node, and some 30 ms the first time, when Lua is made ready to check with.
 *
 * @throws SPEC_* with the property `diagnostics`: every problem with its place; CLI_FILE for a file that cannot be
 * read; CONFIG_INVALID
 */
export async function loadFlow(path: string, options: LoadFlowOptions = {}): Promise<Flow> {
  const { overlays = [], configFile, environment = {}, onWarning } = options;
  const config = await loadConfig({ paths: [path], environment, ...(configFile === undefined ? {} : { configFile }) });
  const { flows, diagnostics } = await loadFlows([path], { config, overlays });
  if (diagnostics.some(({ severity }) => severity === 'error')) throw new SpecError(diagnostics);
  for (const warning of diagnostics) onWarning?.(warning);
  const [flow, ...others] = flows;
  if (flow === undefined || others.length > 0) {
    throw new MoonpoolError('CLI_FILE', `${path} holds ${flows.length} flows. Name the file of one flow.`);
  }
  return flow;
}
