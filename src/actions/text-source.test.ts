import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { BlobStore } from '../engine/index.ts';
import { readBlob, readTextSource } from './text-source.ts';

const HANDLE = { blob: 'a'.repeat(64), bytes: 1, type: 'text/csv' };
const LIMITS = { maxBytes: 4 };

describe('readTextSource', () => {
  it('takes text, also empty, or a handle under either key', () => {
    assert.deepEqual(readTextSource('a', { text: '' }, LIMITS), { kind: 'text', text: '' });
    const handle = { kind: 'blob', handle: { blob: HANDLE.blob, type: 'text/csv' } };
    assert.deepEqual(readTextSource('a', { text: HANDLE, blob: null }, LIMITS), handle);
    assert.deepEqual(readTextSource('a', { blob: HANDLE, text: null }, LIMITS), handle);
    assert.deepEqual(readTextSource('a', { body: HANDLE }, { ...LIMITS, key: 'body' }), handle);
  });

  it('counts bytes, not characters', () => {
    readTextSource('a', { text: 'üü' }, LIMITS);
    assert.throws(() => readTextSource('a', { text: 'üüx' }, LIMITS), { code: 'FLOW_ACTION' });
  });

  for (const input of [
    {},
    { text: 'x', blob: HANDLE },
    { text: HANDLE, blob: HANDLE },
    { text: 1 },
    { text: { a: 1 } },
  ]) {
    it(`refuses ${JSON.stringify(input).slice(0, 40)}`, () => {
      assert.throws(() => readTextSource('a', input, LIMITS), { code: 'FLOW_ACTION' });
    });
  }
});

describe('readBlob', () => {
  it('takes exactly so many bytes and not one more, whatever the handle says', async () => {
    const read = (bytes: number): Promise<Uint8Array> => {
      const blobs = { read: async () => new Uint8Array(bytes) } as unknown as BlobStore;
      return readBlob('a', HANDLE, { call: {} as never, blobs, ...LIMITS });
    };

    assert.equal((await read(4)).byteLength, 4);
    await assert.rejects(read(5), { code: 'FLOW_ACTION', message: /has 5 bytes; at most 4B/ });
  });
});
