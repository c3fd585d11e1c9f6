/** `moonpool inspect` in-process. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DIAGNOSTIC, moonpool, refuses } from '../../../test/support/command-line.ts';
import { flowOf } from '../../../test/support/flow-text.ts';

describe('moonpool inspect', () => {
  it('shows where each node leads, branches and joins included', async () => {
    assert.equal(
      (await moonpool(['inspect', 'a'])).stdout,
      [
        'greet (greet.yaml)',
        '  (start)     -> fetch',
        '  fetch       http.get  => left, => right',
        '  left        lua  >> both',
        '  right       -  >> both',
        '  both        -  -> fetch if state.again, -> (end)',
        '  lost "one"  -  (never reached)',
        '',
      ].join('\n'),
    );
  });

  it('gives the same as JSON', async () => {
    const graph = JSON.parse((await moonpool(['inspect', 'a', '--format', 'json'])).stdout);

    assert.deepEqual(graph.nodes[0], { name: 'fetch', kind: 'action', uses: 'http.get', line: 3, reachable: true });
    assert.deepEqual(graph.edges[1], { from: 'fetch', to: 'left', kind: 'branch' });
    assert.equal(graph.edges.length, 7);
  });

  it('draws Mermaid with names that cannot break out of their labels', async () => {
    const { stdout } = await moonpool(['inspect', 'a', '--format', 'mermaid']);

    assert.match(stdout, /^flowchart TD\n/);
    assert.match(stdout, /n4\["lost #34;one#34;<br\/>-"\]/);
    assert.match(stdout, /n0 ==> n1\n/);
    assert.match(stdout, /n3 -->\|"state\.again"\| n0\n/);
  });

  const BODIES = flowOf(`name: demo
nodes:
  - name: loop
    type: while_loop
    condition: state.n < 3
    max_iterations: 10
    body:
      - {name: add, run: "return {}"}
      - steps:
          - {name: fan, parallel: [p, q], fan_in: j}
          - {name: p}
          - {name: q}
          - {name: j, goto: [{if: state.x, to: __end__}, {to: fan}]}
  - {name: each, parallel_each: state.list, uses: log, goto: __end__}
`);

  it('shows bodies, where they begin and where they end', async () => {
    assert.equal(
      (await moonpool(['inspect', 'a'], { flows: [BODIES] })).stdout,
      [
        'demo (flow.yaml)',
        '  (start)         -> loop',
        '  loop            while  ~> loop/add, -> each',
        '  loop/add        lua  -> loop/step2',
        '  loop/step2      steps  ~> loop/step2/fan, <~ loop',
        '  loop/step2/fan  -  => loop/step2/p, => loop/step2/q',
        '  loop/step2/p    -  >> loop/step2/j',
        '  loop/step2/q    -  >> loop/step2/j',
        '  loop/step2/j    -  <~ loop/step2 if state.x, -> loop/step2/fan',
        '  each            each  ~> each/item, -> (end)',
        '  each/item       log  <~ each',
        '',
      ].join('\n'),
    );
  });

  it('says in JSON in whose body a node stands and which flow it calls', async () => {
    const loaded = flowOf('nodes:\n  - {name: a, steps: [{call: b.yaml}]}\n', {
      imports: new Map([['b.yaml', BODIES]]),
    });
    const graph = JSON.parse((await moonpool(['inspect', 'a', '--format', 'json'], { flows: [loaded] })).stdout);

    assert.deepEqual(graph.nodes[1], {
      name: 'a/step1',
      kind: 'call',
      owner: 'a',
      flow: 'b.yaml',
      line: 2,
      reachable: true,
    });
    assert.deepEqual(graph.edges[1], { from: 'a', to: 'a/step1', kind: 'body' });
    assert.match((await moonpool(['inspect', 'a'], { flows: [loaded] })).stdout, /a\/step1 {2}call b\.yaml/);
  });

  it('draws Mermaid with a frame around each body', async () => {
    const { stdout } = await moonpool(['inspect', 'a', '--format', 'mermaid'], { flows: [BODIES] });
    const frames = stdout.split('\n').filter((line) => /^ *(?:subgraph|end$)/.test(line));

    assert.deepEqual(frames, [
      '  subgraph body_n0 ["body of loop"]',
      '    subgraph body_n2 ["body of loop/step2"]',
      '    end',
      '  end',
      '  subgraph body_n7 ["body of each"]',
      '  end',
    ]);
  });

  it('refuses a flow with errors', () =>
    refuses(['inspect', 'a'], /^greet\.yaml:2:1: error SPEC_UNKNOWN_KEY/, { diagnostics: [DIAGNOSTIC], flows: [] }));
});
