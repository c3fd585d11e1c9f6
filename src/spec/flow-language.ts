/**
 * The keys at the top of a flow file and in its settings, endpoint and schedule.
 *
 * The one table that checks files and makes the JSON Schema. What `laterKeys` names is refused:
 * to carry one out, move it to a line of its own.
 */
import { HOUR_MS, KIB, MIB } from '../core/index.ts';
import { BRANCH_KEYS, EDGE_SHAPE } from './edge-language.ts';
import { errorHandlingShape, WORKERS_SHAPE } from './failure-language.ts';
import { IMPORTS_SHAPE } from './import-language.ts';
import {
  ANY_SHAPE,
  choiceShape,
  durationShape,
  FLAG_SHAPE,
  ignoredKeys,
  key,
  laterKeys,
  listShape,
  OBJECT_SHAPE,
  requiredKey,
  tableShape,
  textShape,
  unusedKey,
} from './language-parts.ts';
import { MAX_NAME_LENGTH, NAME_SHAPE, NODE_KEYS } from './node-language.ts';
import type { KeyTable } from './shape.ts';

/** Most node steps a flow may allow itself. */
const MAX_STEPS = 1_000_000;
const MAX_INSTRUCTIONS = 10_000_000_000;

const LUA_KEYS: KeyTable = {
  timeout: key({ kind: 'duration', minMs: 1, maxMs: HOUR_MS }, 'Wall clock per Lua node.'),
  memory: key({ kind: 'size', minBytes: 256 * KIB, maxBytes: 256 * MIB }, 'Heap of one Lua machine.'),
  scope: key(choiceShape('branch', 'node'), 'Whether nodes along one path share a machine.', { default: 'branch' }),
  instructions: key({ kind: 'int', min: 1_000, max: MAX_INSTRUCTIONS }, 'Lua instructions one node may take.'),
};

const PARALLEL_SETTINGS_KEYS: KeyTable = { ...BRANCH_KEYS, ...ignoredKeys('strategy') };

const RATE_LIMITER_KEYS: KeyTable = {
  rps: key({ kind: 'number', min: 0.0001, max: 10_000 }, 'Calls per second on average; goes before rpm.'),
  rpm: key({ kind: 'number', min: 0.0001, max: 600_000 }, 'Calls per minute on average.', { default: 60 }),
  burst: key({ kind: 'int', min: 1, max: 1_000 }, 'Calls at once after a silence.', { default: 1 }),
  timeout: key({ kind: 'duration', minMs: 1, maxMs: HOUR_MS }, 'Longest wait, unless the node says otherwise.'),
};

/** Where values come from is the operator's to say. */
const SECRET_BACKEND_KEYS: KeyTable = ignoredKeys('backend', 'env', 'aws', 'azure', 'gcp', 'vault');

const SETTINGS_KEYS: KeyTable = {
  lua: key(tableShape(LUA_KEYS), 'Limits of Lua nodes.'),
  parallel: key(tableShape(PARALLEL_SETTINGS_KEYS), 'How static parallel behaves.'),
  timeout: key(durationShape(), 'Wall clock of one run.'),
  max_steps: key({ kind: 'int', min: 1, max: MAX_STEPS }, 'Node steps one run may take.', { default: 10_000 }),
  error_handling: key(errorHandlingShape(NAME_SHAPE), 'What happens when a node without `on_error` fails.'),
  rate_limiters: key(
    { kind: 'dictionary', of: tableShape(RATE_LIMITER_KEYS) },
    'Limiters that `ratelimit.wrap` names.',
    {
      examples: [{ weather: { rpm: 30 } }],
    },
  ),
  secrets: key(
    { kind: 'either', list: listShape(textShape(128)), map: tableShape(SECRET_BACKEND_KEYS) },
    'Names of the secrets the flow uses, in `with` only; their values come from the configuration.',
    { examples: [['api_key']] },
  ),
  ...laterKeys('durability'),
  ...ignoredKeys('ltm', 'opik', 'auto_trace', 'trace_exporter'),
};

const CONFIG_KEYS: KeyTable = {
  interrupt_before: key(listShape(textShape()), 'Nodes before which the run waits; `loop/step` for one in a body.'),
  interrupt_after: key(listShape(textShape()), 'Nodes after which the run waits.'),
  max_workers: key(WORKERS_SHAPE, 'Branches and items that run at once, unless something nearer says it.'),
  ...ignoredKeys('raise_exceptions', 'checkpoint_dir'),
};

const PARAMETER_KEYS: KeyTable = {
  type: key(choiceShape('string', 'integer', 'number', 'boolean'), 'What the text is turned into.', {
    default: 'string',
  }),
  required: key(FLAG_SHAPE, 'A request without it is refused.', { default: false }),
  default: key(ANY_SHAPE, 'The value when it is absent.'),
  min: key({ kind: 'number' }, 'Smallest number, or shortest text.'),
  max: key({ kind: 'number' }, 'Largest number, or longest text.'),
  map_to: key(textShape(MAX_NAME_LENGTH), 'Input key the value goes to; the own name unless given.'),
  description: key(textShape(), 'What it is for.'),
};

