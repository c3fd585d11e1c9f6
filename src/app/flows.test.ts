import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { loadFlows } from './flows.ts';

describe('loadFlows', () => {
  it('refuses devices and pipes, which may never end', { skip: process.platform === 'win32' }, async () => {
    const folder = await mkdtemp(join(tmpdir(), 'moonpool-flows-'));
    try {
      const pipe = join(folder, 'flow.yaml');
      execFileSync('mkfifo', [pipe]);

      for (const path of ['/dev/null', pipe]) {
        await assert.rejects(loadFlows([path]), { code: 'CLI_FILE', message: /neither a file nor a folder/ });
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
