import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { aLuaFlow, closeLanes, openLanes, runSegment } from '../support/lanes.ts';

describe('facts of a segment', () => {
  afterEach(closeLanes);

  it('tell of a node that has just begun and does not return, right after a quick one', async () => {
    const lanes = openLanes();
    const flow = aLuaFlow('return { quick = true }', 'while true do end');
    const abort = new AbortController();
    await runSegment(lanes, aLuaFlow('return {}'));

    const running = runSegment(
      lanes,
      flow,
      { wantFacts: true, luaTimeoutMs: 2_000 },
      {
        signal: abort.signal,
        onFacts: (facts) => {
          if (facts.some((fact) => fact.kind === 'node.started' && fact.node === 'n1')) abort.abort();
        },
      },
    );

    await assert.rejects(running, { name: 'AbortError' });
  });
});
