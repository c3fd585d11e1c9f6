/**
 * `lua-node`: what do a node in a chain and a branch of a fan-out cost?
 *
 * Chain: 100 nodes that each add one to a number. Ours runs it as one segment on a lane; a chain
 * of one node, the hop, is taken off, and the row "with the hop" leaves it in. Fan-out: 50
 * branches and a join as one run through the engine, journal in memory; the whole run, start
 * and all, divided by 50. LangGraph.js runs the same shapes with JavaScript functions for nodes.
 * Thirty rounds of ten runs each, order reversed each round, the first ten not counted.
 */
import type * as Engine from '../src/engine/index.ts';
import type * as Spec from '../src/spec/index.ts';
import type * as Store from '../src/store/index.ts';
import { atMost, type Group, medianOf, type Row, toRow, turnsOf } from './group.ts';
import { aChain, core, host, LIMITS, mustBe, openLanes, runChain } from './lua-parts.ts';

const ROUNDS = 30;
const WARM_UP = 10;
const RUNS = 10;
const NODES = 100;
const BRANCHES = 50;
const NUMBERS = Array.from({ length: BRANCHES }, (_, index) => index);

interface Contestant {
  readonly name: string;
  readonly metric: string;
  /** What one run is divided by. */
  readonly parts: number;
  run(): Promise<void>;
}

function chain(lanes: ReturnType<typeof openLanes>, name: string, nodes: number): Contestant {
  const flow = aChain(Array.from({ length: nodes }, (_, index) => `return { n = (state.n or 0) + 1 } -- ${index}`));
  return {
    ...{ name, metric: 'chain', parts: nodes },
    async run() {
      const end = await runChain(lanes, flow);
      mustBe(name, end.kind === 'end' ? new TextDecoder().decode(end.state) : JSON.stringify(end), `{"n":${nodes}}`);
    },
  };
}

async function fanOut(lanes: ReturnType<typeof openLanes>): Promise<Contestant> {
  const load = (file: string): Promise<unknown> => import(new URL(`../dist/${file}`, import.meta.url).href);
  const { createRunner } = (await load('engine/index.js')) as typeof Engine;
  const { parseFlow } = (await load('spec/index.js')) as typeof Spec;
  const { createMemoryRunStore } = (await load('store/index.js')) as typeof Store;
  const actions = { find: () => undefined, names: () => [] };
  const runner = createRunner({
    ...{ segments: lanes, actions, store: createMemoryRunStore({ maxRuns: 100 }), blobs: undefined },
    ...{ clock: core.systemClock, seeds: core.createSeededRandom(1), log: core.silentLog },
    ...{ metrics: core.silentMetrics, env: {} },
    limits: {
      ...{
        luaTimeoutMs: 5_000,
        luaEndpointTimeoutMs: 2_000,
        maxLuaTimeoutMs: 60_000,
        parkedBytes: 96 * 1024 * 1024,
        runTimeoutMs: 60_000,
      },
      ...{ luaMemoryBytes: LIMITS.memoryBytes, maxLuaMemoryBytes: LIMITS.memoryBytes, stateBytes: LIMITS.stateBytes },
    },
  });
  const names = NUMBERS.map((index) => `b${index}`);
  const yaml = [
    'name: fan',
    'nodes:',
    `  - { name: start, run: 'return {}', parallel: [${names.join(', ')}], fan_in: join }`,
    ...names.map((name) => `  - { name: ${name}, run: 'return { n = 1 }' }`),
    `  - { name: join, run: 'local n = 0 for _, r in ipairs(state.parallel_results) do n = n + r.state.n end return { n = n, parallel_results = 0 }' }`,
  ].join('\n');
  const { flow, diagnostics } = parseFlow(yaml, {
    ...{ file: 'fan.yaml', directory: '.', actions, checkLua: (code: string) => host.checkChunk(code) },
  });
  if (flow === undefined) throw new Error(JSON.stringify(diagnostics));
  return {
    ...{ name: 'moonpool', metric: 'fan-out', parts: BRANCHES },
    async run() {
      const outcome = await runner.start(flow, {}).outcome;
      const text = outcome.kind === 'succeeded' ? new TextDecoder().decode(outcome.state) : JSON.stringify(outcome);
      mustBe('moonpool fan-out', (JSON.parse(text) as { n?: number }).n, BRANCHES);
    },
  };
}

