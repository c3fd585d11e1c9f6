import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { toGivenValue } from './given-value.ts';

const SCHEMA = { type: 'object', properties: { n: { type: 'integer' } }, required: ['n'] } as const;

describe('toGivenValue', () => {
  it('gives what fits, as a result of any kind when nothing is asked of it', () => {
    const asked = { step: 's', node: 'ask', when: 'result' } as const;
    for (const value of [null, 'text', 7, [1], { a: 1 }]) assert.deepEqual(toGivenValue(asked, value), value);
    assert.deepEqual(toGivenValue({ ...asked, schema: { ...SCHEMA, required: ['n'] } }, { n: 1 }), { n: 1 });
  });

  it('refuses what does not fit the schema, with node and problem', () => {
    const asked = { step: 's', node: 'ask', when: 'result', schema: { ...SCHEMA, required: ['n'] } } as const;
    assert.throws(() => toGivenValue(asked, { n: 'x' }), { code: 'FLOW_INPUT', message: /ask.*n/ });
    assert.throws(() => toGivenValue(asked, {}), { code: 'FLOW_INPUT' });
  });

  for (const when of ['before', 'after'] as const) {
    it(`refuses what cannot be merged into the state ${when} a node`, () => {
      const asked = { step: 's', node: 'ask', when } as const;
      assert.deepEqual(toGivenValue(asked, {}), {});
      for (const value of [null, 'text', 7, [1]]) {
        assert.throws(() => toGivenValue(asked, value), { code: 'FLOW_INPUT', message: /object/ });
      }
    });
  }
});
