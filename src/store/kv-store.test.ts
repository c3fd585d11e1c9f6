import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { type JsonObject, type JsonValue, resolveOptions, silentLog } from '../core/index.ts';
import type { KvStore } from '../engine/index.ts';
import { KV_OPTIONS } from './kv-options.ts';
import { createKvStore } from './kv-store.ts';

let directory: string;
let damaged: string[];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'moonpool-kv-'));
  damaged = [];
});
afterEach(() => rm(directory, { recursive: true }));

function open(input: JsonObject = {}): Promise<KvStore> {
  const onDamaged = (namespace: string, file: string): void => void damaged.push(`${namespace} ${file}`);
  return createKvStore(directory, resolveOptions('kv', KV_OPTIONS, input), { log: silentLog, onDamaged });
}

describe('KvStore', () => {
  it('keeps any JSON value, also for the next process', async () => {
    const values: JsonValue[] = [null, true, 0, -1.5, '', 'text\n"ü"\u0000', [], {}, [1, [2]], { a: { b: null } }];
    const store = await open();
    for (const [i, value] of values.entries()) await store.set('default', `k${i}`, value);

    for (const kv of [store, await open()]) {
      for (const [i, value] of values.entries()) assert.deepEqual(await kv.get('default', `k${i}`), value);
    }
  });

  it('has nothing under a name nobody set', async () => {
    const store = await open();
    assert.equal(await store.get('default', 'k'), undefined);
    assert.equal(await store.delete('default', 'k'), false);
    assert.deepEqual(await readdir(directory), []);
  });

  it('replaces and deletes', async () => {
    const store = await open();
    await store.set('default', 'k', 1);
    await store.set('default', 'k', 2);
    assert.equal(await store.get('default', 'k'), 2);
    assert.equal(await store.delete('default', 'k'), true);
    assert.equal(await store.get('default', 'k'), undefined);
    assert.equal(await (await open()).get('default', 'k'), undefined);
  });

  it('gives a copy', async () => {
    const store = await open();
    await store.set('default', 'k', { list: [1] });
    const first = (await store.get('default', 'k')) as { list: number[] };
    first.list.push(2);
    assert.deepEqual(await store.get('default', 'k'), { list: [1] });
  });

  it('takes prototype names and any text as keys', async () => {
    const store = await open();
    for (const key of ['__proto__', 'constructor', '../../etc', 'ü\n', 'x'.repeat(256)])
      await store.set('default', key, key);
    const again = await open();
    for (const key of ['__proto__', 'constructor', '../../etc', 'ü\n', 'x'.repeat(256)]) {
      assert.equal(await again.get('default', key), key);
    }
  });

  it('tells namespaces apart that a file system might not', async () => {
    const store = await open();
    for (const name of ['a', 'A', 'a.b', 'a-b', 'a_b', '%41', 'x'.repeat(64)].filter((name) => name !== '%41')) {
      await store.set(name, 'k', name);
    }
    assert.equal(await store.get('a', 'k'), 'a');
    assert.equal(await store.get('A', 'k'), 'A');
    assert.deepEqual((await readdir(directory)).sort().slice(0, 2), ['%41.json', 'a%2eb.json']);
  });

  for (const name of ['', '.', '..', '../x', 'a/b', '%41', 'a b', 'ü', '.hidden', '-x', 'x'.repeat(65), 'a\u0000']) {
    it(`refuses the namespace ${JSON.stringify(name.slice(0, 20))}`, async () => {
      const store = await open();
      await assert.rejects(store.set(name, 'k', 1), { code: 'FLOW_ACTION' });
      await assert.rejects(store.get(name, 'k'), { code: 'FLOW_ACTION' });
      await assert.rejects(store.delete(name, 'k'), { code: 'FLOW_ACTION' });
      assert.deepEqual(await readdir(directory), []);
    });
  }

  for (const key of ['', 'x'.repeat(257), '\ud800']) {
    it(`refuses the key ${JSON.stringify(key.slice(0, 10))} of ${key.length} characters`, async () => {
      await assert.rejects((await open()).set('default', key, 1), { code: 'FLOW_ACTION' });
    });
  }

  it('keeps every one of many changes made at once', async () => {
    const store = await open();
    await Promise.all(Array.from({ length: 300 }, (_, i) => store.set('default', `k${i}`, i)));
    const again = await open();
    for (let i = 0; i < 300; i += 1) assert.equal(await again.get('default', `k${i}`), i);
  });

  it('applies changes of one key in the order they came', async () => {
    const store = await open();
    const changes = [store.set('default', 'k', 1), store.delete('default', 'k'), store.set('default', 'k', 3)];
    assert.deepEqual(await Promise.all(changes), [undefined, true, undefined]);
    assert.equal(await (await open()).get('default', 'k'), 3);
  });
});

