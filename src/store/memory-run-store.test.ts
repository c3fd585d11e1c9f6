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

  it('gives up the values of the run whose next one does not fit, and says so', async () => {
    const store = createMemoryRunStore({ maxRuns: 2, maxValueBytes: 1_000 });
    await store.create(aRunSummary('a'));
    await store.create(aRunSummary('b'));
    const ended = { kind: 'effect.ended', step: '1', atMs: 1 } as const;
    const small = { ...ended, outcome: { kind: 'done', value: 'small' } } as const;

    await store.append('b' as RunId, [small]);
    await store.append('a' as RunId, [{ ...ended, outcome: { kind: 'done', value: 'x'.repeat(1_000) } }]);

    const a = await store.read('a' as RunId);
    assert.deepEqual(a?.entries, [{ ...ended, outcome: { kind: 'done', value: null } }]);
    assert.equal(a?.isComplete, false);
    const b = await store.read('b' as RunId);
    assert.deepEqual(b?.entries, [small]);
    assert.equal(b?.isComplete, true);
  });

  it('forgets the final state of the oldest run that ended before anything else', async () => {
    const store = createMemoryRunStore({ maxRuns: 3, maxValueBytes: 100 });
    const state = new Uint8Array(60);
    for (const id of ['a', 'b']) {
      await store.create(aRunSummary(id));
      await store.finish(id as RunId, { status: 'succeeded', endedAtMs: 2, state });
    }

    assert.equal((await store.read('a' as RunId))?.summary.state, undefined);
    assert.deepEqual((await store.read('b' as RunId))?.summary.state, state);
  });

  it('keeps what came into runs that ended within a limit of its own, the latest runs longest', async () => {
    const store = createMemoryRunStore({ maxRuns: 9, maxEndedValueBytes: 100 });
    const value = 'x'.repeat(48);
    for (const id of ['a', 'b', 'c', 'd']) {
      await store.create(aRunSummary(id));
      const outcome = { kind: 'done', value } as const;
      await store.append(id as RunId, [{ kind: 'effect.ended', step: '1', atMs: 1, outcome }]);
      if (id !== 'a') await store.finish(id as RunId, { status: 'succeeded', endedAtMs: 2 });
    }

    const areComplete = await Promise.all(
      ['a', 'b', 'c', 'd'].map(async (id) => (await store.read(id as RunId))?.isComplete),
    );
    assert.deepEqual(areComplete, [true, false, true, true]);
  });

  it('refuses an entry above the ceiling of a run', async () => {
    const store = createMemoryRunStore({ maxRuns: 2, maxEntries: 2 });
    await store.create(aRunSummary('a'));
    await store.append('a' as RunId, [anEffectBegun('1'), anEffectBegun('2')]);
    await assert.rejects(store.append('a' as RunId, [anEffectBegun('3')]), { code: 'STORE_FULL' });
  });
});
