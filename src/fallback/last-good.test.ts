import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { FakeClock } from '../../test/support/index.ts';
import { createHealth, type JsonObject, type Log, silentLog } from '../core/index.ts';
import { createLastGood, type LastGood, type LastGoodOptions } from './last-good.ts';
import type { Reply } from './reply.ts';

const page = { endpoint: 'GET /', variant: '' };

function aReply(body: string): Reply {
  return { status: 200, headers: { 'content-type': 'text/plain' }, body: Buffer.from(body) };
}

describe('createLastGood', () => {
  let directory: string;
  let clock: FakeClock;

  beforeEach(async () => {
    directory = join(await mkdtemp(join(tmpdir(), 'moonpool-')), 'last-good');
    clock = new FakeClock();
  });
  afterEach(() => rm(join(directory, '..'), { recursive: true, force: true }));

  function aStore(more: Partial<LastGoodOptions> = {}): LastGood {
    return createLastGood({ directory, clock, log: silentLog, health: createHealth({ clock }), ...more });
  }

  async function bodyOf(store: LastGood, key = page): Promise<string | undefined> {
    const found = await store.get(key);
    return found === undefined ? undefined : Buffer.from(found.reply.body).toString();
  }

  async function theFile(): Promise<string> {
    const names = await readdir(directory);
    assert.equal(names.length, 1);
    return join(directory, names[0] as string);
  }

  it('gives back what was put, with the instant it was made', async () => {
    const store = aStore();

    store.put(page, aReply('one'));

    assert.equal(await bodyOf(store), 'one');
    assert.equal((await store.get(page))?.atMs, clock.nowMs());
    await store.close();
  });

  it('has nothing for an endpoint that never was good, nor for another input', async () => {
    const store = aStore();

    store.put(page, aReply('one'));

    assert.equal(await store.get({ endpoint: 'GET /x', variant: '' }), undefined);
    assert.equal(await store.get({ endpoint: 'GET /', variant: '{"id":2}' }), undefined);
    await store.close();
  });

  it('outlives the process', async () => {
    const first = aStore();
    first.put(page, aReply('one'));
    const madeAtMs = clock.nowMs();
    await first.close();
    await clock.advance(60_000);

    const found = await aStore().get(page);

    assert.deepEqual(found?.reply.headers, { 'content-type': 'text/plain' });
    assert.equal(Buffer.from(found?.reply.body ?? []).toString(), 'one');
    assert.equal(found?.atMs, madeAtMs);
  });

  it('keeps no answer above its size, and one exactly at it', async () => {
    const store = aStore({ maxEntryBytes: 4 });

    store.put({ endpoint: 'at', variant: '' }, aReply('1234'));
    store.put({ endpoint: 'above', variant: '' }, aReply('12345'));

    assert.equal(await bodyOf(store, { endpoint: 'at', variant: '' }), '1234');
    assert.equal(await store.get({ endpoint: 'above', variant: '' }), undefined);
    await store.close();
  });

  it('reads from the file what memory had no room for', async () => {
    const store = aStore({ maxMemoryBytes: 3 });

    store.put({ endpoint: 'a', variant: '' }, aReply('aaa'));
    store.put({ endpoint: 'b', variant: '' }, aReply('bbb'));
    await store.close();

    assert.equal(await bodyOf(store, { endpoint: 'a', variant: '' }), 'aaa');
  });

  it('writes at most once per second, the newest answer last', async () => {
    const store = aStore();
    const other = aStore();

    store.put(page, aReply('one'));
    await clock.advance(0);
    store.put(page, aReply('two'));
    store.put(page, aReply('three'));
    assert.equal(clock.nextDueInMs, 1000);
    await clock.advance(1000);
    await store.close();

    assert.equal(await bodyOf(other), 'three');
    assert.equal(clock.pendingCount, 0);
  });

  it('does not write the same content again, but for its age after ten minutes', async () => {
    const store = aStore();
    store.put(page, aReply('one'));
    await clock.advance(2000);

    store.put(page, aReply('one'));
    assert.equal(clock.pendingCount, 0);

    await clock.advance(10 * 60_000);
    store.put(page, aReply('one'));
    assert.equal(clock.pendingCount, 1);
    await store.close();
    assert.equal((await aStore().get(page))?.atMs, clock.nowMs());
  });

  it('keeps the last inputs of an endpoint and no more, also across restarts', async () => {
    for (const round of [1, 2]) {
      for (let id = 0; id < 3; id += 1) {
        const store = aStore({ maxVariantCount: 2 });
        store.put({ endpoint: 'GET /x', variant: `${round} ${id}` }, aReply('x'));
        await store.close();
      }
    }

    assert.equal((await readdir(directory)).length, 2);
    assert.equal(await bodyOf(aStore(), { endpoint: 'GET /x', variant: '2 2' }), 'x');
  });

  it('keeps no more files than its ceiling', async () => {
    const store = aStore({ maxFileCount: 2 });

    for (const endpoint of ['a', 'b', 'c']) store.put({ endpoint, variant: '' }, aReply(endpoint));
    await store.close();

    assert.equal((await readdir(directory)).length, 2);
    assert.equal(await bodyOf(aStore(), { endpoint: 'c', variant: '' }), 'c');
  });

  for (const [what, damage] of [
    ['cut short', (bytes: Buffer) => bytes.subarray(0, -1)],
    ['empty', () => Buffer.alloc(0)],
    ['changed in one bit', (bytes: Buffer) => bytes.fill((bytes.at(-1) ?? 0) ^ 1, bytes.length - 1)],
    ['not ours', () => Buffer.from('x'.repeat(64) + '\n{}\n')],
  ] as const) {
    it(`ignores and names a file that is ${what}`, async () => {
      const first = aStore();
      first.put(page, aReply('one'));
      await first.close();
      const path = await theFile();
      await writeFile(path, damage(await readFile(path)));
      const lines: [string, JsonObject | undefined][] = [];
      const log: Log = { ...silentLog, warn: (event, fields) => lines.push([event, fields]) };

      assert.equal(await aStore({ log }).get(page), undefined);

      assert.equal(lines[0]?.[0], 'last_good.damaged');
      assert.equal(lines[0]?.[1]?.['endpoint'], 'GET /');
    });
  }

  it('refuses the file of another endpoint under this one’s name', async () => {
    const store = aStore();
    store.put(page, aReply('one'));
    store.put({ endpoint: 'GET /b', variant: '' }, aReply('two'));
    await store.close();
    const [left, right] = (await readdir(directory)).map((name) => join(directory, name)) as [string, string];
    await writeFile(left, await readFile(right));

    const found = [await bodyOf(aStore()), await bodyOf(aStore(), { endpoint: 'GET /b', variant: '' })];

    assert.equal(found.filter((body) => body === undefined).length, 1);
  });

  it('serves on from memory, and says so in health, when the folder cannot be made', async () => {
    await writeFile(directory, 'a file where the folder should be');
    const health = createHealth({ clock });
    const store = aStore({ health });

    store.put(page, aReply('one'));
    await store.close();

    assert.equal(await bodyOf(store), 'one');
    assert.equal(health.snapshot().status, 'degraded');
  });

  it('leaves no half-written file of an earlier life', async () => {
    const first = aStore();
    first.put(page, aReply('one'));
    await first.close();
    await writeFile(join(directory, 'x.reply.half'), 'half');

    const second = aStore();
    second.put(page, aReply('two'));
    await second.close();

    await theFile();
    assert.equal(await bodyOf(aStore()), 'two');
  });

  it('takes nothing after close, and closes twice', async () => {
    const store = aStore();
    await store.close();

    store.put(page, aReply('one'));
    await store.close();

    assert.equal(await store.get(page), undefined);
    assert.equal(clock.pendingCount, 0);
  });
});
