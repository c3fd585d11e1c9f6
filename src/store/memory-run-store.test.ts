import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { aRunSummary, anEffectBegun, describeRunStore } from '../../test/conformance/run-store.ts';
import type { RunId } from '../core/index.ts';
import { createMemoryRunStore } from './memory-run-store.ts';

describe('MemoryRunStore as a journal', () => describeRunStore(async () => createMemoryRunStore({ maxRuns: 10 })));

describe('MemoryRunStore', () => {
  it('drops the oldest run that ended to make room, never one under way', async () => {
    const store = createMemoryRunStore({ maxRuns: 3 });
    for (const id of ['a', 'b', 'c']) await store.create(aRunSummary(id));
    await store.finish('b' as RunId, { status: 'succeeded', endedAtMs: 2 });

    await store.create(aRunSummary('d'));

    assert.deepEqual(
      (await store.list(10)).map(({ id }) => id),
      ['d', 'c', 'a'],
    );
    await assert.rejects(store.create(aRunSummary('e')), { code: 'STORE_FULL' });
  });

  it('stays within its bounds over 1,000 runs', async () => {
    const store = createMemoryRunStore({ maxRuns: 5 });
    for (let i = 0; i < 1_000; i += 1) {
      await store.create(aRunSummary(`r${i}`));
      await store.append(`r${i}` as RunId, [anEffectBegun('1')]);
      await store.finish(`r${i}` as RunId, { status: 'succeeded', endedAtMs: i });
    }
    assert.equal((await store.list(2_000)).length, 5);
  });

  it('keeps the first entries of a run that ended', async () => {
    const store = createMemoryRunStore({ maxRuns: 2, maxEndedEntries: 2 });
    await store.create(aRunSummary('a'));
    await store.append('a' as RunId, ['1', '2', '3'].map(anEffectBegun));
    await store.finish('a' as RunId, { status: 'succeeded', endedAtMs: 2 });
    assert.deepEqual((await store.read('a' as RunId))?.entries, ['1', '2'].map(anEffectBegun));
  });

  it('forgets what effects gave where nobody will replay them', async () => {
    const store = createMemoryRunStore({ maxRuns: 2, keepsValues: false });
    await store.create(aRunSummary('a'));
    const ended = { kind: 'effect.ended', step: '1', atMs: 1 } as const;

    await store.append('a' as RunId, [{ ...ended, outcome: { kind: 'done', value: 'x'.repeat(1_000) } }]);

    assert.deepEqual((await store.read('a' as RunId))?.entries, [{ ...ended, outcome: { kind: 'done', value: null } }]);
  });

  it('refuses an entry above the ceiling of a run', async () => {
    const store = createMemoryRunStore({ maxRuns: 2, maxEntries: 2 });
    await store.create(aRunSummary('a'));
    await store.append('a' as RunId, [anEffectBegun('1'), anEffectBegun('2')]);
    await assert.rejects(store.append('a' as RunId, [anEffectBegun('3')]), { code: 'STORE_FULL' });
  });
});
