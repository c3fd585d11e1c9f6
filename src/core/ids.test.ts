import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FakeClock } from '../../test/support/index.ts';
import { createRunId } from './ids.ts';

describe('createRunId', () => {
  it('is nine digits of the instant, a dash and ten digits of chance', () => {
    assert.match(createRunId(new FakeClock(1_767_600_000_000)), /^0mk0vegw0-[0-9a-f]{10}$/);
  });

  it('sorts by the instant it was made', async () => {
    const clock = new FakeClock();
    const ids: string[] = [];
    for (let round = 0; round < 50; round += 1) {
      ids.push(createRunId(clock));
      await clock.advance(7_919);
    }

    assert.deepEqual(ids.toSorted(), ids);
  });

  it('differs within one millisecond', () => {
    const clock = new FakeClock();

    assert.equal(new Set(Array.from({ length: 1_000 }, () => createRunId(clock))).size, 1_000);
  });
});
