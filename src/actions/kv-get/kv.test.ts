import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { callAction } from '../../../test/support/action-call.ts';
import { createDataStores, type DataStores } from '../../../test/support/data-stores.ts';
import type { JsonObject } from '../../core/index.ts';
import { createKvDeleteAction } from '../kv-delete/index.ts';
import { createKvSetAction } from '../kv-set/index.ts';
import { createKvGetAction } from './index.ts';

let stores: DataStores;
beforeEach(async () => {
  stores = await createDataStores();
});
afterEach(() => stores.remove());

async function open() {
  const kv = await stores.openKv();
  const value = async (result: ReturnType<typeof callAction>): Promise<JsonObject> =>
    (await result).value as JsonObject;
  return {
    get: (input: JsonObject) => value(callAction(createKvGetAction({ kv }), input)),
    set: (input: JsonObject) => value(callAction(createKvSetAction({ kv }), input)),
    delete: (input: JsonObject) => value(callAction(createKvDeleteAction({ kv }), input)),
  };
}

describe('kv.get, kv.set and kv.delete', () => {
  it('keep a value for the next process and forget it', async () => {
    const first = await open();
    assert.deepEqual(await first.set({ key: 'k', value: { a: [1] } }), { kept: true });
    const second = await open();
    assert.deepEqual(await second.get({ key: 'k' }), { value: { a: [1] }, found: true });
    assert.deepEqual(await second.delete({ key: 'k' }), { deleted: true });
    assert.deepEqual(await second.delete({ key: 'k' }), { deleted: false });
    assert.deepEqual(await second.get({ key: 'k', default: 7 }), { value: 7, found: false });
    assert.deepEqual(await second.get({ key: 'k' }), { value: null, found: false });
  });

  it('tell a null that was kept from nothing', async () => {
    const kv = await open();
    await kv.set({ key: 'k', value: null });
    assert.deepEqual(await kv.get({ key: 'k', default: 7 }), { value: null, found: true });
  });

  it('keep namespaces apart; none means default', async () => {
    const kv = await open();
    await kv.set({ key: 'k', value: 1 });
    await kv.set({ namespace: 'other', key: 'k', value: 2 });
    assert.equal((await kv.get({ namespace: null, key: 'k' }))['value'], 1);
    assert.equal((await kv.get({ namespace: 'default', key: 'k' }))['value'], 1);
    assert.equal((await kv.get({ namespace: 'other', key: 'k' }))['value'], 2);
  });

  it('refuse a namespace or a key that is none', async () => {
    const kv = await open();
    await assert.rejects(kv.set({ namespace: '../x', key: 'k', value: 1 }), { code: 'FLOW_ACTION' });
    await assert.rejects(kv.get({ key: '' }), /schema/);
    await assert.rejects(kv.set({ key: 'x'.repeat(257), value: 1 }), /schema/);
    await assert.rejects(kv.set({ key: 'k' }), /schema/);
    await assert.rejects(kv.set({ key: 'k', value: 'x'.repeat(300_000) }), { code: 'STORE_FULL' });
  });
});
