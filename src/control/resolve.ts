/**
 * Layers over a tree of tables → a complete, frozen configuration, or every problem at once.
 *
 * For each option the strongest layer that sets it wins; all layers are checked in full, the
 * ones that lost included. A bad value is reported and passed over, so that what is returned
 * beside the problems is still usable. Invariant: no value out of its range comes out of here.
 */
import { ConfigError, type JsonObject, type OptionProblem } from '../core/index.ts';
import { ConfigCheck, type Effective } from './config-check.ts';
import { collectFlowVariables, configuredFlows } from './flow-variables.ts';
import { layerFromPaths } from './layer.ts';
import { ORDER_RULES, type OrderRule } from './order-rules.ts';
import type { Profile } from './profile.ts';
import { collectSecretSources, type SecretSource } from './secret-sources.ts';
import type { ConfigLayer } from './setting.ts';
import type { ConfigTree, ResolvedTree, TreeIndex } from './tree.ts';

/** What a configuration comes to. */
export interface Config<T extends ConfigTree> {
  readonly options: ResolvedTree<T>;
  /** The value at a dotted path and its source, or undefined for a path that is no option. */
  effective(path: string): Effective | undefined;
  /** Every option's dotted path, in table order. */
  readonly paths: readonly string[];
  /**
   * What the configuration sets for a flow's variables.
   *
   * @param declared the variables the flow declares; names from the environment are matched to them
   */
  flowVariables(flow: string, declared: readonly string[]): JsonObject;
  /** The flows that a file names below `flows`. */
  readonly configuredFlows: readonly string[];
  /** Where the values of secrets are. */
  readonly secretSources: readonly SecretSource[];
}

/** What is put over the defaults. */
export interface ConfigInput<T extends ConfigTree = ConfigTree> {
  readonly profile: Profile;
  /** Strongest first: runtime API, command line, environment, file. */
  readonly layers: readonly ConfigLayer[];
  /** Default: the rules of SERVING's table. */
  readonly rules?: readonly OrderRule[];
  /** What else components ask of the values; their problems get the place of the value at fault. */
  readonly check?: (options: ResolvedTree<T>) => readonly OptionProblem[];
}

function toTree<T extends ConfigTree>(index: TreeIndex, chosen: ReadonlyMap<string, Effective>): ResolvedTree<T> {
  const root: Record<string, unknown> = {};
  const made = [root];
  for (const [path, leaf] of index.leaves) {
    let branch = root;
    for (const name of leaf.names.slice(0, -1)) {
      if (!Object.hasOwn(branch, name)) {
        const next: Record<string, unknown> = {};
        branch[name] = next;
        made.push(next);
      }
      branch = branch[name] as Record<string, unknown>;
    }
    branch[leaf.names.at(-1) ?? path] = chosen.get(path)?.value;
  }
  for (const branch of made) Object.freeze(branch);
  return root as ResolvedTree<T>;
}

/**
 * What `input` gives over `tree`, and everything that is wrong with it.
 *
 * Beside problems the configuration is what is left when each bad value is passed over for the
 * next weaker one; values that do not nest stay as they are.
 *
 * @throws BUG_INVARIANT when the tree or the profile is inconsistent
 */
export function checkConfig<T extends ConfigTree>(
  tree: T,
  input: ConfigInput<T>,
): { readonly config: Config<T>; readonly problems: readonly OptionProblem[] } {
  const check = new ConfigCheck(tree, input.profile);
  const profile = layerFromPaths(input.profile.settings, { kind: 'profile', name: input.profile.name });
  const weakestFirst = [profile, ...[...input.layers].reverse()];
  for (const layer of weakestFirst) {
    check.problems.push(...layer.problems);
    for (const setting of layer.settings) check.take(setting);
  }
  for (const rule of input.rules ?? ORDER_RULES) check.checkOrder(rule);
  const settings = weakestFirst.flatMap((layer) => layer.settings);
  const options = toTree<T>(check.index, check.chosen);
  for (const problem of input.check?.(options) ?? []) check.addFound(problem);
  const secrets = collectSecretSources(settings);
  check.problems.push(...secrets.problems);
  const config: Config<T> = {
    options,
    effective: (path) => check.chosen.get(path),
    paths: [...check.index.leaves.keys()],
    flowVariables: (flow, declared) => collectFlowVariables(settings, flow, declared),
    configuredFlows: configuredFlows(settings),
    secretSources: secrets.sources,
  };
  return { config: Object.freeze(config), problems: check.problems };
}

/**
 * The configuration that `input` gives over `tree`.
 *
 * @throws CONFIG_INVALID with every problem of every layer
 */
export function resolveConfig<T extends ConfigTree>(tree: T, input: ConfigInput<T>): Config<T> {
  const { config, problems } = checkConfig(tree, input);
  if (problems.length > 0) throw new ConfigError(problems);
  return config;
}
