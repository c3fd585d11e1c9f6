/**
 * Routes as the file writes them, before targets are looked up and joins are found.
 */
import type { ParallelRoute } from '../flow/index.ts';
import { textOf, type YamlNode } from './yaml-tree.ts';

/** A named target and where it stands. */
export interface Target {
  readonly name: string;
  readonly at: number;
}

/** One rule; `negate` turns its condition round. */
export interface RuleDraft {
  readonly when?: string;
  readonly negate?: boolean;
  readonly to: Target;
}

/** Rules in order. */
export interface RulesDraft {
  readonly kind: 'rules';
  readonly rules: readonly RuleDraft[];
}

/** One way per value of an expression. */
export interface SwitchDraft {
  readonly kind: 'switch';
  readonly value: string;
  readonly targets: readonly { readonly text: string; readonly to: Target }[];
}

/** How the branches of a fan-out run. */
export type BranchOptions = Partial<Omit<ParallelRoute, 'kind' | 'branches' | 'join'>>;

/** A fan-out; without `join` it is the nearest common successor. */
export interface ParallelDraft {
  readonly kind: 'parallel';
  readonly at: number;
  readonly branches: readonly Target[];
  readonly join?: Target;
  /** What the settings say unless it is here. */
  readonly options?: BranchOptions;
}

/** Where a node says a run goes. */
export type RouteDraft = RulesDraft | SwitchDraft | ParallelDraft;

/** A text node as a target. */
export function targetOf(node: YamlNode | undefined): Target | undefined {
  const name = textOf(node);
  return name === undefined || node === undefined ? undefined : { name, at: node.start };
}
