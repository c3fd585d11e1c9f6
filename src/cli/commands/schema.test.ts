/** `moonpool schema` in-process. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { moonpool } from '../../../test/support/command-line.ts';

describe('moonpool schema', () => {
  it('prints the schema as JSON', async () => {
    assert.deepEqual(JSON.parse((await moonpool(['schema'])).stdout), { type: 'object' });
  });
});
