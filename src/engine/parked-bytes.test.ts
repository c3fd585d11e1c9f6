import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RecordedMetrics } from '../../test/support/recorded-metrics.ts';
import { ParkedBytes } from './parked-bytes.ts';

describe('ParkedBytes', () => {
  it('takes what fits exactly and nothing beyond, and counts both', () => {
    const metrics = new RecordedMetrics();
    const parked = new ParkedBytes(100, metrics);

    assert.deepEqual(
      [parked.reserve(60), parked.reserve(41), parked.reserve(40), parked.reserve(1)],
      [true, false, true, false],
    );

    assert.deepEqual([parked.bytes, parked.count], [100, 2]);
    assert.deepEqual(metrics.gauges(), { moonpool_lua_parked_bytes: 100, moonpool_lua_parked: 2 });
  });

  it('is back at its start after 1,000 rounds', () => {
    const parked = new ParkedBytes(50, new RecordedMetrics());
    for (let round = 0; round < 1_000; round += 1) {
      assert.equal(parked.reserve(50), true);
      parked.release(50);
    }
    assert.deepEqual([parked.bytes, parked.count], [0, 0]);
  });

  it('with no room takes none but empty ones', () => {
    const parked = new ParkedBytes(0, new RecordedMetrics());
    assert.deepEqual([parked.reserve(1), parked.reserve(0)], [false, true]);
  });
});
