import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { RunId } from '../core/index.ts';
import { createBlobStore } from './blob-store.ts';

const never = new AbortController().signal;
const run = (id: string): RunId => id as RunId;
const options = { type: 'text/plain', maxBytes: 1_000 };

async function* chunks(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'moonpool-blobs-'));
});
afterEach(() => rm(directory, { recursive: true }));

const open = (maxTotalBytes = 10_000) => createBlobStore(directory, { maxTotalBytes });

describe('BlobStore', () => {
  it('keeps bytes under their SHA-256 and gives them back', async () => {
    const store = await open();

    const handle = await store.put(run('a'), chunks('hel', 'lo'), options);

    assert.deepEqual(handle, {
      blob: createHash('sha256').update('hello').digest('hex'),
      bytes: 5,
      type: 'text/plain',
    });
    assert.equal(Buffer.from(await store.read(handle.blob, never)).toString(), 'hello');
    assert.deepEqual(await readdir(directory), [handle.blob]);
  });

  it('keeps an empty blob', async () => {
    const store = await open();
    const { blob, bytes } = await store.put(run('a'), chunks(), options);
    assert.equal(bytes, 0);
    assert.equal((await store.read(blob, never)).byteLength, 0);
  });

  it('deletes a blob when the last run that refers to it lets go', async () => {
    const store = await open();
    const { blob } = await store.put(run('a'), chunks('same'), options);
    await store.put(run('b'), chunks('same'), options);

    await store.release(run('a'));
    assert.equal(Buffer.from(await store.read(blob, never)).toString(), 'same');
    await store.release(run('b'));

    await assert.rejects(store.read(blob, never), { code: 'FLOW_ACTION' });
    assert.deepEqual(await readdir(directory), []);
  });

  it('keeps a blob that one run puts while another lets go of it', async () => {
    const store = await open();
    await store.put(run('a'), chunks('same'), options);

    const [{ blob }] = await Promise.all([store.put(run('b'), chunks('same'), options), store.release(run('a'))]);

    assert.equal(Buffer.from(await store.read(blob, never)).toString(), 'same');
  });

  it('takes exactly the limit and leaves nothing of one byte more', async () => {
    const store = await open();
    await store.put(run('a'), chunks('x'.repeat(500), 'x'.repeat(500)), options);
    await assert.rejects(store.put(run('a'), chunks('y'.repeat(500), 'y'.repeat(501)), options), {
      code: 'CONN_TOO_LARGE',
    });
    assert.equal((await readdir(directory)).length, 1);
  });

  it('refuses more than its total, and has the room again after a release', async () => {
    const store = await open(1_500);
    await store.put(run('a'), chunks('x'.repeat(1_000)), options);
    await assert.rejects(store.put(run('b'), chunks('y'.repeat(501)), options), { code: 'STORE_FULL' });
    await store.release(run('a'));
    await store.put(run('b'), chunks('y'.repeat(1_000)), options);
    await store.put(run('c'), chunks('z'.repeat(500)), options);
    assert.equal((await readdir(directory)).length, 2);
  });

  it('counts the same content once', async () => {
    const store = await open(1_500);
    for (let i = 0; i < 10; i += 1) await store.put(run(`r${i}`), chunks('x'.repeat(700)), options);
    await store.put(run('other'), chunks('y'.repeat(800)), options);
  });

  it('passes the failure of a source on and leaves nothing', async () => {
    const store = await open(1_000);
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('x'.repeat(900));
      throw new Error('cut');
    }
    await assert.rejects(store.put(run('a'), broken(), options), /cut/);
    assert.deepEqual(await readdir(directory), []);
    await store.put(run('a'), chunks('x'.repeat(1_000)), options);
  });

  it('removes what an earlier process left, and nothing else', async () => {
    await writeFile(join(directory, 'a'.repeat(64)), 'old');
    await writeFile(join(directory, 'half.part'), 'half');
    await writeFile(join(directory, 'notes.txt'), 'mine');
    await open();
    assert.deepEqual(await readdir(directory), ['notes.txt']);
  });

  for (const blob of ['', '../secret', 'a'.repeat(64), 'A'.repeat(64), `${'a'.repeat(64)}/..`]) {
    it(`does not read ${blob.slice(0, 12) || 'the empty name'}`, async () => {
      const store = await open();
      await assert.rejects(store.read(blob, never), { code: 'FLOW_ACTION' });
    });
  }

  it('stops reading when told to', async () => {
    const store = await open();
    const { blob } = await store.put(run('a'), chunks('x'), options);
    await assert.rejects(store.read(blob, AbortSignal.abort(new Error('gone'))), /gone/);
  });

  it('says that the folder cannot be used, without its path', async () => {
    const file = join(directory, 'file');
    await writeFile(file, '');
    await assert.rejects(
      createBlobStore(join(file, 'x'), { maxTotalBytes: 1 }),
      (error: { code: string; message: string }) => {
        assert.equal(error.code, 'STORE_IO');
        assert.doesNotMatch(error.message, /moonpool-blobs/);
        return true;
      },
    );
  });
});
