/**
 * Where a run goes after a node: pure, the same in a lane and in a check.
 */
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

/**
 * Follows `route`, asking `holds` for each rule in turn until one is true.
 *
 * @param join the node that ends the branch this happens in; undefined outside branches
 */
export function followRoute(route: Route, holds: (when: string) => boolean, join: string | undefined): Destination {
  switch (route.kind) {
    case 'end':
      return join === undefined ? { kind: 'end' } : { kind: 'join' };
    case 'next':
      // In a branch the order of the list is not an edge: without goto or edge it goes to the join.
      return join === undefined ? { kind: 'node', name: route.to } : { kind: 'join' };
    case 'parallel':
      return { kind: 'parallel', route };
    case 'rules': {
      const rule = route.rules.find(({ when, negate }) => when === undefined || holds(when) !== (negate === true));
      if (rule === undefined) return { kind: 'none' };
      if (rule.to === join) return { kind: 'join' };
      if (rule.to === END) return join === undefined ? { kind: 'end' } : { kind: 'join' };
      return { kind: 'node', name: rule.to };
    }
  }
}
