import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
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

  it('puts overlays over each flow of a folder, and takes none of them for a flow', async () => {
    await using folder = await aFolder({
      'a.yaml': 'nodes: [{name: one}]\nvariables: {n: 1}\n',
      'b.yaml': 'nodes: [{name: one}, {name: two}]\n',
      'over.yaml': 'nodes: [{name: one, goto: __end__}]\nvariables: {n: 2}\n',
    });

    const { flows, diagnostics } = await loadFlows([folder.path], { overlays: [join(folder.path, 'over.yaml')] });

    assert.deepEqual(
      flows.map(({ name, variables }) => [name, variables]),
      [
        ['a', { n: 2 }],
        ['b', { n: 2 }],
      ],
    );
    assert.deepEqual(
      diagnostics.map(({ file, code }) => [file.slice(folder.path.length + 1), code]),
      [['b.yaml', 'SPEC_UNREACHABLE']],
    );
  });

  it('says once what is wrong with an overlay of two flows', async () => {
    await using folder = await aFolder({
      'a.yaml': 'nodes: [{name: one}]\n',
      'b.yaml': 'nodes: [{name: one}]\n',
      'over.yaml': 'nodse: []\n',
    });

    const { flows, diagnostics } = await loadFlows([folder.path], { overlays: [join(folder.path, 'over.yaml')] });

    assert.deepEqual(flows, []);
    assert.deepEqual(
      diagnostics.map(({ code, line }) => [code, line]),
      [['SPEC_UNKNOWN_KEY', 1]],
    );
  });

  it('refuses overlays that are folders or absent', async () => {
    await using folder = await aFolder({ 'a.yaml': 'nodes: [{name: one}]\n' });

    for (const [overlay, message] of [
      [folder.path, /is no file/],
      [join(folder.path, 'b.yaml'), /does not exist/],
    ] as const) {
      await assert.rejects(loadFlows([folder.path], { overlays: [overlay] }), { code: 'CLI_FILE', message });
    }
  });
});

async function aFolder(files: {
  readonly [name: string]: string;
}): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'moonpool-flows-'));
  for (const [name, text] of Object.entries(files)) await writeFile(join(path, name), text);
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
