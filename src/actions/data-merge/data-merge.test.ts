import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { callAction } from '../../../test/support/action-call.ts';
import type { JsonObject } from '../../core/index.ts';
import { createDataMergeAction } from './index.ts';

const action = createDataMergeAction();
const merge = async (sources: (JsonObject | null)[], more: JsonObject = {}) =>
  ((await callAction(action, { sources, ...more })).value as JsonObject)['merged'];

describe('data.merge', () => {
  it('lets later keys win, replacing what is inside', async () => {
    assert.deepEqual(await merge([{ a: { x: 1 }, b: 1 }, null, { a: { y: 2 } }]), { a: { y: 2 }, b: 1 });
    assert.deepEqual(await merge([]), {});
  });

  it('merges at every level when asked to go deep, replacing lists', async () => {
    const first = { a: { b: { c: 1, list: [1, 2] }, k: 1 } };
    const second = { a: { b: { d: 2, list: [3] } } };
    const third = { a: { k: null } };

    assert.deepEqual(await merge([first, second, third], { deep: true }), {
      a: { b: { c: 1, d: 2, list: [3] }, k: null },
    });
    assert.deepEqual(first, { a: { b: { c: 1, list: [1, 2] }, k: 1 } });
  });

  it('keeps names of prototypes as data', async () => {
    const bad = JSON.parse('{"__proto__": {"polluted": true}, "constructor": {"prototype": {"x": 1}}}') as JsonObject;
    const merged = await merge([{ constructor: { name: 'n' } }, bad, bad], { deep: true });

    assert.deepEqual(Object.keys(merged as JsonObject).toSorted(), ['__proto__', 'constructor']);
    assert.equal(({} as { polluted?: boolean }).polluted, undefined);
    assert.deepEqual((merged as JsonObject)['constructor'], { name: 'n', prototype: { x: 1 } });
  });

  it('takes 1,000 objects and nothing else', async () => {
    await merge(Array.from({ length: 1_000 }, () => ({})));
    await assert.rejects(merge(Array.from({ length: 1_001 }, () => ({}))), /schema/);
    await assert.rejects(merge([[1] as unknown as JsonObject]), /schema/);
  });
});
