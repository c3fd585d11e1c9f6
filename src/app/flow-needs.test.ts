import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { aFlow, aNode } from '../../test/support/segments.ts';
import { hostsOf, keepsSomething } from './flow-needs.ts';

const called = aFlow({
  hash: 'called',
  nodes: [
    aNode({ name: 'get', work: { kind: 'action', uses: 'http.get', with: { url: 'http://printer.local/jobs' } } }),
    aNode({ name: 'keep', work: { kind: 'action', uses: 'kv.set', with: { key: 'k' } } }),
  ],
});

describe('what flows need', () => {
  it('is read off bodies, items and called flows too', () => {
    const flow = aFlow({
      imports: { sub: called },
      variables: { base: 'http://feed.local' },
      nodes: [
        aNode({ name: 'call', work: { kind: 'call', flow: 'sub', input: { from: 'http://one.local/a' } } }),
        aNode({
          name: 'each',
          work: {
            kind: 'each',
            items: ['http://two.local/b'],
            ...{ itemVar: 'item', indexVar: 'index', failFast: false, output: 'out', resultKey: 'state' },
            body: { kind: 'call', flow: 'sub', input: { and: 'http://three.local/c' } },
          },
        }),
      ],
    });

    assert.deepEqual(
      [...hostsOf([flow])].toSorted((a, b) => a.localeCompare(b)),
      ['feed.local', 'one.local', 'printer.local', 'three.local', 'two.local'],
    );
    assert.equal(keepsSomething([flow], []), true);
  });

  it('is nothing of a flow that only computes', () => {
    assert.equal(keepsSomething([aFlow()], []), false);
    assert.equal(hostsOf([aFlow()]).size, 0);
  });
});
