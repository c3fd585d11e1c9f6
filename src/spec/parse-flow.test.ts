import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { flowOf, luaCheckRefusing, messagesOf, parse, problemsOf } from '../../test/support/flow-text.ts';

/** [what, text, expected problems] */
type Row = readonly [string, string, readonly string[]];

const MINIMAL = 'nodes:\n  - name: a\n';

const TOP_LEVEL: readonly Row[] = [
  ['an empty file', '', ['1:1 SPEC_INVALID']],
  ['a list', '- a\n', ['1:1 SPEC_INVALID']],
  ['a flow without nodes', 'name: x\n', ['1:1 SPEC_INVALID']],
  ['an empty list of nodes', 'nodes: []\n', ['1:8 SPEC_INVALID']],
  ['an unknown key', `${MINIMAL}nods: 1\n`, ['3:1 SPEC_UNKNOWN_KEY']],
  ['a key of a later version', `${MINIMAL}durability: none\n`, ['3:1 SPEC_INVALID']],
  ['a key without meaning', `${MINIMAL}settings: {opik: {}}\n`, ['w 3:12 SPEC_IGNORED']],
  ['a promise about speed', `${MINIMAL}invalidates: [a]\n`, ['w 3:1 SPEC_IGNORED']],
  ['a name with a slash', `name: a/b\n${MINIMAL}`, ['1:7 SPEC_INVALID']],
  ['a name of 129 characters', `name: ${'a'.repeat(129)}\n${MINIMAL}`, ['1:7 SPEC_INVALID']],
  ['a name of 128 characters', `name: ${'a'.repeat(128)}\n${MINIMAL}`, []],
  ['variables that are no object', `variables: [1]\n${MINIMAL}`, ['1:12 SPEC_INVALID']],
  ['a bad input schema', `input_schema: {type: 7}\n${MINIMAL}`, ['1:1 SPEC_INVALID']],
  ['a schema with a remote reference', `input_schema: {$ref: "http://x/y"}\n${MINIMAL}`, ['1:1 SPEC_INVALID']],
];

const SETTINGS: readonly Row[] = [
  ['a Lua timeout of 0', `settings: {lua: {timeout: 0}}\n${MINIMAL}`, ['1:27 SPEC_INVALID']],
  ['a Lua timeout of 1ms', `settings: {lua: {timeout: 1ms}}\n${MINIMAL}`, []],
  ['a Lua timeout of 1h', `settings: {lua: {timeout: 1h}}\n${MINIMAL}`, []],
  ['a Lua timeout above 1h', `settings: {lua: {timeout: 3601s}}\n${MINIMAL}`, ['1:27 SPEC_INVALID']],
  ['Lua memory below 256KiB', `settings: {lua: {memory: 262143}}\n${MINIMAL}`, ['1:26 SPEC_INVALID']],
  ['Lua memory of 256KiB', `settings: {lua: {memory: 256KiB}}\n${MINIMAL}`, []],
  ['Lua memory above 256MiB', `settings: {lua: {memory: 257MiB}}\n${MINIMAL}`, ['1:26 SPEC_INVALID']],
  ['no step at all', `settings: {max_steps: 0}\n${MINIMAL}`, ['1:23 SPEC_INVALID']],
  ['half a step', `settings: {max_steps: 1.5}\n${MINIMAL}`, ['1:23 SPEC_INVALID']],
  ['1000001 steps', `settings: {max_steps: 1000001}\n${MINIMAL}`, ['1:23 SPEC_INVALID']],
  ['1000000 steps', `settings: {max_steps: 1000000}\n${MINIMAL}`, []],
  ['an unknown scope', `settings: {lua: {scope: run}}\n${MINIMAL}`, ['1:25 SPEC_INVALID']],
  ['a timeout of a day', `settings: {timeout: 1d}\n${MINIMAL}`, []],
  ['a timeout above a day', `settings: {timeout: 25h}\n${MINIMAL}`, ['1:21 SPEC_INVALID']],
];

