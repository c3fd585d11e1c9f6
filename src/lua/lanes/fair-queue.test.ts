/** Who is served next when segments wait for a lane. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { FairQueue, type Standing } from './fair-queue.ts';

interface Item extends Standing {
  readonly name: string;
}

function anItem(name: string, runId: string, priority: Standing['priority'] = 'normal'): Item {
  return { name, runId, priority };
}

function drain(queue: FairQueue<Item>): string[] {
  const names: string[] = [];
  for (let item = queue.shift(); item !== undefined; item = queue.shift()) names.push(item.name);
  return names;
}

function queueOf(...items: readonly Item[]): FairQueue<Item> {
  const queue = new FairQueue<Item>({ maxCount: 100 });
  for (const item of items) assert.ok(queue.push(item));
  return queue;
}

describe('FairQueue', () => {
  it('serves runs in turn and each in its own order', () => {
    const queue = queueOf(
      anItem('a1', 'a'),
      anItem('a2', 'a'),
      anItem('a3', 'a'),
      anItem('b1', 'b'),
      anItem('c1', 'c'),
    );

    assert.deepEqual(drain(queue), ['a1', 'b1', 'c1', 'a2', 'a3']);
  });

  it('serves critical before normal before optional, whoever came first', () => {
    const queue = queueOf(anItem('o', 'a', 'optional'), anItem('n', 'b'), anItem('c', 'c', 'critical'));
    assert.equal(queue.firstCritical?.name, 'c');

    assert.deepEqual(drain(queue), ['c', 'n', 'o']);
    assert.equal(queue.firstCritical, undefined);
  });

  it('takes as many items as it may and not one more', () => {
    const queue = new FairQueue<Item>({ maxCount: 2 });

    assert.deepEqual(
      [queue.push(anItem('1', 'a')), queue.push(anItem('2', 'b')), queue.push(anItem('3', 'a'))],
      [true, true, false],
    );
    assert.equal(queue.size, 2);
  });

  it('takes back what it let in before, also when it is full', () => {
    const queue = new FairQueue<Item>({ maxCount: 1 });
    queue.push(anItem('1', 'a'));

    queue.putBack(anItem('back', 'b'));

    assert.deepEqual(drain(queue), ['1', 'back']);
  });

  it('forgets an item that is removed, and its run when that was the last', () => {
    const first = anItem('a1', 'a');
    const queue = queueOf(first, anItem('b1', 'b'));

    assert.equal(queue.remove(first), true);
    assert.equal(queue.remove(first), false);
    assert.equal(queue.size, 1);
    assert.deepEqual(drain(queue), ['b1']);
  });

  it('puts taken items back in front of those of their runs, in their order', () => {
    const queue = queueOf(anItem('a1', 'a'), anItem('a2', 'a'), anItem('b1', 'b'), anItem('a3', 'a'));
    const taken = [queue.shift(), queue.shift(), queue.shift()].flatMap((item) => item ?? []);
    assert.deepEqual(
      taken.map(({ name }) => name),
      ['a1', 'b1', 'a2'],
    );

    queue.putFirst(taken);

    assert.equal(queue.size, 4);
    assert.equal(queue.first?.name, 'a1');
    assert.deepEqual(drain(queue), ['a1', 'b1', 'a2', 'a3']);
  });
});
