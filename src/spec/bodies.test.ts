import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { flowOf, messagesOf, problemsOf } from '../../test/support/flow-text.ts';
import type { FlowNode, NodeWork } from '../flow/index.ts';

function nodesOf(text: string): ReadonlyMap<string, FlowNode> {
  return new Map(flowOf(text).nodes.map((node) => [node.name, node]));
}

function workOf(text: string, name: string): NodeWork | undefined {
  return nodesOf(text).get(name)?.work;
}

const to = (name: string): object => ({ kind: 'rules', rules: [{ to: name }] });

describe('a body', () => {
  const LOOP = `nodes:
  - name: loop
    type: while_loop
    condition: state.n < 3
    max_iterations: 10
    body:
      - name: add
        run: return { n = state.n + 1 }
      - steps:
          - run: return {}
          - {name: last, run: "return {}", goto: __end__}
  - name: after
    run: return {}
`;

  it('becomes nodes right behind its owner, with paths as names and dense chunks', () => {
    const { nodes } = flowOf(LOOP);

    assert.deepEqual(
      nodes.map(({ name, owner, work }) => [name, owner, work.kind === 'lua' ? work.chunk : work.kind]),
      [
        ['loop', undefined, 'while'],
        ['loop/add', 'loop', 0],
        ['loop/step2', 'loop', 'steps'],
        ['loop/step2/step1', 'loop/step2', 1],
        ['loop/step2/last', 'loop/step2', 2],
        ['after', undefined, 3],
      ],
    );
  });

  it('goes through its own list and ends there', () => {
    const nodes = nodesOf(LOOP);

    assert.deepEqual(nodes.get('loop')?.next, { kind: 'next', to: 'after' });
    assert.deepEqual(nodes.get('loop/add')?.next, { kind: 'next', to: 'loop/step2' });
    assert.deepEqual(nodes.get('loop/step2')?.next, { kind: 'end' });
    assert.deepEqual(nodes.get('loop/step2/last')?.next, to('__end__'));
    assert.deepEqual(problemsOf(LOOP), []);
  });

  it('is a while loop with a condition, a maximum and a first node', () => {
    assert.deepEqual(workOf(LOOP, 'loop'), {
      kind: 'while',
      condition: 'state.n < 3',
      maxIterations: 10,
      onLimit: 'exit',
      entry: to('loop/add'),
    });
  });
});

describe('dynamic parallel', () => {
  it('runs one action per item', () => {
    const text = `nodes:
  - name: fetch
    type: dynamic_parallel
    items: "{{ state.urls }}"
    item_var: url
    max_concurrency: 5
    action: {uses: http.get, with: {url: "{{ url }}"}, output: page}
    fan_in: done
  - {name: done, fan_in: true}
`;

    assert.deepEqual(workOf(text, 'fetch'), {
      kind: 'each',
      items: '{{ state.urls }}',
      itemVar: 'url',
      indexVar: 'index',
      maxConcurrency: 5,
      failFast: false,
      output: 'parallel_results',
      resultKey: 'state',
      body: { kind: 'nodes', entry: to('fetch/action') },
    });
    assert.deepEqual(workOf(text, 'fetch/action'), {
      kind: 'action',
      uses: 'http.get',
      with: { url: '{{ url }}' },
      output: 'page',
    });
    assert.deepEqual(nodesOf(text).get('fetch')?.next, to('done'));
    assert.deepEqual(problemsOf(text), []);
  });

  it('repeats the own work of a node per item and combination', () => {
    const text = `nodes:
  - name: each
    parallel_each: state.list
    strategy: {matrix: {os: [a, b], v: "{{ variables.v }}"}, max_parallel: 2, fail_fast: true}
    run: return { x = 1 }
    retry: {max_retries: 1}
    condition: state.on
    fan_in: done
  - name: done
`;
    const nodes = nodesOf(text);

    assert.deepEqual(nodes.get('each')?.work, {
      kind: 'each',
      items: '{{ state.list }}',
      matrix: { os: ['a', 'b'], v: '{{ variables.v }}' },
      itemVar: 'item',
      indexVar: 'item_index',
      maxConcurrency: 2,
      failFast: true,
      output: 'parallel_results',
      resultKey: 'result',
      body: { kind: 'nodes', entry: to('each/item') },
    });
    assert.equal(nodes.get('each')?.condition, 'state.on');
    assert.equal(nodes.get('each')?.retry, undefined);
    assert.equal(nodes.get('each/item')?.condition, undefined);
    assert.equal(nodes.get('each/item')?.retry?.maxRetries, 1);
    assert.equal(nodes.get('each/item')?.work.kind, 'lua');
  });
});

