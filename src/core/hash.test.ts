import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { sha256Hex } from './hash.ts';

describe('sha256Hex', () => {
  it('gives the digest that the standard names for abc', () => {
    assert.equal(sha256Hex('abc'), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  });

  it('takes text as UTF-8', () => {
    assert.equal(sha256Hex('Mønd'), sha256Hex(new TextEncoder().encode('Mønd')));
  });
});
