import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, realpath, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { callAction } from '../../../test/support/action-call.ts';
import { createDataStores, type DataStores } from '../../../test/support/data-stores.ts';
import type { JsonObject, RunId } from '../../core/index.ts';
import type { ActionCall, BlobStore } from '../../engine/index.ts';
import type { FileRules } from '../allowed-files.ts';
import { createFileWriteAction } from './index.ts';

let stores: DataStores;
let base: string;
let flows: string;
let blobs: BlobStore;
before(async () => {
  stores = await createDataStores();
  base = await realpath(stores.directory);
  flows = join(base, 'flows');
  await mkdir(join(flows, 'sub', 'data'), { recursive: true });
  await mkdir(join(flows, '.hidden'));
  await writeFile(join(base, 'secret.txt'), 'secret');
  await symlink('../secret.txt', join(flows, 'link-out'));
  await symlink('..', join(flows, 'up'));
  execFileSync('mkfifo', [join(flows, 'pipe')]);
  blobs = await stores.openBlobs();
});
after(() => stores.remove());

async function write(
  path: string,
  input: JsonObject,
  files: FileRules = {},
  call: Partial<ActionCall> = {},
): Promise<JsonObject> {
  const action = createFileWriteAction({ files: { refused: [join(flows, 'sub', 'data')], ...files }, blobs });
  return (await callAction(action, { path, ...input }, { flowDirectory: flows, ...call })).value as JsonObject;
}

const read = (path: string): Promise<string> => readFile(join(flows, path), 'utf8');

describe('file.write', () => {
  it('writes text, JSON and blobs, replacing the file before', async () => {
    assert.deepEqual(await write('a.txt', { text: 'hällo' }), { bytes: 6 });
    assert.equal(await read('a.txt'), 'hällo');
    await write('a.txt', { text: '' });
    assert.equal(await read('a.txt'), '');
    await write('sub/a.json', { json: { a: [null] } });
    assert.equal(await read('sub/a.json'), '{"a":[null]}\n');

    async function* source(): AsyncGenerator<Uint8Array> {
      yield Buffer.from('from a blob');
    }
    const handle = { ...(await blobs.put('run-1' as RunId, source(), { type: 'text/plain', maxBytes: 100 })) };
    await write('b.txt', { blob: handle });
    await write('c.txt', { text: handle });
    assert.deepEqual([await read('b.txt'), await read('c.txt')], ['from a blob', 'from a blob']);
  });

  it('lets writes to one file follow each other, each whole, and leaves nothing else behind', async () => {
    await Promise.all(Array.from({ length: 20 }, (_, n) => write('busy.txt', { text: `${n}`.repeat(5_000) })));

    assert.match(await read('busy.txt'), /^(\d\d?)\1{4999}$/);
    const left = (await readdir(flows)).filter((name) => name.endsWith('.part'));
    assert.deepEqual(left, []);
  });

  it('may be given a wider folder', async () => {
    await write('../beside.txt', { text: 'x' }, { root: base });
    assert.equal(await readFile(join(base, 'beside.txt'), 'utf8'), 'x');
  });

  for (const [path, message] of [
    ['../beside2.txt', /lies outside/],
    ['up/secret.txt', /lies outside/],
    ['/etc/moonpool', /lies outside/],
    ['sub/data/token', /lies outside/],
    ['.hidden/token', /hidden/],
    ['.env', /hidden/],
    ['none/a.txt', /does not exist/],
    ['a.txt/b.txt', /does not exist|not a folder/],
    ['link-out', /not a regular file/],
    ['pipe', /not a regular file/],
    ['sub', /not a regular file/],
    ['new/', /is a folder/],
    ['.', /is a folder/],
    ['a\u0000b', /no path/],
    ['x'.repeat(1_025), /no path/],
    ['x'.repeat(300), /no path/],
    ['flow.yaml', /code or configuration/],
    ['sub/MOONPOOL.YML', /code or configuration/],
    ['own.ts', /code or configuration/],
    ['own.mjs', /code or configuration/],
    ['own.schema.json', /code or configuration/],
    ['package.json', /code or configuration/],
  ] as const) {
    it(`refuses ${JSON.stringify(path.slice(0, 40))}`, async () => {
      await assert.rejects(write(path, { text: 'x' }), (error: { code: string; message: string }) => {
        assert.equal(error.code, 'FLOW_ACTION');
        assert.match(error.message, message);
        assert.ok(path.startsWith('/') || !error.message.includes(base), 'no machine path');
        return true;
      });
      assert.equal(await readFile(join(base, 'secret.txt'), 'utf8'), 'secret');
    });
  }

  it('takes exactly 4 MiB of text and not one byte more', async () => {
    const most = 'x'.repeat(4 * 1024 * 1024);
    assert.deepEqual(await write('most.txt', { text: most }), { bytes: most.length });
    await assert.rejects(write('most.txt', { text: `${most}x` }), { code: 'FLOW_ACTION' });
    await assert.rejects(write('most.txt', { json: most }), { code: 'FLOW_ACTION' });
    assert.equal((await read('most.txt')).length, most.length);
  });

  it('leaves room on the disk, and what was there when there is none', async () => {
    await write('full.txt', { text: 'before' });
    const full = write('full.txt', { text: 'after' }, { minFreeBytes: Number.MAX_SAFE_INTEGER });
    await assert.rejects(full, { code: 'STORE_FULL' });
    assert.equal(await read('full.txt'), 'before');
  });

  it('refuses nothing and two contents', async () => {
    for (const input of [{}, { text: null }, { text: 'a', json: 1 }, { text: 'a', blob: { blob: 'x' } }]) {
      await assert.rejects(write('n.txt', input), { code: 'FLOW_ACTION' });
    }
  });

  it('does not write for a run that was cancelled', async () => {
    const signal = AbortSignal.abort(new Error('cancelled'));
    await assert.rejects(write('n.txt', { text: 'x' }, {}, { signal }), /cancelled/);
    await assert.rejects(read('n.txt'), { code: 'ENOENT' });
  });
});