const NODES: readonly Row[] = [
  ['a node without a name', 'nodes:\n  - run: x\n', ['2:5 SPEC_INVALID']],
  ['a name twice', 'nodes:\n  - name: a\n  - name: a\n', ['3:11 SPEC_INVALID']],
  ['a reserved name', 'nodes:\n  - name: __end__\n', ['2:11 SPEC_INVALID']],
  ['an empty name', 'nodes:\n  - name: ""\n', ['2:11 SPEC_INVALID']],
  ['a name that is a number', 'nodes:\n  - name: 1\n', ['2:11 SPEC_INVALID']],
  ['run and uses', 'nodes:\n  - name: a\n    run: x=1\n    uses: log\n', ['4:5 SPEC_INVALID']],
  ['with without uses', 'nodes:\n  - name: a\n    with: {}\n', ['3:5 SPEC_INVALID']],
  ['output without uses', 'nodes:\n  - name: a\n    run: x=1\n    output: y\n', ['4:5 SPEC_INVALID']],
  ['an unknown action', 'nodes:\n  - name: a\n    uses: lgo\n', ['3:11 SPEC_UNKNOWN_ACTION']],
  ['an unknown key', 'nodes:\n  - name: a\n    gotoo: b\n', ['3:5 SPEC_UNKNOWN_KEY']],
  ['Python by language', 'nodes:\n  - name: a\n    language: python\n    run: x\n', ['3:15 SPEC_LANGUAGE']],
  ['Python by type', 'nodes:\n  - name: a\n    run: {type: python, code: x}\n', ['3:17 SPEC_LANGUAGE']],
  [
    'an expression without output_key',
    'nodes:\n  - name: a\n    run: {type: expression, value: 1}\n',
    ['3:10 SPEC_INVALID'],
  ],
  ['Lua with a value', 'nodes:\n  - name: a\n    run: {type: lua, code: "", value: 1}\n', ['3:32 SPEC_INVALID']],
  ['a missing goto', 'nodes:\n  - name: a\n    goto: bb\n', ['3:11 SPEC_UNKNOWN_TARGET']],
  ['a goto to the start', 'nodes:\n  - name: a\n    goto: __start__\n', ['3:11 SPEC_INVALID']],
  ['an empty goto list', 'nodes:\n  - name: a\n    goto: []\n', ['3:11 SPEC_INVALID']],
  ['a list as with', 'nodes:\n  - name: a\n    uses: log\n    with: [1]\n', ['4:11 SPEC_INVALID']],
  ['a rule without to', 'nodes:\n  - name: a\n    goto: [{if: "1"}]\n', ['3:12 SPEC_INVALID']],
  ['a missing fallback', 'nodes:\n  - name: a\n    on_error: {fallback: b}\n', ['3:26 SPEC_UNKNOWN_TARGET']],
  ['an unknown mode', 'nodes:\n  - name: a\n    on_error: {mode: again}\n', ['3:22 SPEC_INVALID']],
  [
    'a rule behind one that always holds',
    'nodes:\n  - name: a\n    goto: [{to: a}, {to: __end__}]\n',
    ['w 3:26 SPEC_UNREACHABLE'],
  ],
  ['a node nobody reaches', 'nodes:\n  - name: a\n    goto: __end__\n  - name: b\n', ['w 4:11 SPEC_UNREACHABLE']],
];

const ACTION_INPUT: readonly Row[] = [
  ['a missing input', 'nodes:\n  - name: a\n    uses: http.get\n    with: {}\n', ['4:11 SPEC_INVALID']],
  ['no with at all', 'nodes:\n  - name: a\n    uses: http.get\n', ['3:11 SPEC_INVALID']],
  [
    'an unknown input',
    'nodes:\n  - name: a\n    uses: http.get\n    with: {url: x, ulr: y}\n',
    ['4:20 SPEC_UNKNOWN_KEY'],
  ],
  [
    'an input out of range',
    'nodes:\n  - name: a\n    uses: http.get\n    with: {url: x, retries: 6}\n',
    ['4:29 SPEC_INVALID'],
  ],
  [
    'a template where a number belongs',
    'nodes:\n  - name: a\n    uses: http.get\n    with: {url: x, retries: "{{ 1 }}"}\n',
    [],
  ],
  [
    'a wrong value deep inside',
    'nodes:\n  - name: a\n    uses: http.get\n    with:\n      url: x\n      headers:\n        a: 1\n',
    ['7:12 SPEC_INVALID'],
  ],
];

const SERVING: readonly Row[] = [
  ['a path without a slash', `${MINIMAL}endpoint: {path: x}\n`, ['3:18 SPEC_INVALID']],
  ['a path that climbs', `${MINIMAL}endpoint: {path: /a/../b}\n`, ['3:18 SPEC_INVALID']],
  ['a parameter the path lacks', `${MINIMAL}endpoint: {path: /a, path_params: {id: {}}}\n`, ['3:36 SPEC_INVALID']],
  ['a parameter twice', `${MINIMAL}endpoint: {path: "/{a}/{a}"}\n`, ['3:18 SPEC_INVALID']],
  ['an endpoint without a path', `${MINIMAL}endpoint: {method: GET}\n`, ['3:11 SPEC_INVALID']],
  ['batch', `${MINIMAL}endpoint: {path: /a, batch: {}}\n`, ['3:22 SPEC_INVALID']],
  ['cache', `${MINIMAL}endpoint: {path: /a, cache: {ttl: 5m}}\n`, ['w 3:22 SPEC_IGNORED']],
  [
    'cache with an unknown key',
    `${MINIMAL}endpoint: {path: /a, cache: {tll: 5m}}\n`,
    ['w 3:22 SPEC_IGNORED', '3:30 SPEC_UNKNOWN_KEY'],
  ],
  [
    'a default that does not fit',
    `${MINIMAL}endpoint: {path: /a, query_params: {n: {type: integer, default: x}}}\n`,
    ['3:65 SPEC_INVALID'],
  ],
  ['min above max', `${MINIMAL}endpoint: {path: /a, query_params: {n: {min: 2, max: 1}}}\n`, ['3:37 SPEC_INVALID']],
  ['a schedule that never runs', `${MINIMAL}schedule: {zone: UTC}\n`, ['3:11 SPEC_INVALID']],
  ['an unknown zone', `${MINIMAL}schedule: {cron: "* * * * *", zone: Mars}\n`, ['3:37 SPEC_INVALID']],
  ['missed ticks', `${MINIMAL}schedule: {at_start: true, missed: once}\n`, ['3:28 SPEC_INVALID']],
];

