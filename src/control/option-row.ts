/**
 * A tree of tables as rows for `docs/reference/options.md`.
 */
import { describeRange } from '../core/index.ts';
import { environmentName } from './layer.ts';
import type { Profile } from './profile.ts';
import { type ConfigTree, indexTree } from './tree.ts';

/** One option as documentation shows it. */
export interface OptionRow {
  readonly path: string;
  /** The environment variable that sets it. */
  readonly environment: string;
  /** `a whole number from 1 to 64`. */
  readonly range: string;
  /** As a user would write it. */
  readonly fallback: string;
  /** What profiles set, by profile name; those that leave the default are absent. */
  readonly profiles: { readonly [name: string]: string };
  readonly about: string;
}

/** One row per option, in table order. */
export function listOptions(tree: ConfigTree, profiles: readonly Profile[]): readonly OptionRow[] {
  return [...indexTree(tree).leaves.values()].map(({ path, field }) => {
    const set: Record<string, string> = {};
    for (const { name, settings } of profiles) {
      if (!Object.hasOwn(settings, path)) continue;
      const text = field.format(field.parse(settings[path]));
      if (text !== field.format(field.fallback)) set[name] = text;
    }
    const fallback = field.format(field.fallback);
    return {
      path,
      environment: environmentName(path),
      range: describeRange(field),
      fallback,
      profiles: set,
      about: field.about,
    };
  });
}
