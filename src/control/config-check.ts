/**
 * Reads settings against a tree of tables, weakest layer first, and collects what is wrong.
 *
 * A bad value is reported and passed over, so that the next weaker one stays in force.
 */
import {
  describeRange,
  isJsonObject,
  type JsonValue,
  jsonTypeName,
  MoonpoolError,
  nearestWord,
  type OptionProblem,
} from '../core/index.ts';
import { flowSettingFault, isFlowPath } from './flow-variables.ts';
import type { OrderRule } from './order-rules.ts';
import type { Profile } from './profile.ts';
import { isSecretPath, secretSettingFault } from './secret-sources.ts';
import { type ConfigSource, describeSource, type Position, type Setting } from './setting.ts';
import { type ConfigTree, indexTree, type Leaf, type TreeIndex } from './tree.ts';

/** An option's value in force, and who set it. */
export interface Effective {
  /** In the unit the code uses: ms, bytes. */
  readonly value: unknown;
  /** As a user would write it; a secret's is not shown. */
  readonly text: string;
  readonly source: ConfigSource;
}

const SECRET_KEY = /(^|[._])(token|password|secret)$/;

function show(path: string, value: JsonValue): string {
  if (SECRET_KEY.test(path)) return `${jsonTypeName(value)} (not shown)`;
  const shown = value === '' ? 'empty text' : typeof value === 'string' ? value : JSON.stringify(value);
  return shown.length > 60 ? `${shown.slice(0, 57)}...` : shown;
}

function writeValue(path: string, field: Leaf['field'], value: unknown): string {
  return SECRET_KEY.test(path) ? '(not shown)' : field.format(value);
}

/** True for a source that is a person's choice. */
function isWritten({ kind }: ConfigSource): boolean {
  return kind !== 'default' && kind !== 'profile';
}

function placeOf(source: ConfigSource): Pick<OptionProblem, 'place'> {
  if (source.kind !== 'file') return {};
  const { file, line, column } = source;
  return { place: { file, line, column } };
}

function isInOrder(low: unknown, high: unknown, mayBeEqual: boolean): boolean {
  if (typeof low !== 'number' || typeof high !== 'number') return true;
  return mayBeEqual ? low <= high : low < high;
}

/** One pass over all layers; use once. */
export class ConfigCheck {
  readonly index: TreeIndex;
  readonly problems: OptionProblem[] = [];
  readonly chosen = new Map<string, Effective>();
  readonly #profile: Profile;
  /** Options a user wrote something unusable for: rules between options would only repeat that. */
  readonly #faulty = new Set<string>();
  readonly #reported = new Set<string>();

  constructor(tree: ConfigTree, profile: Profile) {
    this.index = indexTree(tree);
    this.#profile = profile;
    for (const [path, { field }] of this.index.leaves) {
      this.chosen.set(path, {
        value: field.fallback,
        text: writeValue(path, field, field.fallback),
        source: { kind: 'default' },
      });
    }
    for (const path of [...Object.keys(profile.settings), ...Object.keys(profile.maxima)]) {
      if (this.index.leaves.has(path)) continue;
      throw new MoonpoolError('BUG_INVARIANT', `Profile ${profile.name} names ${path}, which is no option.`);
    }
  }

  /** Reads one setting; the layers come weakest first, so a later one replaces. */
  take(setting: Setting): void {
    if (isFlowPath(setting.path)) {
      const fault = flowSettingFault(setting);
      if (fault !== undefined) this.#report(setting, fault.depth, fault.message);
      return;
    }
    if (isSecretPath(setting.path)) {
      const fault = secretSettingFault(setting);
      if (fault !== undefined) this.#report(setting, fault.depth, fault.message);
      return;
    }
    const path = setting.path.join('.');
    const leaf = this.index.leaves.get(path);
    if (leaf !== undefined) this.#takeValue(leaf, setting);
    else if (this.index.sections.has(path)) this.#takeSection(path, setting);
    else this.#reportUnknown(setting);
  }

