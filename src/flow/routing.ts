/**
 * Where a run goes after a node: pure, the same in a lane and in a check.
 */
import type { JsonValue } from '../core/index.ts';
import { END, type ParallelRoute, type Route } from './flow.ts';

/** The place a route leads to. */
export type Destination =
  | { readonly kind: 'node'; readonly name: string }
  /** The branch is over: its join was reached, or it has nowhere else to go. */
  | { readonly kind: 'join' }
  | { readonly kind: 'end' }
  | { readonly kind: 'parallel'; readonly route: ParallelRoute }
  /** Rules stood there and none held. */
  | { readonly kind: 'none' };

/** Answers what a route asks of the state. */
export interface RouteAnswers {
  /** Whether a rule's condition holds. */
  holds(when: string): boolean;
  /** What the expression of a `switch` comes to. */
  valueOf(expression: string): JsonValue;
}

/**
 * Follows `route`, asking `answers` for each rule in turn until one holds.
 *
 * @param join the node that ends the branch this happens in; undefined outside branches
 */
export function followRoute(route: Route, answers: RouteAnswers, join: string | undefined): Destination {
  switch (route.kind) {
    case 'end':
      return join === undefined ? { kind: 'end' } : { kind: 'join' };
    case 'next':
      // In a branch the order of the list is not an edge: without goto or edge it goes to the join.
      return join === undefined ? { kind: 'node', name: route.to } : { kind: 'join' };
    case 'parallel':
      return { kind: 'parallel', route };
    case 'rules': {
      const rule = route.rules.find(
        ({ when, negate }) => when === undefined || answers.holds(when) !== (negate === true),
      );
      return rule === undefined ? { kind: 'none' } : toTarget(rule.to, join);
    }
    case 'switch': {
      const text = textOf(answers.valueOf(route.value));
      const to = Object.hasOwn(route.targets, text) ? route.targets[text] : undefined;
      return to === undefined ? { kind: 'none' } : toTarget(to, join);
    }
  }
}

function toTarget(to: string, join: string | undefined): Destination {
  if (to === join) return { kind: 'join' };
  if (to === END) return join === undefined ? { kind: 'end' } : { kind: 'join' };
  return { kind: 'node', name: to };
}

/** As the keys of `targets` are written: texts as they are, everything else as JSON. */
function textOf(value: JsonValue): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
