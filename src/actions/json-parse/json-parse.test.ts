import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { callAction } from '../../../test/support/action-call.ts';
import { type JsonObject, silentLog, systemClock } from '../../core/index.ts';
import type { BlobStore } from '../../engine/index.ts';
import { createWorkThread } from '../../work/index.ts';
import { createJsonStringifyAction } from '../json-stringify/index.ts';
import { createJsonParseAction } from './index.ts';

const LARGE = `{"items": [{"a/b": 1}, "${'x'.repeat(1024 * 1024)}"]}`;
const stored = new Map([
  ['a'.repeat(64), Buffer.from('\uFEFF{"from": "blob"}')],
  ['b'.repeat(64), Buffer.from(LARGE)],
]);
const blobs = {
  read: async (blob: string) => stored.get(blob) ?? Buffer.alloc(51_000_000 * 2),
} as unknown as BlobStore;
const work = createWorkThread({ clock: systemClock, log: silentLog });
after(() => work.close());
const parseAction = createJsonParseAction({ blobs, work, clock: systemClock, stateBytes: 1024 * 1024 });
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
    await assert.rejects(parse({ text: `"${'x'.repeat(1024 * 1024 - 1)}"` }), {
      code: 'FLOW_ACTION',
      message: /more than 1MiB as JSON, the most that is given; take a part of it with at/,
    });
    await assert.rejects(parse({ text: '['.repeat(500_000) + ']'.repeat(500_000) }), { code: 'FLOW_ACTION' });
    await assert.rejects(parse({ blob: { blob: 'c'.repeat(64) } }), { code: 'FLOW_ACTION', message: /at most 50MiB/ });
  });

  it('takes a part of what is small and, in the work thread, of what is large', async () => {
    assert.equal(await parse({ text: '{"a": {"b~": [null, 7]}}', at: '/a/b~0/1' }), 7);
    assert.equal(work.inspect().startedCount, 1);
    for (const source of [{ text: LARGE }, { blob: { blob: 'b'.repeat(64) } }, { text: { blob: 'b'.repeat(64) } }]) {
      assert.equal(await parse({ ...source, at: '/items/0/a~1b' }), 1);
    }
    for (const at of ['/items/2', '/items/00', '/items/length', '/constructor', '/items/0/a/b']) {
      await assert.rejects(parse({ text: LARGE, at }), { code: 'FLOW_ACTION', message: /has nothing at/ });
    }
    await assert.rejects(parse({ text: '{}', at: 'a' }), { code: 'FLOW_ACTION', message: /JSON Pointer/ });
  });

  it('names no text of a large document that is no JSON', async () => {
    const text = `{"secret": hunter2, "x": "${'x'.repeat(1024 * 1024)}"}`;
    await assert.rejects(parse({ text }), (error: { code: string; message: string }) => {
      assert.equal(error.code, 'FLOW_ACTION');
      assert.doesNotMatch(error.message, /hunter2/);
      return true;
    });
  });

  it('gives up with its run', async () => {
    const signal = AbortSignal.abort(new Error('cancelled'));
    await assert.rejects(callAction(parseAction, { text: LARGE }, { signal }), /cancelled/);
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
