import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { parseBody } from './request-body.ts';

const encoder = new TextEncoder();

/** A body that is an object with a list of `count` empty objects: `count + 2` lists and objects. */
function aBodyOf(count: number): Uint8Array {
  return encoder.encode(`{"a":[${Array.from({ length: count }, () => '{}').join()}]}`);
}

describe('parseBody', () => {
  it('takes 50,000 lists and objects, which are counted before any is made, and not one more', () => {
    const largest = parseBody(aBodyOf(49_998));

    assert.equal((largest['a'] as readonly unknown[]).length, 49_998);
    assert.throws(() => parseBody(aBodyOf(49_999)), { code: 'HTTP_BODY', message: /50000 lists and objects/ });
  });

  it('counts no brackets in texts', () => {
    const text = '{['.repeat(50_000);

    assert.deepEqual(parseBody(encoder.encode(JSON.stringify({ text }))), { text });
  });
});
