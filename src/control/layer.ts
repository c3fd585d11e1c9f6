/**
 * Layers of configuration that are not files: values by path, and environment variables.
 */
import type { JsonValue } from '../core/index.ts';
import { isFlowPath } from './flow-variables.ts';
import type { ConfigLayer, ConfigSource, Setting } from './setting.ts';

/** A layer from values by dotted path, all of one source: a profile, command-line options, an API call. */
export function layerFromPaths(values: { readonly [path: string]: JsonValue }, source: ConfigSource): ConfigLayer {
  const settings = Object.entries(values).map(([path, value]) => ({ path: path.split('.'), value, source }));
  return { settings, problems: [] };
}

/** What the names of configuration variables begin with. */
const ENVIRONMENT_PREFIX = 'MOONPOOL_';

/**
 * A layer from environment variables: `MOONPOOL_HTTP__POOL__TOTAL=8` sets `http.pool.total`.
 *
 * Other variables are not looked at. Names are read without regard to case, except the flow
 * and variable names in `MOONPOOL_FLOWS__name__VARIABLES__name`. A variable that is set but
 * empty counts as set. Values are texts; the options read them.
 */
export function layerFromEnvironment(variables: { readonly [name: string]: string | undefined }): ConfigLayer {
  const settings: Setting[] = [];
  for (const name of Object.keys(variables).sort()) {
    const value = variables[name];
    if (!name.startsWith(ENVIRONMENT_PREFIX) || value === undefined) continue;
    const words = name.slice(ENVIRONMENT_PREFIX.length).split('__');
    const path = isFlowPath(words) ? flowPath(words) : words.map((word) => word.toLowerCase());
    settings.push({ path, value, source: { kind: 'environment', name } });
  }
  return { settings, problems: [] };
}

/** `FLOWS__whats-next__VARIABLES__feed_url`: the two names keep their case, and the last may contain `__`. */
function flowPath(words: readonly string[]): string[] {
  const [, flow = '', section = '', ...variable] = words;
  const path = ['flows', flow];
  if (words.length > 2) path.push(section.toLowerCase());
  if (variable.length > 0) path.push(variable.join('__'));
  return path;
}

/** The variable that sets `path`: `http.pool.total` → `MOONPOOL_HTTP__POOL__TOTAL`. */
export function environmentName(path: string): string {
  return ENVIRONMENT_PREFIX + path.toUpperCase().replaceAll('.', '__');
}
