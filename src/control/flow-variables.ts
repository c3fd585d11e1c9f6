/**
 * The free-form part of the configuration: `flows.NAME.variables` replaces constants of a flow.
 *
 * The names are the user's own, so nothing here can say "unknown"; whether a flow declares a
 * variable is known only once the flow is read.
 */
import { isJsonObject, type JsonObject, type JsonValue, setOwn } from '../core/index.ts';
import type { Setting } from './setting.ts';

/** True for a path into the free-form part. */
export function isFlowPath(path: readonly string[]): boolean {
  return path[0]?.toLowerCase() === 'flows';
}

/** True where a variable's value begins: an object there is one value, not a section. */
export function isVariablePath(path: readonly string[]): boolean {
  return path.length === 4 && path[0] === 'flows' && path[2] === 'variables';
}

/** What is wrong with a setting below `flows`: the key at fault and a message, or undefined. */
export function flowSettingFault({
  path,
  value,
}: Setting): { readonly depth: number; readonly message: string } | undefined {
  if (path.length > 2 && path[2] !== 'variables') {
    return { depth: 3, message: 'unknown option, the only one here is variables' };
  }
  if (path.length > 3) return undefined;
  const isEmpty = value === null || (isJsonObject(value) && Object.keys(value).length === 0);
  return isEmpty ? undefined : { depth: path.length, message: 'must be an object' };
}

/** Names as an environment variable can spell them: `whats-next` and `WHATS_NEXT` are one. */
function loose(name: string): string {
  return name.toLowerCase().replaceAll('-', '_');
}

function fromText(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    // Most values are plain text, and plain text is rarely JSON.
    return text;
  }
}

/**
 * What the configuration sets for the variables of one flow.
 *
 * From the environment, names fit without regard to case, `-` or `_`, and a value that is JSON
 * is taken as JSON.
 *
 * @param settings weakest first
 * @param declared the variables the flow declares; an environment name is matched to them
 */
export function collectFlowVariables(
  settings: readonly Setting[],
  flow: string,
  declared: readonly string[],
): JsonObject {
  const result: { [key: string]: JsonValue } = {};
  for (const { path, value, source } of settings) {
    const [, name, , variable] = path;
    if (!isVariablePath(path) || name === undefined || variable === undefined) continue;
    if (source.kind !== 'environment') {
      if (name === flow) setOwn(result, variable, value);
    } else if (loose(name) === loose(flow)) {
      const key = declared.find((candidate) => loose(candidate) === loose(variable)) ?? variable;
      setOwn(result, key, typeof value === 'string' ? fromText(value) : value);
    }
  }
  return Object.freeze(result);
}

/** The flows a file or an API call names, each once; a name no flow has is worth a warning. */
export function configuredFlows(settings: readonly Setting[]): readonly string[] {
  const names = settings
    .filter(({ path, source }) => isFlowPath(path) && source.kind !== 'environment')
    .map(({ path }) => path[1] ?? '');
  return [...new Set(names)].filter((name) => name !== '');
}
