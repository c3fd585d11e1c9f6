import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { luaCheckRefusing, parse } from '../../test/support/flow-text.ts';
import { END, type Route } from '../flow/index.ts';

const SAMPLE = `name: sample
variables: &v {limit: 3, list: [1, "two", null]}
settings: {lua: {timeout: 2s, memory: 1MiB}, parallel: {on_error: collect}}
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
edges:
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

const OPTIONS = { checkLua: luaCheckRefusing(/==/), strict: true, limits: { luaTimeoutMs: 1_000 } };

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
  const names = new Set(flow.nodes.map((node) => node.name));
  for (const target of [flow.entry, ...flow.nodes.map((node) => node.next)].flatMap(targetsOf)) {
    assert.ok(names.has(target) || target === END, target);
  }
  JSON.stringify(flow);
}

function targetsOf(route: Route): readonly string[] {
  if (route.kind === 'rules') return route.rules.map((rule) => rule.to);
  if (route.kind === 'parallel') return [...route.branches, route.join];
  return route.kind === 'next' ? [route.to] : [];
}

describe('parseFlow on any text', () => {
  it('takes the sample that the next rule takes apart', () => {
    assert.notEqual(parse(SAMPLE).flow, undefined, JSON.stringify(parse(SAMPLE).diagnostics));
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
});
