/**
 * The second free-form part of the configuration: `secrets.NAME` says where a secret's value is.
 *
 * Values themselves never stand in a configuration and are not read here; what is written where one
 * of the keys belongs is never shown, because it may be a value that went to the wrong place.
 */
import type { JsonValue, OptionProblem } from '../core/index.ts';
import { type ConfigSource, describeSource, type Setting } from './setting.ts';

/** Where one secret comes from, and who may have it. */
export interface SecretSource {
  readonly name: string;
  readonly from:
    | { readonly kind: 'env'; readonly variable: string }
    /** Relative to the folder of the configuration file. */
    | { readonly kind: 'file'; readonly path: string };
  /** Names of the flows whose runs may use it; absent: all. */
  readonly flows?: readonly string[];
  /** Hosts it may be sent to, `*` and `?` allowed; absent: all. */
  readonly hosts?: readonly string[];
}

/** Secrets that one configuration names. */
const MAX_SECRETS = 64;
const MAX_LIST = 64;
const MAX_TEXT = 4_096;
const NAME = /^[A-Za-z_][A-Za-z0-9_.-]{0,127}$/;
const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/;

/** What each key takes, in words and as a check. */
const KEYS: Readonly<Record<string, { readonly takes: string; readonly fits: (value: JsonValue) => boolean }>> = {
  env: { takes: 'the name of an environment variable', fits: (value) => isText(value) && VARIABLE.test(value) },
  file: { takes: `a path of at most ${MAX_TEXT} characters`, fits: (value) => isText(value) && value !== '' },
  flows: { takes: `a list of at most ${MAX_LIST} names of flows`, fits: isTextList },
  hosts: { takes: `a list of at most ${MAX_LIST} hosts`, fits: isTextList },
};

function isText(value: JsonValue): value is string {
  return typeof value === 'string' && value.length <= MAX_TEXT;
}

function isTextList(value: JsonValue): boolean {
  return Array.isArray(value) && value.length <= MAX_LIST && (value as readonly JsonValue[]).every(isText);
}

/** True for a path into this part. */
export function isSecretPath(path: readonly string[]): boolean {
  return path[0] === 'secrets';
}

/** What is wrong with a setting below `secrets`: the key at fault and a message, or undefined. Shows no value. */
export function secretSettingFault({
  path,
  value,
}: Setting): { readonly depth: number; readonly message: string } | undefined {
  const [, name, key] = path;
  const keys = Object.keys(KEYS).join(', ');
  if (name === undefined) return value === null ? undefined : { depth: 1, message: 'must be an object' };
  if (!NAME.test(name)) {
    return { depth: 2, message: 'is no name of a secret: letters, digits, "_", "-" and "." only, at most 128' };
  }
  if (key === undefined) return { depth: 2, message: `must be an object with ${keys}` };
  const fact = Object.hasOwn(KEYS, key) ? KEYS[key] : undefined;
  if (fact === undefined) return { depth: 3, message: `unknown option, the keys here are ${keys}` };
  return path.length === 3 && fact.fits(listOf(key, value))
    ? undefined
    : { depth: 3, message: `must be ${fact.takes}` };
}

/** From the environment, lists come comma-separated. */
function listOf(key: string, value: JsonValue): JsonValue {
  if (typeof value !== 'string' || (key !== 'flows' && key !== 'hosts')) return value;
  return value.split(',').flatMap((item) => item.trim() || []);
}

interface Draft {
  readonly setting: Setting;
  env?: Setting;
  file?: Setting;
  flows?: Setting;
  hosts?: Setting;
}

/**
 * The secrets that `settings` name, and those that have no source or two.
 *
 * @param settings weakest first; faulty ones are passed over
 */
export function collectSecretSources(settings: readonly Setting[]): {
  readonly sources: readonly SecretSource[];
  readonly problems: readonly OptionProblem[];
} {
  const drafts = new Map<string, Draft>();
  const problems: OptionProblem[] = [];
  for (const setting of settings) {
    const [, name, key] = setting.path;
    if (!isSecretPath(setting.path) || name === undefined || secretSettingFault(setting) !== undefined) continue;
    const draft = drafts.get(name) ?? { setting };
    drafts.set(name, draft);
    takeKey(draft, key, setting, problems);
  }
  const [, excess] = [...drafts.values()].slice(MAX_SECRETS - 1);
  if (excess !== undefined)
    problems.push(problemAt(excess.setting, `one more than the ${MAX_SECRETS} secrets there may be`));
  const sources = [...drafts].flatMap(([name, draft]) => {
    const source = toSource(name, draft);
    if (source === undefined) problems.push(problemAt(draft.setting, 'needs env or file: where the value is'));
    return source ?? [];
  });
  return { sources, problems };
}

function takeKey(draft: Draft, key: string | undefined, setting: Setting, problems: OptionProblem[]): void {
  if (key === 'flows' || key === 'hosts') draft[key] = setting;
  if (key !== 'env' && key !== 'file') return;
  const other = key === 'env' ? 'file' : 'env';
  const before = draft[other];
  // A stronger layer replaces where the value is; one layer must not say it twice.
  if (before !== undefined && before.source.kind === setting.source.kind) {
    problems.push(problemAt(setting, 'takes env or file, not both'));
  }
  delete draft[other];
  draft[key] = setting;
}

function toSource(name: string, { env, file, flows, hosts }: Draft): SecretSource | undefined {
  const more = {
    ...(flows === undefined ? {} : { flows: listOf('flows', flows.value) as readonly string[] }),
    ...(hosts === undefined ? {} : { hosts: lowerCase(listOf('hosts', hosts.value) as readonly string[]) }),
  };
  if (env !== undefined) return { name, from: { kind: 'env', variable: env.value as string }, ...more };
  return file === undefined ? undefined : { name, from: { kind: 'file', path: file.value as string }, ...more };
}

function lowerCase(hosts: readonly string[]): readonly string[] {
  return hosts.map((host) => host.toLowerCase());
}

function problemAt({ path, source }: Setting, message: string): OptionProblem {
  const at = path.slice(0, 2).join('.');
  return source.kind === 'file'
    ? { path: at, message, ...placeOf(source) }
    : { path: at, message: `${message} (${describeSource(source)})` };
}

function placeOf({ file, line, column }: ConfigSource & { kind: 'file' }): Pick<OptionProblem, 'place'> {
  return { place: { file, line, column } };
}