const GROUPS: readonly (readonly [string, readonly Row[]])[] = [
  ['the top of a file', TOP_LEVEL],
  ['settings', SETTINGS],
  ['nodes', NODES],
  ['input of actions', ACTION_INPUT],
  ['endpoint and schedule', SERVING],
];

for (const [group, rows] of GROUPS) {
  describe(`parseFlow on ${group}`, () => {
    for (const [what, text, expected] of rows) {
      it(`${expected.length === 0 ? 'accepts' : 'reports'} ${what}`, () => {
        assert.deepEqual(problemsOf(text), expected);
      });
    }
  });
}

describe('parseFlow', () => {
  it('reports every planted problem of a file at once', () => {
    const text = [
      'nmae: x',
      'settings: {max_steps: none}',
      'nodes:',
      '  - name: a',
      '    run: bad',
      '    goto:',
      '      - if: "state.x >"',
      '        to: b',
      '  - name: a',
      '    uses: http.gett',
      '  - name: c',
      '    timeout: 25h',
      'edges:',
      '  - {from: c, to: d}',
      '',
    ].join('\n');

    assert.deepEqual(problemsOf(text, { checkLua: luaCheckRefusing(/bad/) }), [
      '1:1 SPEC_UNKNOWN_KEY',
      '2:23 SPEC_INVALID',
      '5:10 SPEC_LUA',
      '7:23 SPEC_TEMPLATE',
      '8:13 SPEC_UNKNOWN_TARGET',
      '9:11 SPEC_INVALID',
      '10:11 SPEC_UNKNOWN_ACTION',
      '12:14 SPEC_INVALID',
      '14:19 SPEC_UNKNOWN_TARGET',
    ]);
  });

  it('says what was meant', () => {
    const text = 'nodes:\n  - name: fetch\n    uses: http.gett\n    goto: fecth\n    rnu: x\n';

    assert.deepEqual(messagesOf(text), [
      'The action `http.gett` of the node `fetch` does not exist. Did you mean `http.get`?',
      'There is no node `fecth`. Did you mean `fetch`?',
      'The key `rnu` is not known in `nodes item`. Did you mean `run`?',
    ]);
  });

  it('gives a flow and its warnings when there is no error', () => {
    const { flow, diagnostics } = parse(`${MINIMAL}invalidates: []\n`);

    assert.equal(flow?.name, 'flow');
    assert.deepEqual(
      diagnostics.map((found) => found.severity),
      ['warning'],
    );
  });

  it('reads every part of a flow', () => {
    const flow = flowOf(
      [
        'name: demo',
        'description: Shows all.',
        'version: 1.0',
        'variables: {limit: 3, keep: {a: 1}}',
        'initial_state: {n: 0}',
        'input_schema: {type: object}',
        'settings: {lua: {timeout: 2, memory: 1MiB, scope: node}, timeout: 30s, max_steps: 7}',
        'nodes:',
        '  - name: a',
        '    run: {type: expression, value: state.n + 1, output_key: n}',
        '  - name: b',
        '    uses: log',
        '    with: {message: "n is {{ state.n }}"}',
        '    output: {seen: result.ok, fixed: 1}',
        '    on_error: {fallback: d}',
        '  - name: c',
        '    script: return {}',
        '    goto: __end__',
        '  - name: d',
        'endpoint:',
        '  path: /demo/{id}',
        '  method: GET',
        '  auth: none',
        '  query_params: {n: {type: integer, default: 2, min: 1, max: 9, map_to: count, description: How many.}}',
        '  response: {type: text/html}',
        '  priority: critical',
        '  timeout: 5s',
        '  max_body: 1KiB',
        'schedule: {cron: "*/5 * * * *", zone: Europe/Berlin, overlap: queue}',
      ].join('\n'),
      { variables: { limit: 4 } },
    );

    assert.match(flow.hash, /^[0-9a-f]{64}$/);
    assert.deepEqual(
      { ...flow, nodes: flow.nodes.map((node) => node.work), hash: '' },
      {
        name: 'demo',
        description: 'Shows all.',
        version: '1',
        file: 'flow.yaml',
        directory: '.',
        hash: '',
        variables: { limit: 4, keep: { a: 1 } },
        initialState: { n: 0 },
        inputSchema: { type: 'object' },
        settings: {
          lua: { timeoutMs: 2_000, memoryBytes: 1_048_576, scope: 'node' },
          timeoutMs: 30_000,
          maxSteps: 7,
        },
        settingsScope: {
          lua: { timeout: 2, memory: '1MiB', scope: 'node' },
          timeout: '30s',
          max_steps: 7,
        },
        entry: { kind: 'rules', rules: [{ to: 'a' }] },
        nodes: [
          { kind: 'expression', value: '{{ state.n + 1 }}', outputKey: 'n' },
          {
            kind: 'action',
            uses: 'log',
            with: { message: 'n is {{ state.n }}' },
            output: { seen: 'result.ok', fixed: 1 },
          },
          { kind: 'lua', code: 'return {}', line: 17, chunk: 0 },
          { kind: 'none' },
        ],
        endpoint: {
          path: '/demo/{id}',
          method: 'GET',
          auth: 'none',
          queryParams: [
            {
              name: 'n',
              type: 'integer',
              required: false,
              mapTo: 'count',
              default: 2,
              min: 1,
              max: 9,
              about: 'How many.',
            },
          ],
          pathParams: [{ name: 'id', type: 'string', required: true, mapTo: 'id' }],
          responseType: 'text/html',
          priority: 'critical',
          timeoutMs: 5_000,
          maxBodyBytes: 1_024,
        },
        schedule: { cron: '*/5 * * * *', zone: 'Europe/Berlin', atStart: false, overlap: 'queue' },
      },
    );
    assert.deepEqual(flow.nodes[1]?.onError, { mode: 'graceful', fallback: 'd' });
  });

  it('refuses variables of the configuration that the flow does not have', () => {
    assert.deepEqual(problemsOf(`variables: {limit: 3}\n${MINIMAL}`, { variables: { limti: 4 } }), [
      '1:12 SPEC_UNKNOWN_KEY',
    ]);
  });

  it('asks for variables with the name of the flow and what it declares', () => {
    const flow = flowOf(`name: x\nvariables: {a: 1, b: 2}\n${MINIMAL}`, {
      variablesOf: (name, declared) => ({ a: `${name} ${declared.join()}` }),
    });

    assert.deepEqual(flow.variables, { a: 'x a,b', b: 2 });
  });

  it('cuts what a flow asks for to the limits, with a warning', () => {
    const text = `settings: {lua: {timeout: 9s, memory: 8MiB}, timeout: 9m, max_steps: 9}\n${MINIMAL}endpoint: {path: /a, max_body: 9KiB}\n`;
    const limits = {
      luaTimeoutMs: 1_000,
      luaMemoryBytes: 1_048_576,
      timeoutMs: 60_000,
      maxSteps: 5,
      maxBodyBytes: 512,
    };

    assert.deepEqual(problemsOf(text, { limits }), [
      'w 1:27 SPEC_LIMIT',
      'w 1:39 SPEC_LIMIT',
      'w 1:55 SPEC_LIMIT',
      'w 1:70 SPEC_LIMIT',
      'w 4:32 SPEC_LIMIT',
    ]);
    assert.deepEqual(flowOf(text, { limits }).settings, {
      lua: { timeoutMs: 1_000, memoryBytes: 1_048_576 },
      timeoutMs: 60_000,
      maxSteps: 5,
    });
  });

  it('asks for units when it is strict', () => {
    const text = `settings: {lua: {timeout: 9, memory: 1MiB}}\n${MINIMAL}`;

    assert.deepEqual(problemsOf(text), []);
    assert.deepEqual(problemsOf(text, { strict: true }), ['w 1:27 SPEC_INVALID']);
  });

  it('reports a cron pattern that the check refuses', () => {
    const text = `${MINIMAL}schedule: {cron: "61 * * * *"}\n`;

    assert.deepEqual(problemsOf(text, { checkCron: () => 'No such minute.' }), ['3:18 SPEC_INVALID']);
  });

  it('keeps prototype names as data', () => {
    const flow = flowOf(`initial_state: {__proto__: {x: 1}, constructor: 2}\n${MINIMAL}`);

    assert.deepEqual(Object.keys(flow.initialState), ['__proto__', 'constructor']);
    assert.equal(({} as { x?: number }).x, undefined);
  });
});
