import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { callAction } from '../../../test/support/action-call.ts';
import type { JsonObject } from '../../core/index.ts';
import type { BlobStore } from '../../engine/index.ts';
import { createJsonStringifyAction } from '../json-stringify/index.ts';
import { createJsonParseAction } from './index.ts';

const stored = new Map([['a'.repeat(64), Buffer.from('\uFEFF{"from": "blob"}')]]);
const blobs = { read: async (blob: string) => stored.get(blob) ?? Buffer.alloc(2_000_000) } as unknown as BlobStore;
const parseAction = createJsonParseAction({ blobs });
const stringifyAction = createJsonStringifyAction();
const parse = async (input: JsonObject) => ((await callAction(parseAction, input)).value as JsonObject)['value'];
const stringify = async (input: JsonObject) => ((await callAction(stringifyAction, input)).value as JsonObject)['text'];

describe('json.parse', () => {
  it('reads text and blobs', async () => {
    assert.deepEqual(await parse({ text: ' {"a": [1, null]} ' }), { a: [1, null] });
    assert.deepEqual(await parse({ blob: { blob: 'a'.repeat(64) }, text: null }), { from: 'blob' });
    assert.equal(await parse({ text: 'null' }), null);
    assert.deepEqual(Object.keys((await parse({ text: '{"__proto__": 1}' })) as object), ['__proto__']);
  });

  for (const text of [
    '',
    '{"secret": hunter2}',
    '[1,]',
    'NaN',
    '1e999',
    '[-1e999]',
    '['.repeat(101) + ']'.repeat(101),
  ]) {
    it(`refuses ${text.slice(0, 20) || 'the empty text'}`, async () => {
      await assert.rejects(parse({ text }), (error: { code: string; message: string }) => {
        assert.equal(error.code, 'FLOW_ACTION');
        assert.doesNotMatch(error.message, /hunter2/);
        return true;
      });
    });
  }

  it('takes 100 levels and 1 MiB, and a million brackets without harm', async () => {
    await parse({ text: '['.repeat(100) + ']'.repeat(100) });
    await parse({ text: `"${'x'.repeat(1024 * 1024 - 2)}"` });
    await assert.rejects(parse({ text: `"${'x'.repeat(1024 * 1024 - 1)}"` }), { code: 'FLOW_ACTION' });
    await assert.rejects(parse({ text: '['.repeat(500_000) + ']'.repeat(500_000) }), { code: 'FLOW_ACTION' });
    await assert.rejects(parse({ blob: { blob: 'b'.repeat(64) } }), { code: 'FLOW_ACTION' });
  });

  it('refuses both and neither', async () => {
    await assert.rejects(parse({}), { code: 'FLOW_ACTION' });
    await assert.rejects(parse({ text: '1', blob: { blob: 'a'.repeat(64) } }), { code: 'FLOW_ACTION' });
  });
});

describe('json.stringify', () => {
  it('writes any value', async () => {
    assert.equal(await stringify({ value: { a: [1, null, 'ü'] } }), '{"a":[1,null,"ü"]}');
    assert.equal(await stringify({ value: [1], indent: 2 }), '[\n  1\n]');
    assert.equal(await stringify({ value: null }), 'null');
  });

  it('takes 10 blanks and 1 MiB and nothing beyond', async () => {
    await stringify({ value: [1], indent: 10 });
    await assert.rejects(stringify({ value: 1, indent: 11 }), /schema/);
    await stringify({ value: 'x'.repeat(1024 * 1024 - 2) });
    await assert.rejects(stringify({ value: 'x'.repeat(1024 * 1024 - 1) }), { code: 'FLOW_ACTION' });
  });
});
