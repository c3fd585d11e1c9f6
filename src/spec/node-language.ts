/**
 * The keys of nodes: the one table that checks files and makes the JSON Schema.
 *
 * A node inside a body has the keys of any other, but for its name, which may be left out. So the
 * table refers to itself: what looks at it must not expect an end.
 */
import { BREAKER_SHAPE, onErrorShape, RETRY_SHAPE, WORKERS_SHAPE } from './failure-language.ts';
import {
  ANY_SHAPE,
  choiceShape,
  durationShape,
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
/** Most iterations a loop may allow itself. */
const MAX_ITERATIONS = 1000;

/** The name of a node, a flow or a state key. */
export const NAME_SHAPE: Shape = textShape(MAX_NAME_LENGTH);
/** An expression, a template or a constant. */
const EXPRESSION_SHAPE: Shape = { kind: 'either', scalar: ANY_SHAPE };

/** A condition as an object: `{type: expression, value}`. */
const CONDITION_KEYS: KeyTable = {
  type: key(choiceShape('expression'), 'Always `expression`.'),
  value: requiredKey(textShape(), 'The expression, or a template.'),
};

/** An expression, a constant, or `{type: expression, value}`. */
export const CONDITION_SHAPE: Shape = { kind: 'either', scalar: ANY_SHAPE, map: tableShape(CONDITION_KEYS) };

/** `run` as an object. */
const RUN_KEYS: KeyTable = {
  type: requiredKey(textShape(), '`lua` or `expression`.'),
  code: key(textShape(), 'Lua text; for `type: lua`.'),
  value: key(ANY_SHAPE, 'What to evaluate; for `type: expression`.'),
  output_key: key(NAME_SHAPE, 'The state key the value goes to; for `type: expression`.'),
};

/** One rule of a `goto` list. */
const GOTO_RULE_KEYS: KeyTable = {
  if: key(EXPRESSION_SHAPE, 'Expression that must hold; without it the rule always holds.'),
  to: requiredKey(NAME_SHAPE, 'Name of the next node, or `__end__`.'),
};

const STRATEGY_KEYS: KeyTable = {
  matrix: requiredKey(
    { kind: 'dictionary', of: { kind: 'either', scalar: ANY_SHAPE, list: listShape(ANY_SHAPE) } },
    'Named lists, or templates that give one; the node runs once per combination, which it sees as `matrix`.',
  ),
  fail_fast: key(FLAG_SHAPE, 'Whether the first failure ends the others and fails the node.', { default: false }),
  max_parallel: key(WORKERS_SHAPE, 'Combinations that run at once.'),
};

const RUN_SHAPE: Shape = { kind: 'either', scalar: textShape(), map: tableShape(RUN_KEYS) };
const OUTPUT_SHAPE: Shape = { kind: 'either', scalar: NAME_SHAPE, map: OBJECT_SHAPE };
/** Nodes of a body; the table it refers to is complete only later. */
const BODY_SHAPE: Shape = {
  kind: 'list',
  minCount: 1,
  get of(): Shape {
    return tableShape(BODY_NODE_KEYS);
  },
};

/** The one node of `action`. */
export const ITEM_ACTION_KEYS: KeyTable = {
  uses: requiredKey(textShape(), 'The action to call for each item.'),
  with: key(OBJECT_SHAPE, 'What the action gets; texts may hold templates.'),
  output: key(OUTPUT_SHAPE, 'Where the result goes in the state of the item.'),
};

const WORK_KEYS: KeyTable = {
  run: key(RUN_SHAPE, 'Lua text that gets `state` and returns updates; or an expression.'),
  script: key(RUN_SHAPE, 'The same as `run`.'),
  language: key(textShape(), 'The language of `run`; only `lua`.', { examples: ['lua'] }),
  uses: key(textShape(), 'The action to call.'),
  with: key(OBJECT_SHAPE, 'What the action gets; texts may hold templates.'),
  output: key(OUTPUT_SHAPE, 'State key for the result, or an object of keys to expressions with `result` in scope.'),
  steps: key(BODY_SHAPE, 'Nodes that run one after the other as one node, or once per item.'),
  call: key(textShape(500), 'Another flow: its name under `imports`, or its path beginning from this file.'),
  input: key(OBJECT_SHAPE, 'The input of the called flow; texts may hold templates.'),
  type: key(choiceShape('while_loop', 'dynamic_parallel'), 'A node with a body, which other keys describe.'),
};

const LOOP_KEYS: KeyTable = {
  max_iterations: key({ kind: 'int', min: 1, max: MAX_ITERATIONS }, 'Most rounds of a `while_loop`; required there.'),
  body: key(BODY_SHAPE, 'Nodes that run in each round of a `while_loop`.'),
  on_limit: key(choiceShape('exit', 'error'), 'Whether reaching `max_iterations` is a normal end or a failure.', {
    default: 'exit',
  }),
};

const EACH_KEYS: KeyTable = {
  items: key(
    { kind: 'either', scalar: ANY_SHAPE, list: listShape(ANY_SHAPE) },
    'The list, or an expression that gives it; for `dynamic_parallel`.',
  ),
  item_var: key(NAME_SHAPE, 'Name under which a branch sees its item.', { default: 'item' }),
  index_var: key(NAME_SHAPE, 'Name under which a branch sees the place of its item, from 0.', { default: 'index' }),
  action: key(tableShape(ITEM_ACTION_KEYS), 'One action per item; for `dynamic_parallel`.'),
  subgraph: key(textShape(500), 'A flow to call per item, as in `call`; for `dynamic_parallel`.'),
  max_concurrency: key(WORKERS_SHAPE, 'Items that run at once.'),
  fail_fast: key(FLAG_SHAPE, 'Whether the first failure ends the others and fails the node.', { default: false }),
  parallel_each: key(
    { kind: 'either', scalar: ANY_SHAPE, list: listShape(ANY_SHAPE) },
    'The list, or an expression that gives it: the work of the node runs once per item.',
  ),
  strategy: key(tableShape(STRATEGY_KEYS), 'The work of the node runs once per combination of values.'),
};

const ROUTE_KEYS: KeyTable = {
  goto: key(
    { kind: 'either', scalar: NAME_SHAPE, list: listShape(tableShape(GOTO_RULE_KEYS), 1) },
    'Next node, `__end__`, or a list of rules of which the first that holds wins.',
  ),
  parallel: key(listShape(NAME_SHAPE, 1), 'Nodes at which parallel branches begin after this node.'),
  fan_in: key(
    EXPRESSION_SHAPE,
    'With `parallel`: the node that waits for all branches; with items: the node that gets the results. `true` marks a node as such a join.',
  ),
  max_workers: key(WORKERS_SHAPE, 'Branches or items that run at once after this node.'),
};

const CONDUCT_KEYS: KeyTable = {
  condition: key(
    CONDITION_SHAPE,
    'The node is skipped while it is false; in a `while_loop`: rounds go on while it holds.',
  ),
  retry: key(RETRY_SHAPE, 'How a failed attempt is made again.'),
  timeout: key(durationShape(), 'Wall clock of one attempt.'),
  on_error: key(onErrorShape(NAME_SHAPE), 'What happens when the node fails.'),
  circuit_breaker: key(BREAKER_SHAPE, 'Stops calling what keeps failing.'),
  interrupt: key(choiceShape('before', 'after'), 'Where the run waits for input before it goes on.'),
  metadata: key(ANY_SHAPE, 'Notes for people and tools; not looked at.'),
  ...laterKeys('invalidates'),
};

const COMMON_KEYS: KeyTable = { ...WORK_KEYS, ...ROUTE_KEYS, ...LOOP_KEYS, ...EACH_KEYS, ...CONDUCT_KEYS };

/** The keys of a node. */
export const NODE_KEYS: KeyTable = { name: requiredKey(NAME_SHAPE, 'Unique name of the node.'), ...COMMON_KEYS };

/** The keys of a node inside a body. */
export const BODY_NODE_KEYS: KeyTable = {
  name: key(NAME_SHAPE, 'Name of the node, unique in its body; `step1`, `step2` … by its place unless given.'),
  ...COMMON_KEYS,
};