async function langGraph(): Promise<Contestant[]> {
  const { Annotation, END, START, StateGraph } = await import('@langchain/langgraph');
  const count = Annotation.Root({ n: Annotation({ reducer: (left, right) => left + right, default: () => 0 }) });
  const addOne = (): { n: number } => ({ n: 1 });
  const nothing = (): { n: number } => ({ n: 0 });
  const line = new StateGraph(count);
  for (let node = 0; node < NODES; node += 1) line.addNode(`n${node}`, addOne);
  line.addEdge(START, 'n0').addEdge(`n${NODES - 1}`, END);
  for (let node = 1; node < NODES; node += 1) line.addEdge(`n${node - 1}`, `n${node}`);
  const fan = new StateGraph(count).addNode('start', nothing).addNode('join', nothing);
  for (const index of NUMBERS) fan.addNode(`b${index}`, addOne).addEdge('start', `b${index}`);
  fan.addEdge(START, 'start').addEdge('join', END);
  fan.addEdge(
    NUMBERS.map((index) => `b${index}`),
    'join',
  );
  const contestant = (metric: string, graph: typeof line, parts: number): Contestant => {
    const compiled = graph.compile();
    return {
      ...{ name: 'LangGraph.js', metric, parts },
      async run() {
        mustBe(`LangGraph.js ${metric}`, (await compiled.invoke({}, { recursionLimit: 200 }))['n'], parts);
      },
    };
  };
  return [contestant('chain', line, NODES), contestant('fan-out', fan, BRANCHES)];
}

/** µs of a part, over some runs one after the other. */
async function sample(contestant: Contestant): Promise<number> {
  const startedMs = performance.now();
  for (let turn = 0; turn < RUNS; turn += 1) await contestant.run();
  return ((performance.now() - startedMs) * 1000) / RUNS / contestant.parts;
}

export const luaNode: Group = {
  name: 'lua-node',
  question: 'What do a node in a chain and a branch of a fan-out cost?',
  async run(talk) {
    const lanes = openLanes(1);
    try {
      const whole = chain(lanes, 'moonpool, with the hop', NODES);
      const hop = chain(lanes, 'moonpool, the hop', 1);
      const contestants = [whole, hop, await fanOut(lanes), ...(await langGraph())];
      const samples = new Map(contestants.map((contestant) => [contestant, [] as number[]]));
      for (const [round, contestant] of turnsOf(contestants, ROUNDS)) {
        const us = await sample(contestant);
        if (round >= WARM_UP) samples.get(contestant)?.push(us);
        if (contestant === hop && round % 10 === 9) talk(`lua-node: round ${round + 1} of ${ROUNDS}`);
      }
      const rows: Row[] = [...samples].map(([{ name, metric }, values]) => toRow(name, metric, 'µs', values));
      const hops = samples.get(hop) ?? [];
      const nodes = (samples.get(whole) ?? []).map(
        (us, round) => (us * NODES - (hops[round] ?? Number.NaN)) / (NODES - 1),
      );
      rows.push(toRow('moonpool', 'chain', 'µs', nodes));
      const node = medianOf(rows, 'moonpool', 'chain');
      const branch = medianOf(rows, 'moonpool', 'fan-out');
      return {
        rows,
        bars: [
          atMost('lua-node', '≤ 3 µs a node', node, 3),
          atMost('lua-branch', '≤ 10 µs a branch', branch, 10),
          atMost(
            'lua-node-peer',
            '≤ 1/100 of LangGraph.js a node',
            node / medianOf(rows, 'LangGraph.js', 'chain'),
            0.01,
          ),
          atMost(
            'lua-branch-peer',
            '≤ 1/40 of it a branch',
            branch / medianOf(rows, 'LangGraph.js', 'fan-out'),
            1 / 40,
          ),
        ],
      };
    } finally {
      await lanes.close();
    }
  },
};
