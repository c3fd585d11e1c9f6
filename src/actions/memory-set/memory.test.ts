import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { callAction } from '../../../test/support/action-call.ts';
import type { JsonObject, JsonValue } from '../../core/index.ts';
import { createMemoryDeleteAction } from '../memory-delete/index.ts';
import { createMemoryGetAction } from '../memory-get/index.ts';
import { type MemoryLimits, MemoryValues } from '../memory-values.ts';
import { createMemorySetAction } from './index.ts';

function aMemory(limits: MemoryLimits = {}) {
  const memory = new MemoryValues(limits);
  const actions = {
    get: createMemoryGetAction({ memory }),
    set: createMemorySetAction({ memory }),
    delete: createMemoryDeleteAction({ memory }),
  };
  const call = async (verb: keyof typeof actions, input: JsonObject): Promise<JsonValue> =>
    (await callAction(actions[verb], input)).value;
  return { memory, call };
}

describe('memory.get, set and delete', () => {
  it('remember a value by namespace and key', async () => {
    const { call } = aMemory();
    assert.deepEqual(await call('set', { key: 'a', value: { n: [1, null] } }), { kept: true });
    await call('set', { namespace: 'other', key: 'a', value: null });

    assert.deepEqual(await call('get', { key: 'a' }), { value: { n: [1, null] }, found: true });
    assert.deepEqual(await call('get', { namespace: 'other', key: 'a', default: 1 }), { value: null, found: true });
    assert.deepEqual(await call('get', { key: 'b' }), { value: null, found: false });
    assert.deepEqual(await call('get', { key: 'b', default: 7 }), { value: 7, found: false });
    assert.deepEqual(await call('delete', { key: 'a' }), { deleted: true });
    assert.deepEqual(await call('delete', { key: 'a' }), { deleted: false });
  });

  it('keep copies, so that nobody changes what another reads', async () => {
    const { call } = aMemory();
    const value = { list: [1] };
    await call('set', { key: 'a', value });
    value.list.push(2);
    const read = (await call('get', { key: 'a' })) as { value: { list: number[] } };
    read.value.list.push(3);

    assert.deepEqual(await call('get', { key: 'a' }), { value: { list: [1] }, found: true });
  });

  it('do not mix up a blank in a key with the end of a namespace', async () => {
    const { call } = aMemory();
    await call('set', { namespace: 'a', key: 'b c', value: 1 });

    assert.deepEqual(await call('get', { namespace: 'a', key: 'b' }), { value: null, found: false });
    await assert.rejects(call('get', { namespace: 'a b', key: 'c' }), { code: 'FLOW_ACTION' });
  });

  it('hold exactly so many values and refuse one more, but replace any', async () => {
    const { call, memory } = aMemory({ maxEntries: 2 });
    await call('set', { key: 'a', value: 1 });
    await call('set', { key: 'b', value: 1 });
    await assert.rejects(call('set', { key: 'c', value: 1 }), { code: 'STORE_FULL' });

    await call('set', { key: 'a', value: 2 });
    await call('delete', { key: 'b' });
    await call('set', { key: 'c', value: 1 });
    assert.equal(memory.counts.entries, 2);
  });

  it('hold exactly so many bytes and not one more; what was there stays', async () => {
    // "default a" has 9 bytes, the text of "xx…" two quotes.
    const { call } = aMemory({ maxBytes: 100 });
    await call('set', { key: 'a', value: 'x'.repeat(89) });
    await assert.rejects(call('set', { key: 'a', value: 'x'.repeat(90) }), { code: 'STORE_FULL' });

    assert.deepEqual(await call('get', { key: 'a' }), { value: 'x'.repeat(89), found: true });
  });

  it('give back all bytes after 1,000 rounds', async () => {
    const { call, memory } = aMemory();
    for (let round = 0; round < 1_000; round += 1) {
      await call('set', { key: `k${round % 7}`, value: 'ü'.repeat(round % 50) });
      if (round % 3 === 0) await call('delete', { key: `k${round % 7}` });
    }
    for (let key = 0; key < 7; key += 1) await call('delete', { key: `k${key}` });

    assert.deepEqual(memory.counts, { entries: 0, bytes: 0 });
  });

  for (const input of [{ key: '' }, { key: 'x'.repeat(257) }, { namespace: 'x'.repeat(65), key: 'a' }, {}]) {
    it(`do not fit ${JSON.stringify(input).slice(0, 40)} into their schema`, async () => {
      await assert.rejects(aMemory().call('get', input), /schema/);
    });
  }
});
