/**
 * The keys of nodes and edges: the one table that checks files and makes the JSON Schema.
 */
import {
  ANY_SHAPE,
  choiceShape,
  FLAG_SHAPE,
  key,
  laterKeys,
  listShape,
  OBJECT_SHAPE,
  requiredKey,
  tableShape,
  textShape,
} from './language-parts.ts';
import type { KeyTable, Shape } from './shape.ts';

/** Longest name of a flow or node. */
export const MAX_NAME_LENGTH = 128;
const NAME = textShape(MAX_NAME_LENGTH);

/** A condition as an object: `{type: expression, value}`. */
const CONDITION_KEYS: KeyTable = {
  type: key(choiceShape('expression'), 'Always `expression`.'),
  value: requiredKey(textShape(), 'The expression, or a template.'),
};

/** `run` as an object. */
const RUN_KEYS: KeyTable = {
  type: requiredKey(textShape(), '`lua` or `expression`.'),
  code: key(textShape(), 'Lua text; for `type: lua`.'),
  value: key(ANY_SHAPE, 'What to evaluate; for `type: expression`.'),
  output_key: key(NAME, 'The state key the value goes to; for `type: expression`.'),
};

/** One rule of a `goto` list. */
const GOTO_RULE_KEYS: KeyTable = {
  if: key({ kind: 'either', scalar: ANY_SHAPE }, 'Expression that must hold; without it the rule always holds.'),
  to: requiredKey(NAME, 'Name of the next node, or `__end__`.'),
};

const ON_ERROR_KEYS: KeyTable = {
  mode: key(
    choiceShape('raise', 'graceful'),
    '`raise` fails the run; `graceful` puts `error` into the state and goes on.',
    { default: 'raise' },
  ),
  fallback: key(NAME, 'Node to go to after a failure.'),
  ...laterKeys('max_retries', 'retry'),
};

const RUN_SHAPE: Shape = { kind: 'either', scalar: textShape(), map: tableShape(RUN_KEYS) };

/** The keys of a node. */
export const NODE_KEYS: KeyTable = {
  name: requiredKey(NAME, 'Unique name of the node.'),
  run: key(RUN_SHAPE, 'Lua text that gets `state` and returns updates; or an expression.'),
  script: key(RUN_SHAPE, 'The same as `run`.'),
  language: key(textShape(), 'The language of `run`; only `lua`.', { examples: ['lua'] }),
  uses: key(textShape(), 'The action to call.'),
  with: key(OBJECT_SHAPE, 'What the action gets; texts may hold templates.'),
  output: key(
    { kind: 'either', scalar: NAME, map: OBJECT_SHAPE },
    'State key for the result, or an object of keys to expressions with `result` in scope.',
  ),
  goto: key(
    { kind: 'either', scalar: NAME, list: listShape(tableShape(GOTO_RULE_KEYS), 1) },
    'Next node, `__end__`, or a list of rules of which the first that holds wins.',
  ),
  parallel: key(listShape(NAME, 1), 'Nodes at which parallel branches begin after this node.'),
  fan_in: key(
    { kind: 'either', scalar: ANY_SHAPE },
    'With `parallel`: the node that waits for all branches. `true` marks a node as such a join.',
  ),
  on_error: key(tableShape(ON_ERROR_KEYS), 'What happens when the node fails.'),
  metadata: key(ANY_SHAPE, 'Notes for people and tools; not looked at.'),
  ...laterKeys(
    'steps',
    'type',
    'call',
    'max_iterations',
    'body',
    'on_limit',
    'items',
    'item_var',
    'index_var',
    'action',
    'subgraph',
    'input',
    'max_concurrency',
    'fail_fast',
    'strategy',
    'parallel_each',
    'condition',
    'retry',
    'timeout',
    'circuit_breaker',
    'interrupt',
    'invalidates',
  ),
};

/** The keys of an edge. */
export const EDGE_KEYS: KeyTable = {
  from: requiredKey(NAME, 'The node the edge leaves, or `__start__`.'),
  to: key(
    { kind: 'either', scalar: NAME, list: listShape(NAME, 1) },
    'The node the edge leads to, or `__end__`; a list with `parallel: true`.',
  ),
  type: key(choiceShape('normal', 'parallel'), '`parallel` makes the edge one branch of a fan-out.', {
    default: 'normal',
  }),
  parallel: key(
    { kind: 'either', scalar: FLAG_SHAPE, list: listShape(NAME, 1) },
    'Nodes at which parallel branches begin, or `true` with a list in `to`.',
  ),
  fan_in: key(NAME, 'The node that waits for all branches.'),
  when: key({ kind: 'either', scalar: ANY_SHAPE }, 'Expression that must hold; or what `condition` must give.'),
  condition: key(
    { kind: 'either', scalar: ANY_SHAPE, map: tableShape(CONDITION_KEYS) },
    'Expression that must hold, or be false with `when: false`.',
  ),
  ...laterKeys('targets', 'timeout', 'retry', 'circuit_breaker', 'max_workers', 'on_error'),
};
