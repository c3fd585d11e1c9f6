/**
 * Routes as the file writes them, before targets are looked up and joins are found.
 */

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

/** A fan-out; without `join` it is the nearest common successor. */
export interface ParallelDraft {
  readonly kind: 'parallel';
  readonly at: number;
  readonly branches: readonly Target[];
  readonly join?: Target;
}

/** Where a node says a run goes. */
export type RouteDraft = RulesDraft | ParallelDraft;
