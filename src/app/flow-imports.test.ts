import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { loadFlows } from './flows.ts';

const LEAF = 'name: leaf\nnodes:\n  - {name: a, run: "return {}"}\n';

function calling(...paths: readonly string[]): string {
  return `nodes:\n${paths.map((path, index) => `  - {name: n${index}, call: "${path}"}\n`).join('')}`;
}

describe('imports', () => {
  let folder = '';

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'moonpool-imports-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function write(files: Readonly<Record<string, string>>): Promise<void> {
    for (const [name, text] of Object.entries(files)) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), text);
    }
  }

  async function problems(path: string): Promise<readonly string[]> {
    const { diagnostics } = await loadFlows([join(folder, path)]);
    return diagnostics.map(({ file, line, column, code, message }) => {
      const place = `${file.slice(folder.length + 1)}:${line}:${column}`;
      return `${place} ${code} ${message.replaceAll(`${folder}/`, '')}`;
    });
  }

  it('are checked flows under the names that are used for them', async () => {
    await write({
      'main.yaml': `imports: [{path: lib/leaf.yaml, as: l}]\n${calling('l', './lib/leaf.yaml')}`,
      'lib/leaf.yaml': LEAF,
    });

    const { flows, diagnostics } = await loadFlows([join(folder, 'main.yaml')]);

    assert.deepEqual(diagnostics, []);
    const imports = flows[0]?.imports ?? {};
    assert.deepEqual(Object.keys(imports), ['l', './lib/leaf.yaml']);
    assert.equal(imports['l']?.name, 'leaf');
    assert.equal(imports['l'], imports['./lib/leaf.yaml']);
    assert.equal(imports['l']?.directory, join(folder, 'lib'));
  });

  it('begin from the file that names them', async () => {
    await write({ 'main.yaml': calling('a/b.yaml'), 'a/b.yaml': calling('c/leaf.yaml'), 'a/c/leaf.yaml': LEAF });

    assert.deepEqual(await problems('main.yaml'), []);
  });

  it('change the hash of who imports them', async () => {
    await write({ 'main.yaml': calling('leaf.yaml'), 'leaf.yaml': LEAF });
    const before = (await loadFlows([join(folder, 'main.yaml')])).flows[0]?.hash;
    await write({ 'leaf.yaml': LEAF.replace('return {}', 'return {x = 1}') });

    assert.notEqual((await loadFlows([join(folder, 'main.yaml')])).flows[0]?.hash, before);
  });

  it('report what is wrong in their own file, once', async () => {
    await write({ 'main.yaml': calling('bad.yaml'), 'bad.yaml': 'nodes:\n  - {name: a, rnu: x}\n' });

    assert.deepEqual(await problems('.'), [
      'bad.yaml:2:15 SPEC_UNKNOWN_KEY The key `rnu` is not known in `nodes item`.',
      'main.yaml:2:22 SPEC_INVALID The flow bad.yaml has errors of its own.',
    ]);
  });

  it('may not go in a circle', async () => {
    await write({ 'a.yaml': calling('b.yaml'), 'b.yaml': calling('a.yaml') });

    assert.deepEqual(await problems('a.yaml'), [
      'b.yaml:2:22 SPEC_INVALID The flows import each other in a circle: a.yaml, then b.yaml, then a.yaml.',
      'a.yaml:2:22 SPEC_INVALID The flow b.yaml has errors of its own.',
    ]);
    await write({ 'self.yaml': calling('self.yaml') });
    assert.match((await problems('self.yaml'))[0] ?? '', /circle: self\.yaml, then self\.yaml\./);
  });

  it('may go 16 flows deep', async () => {
    const chain = (count: number): Record<string, string> => ({
      ...Object.fromEntries(
        Array.from({ length: count }, (_, index) => [`f${index}.yaml`, calling(`f${index + 1}.yaml`)]),
      ),
      [`f${count}.yaml`]: LEAF,
    });
    await write(chain(16));
    assert.deepEqual(await problems('f0.yaml'), []);
    await write(chain(17));
    assert.match((await problems('f0.yaml'))[0] ?? '', /^f16\.yaml.*more than 16 flows deep/);
  });

  it('lie in the folder that was named', async () => {
    await write({ 'flows/main.yaml': calling('../leaf.yaml'), 'leaf.yaml': LEAF });

    const outside = ['flows/main.yaml:2:22 SPEC_INVALID The file leaf.yaml lies outside the project.'];
    assert.deepEqual(await problems('flows/main.yaml'), outside);
    assert.deepEqual(await problems('flows'), outside);
    assert.deepEqual(await problems('.'), []);
  });

  it('lie in the project when there is one', async () => {
    await write({ 'flows/main.yaml': calling('../leaf.yaml'), 'leaf.yaml': LEAF, 'moonpool.yaml': '{}' });

    assert.deepEqual(await problems('flows/main.yaml'), []);
    assert.deepEqual(await problems('flows'), []);
  });

  it('do not follow links out of the project', async () => {
    await write({ 'flows/main.yaml': calling('link.yaml'), 'leaf.yaml': LEAF });
    await symlink(join(folder, 'leaf.yaml'), join(folder, 'flows/link.yaml'));

    assert.match((await problems('flows/main.yaml'))[0] ?? '', /outside the project/);
  });

  it('are files that are there', async () => {
    await write({ 'main.yaml': calling('missing.yaml', 'folder.yaml', 'pipe.yaml', 'large.yaml') });
    await mkdir(join(folder, 'folder.yaml'));
    await writeFile(join(folder, 'large.yaml'), 'x'.repeat(1_048_577));
    execFileSync('mkfifo', [join(folder, 'pipe.yaml')]);

    assert.deepEqual(await problems('main.yaml'), [
      'main.yaml:2:22 SPEC_INVALID The file missing.yaml does not exist.',
      'main.yaml:3:22 SPEC_INVALID folder.yaml is no file.',
      'main.yaml:4:22 SPEC_INVALID pipe.yaml is no file.',
      'main.yaml:5:22 SPEC_INVALID The file large.yaml has 1048577 bytes; a flow file has at most 1048576.',
    ]);
  });

  it('do not grow without end when each names the next twice', async () => {
    const padding = `description: ${'x'.repeat(1_000)}\n`;
    await write({
      ...Object.fromEntries(
        Array.from({ length: 16 }, (_, at) => [
          `f${at}.yaml`,
          padding + calling(`f${at + 1}.yaml`, `./f${at + 1}.yaml`),
        ]),
      ),
      'f16.yaml': LEAF,
    });

    assert.match((await problems('f0.yaml')).join('\n'), /SPEC_INVALID The imported flows come to \d+ characters/);
  });
});
