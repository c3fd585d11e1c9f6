import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { callAction } from '../../../test/support/action-call.ts';
import type { JsonObject } from '../../core/index.ts';
import type { BlobStore } from '../../engine/index.ts';
import { createHttpRespondAction } from './index.ts';

const STORED = new Map([
  ['a'.repeat(64), 16 * 1024 * 1024],
  ['b'.repeat(64), 16 * 1024 * 1024 + 1],
]);
const blobs = {
  async read(blob: string) {
    const bytes = STORED.get(blob);
    if (bytes === undefined) throw new Error('unknown blob');
    return { byteLength: bytes };
  },
} as unknown as BlobStore;
const action = createHttpRespondAction({ blobs });
const respond = async (input: JsonObject) => (await callAction(action, input)).response;

describe('http.respond', () => {
  it('answers each kind of body with its content type', async () => {
    const html = await respond({ html: '<p>' });
    assert.deepEqual(html, { status: 200, headers: { 'content-type': 'text/html; charset=utf-8' }, body: '<p>' });
    assert.equal((await respond({ text: '' }))?.headers['content-type'], 'text/plain; charset=utf-8');
    assert.equal((await respond({ json: null }))?.body, 'null');
    assert.equal((await respond({ json: 'text' }))?.body, '"text"');
    assert.equal((await respond({ body: 'text' }))?.headers['content-type'], 'text/plain; charset=utf-8');
    assert.equal((await respond({ body: { a: 1 } }))?.body, '{"a":1}');
  });

  it('takes status, headers and type', async () => {
    const response = await respond({
      status: 201,
      headers: { Location: '/x', 'X-N': 1, 'x-no': null, 'Set-Cookie': 'a=b' },
      text: 'BEGIN',
      type: 'text/calendar',
    });
    assert.deepEqual(response, {
      status: 201,
      headers: { location: '/x', 'x-n': '1', 'set-cookie': 'a=b', 'content-type': 'text/calendar' },
      body: 'BEGIN',
    });
  });

  it('answers a blob as what it is, or as what it is called', async () => {
    const handle = { blob: 'a'.repeat(64), bytes: 3, type: 'image/png' };
    assert.deepEqual(await respond({ body: handle }), {
      status: 200,
      headers: { 'content-type': 'image/png' },
      body: '',
      blob: 'a'.repeat(64),
    });
    assert.equal((await respond({ html: handle }))?.headers['content-type'], 'text/html; charset=utf-8');
    assert.equal((await respond({ body: handle, type: 'image/gif' }))?.headers['content-type'], 'image/gif');
    const untyped = await respond({ body: { blob: 'a'.repeat(64) } });
    assert.equal(untyped?.headers['content-type'], 'application/octet-stream');
    assert.equal((await respond({ json: handle }))?.blob, undefined);
  });

  it('refuses a blob that is not there or has more than 16 MiB, whatever its handle says', async () => {
    await assert.rejects(respond({ body: { blob: 'c'.repeat(64) } }), /unknown blob/);
    await assert.rejects(respond({ body: { blob: 'b'.repeat(64), bytes: 1 } }), { code: 'FLOW_ACTION' });
  });

  it('answers without a body', async () => {
    assert.deepEqual(await respond({ status: 204 }), { status: 204, headers: {}, body: '' });
  });

  it('takes the lowest and the highest status and nothing beyond', async () => {
    assert.equal((await respond({ status: 200 }))?.status, 200);
    assert.equal((await respond({ status: 599 }))?.status, 599);
    for (const status of [199, 600, 200.5]) await assert.rejects(respond({ status }), /schema/);
  });

  for (const input of [
    { text: 'a', html: 'b' },
    { json: 1, body: 2 },
    { status: 204, text: 'a' },
    { status: 304, json: null },
    { headers: { 'Content-Length': '1' } },
    { headers: { Connection: 'close' } },
    { headers: { 'Transfer-Encoding': 'chunked' } },
    { headers: { 'a b': 'x' } },
    { headers: { 'a\r\nb': 'x' } },
    { headers: { a: 'x\r\nset-cookie: y' } },
    { headers: { a: 'x\u0000' } },
    { headers: { a: '€' } },
    { headers: { a: 'x'.repeat(8_193) } },
    { headers: Object.fromEntries(Array.from({ length: 51 }, (_, i) => [`x-${i}`, 'y'])) },
    { text: 'x', type: 'text/html\r\nx: y' },
    { text: 'x'.repeat(4 * 1024 * 1024 + 1) },
  ] as JsonObject[]) {
    it(`refuses ${JSON.stringify(input).slice(0, 60)}`, async () => {
      await assert.rejects(respond(input), { code: 'FLOW_ACTION' });
    });
  }

  it('takes exactly 50 headers, 8,192 characters and 4 MiB', async () => {
    await respond({ headers: Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`x-${i}`, 'y'])) });
    await respond({ headers: { a: 'x'.repeat(8_192) } });
    await respond({ text: 'x'.repeat(4 * 1024 * 1024) });
  });
});
