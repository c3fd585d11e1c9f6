import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { flowOf, luaCheckRefusing, parse } from '../../test/support/flow-text.ts';
import { END, type Flow, type Route } from '../flow/index.ts';

const SAMPLE = `name: sample
variables: &v {limit: 3, list: [1, "two", null]}
settings: {lua: {timeout: 2s, memory: 1MiB}, parallel: {on_error: collect}, error_handling: {mode: retry, fallback: join}}
config: {interrupt_before: [loop/add], max_workers: 4}
imports: {other: other.yaml}
input_schema: {type: object, properties: {n: {pattern: "^a+$"}}}
nodes:
  - name: start
    run: |
      -- lua
      return { n = 1 }
    goto:
      - if: "{{ state.n > 1 }}"
        to: fan
      - to: __end__
  - {name: fan, parallel: [left, right], fan_in: join}
  - name: left
    uses: http.get
    with: {url: "http://x/{{ state.n }}", retries: 2}
    output: {page: result.body}
    on_error: {fallback: right}
  - {name: right, run: {type: expression, value: 'state.n', output_key: m}}
  - {name: join, fan_in: true, metadata: *v}
  - name: loop
    type: while_loop
    condition: "!done"
    max_iterations: 3
    body:
      - {name: add, run: "return {}", retry: {backoff: 3, retry_on: ["CONN_*"]}}
      - steps: &s
          - {name: p, parallel: [q, r], fan_in: z}
          - {name: q}
          - {name: r, goto: z}
          - {name: z, interrupt: after}
  - {name: each, type: dynamic_parallel, items: "{{ state.list }}", item_var: one, steps: *s}
  - {name: matrix, strategy: {matrix: {a: [1, 2]}}, parallel_each: [3], call: other, input: {x: "{{ item }}"}, fan_in: ask}
  - {name: ask, uses: human.input, with: {prompt: "n?", schema: {type: integer}}, circuit_breaker: {}}
  - {name: pick}
edges:
  - {from: pick, when: state.k, targets: {1: loop, yes: __end__}}
  - {from: __start__, to: start, when: "!done"}
endpoint: {path: "/a/{id}", query_params: {n: {type: integer, min: 1}}}
schedule: {cron: "*/5 * * * *", zone: UTC}
`;

const PIECES = [
  '- ',
  ': ',
  '{',
  '}',
  '[',
  ']',
  '"',
  "'",
  '|',
  '>',
  '&v ',
  '*v',
  '<<: *v',
  '!!str ',
  '!x ',
  '---',
  '{{',
  '}}',
  '{%',
  '\\',
  '\n',
  '\n  ',
  '\t',
  '#',
  '%',
  '__end__',
  '__proto__',
  'null',
  '~',
  '1e999',
  '0x',
  '😀',
  '\u0000',
  '\uFEFF',
  '\r',
  'nodes',
  'parallel',
];

const edit = fc.record({
  at: fc.nat(SAMPLE.length),
  remove: fc.oneof(fc.constant(0), fc.nat(5), fc.nat(200)),
  insert: fc.oneof(fc.constantFrom(...PIECES), fc.string({ maxLength: 5, unit: 'binary' })),
});

const mutated = fc
  .array(edit, { minLength: 1, maxLength: 6 })
  .map((edits) =>
    edits.reduce((text, { at, remove, insert }) => text.slice(0, at) + insert + text.slice(at + remove), SAMPLE),
  );

const OPTIONS = {
  checkLua: luaCheckRefusing(/==/),
  strict: true,
  limits: { luaTimeoutMs: 1_000 },
  imports: new Map([['other.yaml', flowOf('nodes: [{name: a}]\n')]]),
};

function holdsItsPromises(text: string): void {
  const { flow, diagnostics } = parse(text, OPTIONS);
  const lines = text.split('\n');
  const hasErrors = diagnostics.some((found) => found.severity === 'error');
  assert.equal(flow === undefined, hasErrors);
  for (const { line, column, message } of diagnostics) {
    assert.ok(line >= 1 && line <= lines.length, `line ${line} of ${lines.length}`);
    assert.ok(
      column >= 1 && column <= (lines[line - 1] as string).length + 1,
      `column ${column} in ${lines[line - 1]}`,
    );
    assert.match(message, /^[^\n]+[.!?]$/u);
  }
  if (flow === undefined) return;
  holdsItsInvariants(flow);
  JSON.stringify(flow);
}

/** What engine and lanes rely on: ways lead to nodes of the same list, owners come first, chunks have no gaps. */
function holdsItsInvariants(flow: Flow): void {
  const listOf = new Map(flow.nodes.map((node) => [node.name, node.owner]));
  assert.equal(listOf.size, flow.nodes.length, 'names are unique');
  const leads = (route: Route, owner: string | undefined): void => {
    for (const target of targetsOf(route)) {
      assert.ok(target === END || (listOf.has(target) && listOf.get(target) === owner), `${target} from ${owner}`);
    }
  };
  leads(flow.entry, undefined);
  const seen = new Set<string>();
  let chunks = 0;
  for (const { name, owner, work, next, onError } of flow.nodes) {
    assert.ok(owner === undefined || (seen.has(owner) && name.startsWith(`${owner}/`)), name);
    seen.add(name);
    leads(next, owner);
    if (onError.fallback !== undefined) leads({ kind: 'next', to: onError.fallback }, owner);
    if (work.kind === 'lua') assert.equal(work.chunk, chunks++);
    if (work.kind === 'steps' || work.kind === 'while') leads(work.entry, name);
    if (work.kind === 'each' && work.body.kind === 'nodes') leads(work.body.entry, name);
    if (work.kind === 'call') assert.ok(flow.imports !== undefined && Object.hasOwn(flow.imports, work.flow));
  }
}

