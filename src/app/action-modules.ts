/**
 * Which modules of actions the operator registered, for who runs flows and for who only reads them.
 *
 * Their code is not looked at here: names and schemas come from the schema files.
 */
import { dirname } from 'node:path';
import { findOwnActions, type OwnActionModule } from '../actions/index.ts';
import { compileSchema } from '../spec/index.ts';
import { type LoadedConfig, readActionOptions } from './config.ts';

/** Where to look when there is no configuration in force. */
export interface ActionModuleRequest {
  /** The configuration in force; absent: only `actions` of the file beside `paths` counts, and nothing of the environment. */
  readonly config?: LoadedConfig | undefined;
  readonly paths?: readonly string[];
}

/**
 * The registered modules with what their schema files say.
 *
 * @throws CONFIG_INVALID with everything that is wrong with them; CLI_FILE for a configuration that cannot be read
 */
export async function findActionModules(request: ActionModuleRequest): Promise<readonly OwnActionModule[]> {
  const { config, paths = [] } = request;
  const found =
    config === undefined
      ? await readActionOptions(paths)
      : { options: config.options.actions, ...(config.file === undefined ? {} : { file: config.file }) };
  const directory = found.file === undefined ? '.' : dirname(found.file);
  return findOwnActions(found.options.modules, { directory, compileSchema });
}
