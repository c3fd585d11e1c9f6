import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { JsonObject } from '../../src/core/index.ts';
import type { RunOutcome } from '../../src/engine/index.ts';
import { startEngine } from '../support/engine.ts';
import { readState } from '../support/segments.ts';

async function outcomeOf(text: string, input: JsonObject = {}): Promise<RunOutcome> {
  await using engine = startEngine();
  return await engine.runner.start(engine.flow(text), input).outcome;
}

async function stateOf(text: string, input: JsonObject = {}): Promise<JsonObject> {
  const outcome = await outcomeOf(text, input);
  assert.equal(outcome.kind, 'succeeded', JSON.stringify(outcome));
  return outcome.kind === 'succeeded' ? readState(outcome.state) : {};
}

const FLOW = `
name: answer
variables: { unit: C }
input_schema: { n: { type: int, required: true, min: 1 }, warm: { type: bool, default: true } }
output_schema:
  ok: true
  text: "{{ state.sum }} {{ variables.unit }}"
  sum: "{{ state.sum }}"
  note: { value: "{{ state.note }}", default: none }
  warm: { value: yes, include_if: state.warm }
nodes:
  - { name: add, run: 'return { sum = state.n + 1, kind = math.type(state.n) }' }
`;

describe('the answer of a run', () => {
  it('is what `output_schema` says', async () => {
    assert.deepEqual(await stateOf(FLOW, { n: 2, warm: false }), { ok: true, text: '3 C', sum: 3, note: 'none' });
  });

  it('is the whole state without one', async () => {
    const text = FLOW.replace(/output_schema:[^]*nodes:/, 'nodes:');

    assert.deepEqual(await stateOf(text, { n: 2 }), { n: 2, warm: true, sum: 3, kind: 'integer' });
  });

  it('is made once, behind all branches', async () => {
    const text = `
name: fork
output_schema: { results: "{{ state.parallel_results | length }}", first: "{{ state.parallel_results[0].state.n }}" }
nodes:
  - { name: start, parallel: [a, b], fan_in: join }
  - { name: a, run: 'return { n = 1 }' }
  - { name: b, run: 'return { n = 2 }' }
  - { name: join }
`;

    assert.deepEqual(await stateOf(text), { results: 2, first: 1 });
  });

  it('fails the run when it cannot be made', async () => {
    const outcome = await outcomeOf(FLOW.replace('ok: true', 'ok: "{{ state.sum + variables }}"'), { n: 1 });

    assert.equal(outcome.kind === 'failed' && outcome.error.code, 'EXPR_FAILED');
  });
});

describe('the input of a run', () => {
  it('is made to fit where that takes no guess', async () => {
    assert.deepEqual(await stateOf(FLOW, { n: '41', warm: 'no' }), { ok: true, text: '42 C', sum: 42, note: 'none' });
    assert.deepEqual(await stateOf(FLOW, { n: 41 }), { ok: true, text: '42 C', sum: 42, note: 'none', warm: 'yes' });
  });

  it('is refused with everything that does not fit', async () => {
    const outcome = await outcomeOf(FLOW, { n: '0', warm: 'perhaps' });

    assert.equal(outcome.kind === 'failed' && outcome.error.code, 'FLOW_INPUT');
    assert.deepEqual(outcome.kind === 'failed' && outcome.error.details, {
      problems: ['`n` must be >= 1.', '`warm` must be boolean or null.'],
    });
  });
});