  #takeValue(leaf: Leaf, setting: Setting): void {
    const { field, path } = leaf;
    const value = field.parse(setting.value);
    const maximum = this.#maximum(leaf);
    let fault: string | undefined;
    if (value === undefined) fault = `must be ${describeRange(field)}, got ${show(path, setting.value)}`;
    else if (maximum !== undefined && typeof value === 'number' && value > maximum) {
      const most = `${field.format(maximum)} in profile ${this.#profile.name}`;
      fault = `must be at most ${most}, got ${show(path, setting.value)}`;
    }
    if (fault === undefined) {
      this.chosen.set(path, { value, text: writeValue(path, field, value), source: setting.source });
    } else {
      this.#faulty.add(path);
      this.#report(setting, undefined, fault);
    }
  }

  #maximum({ path, field }: Leaf): number | undefined {
    const most = Object.hasOwn(this.#profile.maxima, path) ? field.parse(this.#profile.maxima[path]) : undefined;
    return typeof most === 'number' ? most : undefined;
  }

  #takeSection(path: string, setting: Setting): void {
    const isEmpty = setting.value === null || (isJsonObject(setting.value) && Object.keys(setting.value).length === 0);
    if (isEmpty) return;
    const keys = [...(this.index.sections.get(path) ?? [])].join(', ');
    this.#report(setting, undefined, `must be an object with ${keys}, got ${show(path, setting.value)}`);
  }

  #reportUnknown(setting: Setting): void {
    let depth = 1;
    while (this.index.sections.has(setting.path.slice(0, depth).join('.'))) depth += 1;
    const path = setting.path.slice(0, depth).join('.');
    const parent = setting.path.slice(0, depth - 1).join('.');
    if (this.index.leaves.has(path)) {
      this.#report(setting, depth, 'takes one value, not an object');
      return;
    }
    const key = setting.path[depth - 1] ?? '';
    const known = [...(this.index.sections.get(parent) ?? []), ...(parent === '' ? ['flows', 'secrets'] : [])];
    const near = nearestWord(key, known);
    // A right key in the wrong section is as common as a misspelt one.
    const elsewhere = [...this.index.leaves.keys()].find((candidate) => candidate.endsWith(`.${key}`));
    const meant = near === undefined ? elsewhere : [parent, near].filter((part) => part !== '').join('.');
    const hint = meant === undefined ? `The keys here are ${known.join(', ')}.` : `Did you mean ${meant}?`;
    this.#report(setting, depth, 'unknown option', hint);
  }

  /** Adds a problem once; with `depth`, about the key that many levels down. */
  #report(setting: Setting, depth: number | undefined, message: string, hint?: string): void {
    const { source, path, keys } = setting;
    const at = path.slice(0, depth ?? path.length).join('.');
    const key: Position | undefined = depth === undefined ? undefined : keys?.[depth - 1];
    const id = JSON.stringify([at, message, source.kind === 'file' ? key : source]);
    if (depth !== undefined && this.#reported.has(id)) return;
    this.#reported.add(id);
    if (source.kind === 'file') {
      const { line, column } = key ?? source;
      this.#add(at, message, { place: { file: source.file, line, column } }, hint);
    } else {
      this.#add(at, `${message} (${describeSource(source)})`, {}, hint);
    }
  }

  /** Adds what a component found, at the place of the value in force; not where something was said already. */
  addFound(problem: OptionProblem): void {
    if (this.problems.some(({ path }) => path === problem.path)) return;
    const source = this.chosen.get(problem.path)?.source ?? { kind: 'default' };
    const message = source.kind === 'file' ? problem.message : `${problem.message} (${describeSource(source)})`;
    this.problems.push({ ...problem, message, ...placeOf(source) });
  }

  #add(path: string, message: string, place: Pick<OptionProblem, 'place'>, hint?: string): void {
    this.problems.push({ path, message, ...place, ...(hint === undefined ? {} : { hint }) });
  }

  /** Reports values that do not nest, at the one a user wrote. */
  checkOrder({ lower, upper, mayBeEqual }: OrderRule): void {
    const [low, high] = [this.chosen.get(lower), this.chosen.get(upper)];
    if (low === undefined || high === undefined || this.#faulty.has(lower) || this.#faulty.has(upper)) return;
    if (isInOrder(low.value, high.value, mayBeEqual)) return;
    const rule = mayBeEqual ? 'at most' : 'less than';
    const say = ({ text, source }: Effective): string => `${text} (${describeSource(source)})`;
    const message = `must be ${rule} ${upper}, got ${say(low)} and ${say(high)}`;
    this.#add(lower, message, placeOf(isWritten(high.source) && !isWritten(low.source) ? high.source : low.source));
  }
}
