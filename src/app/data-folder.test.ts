import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { openDataFolder } from './data-folder.ts';

describe('openDataFolder', () => {
  let base = '';
  beforeEach(async () => {
    base = await mkdtemp(join(tmpdir(), 'moonpool-data-'));
  });
  afterEach(async () => {
    await rm(base, { recursive: true, force: true });
  });

  for (const [file, secret] of [
    ['salt', 'salt'],
    ['admin.token', 'token'],
  ] as const) {
    it(`makes the folder with a ${file} that only its owner may read`, async () => {
      const path = join(base, 'deep', 'data');

      await using folder = await openDataFolder(path);

      assert.match(folder[secret], /^[0-9a-f]{32}$/);
      assert.equal((await stat(join(path, file))).mode & 0o777, 0o600);
    });
  }

  it('keeps the secret from one start to the next', async () => {
    const first = await openDataFolder(base);
    await first[Symbol.asyncDispose]();

    await using second = await openDataFolder(base);

    assert.equal(second.salt, first.salt);
  });

  it('makes a damaged secret anew', async () => {
    await writeFile(join(base, 'salt'), 'half');

    await using folder = await openDataFolder(base);

    assert.equal((await readFile(join(base, 'salt'), 'utf8')).trim(), folder.salt);
  });

  it('refuses a folder that a living process owns', async () => {
    await using _folder = await openDataFolder(base);

    await assert.rejects(openDataFolder(base), { code: 'STORE_LOCKED' });
  });

  it('takes over the folder of an owner that was killed', async () => {
    const script = `require('node:net').createServer().listen(process.argv[1], () => console.log('up'))`;
    const owner = spawn(process.execPath, ['-e', script, join(base, 'owner.sock')]);
    await once(owner.stdout, 'data');
    owner.kill('SIGKILL');
    await once(owner, 'exit');

    await using folder = await openDataFolder(base);

    assert.equal(folder.directory, base);
  });

  it('lets one of many take over the folder of an owner that was killed', async () => {
    const script = `require('node:net').createServer().listen(process.argv[1], () => console.log('up'))`;
    const owner = spawn(process.execPath, ['-e', script, join(base, 'owner.sock')]);
    await once(owner.stdout, 'data');
    owner.kill('SIGKILL');
    await once(owner, 'exit');

    const opened = await Promise.allSettled(Array.from({ length: 10 }, () => openDataFolder(base)));

    const owners = opened.filter((result) => result.status === 'fulfilled');
    assert.equal(owners.length, 1);
    for (const { value } of owners) await value[Symbol.asyncDispose]();
    assert.deepEqual((await readdir(base)).toSorted(), ['admin.token', 'salt']);
  });

  it('refuses a place where no folder can be made', { skip: process.platform !== 'linux' }, async () => {
    await assert.rejects(openDataFolder('/proc/no/such/place'), { code: 'CLI_MACHINE', message: /ENOENT/ });
  });

  it('owns a folder whose name is too long for a socket', async () => {
    const path = join(base, 'x'.repeat(120));

    await using _folder = await openDataFolder(path);

    await assert.rejects(openDataFolder(path), { code: 'STORE_LOCKED' });
  });

  it('says in one sentence that the folder cannot be written', async () => {
    await writeFile(join(base, 'file'), '');

    await assert.rejects(openDataFolder(join(base, 'file', 'data')), {
      code: 'CLI_MACHINE',
      message: /ENOTDIR.*--data/,
    });
  });
});
