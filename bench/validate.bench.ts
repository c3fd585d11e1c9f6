/**
 * `validate`: how long does checking a flow take?
 *
 * One flow of 500 nodes: Lua, expressions, actions, conditions, edges and parallel branches, some
 * 60 KB of YAML, checked as `validate` does it, Lua compiled included. Warm: one process, the
 * first rounds not counted. A flow of 50 nodes beside it shows that the time grows with the size,
 * and `--strict` what its extra passes cost. Every round must find the same: no problem at all, and
 * in the flow with one mistake in its last node exactly that one.
 */
import type * as Actions from '../src/actions/index.ts';
import type * as Spec from '../src/spec/index.ts';
import { atMost, type Group, medianOf, type Row, toRow, turnsOf } from './group.ts';
import { host, mustBe } from './lua-parts.ts';

const ROUNDS = 15;
const WARM_UP_ROUNDS = 5;

const load = (file: string): Promise<unknown> => import(new URL(`../dist/${file}`, import.meta.url).href);
const { parseFlow } = (await load('spec/index.js')) as typeof Spec;
const { actionFacts } = (await load('actions/index.js')) as typeof Actions;
const actions = actionFacts();

/** Ten nodes that use all the language has for pure flows, the tenth leading to the next ten. */
function tenNodes(block: number): string {
  const name = (index: number): string => `n${block * 10 + index}`;
  return `  - name: ${name(0)}
    run: |
      -- lua
      local total = 0
      for index, value in ipairs(state.list or {}) do
        if value > variables.least then total = total + value * index end
      end
      return { total = total, block = ${block} }
    parallel: [${name(1)}, ${name(2)}]
    fan_in: ${name(3)}
  - name: ${name(1)}
    uses: http.get
    with: { url: "http://example.test/{{ state.block }}?total={{ state.total | default(0) }}" }
    output: page
  - name: ${name(2)}
    run: { type: expression, value: "state.total * 2 + ${block}", output_key: doubled }
  - name: ${name(3)}
    run: |
      local first = state.parallel_results[1]
      return { list = { first.timing_ms, ${block} }, ok = first.success }
    goto:
      - if: state.ok and state.total > ${block}
        to: ${name(5)}
      - to: ${name(4)}
  - name: ${name(4)}
    uses: log
    with: { message: "{% for value in state.list %}{{ value }} {% endfor %}" }
    output: { logged: result }
  - name: ${name(5)}
  - name: ${name(6)}
    run: return { list = {} }
  - name: ${name(7)}
    uses: template.render
    with: { template: "<p>{{ total }}</p>", data: { total: "{{ state.total }}" } }
    output: html
  - name: ${name(8)}
    run: return { html = string.rep("x", 10) }
  - name: ${name(9)}
`;
}

function aFlow(nodeCount: number, last = ''): string {
  const blocks = Array.from({ length: nodeCount / 10 }, (_, block) => tenNodes(block)).join('');
  return `name: large\nvariables: { least: 3 }\ninitial_state: { list: [1, 5, 9] }\nsettings: { max_steps: 100000 }\nnodes:\n${blocks}${last}`;
}

interface Contestant {
  readonly name: string;
  readonly text: string;
  readonly isStrict: boolean;
  readonly problemCount: number;
}

const CONTESTANTS: readonly Contestant[] = [
  { name: '500 nodes', text: aFlow(500), isStrict: false, problemCount: 0 },
  { name: '500 nodes, strict', text: aFlow(500), isStrict: true, problemCount: 0 },
  { name: '500 nodes, a mistake', text: aFlow(500, '    gotoo: n1\n'), isStrict: false, problemCount: 1 },
  { name: '50 nodes', text: aFlow(50), isStrict: false, problemCount: 0 },
];

function millisecondsOf({ name, text, isStrict, problemCount }: Contestant): number {
  const startedMs = performance.now();
  const { diagnostics } = parseFlow(text, {
    file: 'large.yaml',
    directory: '.',
    actions,
    checkLua: (code) => host.checkChunk(code),
    strict: isStrict,
  });
  const tookMs = performance.now() - startedMs;
  mustBe(`problems of ${name}`, diagnostics.length, problemCount);
  return tookMs;
}

export const validate: Group = {
  name: 'validate',
  question: 'How long does checking a flow take?',
  async run(talk) {
    const samples = new Map(CONTESTANTS.map(({ name }) => [name, [] as number[]]));
    for (const [round, contestant] of turnsOf(CONTESTANTS, WARM_UP_ROUNDS + ROUNDS)) {
      const tookMs = millisecondsOf(contestant);
      if (round >= WARM_UP_ROUNDS) samples.get(contestant.name)?.push(tookMs);
    }
    const rows: Row[] = [...samples].map(([name, values]) => toRow(name, 'check', 'ms', values));
    talk(`validate: ${CONTESTANTS[0]?.text.length} characters`);
    return { rows, bars: [atMost('validate-500', '500 nodes ≤ 200 ms', medianOf(rows, '500 nodes', 'check'), 200)] };
  },
};
