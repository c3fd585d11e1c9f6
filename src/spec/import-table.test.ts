import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { flowOf, problemsOf } from '../../test/support/flow-text.ts';
import type { Flow } from '../flow/index.ts';
import { findImports, type ImportedFlows, type ImportProblem } from './import-table.ts';

const OTHER = flowOf('name: other\nnodes: [{name: a}]\n');
const IMPORTS: ImportedFlows = new Map<string, Flow | ImportProblem>([
  ['a.yaml', OTHER],
  ['./sub/a.yml', OTHER],
  ['bad.yaml', { problem: 'The flow bad.yaml has errors of its own.' }],
]);

/** [what, text, expected problems] */
const ROWS: readonly (readonly [string, string, readonly string[]])[] = [
  ['a path', 'nodes: [{name: n, call: a.yaml}]\n', []],
  ['a path in a folder', 'nodes: [{name: n, call: ./sub/a.yml, input: {x: "{{ state.x }}"}, output: y}]\n', []],
  ['a name', 'imports: [{path: a.yaml, as: x}]\nnodes: [{name: n, call: x}]\n', []],
  ['a namespace', 'imports: [{path: a.yaml, namespace: x}]\nnodes: [{name: n, call: x}]\n', []],
  ['the name of the file', 'imports: [{path: a.yaml, namespace: ""}]\nnodes: [{name: n, call: a}]\n', []],
  ['names with paths', 'imports: {x: a.yaml}\nnodes: [{name: n, call: x}]\n', []],
  ['flow.call', 'nodes: [{name: n, uses: flow.call, with: {flow: a.yaml, input: {x: 1}}}]\n', []],
  [
    'a subgraph',
    'nodes: [{name: n, type: dynamic_parallel, items: [1], subgraph: a.yaml, input: {x: "{{ item }}"}, goto: __end__}]\n',
    [],
  ],
  ['a name nobody imports', 'imports: {xy: a.yaml}\nnodes: [{name: n, call: xyz}]\n', ['2:25 SPEC_UNKNOWN_TARGET']],
  ['one name twice', 'imports: [{path: a.yaml}, {path: ./sub/a.yml}]\nnodes: [{name: n}]\n', ['1:34 SPEC_INVALID']],
  ['a name with a slash', 'imports: {x/y: a.yaml}\nnodes: [{name: n}]\n', ['1:11 SPEC_INVALID']],
  ['a name like a file', 'imports: {x.yaml: a.yaml}\nnodes: [{name: n}]\n', ['1:11 SPEC_INVALID']],
  ['no path', 'imports: [{as: x}]\nnodes: [{name: n}]\n', ['1:11 SPEC_INVALID']],
  ['a package', 'imports: [{path: a.yaml, package: x}]\nnodes: [{name: n}]\n', ['1:26 SPEC_LANGUAGE']],
  ['a Python file', 'imports: [{path: a.py}]\nnodes: [{name: n}]\n', ['1:18 SPEC_LANGUAGE']],
  ['a file that is no flow', 'imports: [{path: a.json}]\nnodes: [{name: n}]\n', ['1:18 SPEC_INVALID']],
  ['an absolute path', 'nodes: [{name: n, call: /etc/a.yaml}]\n', ['1:25 SPEC_INVALID']],
  ['a path from home', 'nodes: [{name: n, call: ~/a.yaml}]\n', ['1:25 SPEC_INVALID']],
  ['a drive', 'nodes: [{name: n, call: "C:/a.yaml"}]\n', ['1:25 SPEC_INVALID']],
  ['an address', 'nodes: [{name: n, call: "https://x/a.yaml"}]\n', ['1:25 SPEC_INVALID']],
  ['a bucket', 'nodes: [{name: n, call: "s3://x/a.yaml"}]\n', ['1:25 SPEC_INVALID']],
  ['a backslash', 'nodes: [{name: n, call: "x\\\\a.yaml"}]\n', ['1:25 SPEC_INVALID']],
  ['a template', 'nodes: [{name: n, call: "{{ state.x }}"}]\n', ['1:25 SPEC_INVALID']],
  [
    'a template in flow.call',
    'nodes: [{name: n, uses: flow.call, with: {flow: "{{ state.x }}"}}]\n',
    ['1:49 SPEC_INVALID'],
  ],
  ['flow.call without a flow', 'nodes: [{name: n, uses: flow.call, with: {}}]\n', ['1:42 SPEC_INVALID']],
  [
    'an input that is a template as a whole',
    'nodes: [{name: n, uses: flow.call, with: {flow: a.yaml, input: "{{ state }}"}}]\n',
    ['1:64 SPEC_INVALID'],
  ],
  ['a path that was not loaded', 'nodes: [{name: n, call: c.yaml}]\n', ['1:25 SPEC_INVALID']],
  ['a flow with errors', 'nodes: [{name: n, call: bad.yaml}]\n', ['1:25 SPEC_INVALID']],
  ['call and run', 'nodes: [{name: n, run: x, call: a.yaml}]\n', ['1:27 SPEC_INVALID']],
  ['input without a call', 'nodes: [{name: n, run: x, input: {}}]\n', ['1:27 SPEC_INVALID']],
];

describe('a called flow', () => {
  for (const [what, text, expected] of ROWS) {
    it(`${expected.length === 0 ? 'may be named by' : 'is refused with'} ${what}`, () => {
      assert.deepEqual(problemsOf(text, { imports: IMPORTS }), expected);
    });
  }

  it('is the same work in both spellings', () => {
    const of = (node: string): unknown => flowOf(`nodes: [{name: n, ${node}}]\n`, { imports: IMPORTS }).nodes[0]?.work;
    const expected = { kind: 'call', flow: 'a.yaml', input: { x: '{{ state.x }}' }, output: 'y' };

    assert.deepEqual(of('call: a.yaml, input: {x: "{{ state.x }}"}, output: y'), expected);
    assert.deepEqual(of('uses: flow.call, with: {flow: a.yaml, input: {x: "{{ state.x }}"}}, output: y'), expected);
  });

  it('is kept under each name that is used for it', () => {
    const { imports } = flowOf('imports: {x: a.yaml}\nnodes: [{name: n, call: x}, {name: m, call: a.yaml}]\n', {
      imports: IMPORTS,
    });

    assert.deepEqual(imports, { x: OTHER, 'a.yaml': OTHER });
  });
});

describe('findImports', () => {
  it('gives each path once, from every place that may name one', () => {
    const text = `imports: [{path: i.yaml}, {path: i.yaml, as: j}, {path: /abs.yaml}, {path: code.py}]
nodes:
  - {name: a, call: a.yaml}
  - {name: b, call: i}
  - {name: c, uses: flow.call, with: {flow: c.yaml}}
  - {name: d, uses: log, with: {flow: no.yaml}}
  - name: e
    type: dynamic_parallel
    subgraph: e.yaml
    steps: [{call: s.yaml}, {steps: [{call: deep.yml}]}]
    action: {uses: flow.call, with: {flow: act.yaml}}
  - {name: f, body: [{call: body.yaml}]}
`;

    assert.deepEqual(findImports(text), [
      'i.yaml',
      'a.yaml',
      'c.yaml',
      'e.yaml',
      'act.yaml',
      's.yaml',
      'deep.yml',
      'body.yaml',
    ]);
  });

  it('finds none in what is no flow', () => {
    for (const text of ['', '[', 'a', '- a', 'nodes: 1', 'imports: [1, {path: 2}]\nnodes: [1]']) {
      assert.deepEqual(findImports(text), []);
    }
  });
});
