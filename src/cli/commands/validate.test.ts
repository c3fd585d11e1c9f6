/** `moonpool validate` in-process. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DIAGNOSTIC, moonpool, WARNING } from '../../../test/support/command-line.ts';

describe('moonpool validate', () => {
  it('prints nothing when all is well', async () => {
    const { code, stdout, stderr, calls } = await moonpool(['validate', 'a', 'b']);

    assert.deepEqual([code, stdout, stderr], [0, '', '']);
    assert.deepEqual(calls, ['loadFlows a b']);
  });

  it('prints problems on standard output and ends with 2', async () => {
    const { code, stdout } = await moonpool(['validate', 'a'], { diagnostics: [WARNING, DIAGNOSTIC] });

    assert.equal(stdout.split('\n').length, 3);
    assert.equal(code, 2);
  });

  it('fails for warnings only when strict', async () => {
    assert.equal((await moonpool(['validate', 'a'], { diagnostics: [WARNING] })).code, 0);
    assert.equal((await moonpool(['validate', 'a', '--strict'], { diagnostics: [WARNING] })).code, 2);
  });

  it('puts every overlay over every flow', async () => {
    const { calls } = await moonpool(['validate', 'a', 'b', '-f', 'one', '--overlay', 'two']);

    assert.deepEqual(calls, ['loadFlows a b over one over two']);
  });

  it('prints one JSON list with --json, an empty one too', async () => {
    assert.equal((await moonpool(['validate', 'a', '--json'])).stdout, '[]\n');
    const { stdout } = await moonpool(['validate', 'a', '--json'], { diagnostics: [DIAGNOSTIC] });
    assert.deepEqual(JSON.parse(stdout), [DIAGNOSTIC]);
  });
});
