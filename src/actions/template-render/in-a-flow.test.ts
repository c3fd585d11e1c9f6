import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createTemplateRenderAction } from './index.ts';
import { startEngine } from '../../../test/support/engine.ts';
import { stateOf } from '../../../test/support/runs.ts';

describe('a template in a flow', () => {
  it('escapes what it shows of the state, and renders nothing that the state holds', async () => {
    const action = createTemplateRenderAction({ files: { root: '.', refusedFolders: [] } as never });
    await using engine = startEngine({ actions: [action] });
    const flow = engine.flow(`
nodes:
  - { name: page, uses: template.render, with: { template: '<p>{{ state.text }}</p>' }, output: { html: result.text } }
`);
    const text = '<script>x</script>{{ variables }}{% for x in range(9) %}a{% endfor %}';

    const { html } = stateOf(await engine.runner.start(flow, { text }).outcome);

    assert.equal(html, '<p>&lt;script&gt;x&lt;/script&gt;{{ variables }}{% for x in range(9) %}a{% endfor %}</p>');
  });
});
