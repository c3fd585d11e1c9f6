import assert from 'node:assert/strict';
import { mkdir, realpath, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { callAction } from '../../../test/support/action-call.ts';
import { createDataStores, type DataStores } from '../../../test/support/data-stores.ts';
import type { JsonObject } from '../../core/index.ts';
import { createFileListAction } from './index.ts';

let stores: DataStores;
let base: string;
let flows: string;
before(async () => {
  stores = await createDataStores();
  base = await realpath(stores.directory);
  flows = join(base, 'flows');
  await mkdir(join(flows, 'sub', 'deep'), { recursive: true });
  await mkdir(join(flows, 'data'));
  await mkdir(join(flows, '.hidden'));
  await mkdir(join(base, 'outside'));
  await writeFile(join(base, 'outside', 'secret.txt'), 'secret');
  for (const [path, text] of [
    ['b.txt', 'bb'],
    ['a.csv', 'a'],
    ['sub/c.txt', 'ccc'],
    ['sub/deep/d.txt', 'd'],
    ['data/token', 'x'],
    ['.hidden/e', 'x'],
    ['.env', 'x'],
  ] as const) {
    await writeFile(join(flows, path), text);
  }
  await symlink('../outside', join(flows, 'link-out'));
  await symlink('b.txt', join(flows, 'link-in'));
  await symlink('sub', join(flows, 'link-sub'));
  await symlink('nowhere', join(flows, 'link-nowhere'));
});
after(() => stores.remove());

async function list(input: JsonObject = {}, directory = flows): Promise<JsonObject[]> {
  const action = createFileListAction({ files: { refused: [join(flows, 'data')] } });
  const { value } = await callAction(action, input, { flowDirectory: directory });
  return (value as JsonObject)['entries'] as JsonObject[];
}

const paths = async (input: JsonObject = {}): Promise<unknown[]> => (await list(input)).map(({ path }) => path);

describe('file.list', () => {
  it('gives what lies in the folder by path, but hidden names, the data folder and ways out', async () => {
    assert.deepEqual(await paths(), ['a.csv', 'b.txt', 'link-in', 'link-sub', 'sub']);
    const [csv] = await list();
    assert.deepEqual([csv?.['name'], csv?.['kind'], csv?.['bytes']], ['a.csv', 'file', 1]);
    assert.ok(Number(csv?.['modified_ms']) > 1_700_000_000_000);
  });

  it('looks into folders as deep as asked, and not through links', async () => {
    assert.deepEqual(await paths({ depth: 2, pattern: '*.txt' }), ['b.txt', 'sub/c.txt']);
    assert.deepEqual(await paths({ depth: 3, kind: 'folder' }), ['link-sub', 'sub', 'sub/deep']);
    assert.deepEqual(await paths({ depth: 10, pattern: 'd.*', kind: 'file' }), ['sub/deep/d.txt']);
    assert.deepEqual(await paths({ path: 'sub/deep' }), ['sub/deep/d.txt']);
  });

  it('fails when there is more than max_count instead of leaving some out', async () => {
    assert.equal((await paths({ max_count: 5 })).length, 5);
    await assert.rejects(paths({ max_count: 4 }), { code: 'FLOW_ACTION', message: /more than 4 entries/ });
  });

  for (const [path, message] of [
    ['..', /lies outside/],
    ['link-out', /lies outside/],
    ['data', /lies outside/],
    ['.hidden', /hidden/],
    ['nothing', /does not exist/],
    ['a.csv', /does not exist/],
  ] as const) {
    it(`refuses ${path}`, async () => {
      await assert.rejects(paths({ path }), (error: { code: string; message: string }) => {
        assert.equal(error.code, 'FLOW_ACTION');
        assert.match(error.message, message);
        assert.ok(!error.message.includes(base), 'no machine path');
        return true;
      });
    });
  }

  for (const input of [{ depth: 0 }, { depth: 11 }, { max_count: 0 }, { max_count: 10_001 }, { kind: 'link' }]) {
    it(`does not fit ${JSON.stringify(input)} into its schema`, async () => {
      await assert.rejects(paths(input), /schema/);
    });
  }

  it('takes the highest of its limits', async () => {
    assert.equal((await paths({ depth: 10, max_count: 10_000 })).length, 8);
  });
});
