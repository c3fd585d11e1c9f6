import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ActionCatalogue } from '../flow/index.ts';
import { parseFlow } from './parse-flow.ts';

const actions: ActionCatalogue = {
  names: () => ['page.make'],
  find: (name) =>
    name === 'page.make'
      ? {
          ...{ name, effect: 'safe', about: 'Makes.', withSchema: { type: 'object' }, resultSchema: {} },
          ownText: { page: 'template', rule: 'condition' },
        }
      : undefined,
};

function workOf(yaml: string): unknown {
  const { flow, diagnostics } = parseFlow(`nodes: [{ name: n, uses: page.make, with: ${yaml} }]`, {
    ...{ file: 'f.yaml', directory: '.', actions },
  });
  return flow?.nodes[0]?.work ?? diagnostics.map(({ code, line }) => `${code} ${line}`);
}

describe('texts that an action evaluates itself', () => {
  it('stay as they are written, with the state as data unless the flow gives some', () => {
    assert.deepEqual(workOf(`{ page: '<p>{{ state.x }}</p>', to: '{{ state.y }}' }`), {
      kind: 'action',
      uses: 'page.make',
      with: { to: '{{ state.y }}', data: { state: '{{ state }}', variables: '{{ variables }}' } },
      ownText: { page: '<p>{{ state.x }}</p>' },
    });
    assert.deepEqual(workOf(`{ rule: 'item.a > 1', data: { b: 1 } }`), {
      kind: 'action',
      uses: 'page.make',
      with: { data: { b: 1 } },
      ownText: { rule: 'item.a > 1' },
    });
  });

  it('are checked as what they are', () => {
    assert.deepEqual(workOf(`{ page: '{% for %}' }`), ['SPEC_TEMPLATE 1']);
    assert.deepEqual(workOf(`{ rule: 'item.a >' }`), ['SPEC_TEMPLATE 1']);
  });

  it('do not make an action without them different', () => {
    assert.deepEqual(workOf('{ to: 1 }'), { kind: 'action', uses: 'page.make', with: { to: 1 } });
  });
});
