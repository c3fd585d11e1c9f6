/**
 * The keys of edges: the one table that checks files and makes the JSON Schema.
 */
import { BREAKER_SHAPE, JOIN_ON_ERROR, RETRY_SHAPE, WORKERS_SHAPE } from './failure-language.ts';
import {
  ANY_SHAPE,
  choiceShape,
  durationShape,
  FLAG_SHAPE,
  key,
  listShape,
  requiredKey,
  tableShape,
} from './language-parts.ts';
import { CONDITION_SHAPE, NAME_SHAPE } from './node-language.ts';
import type { KeyTable, Shape } from './shape.ts';

/** The keys that say how branches run, on parallel edges and in `settings.parallel`. */
export const BRANCH_KEYS: KeyTable = {
  max_workers: key(WORKERS_SHAPE, 'Branches that run at once; else all.'),
  timeout: key(durationShape(), 'Wall clock of one attempt of a branch.'),
  retry: key(RETRY_SHAPE, 'How a failed branch is run again, from its beginning.'),
  circuit_breaker: key(BREAKER_SHAPE, 'Stops starting branches that keep failing.'),
  on_error: JOIN_ON_ERROR,
};

const EDGE_KEYS: KeyTable = {
  from: requiredKey(NAME_SHAPE, 'The node the edge leaves, or `__start__`.'),
  to: key(
    { kind: 'either', scalar: NAME_SHAPE, list: listShape(NAME_SHAPE, 1) },
    'The node the edge leads to, or `__end__`; a list with `parallel: true`.',
  ),
  type: key(choiceShape('normal', 'parallel'), '`parallel` makes the edge one branch of a fan-out.', {
    default: 'normal',
  }),
  parallel: key(
    { kind: 'either', scalar: FLAG_SHAPE, list: listShape(NAME_SHAPE, 1) },
    'Nodes at which parallel branches begin, or `true` with a list in `to`.',
  ),
  fan_in: key(NAME_SHAPE, 'The node that waits for all branches.'),
  when: key({ kind: 'either', scalar: ANY_SHAPE }, 'Expression that must hold; or what `condition` must give.'),
  condition: key(CONDITION_SHAPE, 'Expression that must hold, or be false with `when: false`.'),
  targets: key(
    { kind: 'dictionary', of: NAME_SHAPE },
    'Nodes by what `when` comes to: texts as they are, other values as JSON.',
  ),
  ...BRANCH_KEYS,
};

/** One edge. */
export const EDGE_SHAPE: Shape = tableShape(EDGE_KEYS);