const PARAMETERS = { kind: 'dictionary', of: tableShape(PARAMETER_KEYS) } as const;

const CACHE_KEYS: KeyTable = {
  ttl: key(durationShape(0), 'How long an answer is kept.'),
  until: key(textShape(), 'Expression for the instant at which the answer stops being right.'),
  volatile: key(OBJECT_SHAPE, 'Result paths with expressions evaluated at every reply.'),
  vary: key(listShape(textShape()), 'Headers that are part of the key.'),
  stale_while_revalidate: key(durationShape(0), 'How long an old answer is served while a new one is made.'),
  stale_if_error: key(durationShape(0), 'How long an old answer is served when making a new one fails.'),
  tags: key(listShape(textShape()), 'Names by which answers are made stale.'),
};

const RESPONSE_KEYS: KeyTable = {
  type: key(textShape(200), 'Content type of the answer.', { examples: ['application/json', 'text/html'] }),
  ...laterKeys('schema', 'status', 'headers', 'body'),
};

const AUTH_KEYS: KeyTable = {
  required: key(FLAG_SHAPE, 'Whether a bearer token is needed.', { default: true }),
  roles: key(listShape(textShape(MAX_NAME_LENGTH)), 'Roles that may call; the token has every role.'),
};

const ENDPOINT_KEYS: KeyTable = {
  path: requiredKey(textShape(500), 'Path, with `{name}` for parameters.'),
  method: key(choiceShape('GET', 'POST', 'PUT', 'PATCH', 'DELETE'), 'HTTP method.', { default: 'POST' }),
  summary: key(textShape(), 'One sentence for the API description.'),
  auth: key(
    { kind: 'either', scalar: choiceShape('none', 'token'), map: tableShape(AUTH_KEYS) },
    'Who may call; `token` is the same as `{required: true}`.',
  ),
  query_params: key(PARAMETERS, 'Query parameters; others are dropped.'),
  path_params: key(PARAMETERS, 'Parameters in the path; texts unless declared.'),
  response: key(tableShape(RESPONSE_KEYS), 'What the answer is.'),
  priority: key(choiceShape('critical', 'normal', 'optional'), 'What is shed first under load.', {
    default: 'normal',
  }),
  cache: unusedKey(tableShape(CACHE_KEYS), 'How answers are kept.'),
  timeout: key(durationShape(), 'Wall clock of one request.'),
  max_body: key({ kind: 'size', minBytes: 0, maxBytes: 16 * MIB }, 'Largest request body.'),
  ...laterKeys('batch', 'request'),
};

const SCHEDULE_KEYS: KeyTable = {
  cron: key(textShape(200), 'Five or six fields.', { examples: ['*/10 * * * *'] }),
  zone: key(textShape(100), 'IANA zone the pattern is read in.', { default: 'UTC' }),
  at_start: key(FLAG_SHAPE, 'Run once when the server starts.', { default: false }),
  overlap: key(choiceShape('skip', 'queue'), 'What happens to a tick while the run before it still goes.', {
    default: 'skip',
  }),
  ...laterKeys('missed', 'jitter'),
};

/** The keys at the top of a flow file. */
export const FLOW_KEYS: KeyTable = {
  name: key(textShape(MAX_NAME_LENGTH), 'Name of the flow; that of the file unless given.'),
  description: key(textShape(), 'What the flow is for.'),
  version: key({ kind: 'either', scalar: ANY_SHAPE }, 'Version of the flow, for people.'),
  variables: key(OBJECT_SHAPE, 'Constants, read-only.'),
  input_schema: key(
    OBJECT_SHAPE,
    'JSON Schema (draft 2020-12) of the input, or fields with types: `{age: {type: int, min: 0}}`.',
  ),
  state_schema: key(
    OBJECT_SHAPE,
    'Types of state keys by name, or a JSON Schema; it describes the state and refuses nothing.',
    { examples: [{ query: 'str', count: 'int' }] },
  ),
  output_schema: key(
    OBJECT_SHAPE,
    'What the answer is made of: values, templates, or `{value, include_if, default}`; the whole state unless given.',
    { examples: [{ answer: '{{ state.result }}', note: { value: '{{ state.note }}', include_if: 'state.note' } }] },
  ),
  initial_state: key(OBJECT_SHAPE, 'The state a run begins with; input wins.'),
  imports: key(IMPORTS_SHAPE, 'Other flows, by the names under which nodes `call` them.'),
  nodes: requiredKey(listShape(tableShape(NODE_KEYS), 1), 'What the flow does.'),
  edges: key(listShape(EDGE_SHAPE), 'Where a run goes, the older form; `goto` on nodes is the newer.'),
  settings: key(tableShape(SETTINGS_KEYS), 'Limits and choices.'),
  endpoint: key(tableShape(ENDPOINT_KEYS), 'How the flow is reached over HTTP.'),
  schedule: key(tableShape(SCHEDULE_KEYS), 'When the flow runs by itself.'),
  config: key(tableShape(CONFIG_KEYS), 'Where runs pause.'),
  invalidates: unusedKey(listShape(textShape()), 'Tags of answers that a run makes stale.'),
  ...laterKeys('rate_limiters', 'secrets', 'durability'),
};
