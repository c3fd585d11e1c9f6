/** `moonpool inspect` in-process. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DIAGNOSTIC, moonpool, refuses } from '../../../test/support/command-line.ts';

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

  it('refuses a flow with errors', () =>
    refuses(['inspect', 'a'], /^greet\.yaml:2:1: error SPEC_UNKNOWN_KEY/, { diagnostics: [DIAGNOSTIC], flows: [] }));
});
