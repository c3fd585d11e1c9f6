import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { filesBelow, kindOf, readBoundedFile } from './named-files.ts';

describe('named files', () => {
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'named-'));
    for (const inside of ['b', 'a', '.hidden', 'node_modules']) {
      mkdirSync(join(folder, inside));
      writeFileSync(join(folder, inside, 'x.yaml'), '12345');
    }
    execFileSync('mkfifo', [join(folder, 'pipe.yaml')]);
  });

  after(() => rmSync(folder, { recursive: true }));

  it('are files or folders, and nothing that may never end', async () => {
    assert.equal(await kindOf(folder), 'folder');
    assert.equal(await kindOf(join(folder, 'a', 'x.yaml')), 'file');
    await assert.rejects(kindOf(join(folder, 'pipe.yaml')), { code: 'CLI_FILE' });
    await assert.rejects(kindOf(join(folder, 'absent')), { code: 'CLI_FILE', message: /does not exist/ });
  });

  it('are found below a folder in order, hidden folders and packages left out', async () => {
    const found = await filesBelow(folder, { isWanted: (name) => name.endsWith('.yaml'), what: 'flows' });
    assert.deepEqual(found, [join(folder, 'a', 'x.yaml'), join(folder, 'b', 'x.yaml')]);
  });

  it('are read up to their limit, and not one byte more', async () => {
    const file = join(folder, 'a', 'x.yaml');
    assert.equal(await readBoundedFile(file, { what: 'flow file', maxBytes: 5 }), '12345');
    await assert.rejects(readBoundedFile(file, { what: 'flow file', maxBytes: 4 }), {
      code: 'CLI_FILE',
      message: /has 5 bytes; a flow file has at most 4/,
    });
  });
});
