import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isLoopback } from './server-options.ts';

describe('isLoopback', () => {
  for (const [host, expected] of [
    ['127.0.0.1', true],
    ['127.9.9.9', true],
    ['localhost', true],
    ['::1', true],
    ['[::1]', true],
    ['::ffff:127.0.0.1', true],
    ['0.0.0.0', false],
    ['::', false],
    ['10.0.0.7', false],
    ['127.0.0.1.example', false],
  ] as const) {
    it(`says that ${host} ${expected ? 'is' : 'is not'} for this machine alone`, () => {
      assert.equal(isLoopback(host), expected);
    });
  }
});
