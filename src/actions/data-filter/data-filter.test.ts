import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { callAction } from '../../../test/support/action-call.ts';
import { type JsonObject, systemClock } from '../../core/index.ts';
import type { ActionCall } from '../../engine/index.ts';
import { createDataFilterAction } from './index.ts';

const action = createDataFilterAction({ clock: systemClock });
const filter = async (
  list: JsonObject[string],
  condition: string,
  more: JsonObject = {},
  call: Partial<ActionCall> = {},
) => (await callAction(action, { list, condition, ...more }, call)).value as JsonObject;

describe('data.filter', () => {
  it('keeps the items for which the condition holds, in their order', async () => {
    const people = [{ name: 'Ann', age: 30 }, { name: 'Bob', age: 17 }, { name: 'Cy' }];
    assert.deepEqual(await filter(people, 'item.age >= 18'), { filtered: [people[0]], count: 1 });
    assert.deepEqual(await filter(people, 'not item.age'), { filtered: [people[2]], count: 1 });
    assert.deepEqual((await filter(people, 'item.name in names', { data: { names: ['Bob'] } }))['count'], 1);
  });

  it('counts items from 0 and lets no data stand for item or index', async () => {
    assert.deepEqual((await filter(['a', 'b', 'c'], 'index is odd'))['filtered'], ['b']);
    assert.deepEqual((await filter([1, 2], 'item == 2', { data: { item: 1, index: 9 } }))['filtered'], [2]);
  });

  it('takes nothing for an empty list and stops at max_count', async () => {
    assert.deepEqual(await filter(null, 'true'), { filtered: [], count: 0 });
    assert.deepEqual(await filter([1, 2, 3, 4], 'item is even or item > 2', { max_count: 2 }), {
      filtered: [2, 3],
      count: 2,
    });
  });

  it('takes 100,000 items and not one more, and lets others work meanwhile', async () => {
    const list = Array.from({ length: 100_000 }, (_, n) => n);
    let turns = 0;
    // oxlint-disable-next-line no-restricted-globals -- counts turns of the event loop, waits for nothing
    const timer = setInterval(() => {
      turns += 1;
    }, 1);
    assert.equal((await filter(list, 'item % 2 == 0'))['count'], 50_000);
    clearInterval(timer);
    assert.ok(turns > 1);
    await assert.rejects(filter([...list, 1], 'true'), /schema/);
  });

  it('refuses what cannot be parsed or judged, naming the item', async () => {
    await assert.rejects(filter([1], 'item >'), { code: 'SPEC_TEMPLATE' });
    await assert.rejects(filter([1, 'x'], 'item + 1 > 0'), { code: 'FLOW_ACTION', message: /item 1 cannot be judged/ });
    await assert.rejects(filter([1], 'range(100000) | length > 0'), { code: 'FLOW_ACTION' });
  });

  it('ends with its run', async () => {
    const signal = AbortSignal.abort(new Error('cancelled'));
    await assert.rejects(filter([1], 'true', {}, { signal }), /cancelled/);
  });
});
