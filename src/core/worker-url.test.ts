import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { workerUrl } from './worker-url.ts';

describe('workerUrl', () => {
  for (const [caller, url] of [
    ['file:///app/src/work/index.ts', 'file:///app/src/work/thread.ts'],
    ['file:///app/dist/work/index.js', 'file:///app/dist/work/thread.js'],
    ['file:///app.v2/my%20dist/work/a.b.js', 'file:///app.v2/my%20dist/work/thread.js'],
  ] as const) {
    it(`stays beside ${caller}`, () => assert.equal(workerUrl(caller, 'thread').href, url));
  }
});
