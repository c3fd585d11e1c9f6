import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, realpath, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { callAction } from '../../../test/support/action-call.ts';
import { createDataStores, type DataStores } from '../../../test/support/data-stores.ts';
import type { JsonObject } from '../../core/index.ts';
import type { BlobStore } from '../../engine/index.ts';
import type { FileRules } from '../allowed-files.ts';
import { createFileReadAction } from './index.ts';

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
  await mkdir(join(base, 'flows-beside'));
  await writeFile(join(base, 'flows-beside', 'secret.txt'), 'secret');
  await writeFile(join(flows, 'a.txt'), '\uFEFFhällo');
  await writeFile(join(flows, '..a.txt'), 'dots');
  await writeFile(join(flows, 'a.json'), '{"a": 1}');
  await writeFile(join(flows, 'bad.json'), '{"a": hunter2');
  await writeFile(join(flows, 'bad.txt'), Buffer.from([0x61, 0xff]));
  await writeFile(join(flows, 'sub', 'b.txt'), 'b');
  await writeFile(join(flows, 'sub', 'data', 'token'), 'secret');
  await writeFile(join(flows, '.hidden', 'token'), 'secret');
  await writeFile(join(flows, '.env'), 'secret');
  await symlink('../secret.txt', join(flows, 'link-out'));
  await symlink('..', join(flows, 'up'));
  await symlink('sub/b.txt', join(flows, 'link-in'));
  await symlink('.env', join(flows, 'link-hidden'));
  await symlink('circle', join(flows, 'circle'));
  await symlink('/dev/zero', join(flows, 'zero'));
  execFileSync('sh', ['-c', 'mkfifo "$0"', join(flows, 'pipe')]);
  await writeFile(join(flows, 'huge'), '');
  await truncate(join(flows, 'huge'), 60_000_000);
  blobs = await stores.openBlobs();
});
after(() => stores.remove());

async function read(path: string, input: JsonObject = {}, files: FileRules = {}): Promise<JsonObject> {
  const action = createFileReadAction({ files: { refused: [join(flows, 'sub', 'data')], ...files }, blobs });
  return (await callAction(action, { path, ...input }, { flowDirectory: flows })).value as JsonObject;
}

describe('file.read', () => {
  it('gives text, size and time of a file beside the flow', async () => {
    const result = await read('a.txt');
    assert.deepEqual([result['text'], result['bytes'], result['json'], result['blob']], ['hällo', 9, null, null]);
    assert.ok(Number(result['modified_ms']) > 1_700_000_000_000);
  });

  it('replaces what is not UTF-8', async () => assert.equal((await read('bad.txt'))['text'], 'a\uFFFD'));

  it('reads JSON, and says when it is none without quoting it', async () => {
    assert.deepEqual((await read('a.json', { as: 'json' }))['json'], { a: 1 });
    await assert.rejects(read('bad.json', { as: 'json' }), (error: { code: string; message: string }) => {
      assert.equal(error.code, 'FLOW_ACTION');
      assert.doesNotMatch(error.message, /hunter2/);
      return true;
    });
  });

  it('gives a handle with as: blob', async () => {
    const { blob } = (await read('sub/b.txt', { as: 'blob' }))['blob'] as { blob: string };
    assert.equal(Buffer.from(await blobs.read(blob, new AbortController().signal)).toString(), 'b');
  });

  it('follows links that stay inside, and absolute paths inside', async () => {
    assert.equal((await read('link-in'))['text'], 'b');
    assert.equal((await read(join(flows, 'sub', '..', 'a.txt')))['bytes'], 9);
  });

  it('may be given a wider folder', async () => {
    assert.equal((await read('../secret.txt', {}, { root: base }))['text'], 'secret');
    await assert.rejects(read('../../x', {}, { root: base }), { code: 'FLOW_ACTION' });
  });

  for (const [path, message] of [
    ['../secret.txt', /lies outside/],
    ['../flows-beside/secret.txt', /lies outside/],
    ['sub/../../secret.txt', /lies outside/],
    ['up/secret.txt', /lies outside/],
    ['link-out', /lies outside/],
    ['/etc/passwd', /lies outside/],
    ['/no/such/thing', /lies outside/],
    ['zero', /lies outside/],
    ['sub/data/token', /lies outside/],
    ['.hidden/token', /hidden/],
    ['sub/../.env', /hidden/],
    ['link-hidden', /hidden/],
    ['nothing.txt', /does not exist/],
    ['a.txt/x', /does not exist/],
    ['circle', /circle/],
    ['pipe', /not a regular file/],
    ['sub', /not a regular file/],
    ['.', /not a regular file/],
    ['a\u0000b', /no path/],
    ['x'.repeat(1_025), /no path/],
  ] as const) {
    it(`refuses ${JSON.stringify(path.slice(0, 40))}`, async () => {
      await assert.rejects(read(path), (error: { code: string; message: string }) => {
        assert.equal(error.code, 'FLOW_ACTION');
        assert.match(error.message, message);
        assert.ok(path.startsWith('/') || !error.message.includes(base), 'no machine path');
        return true;
      });
    });
  }

  it('takes exactly max_bytes and not one more', async () => {
    for (const as of ['text', 'blob']) {
      assert.equal((await read('a.txt', { as, max_bytes: 9 }))['bytes'], 9);
      await assert.rejects(read('a.txt', { as, max_bytes: 8 }), { code: 'FLOW_ACTION' });
    }
    await assert.rejects(read('huge', { as: 'blob' }), { code: 'FLOW_ACTION' });
    await assert.rejects(read('a.txt', { max_bytes: '5MiB' }), { code: 'FLOW_ACTION' });
  });

  it('does not read for a run that was cancelled', async () => {
    const action = createFileReadAction({ files: {}, blobs });
    const signal = AbortSignal.abort(new Error('cancelled'));
    await assert.rejects(callAction(action, { path: 'a.txt' }, { flowDirectory: flows, signal }), /cancelled/);
  });
});
