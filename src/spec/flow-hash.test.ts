import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { flowOf } from '../../test/support/flow-text.ts';

const TEXT = 'name: a\nvariables: {v: 1}\ninitial_state: {s: 1, t: 2}\nnodes:\n  - {name: n, run: return 1}\n';

/** [what changes, the changed text, whether the hash changes] */
const CHANGES: readonly (readonly [string, string, boolean])[] = [
  ['a comment', `# note\n\n${TEXT}`, false],
  ['the name of the flow', TEXT.replace('name: a', 'name: b'), false],
  ['the description', `description: x\n${TEXT}`, false],
  ['the way it is written', TEXT.replace('{v: 1}', '{"v": 1}'), false],
  ['the schedule', `${TEXT}schedule: {at_start: true}\n`, false],
  ['a variable', TEXT.replace('v: 1', 'v: 2'), true],
  ['the initial state', TEXT.replace('s: 1', 's: 2'), true],
  ['the order of keys in the initial state', TEXT.replace('s: 1, t: 2', 't: 2, s: 1'), true],
  ['the answer', `${TEXT}output_schema: {a: 1}\n`, true],
  ['the description of the state', `${TEXT}state_schema: {s: int}\n`, false],
  ['the code', TEXT.replace('return 1', 'return 2'), true],
  ['a node', `${TEXT}  - {name: m}\n`, true],
  ['a limit', `${TEXT}settings: {max_steps: 5}\n`, true],
  ['the entry', `${TEXT}edges: [{from: __start__, to: n, when: state.s}]\n`, true],
];

describe('the hash of a flow', () => {
  for (const [what, text, changes] of CHANGES) {
    it(`${changes ? 'changes' : 'stays the same'} with ${what}`, () => {
      assert.equal(flowOf(text).hash !== flowOf(TEXT).hash, changes);
    });
  }

  it('stays the same in another file', () => {
    assert.equal(flowOf(TEXT, { file: 'x.yaml', directory: '/x' }).hash, flowOf(TEXT).hash);
  });

  it('changes with a variable that the configuration replaces', () => {
    assert.notEqual(flowOf(TEXT, { variables: { v: 9 } }).hash, flowOf(TEXT).hash);
  });
});
