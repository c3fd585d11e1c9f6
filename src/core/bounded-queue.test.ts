import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { BoundedQueue } from './bounded-queue.ts';

describe('BoundedQueue', () => {
  it('gives items back in the order they came', () => {
    const queue = new BoundedQueue<string>({ maxCount: 3 });
    for (const item of ['a', 'b', 'c']) queue.push(item);

    assert.deepEqual([queue.shift(), queue.shift(), queue.shift(), queue.shift()], ['a', 'b', 'c', undefined]);
  });

  it('refuses one more than its ceiling and takes it once there is room', () => {
    const queue = new BoundedQueue<number>({ maxCount: 2 });

    assert.deepEqual([queue.push(1), queue.push(2), queue.push(3)], [true, true, false]);
    queue.shift();
    assert.equal(queue.push(3), true);
    assert.equal(queue.size, 2);
  });

  it('takes nothing when its ceiling is 0', () => {
    assert.equal(new BoundedQueue<number>({ maxCount: 0 }).push(1), false);
  });

  for (const maxCount of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    it(`cannot be made with a ceiling of ${maxCount}`, () => {
      assert.throws(() => new BoundedQueue({ maxCount }), { code: 'BUG_INVARIANT' });
    });
  }

  it('removes an item from the middle once', () => {
    const queue = new BoundedQueue<string>({ maxCount: 3 });
    for (const item of ['a', 'b', 'c']) queue.push(item);

    assert.deepEqual([queue.remove('b'), queue.remove('b')], [true, false]);
    assert.deepEqual([queue.shift(), queue.shift(), queue.size], ['a', 'c', 0]);
  });

  it('does not find an item that was already taken', () => {
    const queue = new BoundedQueue<string>({ maxCount: 2 });
    queue.push('a');
    queue.shift();

    assert.equal(queue.remove('a'), false);
  });

  it('behaves as a plain list does, over thousands of steps', () => {
    const step = fc.oneof(
      { weight: 5, arbitrary: fc.record({ do: fc.constant('push' as const), item: fc.nat(20) }) },
      { weight: 4, arbitrary: fc.record({ do: fc.constant('shift' as const), item: fc.constant(0) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('remove' as const), item: fc.nat(20) }) },
    );
    fc.assert(
      fc.property(fc.array(step, { minLength: 1, maxLength: 4_000, size: 'max' }), (steps) => {
        const queue = new BoundedQueue<number>({ maxCount: 50 });
        let list: number[] = [];
        for (const { do: what, item } of steps) {
          if (what === 'push') {
            assert.equal(queue.push(item), list.length < 50);
            if (list.length < 50) list.push(item);
          } else if (what === 'shift') {
            assert.equal(queue.shift(), list.shift());
          } else {
            const at = list.indexOf(item);
            assert.equal(queue.remove(item), at !== -1);
            list = list.filter((_, index) => index !== at);
          }
          assert.equal(queue.size, list.length);
        }
      }),
      { numRuns: 30 },
    );
  });
});
