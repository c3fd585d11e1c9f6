/**
 * What every journal must do, whatever it is kept in. Each implementation runs this kit.
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { RunId } from '../../src/core/index.ts';
import type { JournalEntry, RunFilter, RunStore, RunSummary } from '../../src/engine/index.ts';

/** A summary of a run that just started. */
export function aRunSummary(id: string, startedAtMs = 1_000): RunSummary {
  return { id: id as RunId, flow: 'flow', status: 'running', startedAtMs };
}

/** An entry that can be told from others by `step`. */
export function anEffectBegun(step: string): JournalEntry {
  return { kind: 'effect.begun', step, atMs: 1_000 };
}

/** Registers the kit's tests for a store that `create` makes, empty and with room for at least 10 runs. */
export function describeRunStore(create: () => Promise<RunStore>): void {
  it('knows nothing of a run that was never begun', async () => {
    const store = await create();
    assert.equal(await store.read('nobody' as RunId), undefined);
    assert.deepEqual(await store.list(10), []);
  });

  it('gives entries back in the order they were added', async () => {
    const store = await create();
    const { id } = aRunSummary('a');
    await store.create(aRunSummary('a'));

    await store.append(id, [anEffectBegun('1'), anEffectBegun('2')]);
    await store.append(id, []);
    await store.append(id, [anEffectBegun('3')]);

    const read = await store.read(id);
    assert.deepEqual(read?.entries, [anEffectBegun('1'), anEffectBegun('2'), anEffectBegun('3')]);
    assert.deepEqual(read?.summary, aRunSummary('a'));
  });

  it('keeps the order of appends that were not awaited', async () => {
    const store = await create();
    const { id } = aRunSummary('a');
    await store.create(aRunSummary('a'));

    await Promise.all(['1', '2', '3', '4'].map((step) => store.append(id, [anEffectBegun(step)])));

    assert.deepEqual((await store.read(id))?.entries, ['1', '2', '3', '4'].map(anEffectBegun));
  });

  it('keeps runs apart', async () => {
    const store = await create();
    await store.create(aRunSummary('a'));
    await store.create(aRunSummary('b'));
    await store.append('a' as RunId, [anEffectBegun('of a')]);
    assert.deepEqual((await store.read('b' as RunId))?.entries, []);
  });

  it('keeps how a run ended', async () => {
    const store = await create();
    await store.create(aRunSummary('a'));
    const end = { status: 'failed', endedAtMs: 2_000, error: { code: 'FLOW_TIMEOUT', message: 'late' } } as const;

    await store.finish('a' as RunId, end);

    assert.deepEqual((await store.read('a' as RunId))?.summary, { ...aRunSummary('a'), ...end });
  });

  it('keeps what a waiting run asks for until it goes on or ends', async () => {
    const store = await create();
    const id = 'a' as RunId;
    const waitingFor = [{ step: 'main/ask/0', node: 'ask', when: 'result' }] as const;
    await store.create(aRunSummary('a'));

    await store.rest(id, waitingFor);
    assert.deepEqual((await store.read(id))?.summary, { ...aRunSummary('a'), status: 'waiting', waitingFor });
    await store.append(id, [anEffectBegun('1')]);
    await store.rest(id, undefined);
    assert.deepEqual((await store.read(id))?.summary, aRunSummary('a'));

    await store.rest(id, waitingFor);
    await store.finish(id, { status: 'succeeded', endedAtMs: 2_000 });
    await store.rest(id, waitingFor);
    assert.deepEqual((await store.read(id))?.summary, { ...aRunSummary('a'), status: 'succeeded', endedAtMs: 2_000 });
  });

  it('keeps the first end of a run', async () => {
    const store = await create();
    await store.create(aRunSummary('a'));
    await store.finish('a' as RunId, { status: 'succeeded', endedAtMs: 2_000 });
    await store.finish('a' as RunId, { status: 'failed', endedAtMs: 3_000 });
    assert.equal((await store.read('a' as RunId))?.summary.status, 'succeeded');
  });

  it('lists the newest first, at most as many as asked for', async () => {
    const store = await create();
    for (const id of ['a', 'b', 'c']) await store.create(aRunSummary(id));
    const ids = async (limit: number): Promise<readonly string[]> => (await store.list(limit)).map(({ id }) => id);
    assert.deepEqual(await ids(2), ['c', 'b']);
    assert.deepEqual(await ids(10), ['c', 'b', 'a']);
    assert.deepEqual(await ids(0), []);
  });

  it('lists the runs of a flow, of a status, and those before another', async () => {
    const store = await create();
    for (const [id, flow] of [
      ['a', 'one'],
      ['b', 'two'],
      ['c', 'one'],
      ['d', 'one'],
    ] as const) {
      await store.create({ ...aRunSummary(id), flow });
    }
    await store.finish('c' as RunId, { status: 'succeeded', endedAtMs: 2_000 });
    const ids = async (limit: number, where: RunFilter): Promise<string> =>
      (await store.list(limit, where)).map(({ id }) => id).join('');

    assert.equal(await ids(10, { flow: 'one' }), 'dca');
    assert.equal(await ids(10, { status: 'running' }), 'dba');
    assert.equal(await ids(10, { flow: 'one', status: 'succeeded' }), 'c');
    assert.equal(await ids(10, { after: 'c' as RunId }), 'ba');
    assert.equal(await ids(1, { after: 'd' as RunId, flow: 'one' }), 'c');
    assert.equal(await ids(10, { after: 'bb' as RunId }), 'ba', 'of a run that is forgotten');
    assert.equal(await ids(10, { flow: 'none' }), '');
  });

  it('refuses to begin a run twice, and to add to one that is unknown or ended', async () => {
    const store = await create();
    await store.create(aRunSummary('a'));
    await assert.rejects(store.create(aRunSummary('a')), { code: 'BUG_INVARIANT' });
    await assert.rejects(store.append('b' as RunId, []), { code: 'BUG_INVARIANT' });
    await store.finish('a' as RunId, { status: 'succeeded', endedAtMs: 2_000 });
    await assert.rejects(store.append('a' as RunId, [anEffectBegun('late')]), { code: 'BUG_INVARIANT' });
  });

  it('gives a copy that later entries do not change', async () => {
    const store = await create();
    await store.create(aRunSummary('a'));
    const before = await store.read('a' as RunId);
    await store.append('a' as RunId, [anEffectBegun('1')]);
    assert.deepEqual(before?.entries, []);
  });
}