/** [what, text, expected problems] */
type Row = readonly [string, string, readonly string[]];

const N = 'nodes:\n  - name: a\n';
const LOOP_HEAD = `${N}    type: while_loop\n    condition: state.x\n`;
const EACH_HEAD = `${N}    type: dynamic_parallel\n    goto: __end__\n`;

const REFUSED: readonly Row[] = [
  [
    'a loop without its keys',
    `${N}    type: while_loop\n`,
    ['3:5 SPEC_INVALID', '3:5 SPEC_INVALID', '3:5 SPEC_INVALID'],
  ],
  ['no iteration', `${LOOP_HEAD}    max_iterations: 0\n    body: [{run: x}]\n`, ['5:21 SPEC_INVALID']],
  ['1001 iterations', `${LOOP_HEAD}    max_iterations: 1001\n    body: [{run: x}]\n`, ['5:21 SPEC_INVALID']],
  ['an empty body', `${LOOP_HEAD}    max_iterations: 1\n    body: []\n`, ['6:11 SPEC_INVALID']],
  ['a loop with run', `${LOOP_HEAD}    max_iterations: 1\n    body: [{}]\n    run: x\n`, ['7:5 SPEC_INVALID']],
  ['max_iterations without a loop', `${N}    max_iterations: 1\n`, ['3:5 SPEC_INVALID']],
  ['an unknown type', `${N}    type: for_loop\n    body: [{}]\n`, ['3:11 SPEC_INVALID']],
  ['a name twice in a body', `${N}    steps: [{name: x}, {name: x}]\n`, ['3:31 SPEC_INVALID']],
  ['a name like that of a nameless step', `${N}    steps: [{name: step2}, {}]\n`, ['3:28 SPEC_INVALID']],
  ['a name with a slash in a body', `${N}    steps: [{name: x/y}]\n`, ['3:20 SPEC_INVALID']],
  ['an unknown key in a body', `${N}    steps: [{rnu: x}]\n`, ['3:14 SPEC_UNKNOWN_KEY']],
  ['a way out of a body', `${N}    steps: [{name: x, goto: a}]\n`, ['3:29 SPEC_UNKNOWN_TARGET']],
  ['a way into a body', `${N}    steps: [{name: x}]\n  - {name: b, goto: x}\n`, ['4:21 SPEC_UNKNOWN_TARGET']],
  ['a path into a body', `${N}    steps: [{name: x}]\n  - {name: b, goto: a/x}\n`, ['4:21 SPEC_UNKNOWN_TARGET']],
  ['a fallback out of a body', `${N}    steps: [{name: x, on_error: {fallback: a}}]\n`, ['3:44 SPEC_UNKNOWN_TARGET']],
  ['Python in a body', `${N}    steps: [{language: python, run: x}]\n`, ['3:24 SPEC_LANGUAGE']],
  [
    'a node of a body that is never reached',
    `${N}    steps: [{name: x, goto: __end__}, {name: y}]\n`,
    ['w 3:46 SPEC_UNREACHABLE'],
  ],
  ['items without anything to do', `${EACH_HEAD}    items: state.x\n`, ['3:5 SPEC_INVALID']],
  ['items twice', `${EACH_HEAD}    items: state.x\n    steps: [{}]\n    action: {uses: log}\n`, ['6:5 SPEC_INVALID']],
  ['no items', `${EACH_HEAD}    steps: [{}]\n`, ['3:5 SPEC_INVALID']],
  ['a number as items', `${EACH_HEAD}    items: 3\n    steps: [{}]\n`, ['5:12 SPEC_INVALID']],
  ['an object as items', `${EACH_HEAD}    items: {}\n    steps: [{}]\n`, ['5:12 SPEC_INVALID']],
  ['a broken expression', `${EACH_HEAD}    items: "state.x >"\n    steps: [{}]\n`, ['5:22 SPEC_TEMPLATE']],
  ['input without a subgraph', `${EACH_HEAD}    items: [1]\n    steps: [{}]\n    input: {}\n`, ['7:5 SPEC_INVALID']],
  [
    'max_concurrency of 0',
    `${EACH_HEAD}    items: [1]\n    steps: [{}]\n    max_concurrency: 0\n`,
    ['7:22 SPEC_INVALID'],
  ],
  ['max_workers with items', `${EACH_HEAD}    items: [1]\n    steps: [{}]\n    max_workers: 1\n`, ['7:5 SPEC_INVALID']],
  ['a map as output', `${EACH_HEAD}    items: [1]\n    steps: [{}]\n    output: {a: b}\n`, ['7:13 SPEC_INVALID']],
  ['an item called state', `${EACH_HEAD}    items: [1]\n    steps: [{}]\n    item_var: state\n`, ['7:15 SPEC_INVALID']],
  ['an item called a-b', `${EACH_HEAD}    items: [1]\n    steps: [{}]\n    item_var: a-b\n`, ['7:15 SPEC_INVALID']],
  ['item and index alike', `${EACH_HEAD}    items: [1]\n    steps: [{}]\n    item_var: index\n`, ['7:15 SPEC_INVALID']],
  ['an action without uses', `${EACH_HEAD}    items: [1]\n    action: {with: {}}\n`, ['6:13 SPEC_INVALID']],
  ['an unknown action', `${EACH_HEAD}    items: [1]\n    action: {uses: lgo}\n`, ['6:20 SPEC_UNKNOWN_ACTION']],
  [
    'nothing behind the items',
    `${N}    type: dynamic_parallel\n    items: [1]\n    steps: [{}]\n`,
    ['2:11 SPEC_INVALID'],
  ],
  [
    'fan_in and goto',
    `${EACH_HEAD}    items: [1]\n    steps: [{}]\n    fan_in: b\n  - name: b\n`,
    ['4:5 SPEC_INVALID'],
  ],
  [
    'a fan_in that is missing',
    `${N}    type: dynamic_parallel\n    items: [1]\n    steps: [{}]\n    fan_in: b\n`,
    ['6:13 SPEC_UNKNOWN_TARGET'],
  ],
  ['parallel beside items', `${EACH_HEAD}    items: [1]\n    steps: [{}]\n    parallel: [a]\n`, ['7:5 SPEC_INVALID']],
  ['parallel_each without work', `${N}    parallel_each: [1]\n    goto: __end__\n`, ['3:5 SPEC_INVALID']],
  ['strategy without a matrix', `${N}    run: x\n    strategy: {}\n    goto: __end__\n`, ['4:15 SPEC_INVALID']],
  ['an empty matrix', `${N}    run: x\n    strategy: {matrix: {}}\n    goto: __end__\n`, ['4:24 SPEC_INVALID']],
  [
    'a matrix of a number',
    `${N}    run: x\n    strategy: {matrix: {a: 1}}\n    goto: __end__\n`,
    ['4:28 SPEC_INVALID'],
  ],
];

describe('a body is refused', () => {
  for (const [what, text, expected] of REFUSED) {
    it(`with ${what}`, () => {
      assert.deepEqual(problemsOf(text), expected);
    });
  }

  it('says where a way inside a body may lead', () => {
    assert.deepEqual(messagesOf(`${N}    steps: [{name: x, goto: a}]\n`), [
      'There is no node `a` in the body of `a`. A way inside a body leads to nodes of that body, or to `__end__`.',
    ]);
    assert.deepEqual(messagesOf(`${N}    steps: [{name: inner}]\n  - {name: b, goto: inner}\n`), [
      'There is no node `inner`. It stands in the body of `a`; go to that node.',
    ]);
  });
});
