import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { callAction } from '../../../test/support/action-call.ts';
import type { JsonObject } from '../../core/index.ts';
import { createTemplateRenderAction } from './index.ts';

let directory: string;
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'moonpool-template-'));
});
after(() => rm(directory, { recursive: true }));

const action = createTemplateRenderAction({ files: {} });
const render = async (input: JsonObject): Promise<unknown> =>
  ((await callAction(action, input, { flowDirectory: directory })).value as JsonObject)['text'];

describe('template.render', () => {
  it('escapes HTML unless told otherwise', async () => {
    const input = { template: '<b>{{ title }}</b>', data: { title: '<script>' } };
    assert.equal(await render(input), '<b>&lt;script&gt;</b>');
    assert.equal(await render({ ...input, escape: 'none' }), '<b><script></b>');
  });

  it('sees its data and nothing else', async () => {
    assert.equal(await render({ template: '{{ a }}{{ state }}{{ env }}', data: { a: 1 }, escape: 'none' }), '1');
    assert.equal(await render({ template: 'x' }), 'x');
  });

  it('renders a file beside the flow, and takes up that it changed', async () => {
    const path = join(directory, 'page.html');
    await writeFile(path, 'one {{ a }}');
    for (let i = 0; i < 2; i += 1) assert.equal(await render({ file: 'page.html', data: { a: 1 } }), 'one 1');
    await writeFile(path, 'another {{ a }}');
    assert.equal(await render({ file: 'page.html', data: { a: 1 } }), 'another 1');
  });

  it('keeps more files right than it keeps compiled', async () => {
    for (let i = 0; i < 40; i += 1) await writeFile(join(directory, `t${i}.html`), `${i}`);
    for (let round = 0; round < 2; round += 1) {
      for (let i = 0; i < 40; i += 1) assert.equal(await render({ file: `t${i}.html` }), `${i}`);
    }
  });

  it('names file and place of what is wrong in it', async () => {
    await writeFile(join(directory, 'bad.html'), 'a\n{{ b');
    await assert.rejects(render({ file: 'bad.html' }), { code: 'SPEC_TEMPLATE', message: /^"bad\.html": .*line 2/ });
    await assert.rejects(render({ template: '{{ b' }), { code: 'SPEC_TEMPLATE' });
    await writeFile(join(directory, 'fails.html'), '{{ 1 + "x" * [] }}');
    await assert.rejects(render({ file: 'fails.html' }), { code: 'EXPR_FAILED', message: /^"fails\.html": / });
  });

  it('stops a page that has no end', async () => {
    const endless = '{% for a in range(1000) %}{% for b in range(1000) %}x{% endfor %}{% endfor %}';
    await assert.rejects(render({ template: endless }), { code: 'EXPR_LIMIT' });
    await assert.rejects(render({ template: '{{ a }}{{ a }}', data: { a: 'x'.repeat(200_000) } }), {
      code: 'EXPR_LIMIT',
    });
  });

  it('refuses both, neither, and files outside', async () => {
    await assert.rejects(render({}), { code: 'FLOW_ACTION' });
    await assert.rejects(render({ template: 'a', file: 'page.html' }), { code: 'FLOW_ACTION' });
    await assert.rejects(render({ file: '../x' }), { code: 'FLOW_ACTION' });
    await assert.rejects(render({ file: '/etc/passwd' }), { code: 'FLOW_ACTION' });
    await writeFile(join(directory, 'large.html'), 'x'.repeat(256 * 1024 + 1));
    await assert.rejects(render({ file: 'large.html' }), { code: 'FLOW_ACTION' });
  });
});
