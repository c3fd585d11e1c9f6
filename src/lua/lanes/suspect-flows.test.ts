/** For how long a flow that was ended is watched. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { SuspectFlows } from './suspect-flows.ts';

describe('SuspectFlows', () => {
  it('forgets a flow after 100 clean segments, not after 99', () => {
    const suspects = new SuspectFlows();
    suspects.add('flow');

    for (let count = 0; count < 99; count += 1) suspects.clear('flow');
    assert.ok(suspects.has('flow'));
    suspects.clear('flow');

    assert.ok(!suspects.has('flow'));
  });

  it('begins to count anew when the flow was ended again', () => {
    const suspects = new SuspectFlows();
    suspects.add('flow');
    for (let count = 0; count < 99; count += 1) suspects.clear('flow');

    suspects.add('flow');
    suspects.clear('flow');

    assert.ok(suspects.has('flow'));
  });

  it('keeps 256 flows in mind and lets the oldest go', () => {
    const suspects = new SuspectFlows();

    for (let index = 0; index <= 256; index += 1) suspects.add(`flow ${index}`);

    assert.ok(!suspects.has('flow 0'));
    assert.ok(suspects.has('flow 1'));
    assert.ok(suspects.has('flow 256'));
  });

  it('keeps no flow that was never ended', () => {
    const suspects = new SuspectFlows();

    suspects.clear('flow');

    assert.ok(!suspects.has('flow'));
  });
});
