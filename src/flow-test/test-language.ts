/**
 * The keys of a `*.test.yaml`: the one table that checks such files and makes their reference.
 *
 * Written with the shapes of flow files, so that a mistyped key gets the same kind of help.
 */
import {
  ANY_SHAPE,
  choiceShape,
  durationShape,
  FLAG_SHAPE,
  key,
  type KeyTable,
  listShape,
  OBJECT_SHAPE,
  requiredKey,
  type Shape,
  tableShape,
  textShape,
} from '../spec/index.ts';

/** The instant at which tests begin unless they say otherwise: a Monday, ms since 1970. */
export const DEFAULT_NOW_MS = 1_767_600_000_000;
const MAX_SEED = 4_294_967_295;

const NOW_SHAPE: Shape = { kind: 'either', scalar: textShape(40) };
const SEED_SHAPE: Shape = { kind: 'int', min: 0, max: MAX_SEED };
const NAMES_SHAPE: Shape = listShape(textShape());

const ERROR_KEYS: KeyTable = {
  code: requiredKey(textShape(100), 'Code of the catalogue: `CONN_TIMEOUT`.'),
  message: key(textShape(), 'What the error says.', { default: 'The stub says so.' }),
};

const ANSWER_KEYS: KeyTable = {
  result: key(ANY_SHAPE, 'What the action gives; null unless given.'),
  error: key(tableShape(ERROR_KEYS), 'The action fails with this instead.'),
  delay: key(durationShape(0), 'How long the call takes, in the time of the test: nobody waits.'),
  expect_with: key(OBJECT_SHAPE, 'What the action must be called with; other keys may be there too.'),
};

const STUB_KEYS: KeyTable = {
  action: key(textShape(200), 'Answers calls of this action.', { examples: ['http.get'] }),
  node: key(textShape(), 'Answers calls of this node; with `action`, of both.'),
  if_with: key(OBJECT_SHAPE, 'Answers only calls with at least this in `with`.'),
  ...ANSWER_KEYS,
  calls: key(listShape(tableShape(ANSWER_KEYS), 1), 'Answers for successive calls; one call more fails the test.'),
};

const GIVEN_KEYS: KeyTable = {
  node: key(textShape(), 'The node that asks; needed when several do.'),
  value: requiredKey(ANY_SHAPE, 'What the person gives.'),
  refused: key(choiceShape('FLOW_INPUT'), 'The value does not fit, and the run waits on.'),
};

const EXPECTED_ERROR_KEYS: KeyTable = {
  code: key(textShape(100), 'Code of the error.'),
  node: key(textShape(), 'Name of the node that failed; in a body, of the innermost.'),
  message_has: key(textShape(), 'Text that the message contains.'),
};

const WAITING_KEYS: KeyTable = {
  node: key(textShape(), 'The node that waits.'),
  when: key(
    choiceShape('before', 'after', 'result'),
    '`before` or `after` an interrupted node; `result` of `human.input`.',
  ),
  prompt: key(ANY_SHAPE, 'What the person is asked.'),
  schema: key(OBJECT_SHAPE, 'At least this is in the schema of what may be given.'),
};
const WAITING_SHAPE = tableShape(WAITING_KEYS);

const EXPECT_KEYS: KeyTable = {
  state: key(OBJECT_SHAPE, 'The final state, exactly.'),
  state_has: key(OBJECT_SHAPE, 'Part of the final state: other keys may be there; lists have the same length.'),
  response: key(OBJECT_SHAPE, 'Part of what `http.respond` answered: `status`, `headers`, `body`.'),
  error: key(tableShape(EXPECTED_ERROR_KEYS), 'The run fails, with this error.'),
  waiting: key(
    { kind: 'either', scalar: FLAG_SHAPE, map: WAITING_SHAPE, list: listShape(WAITING_SHAPE, 1) },
    'The run waits for somebody when all of `given` was given; a list when it waits at several nodes.',
  ),
  path: key(NAMES_SHAPE, 'The nodes that were started on the main path, in order, exactly.'),
  branches: key(
    { kind: 'dictionary', of: NAMES_SHAPE },
    'The same for branches by name: `left`, `outer/inner`, `each[0]`. Branches that are not named are not looked at.',
  ),
  events: key(
    listShape(OBJECT_SHAPE),
    'Parts of events that happen in this order; others may happen between them. Order counts within one `branch`.',
  ),
  calls: key(
    { kind: 'dictionary', of: listShape(OBJECT_SHAPE) },
    'By node: at least what each of its calls had in `with`, in order; `[]` for a node that must not call.',
  ),
};

const SHARED_KEYS: KeyTable = {
  variables: key(OBJECT_SHAPE, 'Values for single `variables` of the flow.'),
  env: key(OBJECT_SHAPE, 'What the flow sees as `env`; empty unless given.'),
  now: key(NOW_SHAPE, 'The instant at which the run begins: `2026-01-05T08:00:00Z`.', {
    default: '2026-01-05T08:00:00Z',
  }),
  seed: key(SEED_SHAPE, 'What chance is drawn from.', { default: 1 }),
  stubs: key(listShape(tableShape(STUB_KEYS)), 'What actions answer; the first that fits a call counts.'),
};

const TEST_KEYS: KeyTable = {
  name: requiredKey(textShape(200), 'What the flow does in this case, in words.'),
  input: key(OBJECT_SHAPE, 'Input of the run.'),
  overlays: key(
    listShape(textShape(500)),
    'Files put over the flow, the last one last; paths begin from the test file.',
  ),
  ...SHARED_KEYS,
  given: key(listShape(tableShape(GIVEN_KEYS)), 'What is given when the run waits, in order.'),
  interrupt_before: key(NAMES_SHAPE, 'Nodes before which the run waits, beside those the flow names.'),
  interrupt_after: key(NAMES_SHAPE, 'Nodes after which the run waits.'),
  expect: key(tableShape(EXPECT_KEYS), 'What must come of it; without `error` and `waiting` the run must succeed.'),
};

/** The keys at the top of a `*.test.yaml`. */
export const TEST_FILE_KEYS: KeyTable = {
  flow: key(textShape(500), 'The flow file, beginning from this one; `x.yaml` for `x.test.yaml` unless given.'),
  ...SHARED_KEYS,
  tests: requiredKey(listShape(tableShape(TEST_KEYS), 1), 'One run each.'),
};
