import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isFlowFile } from './flow-file.ts';

const FLOW = 'nodes:\n  - name: a\n';

/** [path, text, is a flow file] */
const ROWS: readonly (readonly [string, string | undefined, boolean])[] = [
  ['a.yaml', FLOW, true],
  ['a.yml', FLOW, true],
  ['A.YAML', FLOW, true],
  ['deep/in/a.yaml', FLOW, true],
  ['a.yaml', 'name: x\nedges: []\n', true],
  ['a.yaml', '"nodes": []\n', true],
  ['a.yaml', '{name: a, nodes: []}', true],
  ['a.yaml', 'nodes: [broken\n', true],
  ['a.yaml', undefined, true],
  ['a.yaml', 'name: x\n', false],
  ['a.yaml', 'x:\n  nodes: []\n', false],
  ['a.yaml', 'nodesx: []\n', false],
  ['a.yaml', '# nodes:\n', false],
  ['a.json', FLOW, false],
  ['moonpool.yaml', FLOW, false],
  ['site/moonpool.yml', FLOW, false],
  ['notmoonpool.yaml', FLOW, true],
  ['a.test.yaml', FLOW, false],
  ['.git/a.yaml', FLOW, false],
  ['x/.cache/y/a.yaml', FLOW, false],
  ['.a.yaml', FLOW, false],
  ['./a.yaml', FLOW, true],
  ['../flows/a.yaml', FLOW, true],
];

describe('isFlowFile', () => {
  for (const [path, text, expected] of ROWS) {
    it(`says ${expected} to ${path} with ${JSON.stringify(text)}`, () => {
      assert.equal(isFlowFile(path, text), expected);
    });
  }
});