describe('KvStore limits', () => {
  it('take a value of exactly the limit and not one byte more', async () => {
    const store = await open({ value_bytes: 100 });
    await store.set('default', 'k', 'x'.repeat(98));
    await assert.rejects(store.set('default', 'k', 'x'.repeat(99)), { code: 'STORE_FULL' });
    assert.equal(await store.get('default', 'k'), 'x'.repeat(98));
  });

  it('keep a namespace below its size, file included, and let others of the batch through', async () => {
    const store = await open({ namespace_bytes: 1024 });
    const ends = await Promise.allSettled([
      store.set('default', 'a', 'x'.repeat(900)),
      store.set('default', 'b', 'x'.repeat(200)),
      store.set('default', 'c', 1),
    ]);
    assert.deepEqual(
      ends.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    );
    assert.ok((await readFile(join(directory, 'default.json'))).byteLength <= 1024);
    await store.delete('default', 'a');
    await store.set('default', 'b', 'x'.repeat(200));
  });

  it('keep the count of namespaces, those of earlier processes included', async () => {
    await (await open()).set('one', 'k', 1);
    const store = await open({ namespaces: 2 });
    await store.set('two', 'k', 1);
    await assert.rejects(store.set('three', 'k', 1), { code: 'STORE_FULL' });
    await store.set('one', 'k', 2);
  });

  it('drop namespaces from memory and read them again', async () => {
    const store = await open({ memory: 1024 });
    for (let i = 0; i < 10; i += 1) await store.set(`n${i}`, 'k', `${i}`.repeat(600));
    for (let i = 0; i < 10; i += 1) assert.equal(await store.get(`n${i}`, 'k'), `${i}`.repeat(600));
  });

  it('leave a file alone that grew over them, and say so', async () => {
    await writeFile(join(directory, 'default.json'), JSON.stringify({ k: 'x'.repeat(2_000) }));
    const store = await open({ namespace_bytes: 1024 });
    await assert.rejects(store.get('default', 'k'), { code: 'STORE_FULL' });
    await assert.rejects(store.set('default', 'k', 1), { code: 'STORE_FULL' });
    assert.deepEqual(damaged, []);
  });
});

describe('KvStore on a damaged folder', () => {
  for (const text of ['', '{"k": 1', '[1]', 'null', '\u0000\u0000\u0000']) {
    it(`sets a file with ${JSON.stringify(text)} aside and goes on`, async () => {
      await writeFile(join(directory, 'default.json'), text);
      const store = await open();

      assert.equal(await store.get('default', 'k'), undefined);
      await store.set('default', 'k', 2);

      assert.deepEqual(damaged, ['default default.json.damaged-1']);
      assert.equal(await readFile(join(directory, 'default.json.damaged-1'), 'utf8'), text);
      assert.equal(await (await open()).get('default', 'k'), 2);
    });
  }

  it('numbers damaged files, and keeps at most nine', async () => {
    for (let i = 0; i < 12; i += 1) {
      await writeFile(join(directory, 'default.json'), 'bad');
      await (await open()).get('default', 'k');
    }
    assert.equal((await readdir(directory)).length, 9);
    assert.equal(damaged.at(-1), 'default default.json.damaged-9');
  });

  it('ignores and removes a file that was half written when the process died', async () => {
    await (await open()).set('default', 'k', 1);
    await writeFile(join(directory, 'default.json.part'), '{"k": 2');
    const store = await open();
    assert.equal(await store.get('default', 'k'), 1);
    assert.deepEqual(await readdir(directory), ['default.json']);
  });

  it('keeps the value before, and serves on, when a write fails', { skip: process.platform === 'win32' }, async () => {
    const store = await open();
    await store.set('default', 'k', 1);
    // A folder in the way of the unfinished file fails the write for every user, root included.
    await mkdir(join(directory, 'default.json.part', 'x'), { recursive: true });

    await assert.rejects(store.set('default', 'k', 2), (error: { code: string; message: string }) => {
      assert.equal(error.code, 'STORE_IO');
      assert.doesNotMatch(error.message, /moonpool-kv/);
      return true;
    });

    assert.equal(await store.get('default', 'k'), 1);
    await rm(join(directory, 'default.json.part'), { recursive: true });
    await store.set('default', 'k', 3);
    assert.equal(await store.get('default', 'k'), 3);
  });

  it('has every value it said was kept, after the process was killed in the middle of writes', async () => {
    const script = `
      const { createKvStore, KV_OPTIONS } = await import(${JSON.stringify(new URL('./index.ts', import.meta.url).href)});
      const { resolveOptions, silentLog } = await import(${JSON.stringify(new URL('../core/index.ts', import.meta.url).href)});
      const store = await createKvStore(process.argv[1], resolveOptions('kv', KV_OPTIONS), { log: silentLog });
      for (let i = 1; ; i += 1) {
        await store.set('default', 'k', { i, filler: 'x'.repeat(20000) });
        process.stdout.write(i + '\\n');
      }`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script, directory], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    child.stdout.on('data', (data: Buffer) => {
      said += data.toString();
      if (said.split('\n').length > 50) child.kill('SIGKILL');
    });
    await once(child, 'close');

    const lastSaid = Number(said.trimEnd().split('\n').at(-1));
    const kept = (await (await open()).get('default', 'k')) as { i: number };

    assert.ok(kept.i >= lastSaid, `${kept.i} kept, ${lastSaid} said`);
    assert.deepEqual(damaged, []);
  });
});