function targetsOf(route: Route): readonly string[] {
  if (route.kind === 'rules') return route.rules.map((rule) => rule.to);
  if (route.kind === 'switch') return Object.values(route.targets);
  if (route.kind === 'parallel') return [...route.branches, route.join];
  return route.kind === 'next' ? [route.to] : [];
}

describe('parseFlow on any text', () => {
  it('takes the sample that the next rule takes apart', () => {
    const { flow, diagnostics } = parse(SAMPLE, { ...OPTIONS, strict: false });
    assert.notEqual(flow, undefined, JSON.stringify(diagnostics));
  });

  it('gives a sound flow or an error with a place in the file, for a sample taken apart', () => {
    fc.assert(fc.property(mutated, holdsItsPromises), { numRuns: 1_500 });
  });

  it('does so for noise', () => {
    const noise = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.array(fc.constantFrom(...PIECES, 'a', ' '), { maxLength: 60 }).map((parts) => parts.join('')),
    );

    fc.assert(fc.property(noise, holdsItsPromises), { numRuns: 1_500 });
  });

  it('gives the same answer every time', () => {
    fc.assert(
      fc.property(mutated, (text) => assert.deepEqual(parse(text, OPTIONS), parse(text, OPTIONS))),
      { numRuns: 100 },
    );
  });
});

describe('parseFlow on any graph', () => {
  const name = fc.integer({ min: 0, max: 7 }).map((index) => `n${index}`);
  const way = fc.oneof(
    fc.constant(''),
    fc.oneof(name, fc.constant(END)).map((to) => `, goto: ${to}`),
    fc
      .array(name, { minLength: 1, maxLength: 3 })
      .map((to) => `, goto: [${to.map((one) => `{if: state.x, to: ${one}}`).join(', ')}]`),
    fc
      .tuple(fc.uniqueArray(name, { minLength: 1, maxLength: 3 }), name)
      .map(([to, join]) => `, parallel: [${to.join(', ')}], fan_in: ${join}`),
  );
  const graph = fc
    .array(way, { minLength: 8, maxLength: 8 })
    .map((ways) => `nodes:\n${ways.map((text, index) => `  - {name: n${index}${text}}\n`).join('')}`);

  it('says of every node whether it can be reached, as a walk over all ways finds it', () => {
    fc.assert(
      fc.property(graph, (text) => {
        const { flow, diagnostics } = parse(text);
        if (flow === undefined) return;
        const unreachable = diagnostics
          .filter((found) => found.message.includes('can never be reached'))
          .map((found) => `n${found.line - 2}`);
        const nodes = new Map(flow.nodes.map((node) => [node.name, node.next]));
        const reached = new Set<string>();
        const visit = (route: Route | undefined, join: string | undefined): void => {
          if (route === undefined || (route.kind === 'next' && join !== undefined)) return;
          for (const to of targetsOf(route)) {
            const isInside = route.kind === 'parallel' && to !== route.join;
            const inner = isInside ? route.join : join;
            const key = `${to} ${inner}`;
            if (to === END || reached.has(key) || (route.kind === 'rules' && to === join)) continue;
            reached.add(key);
            visit(nodes.get(to), inner);
          }
        };
        visit(flow.entry, undefined);
        const seen = new Set([...reached].map((key) => key.split(' ')[0]));

        assert.deepEqual(
          unreachable,
          [...nodes.keys()].filter((node) => !seen.has(node)),
        );
      }),
      { numRuns: 1_000 },
    );
  });

  const body: fc.Arbitrary<string> = fc.letrec<{ list: string; node: string }>((tie) => ({
    node: fc
      .tuple(
        fc.oneof(
          { depthSize: 'small', withCrossShrink: true },
          fc.constantFrom('', 'run: "return {}"', 'uses: log', 'parallel_each: [1], run: "return {}"'),
          tie('list').map((list) => `steps: ${list}`),
          tie('list').map((list) => `type: while_loop, condition: state.x, max_iterations: 2, body: ${list}`),
          tie('list').map((list) => `type: dynamic_parallel, items: [1], steps: ${list}`),
        ),
        // The first two are there often, the third seldom, the last never.
        fc.oneof(
          { weight: 40, arbitrary: fc.constantFrom('', 'goto: __end__', 'goto: n0', 'on_error: {fallback: n0}') },
          { weight: 10, arbitrary: fc.constant('goto: [{if: state.x, to: n1}, {to: n0}]') },
          { weight: 1, arbitrary: fc.constantFrom('goto: n2', 'goto: top') },
        ),
      )
      .map((parts) => parts.filter((part) => part !== '').join(', ')),
    list: fc
      .array(tie('node'), { minLength: 1, maxLength: 3, depthIdentifier: 'body' })
      .map(
        (nodes) => `[${nodes.map((keys, index) => `{name: n${index}${keys === '' ? '' : `, ${keys}`}}`).join(', ')}]`,
      ),
  })).list;

  it('keeps ways inside bodies, owners before their nodes, and chunks without gaps', () => {
    let accepted = 0;
    fc.assert(
      fc.property(body, (steps) => {
        const { flow, diagnostics } = parse(`nodes: [{name: top, steps: ${steps}}]\n`);
        assert.equal(
          flow === undefined,
          diagnostics.some((found) => found.severity === 'error'),
        );
        if (flow === undefined) return;
        accepted += 1;
        holdsItsInvariants(flow);
      }),
      { numRuns: 500 },
    );
    assert.ok(accepted > 50, `${accepted} flows were accepted`);
  });
});
