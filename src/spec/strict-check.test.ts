import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { messagesOf, problemsOf } from '../../test/support/flow-text.ts';

/** Key problems only, each as `line:column message`. */
function keyProblems(text: string): readonly string[] {
  return problemsOf(text, { strict: true }).filter((found) => found.endsWith('SPEC_DEAD_KEY'));
}

const ANSWER = 'output_schema: {a: "{{ state.kept }}"}\n';
const INPUT = 'input_schema: {type: object, properties: {given: {}}}\n';

describe('validate --strict on keys that are written', () => {
  /** [what, nodes and more, places of warnings] */
  const ROWS: readonly (readonly [string, string, readonly string[]])[] = [
    [
      'a key of returned Lua',
      'nodes:\n  - name: n\n    run: |\n      return { kept = 1,\n        lost = 2 }\n',
      ['w 6:9'],
    ],
    ['an output', 'nodes:\n  - {name: n, uses: http.get, with: {url: x}, output: lost}\n', ['w 3:55']],
    ['an output map', 'nodes:\n  - {name: n, uses: log, output: {kept: result, lost: result}}\n', ['w 3:49']],
    ['an expression', 'nodes:\n  - {name: n, run: {type: expression, value: 1, output_key: lost}}\n', ['w 3:61']],
    ['the first state', 'initial_state: {kept: 1, lost: 2}\nnodes: [{name: n}]\n', ['w 2:26']],
    [
      'a key that Lua reads',
      'nodes:\n  - {name: n, run: "return { x = 1 }"}\n  - {name: m, run: "return { kept = state.x }"}\n',
      [],
    ],
    ['a key that a goto reads', 'nodes: [{name: n, run: "return { x = 1 }", goto: [{if: x, to: __end__}]}]\n', []],
    [
      'a key that an edge reads',
      'nodes: [{name: n, run: "return { x = 1 }"}]\nedges: [{from: n, to: __end__, when: "!x"}, {from: n, to: n}]\n',
      [],
    ],
    [
      'a key that a template reads',
      'nodes: [{name: n, run: "return { x = 1 }"}, {name: m, uses: log, with: {message: "{{ state.x }}"}}]\n',
      [],
    ],
    [
      'a key that any key of a node may read',
      'nodes: [{name: n, run: "return { x = 1 }"}, {name: m, uses: log, with: {message: state.x}}]\n',
      [],
    ],
    ['keys of a state that is handed on whole', 'nodes: [{name: n, run: "return { x = #state }"}]\n', []],
    [
      'keys of a state that a template hands on',
      'nodes: [{name: n, run: "return { x = 1 }"}, {name: m, uses: log, with: {message: "{{ state | tojson }}"}}]\n',
      [],
    ],
    ['keys of a returned variable', 'nodes: [{name: n, run: "local t = { x = 1 } return t"}]\n', []],
  ];
  for (const [what, text, places] of ROWS) {
    it(`knows ${what}`, () => {
      assert.deepEqual(
        keyProblems(ANSWER + text),
        places.map((place) => `${place} SPEC_DEAD_KEY`),
      );
    });
  }

  it('says nothing of a flow whose whole state is the answer', () => {
    assert.deepEqual(keyProblems('nodes: [{name: n, run: "return { lost = 1 }"}]\n'), []);
  });

  it('says nothing without --strict', () => {
    assert.deepEqual(problemsOf(`${ANSWER}nodes: [{name: n, run: "return { lost = 1 }"}]\n`), []);
  });

  it('says what to do', () => {
    assert.deepEqual(messagesOf(`${ANSWER}nodes: [{name: n, run: "return { lost = 1 }"}]\n`, { strict: true }), [
      'The state key `lost` is written and never read. Read it, put it into `output_schema`, or do not write it.',
    ]);
  });
});

describe('validate --strict on keys that are read', () => {
  const ROWS: readonly (readonly [string, string, readonly string[]])[] = [
    [
      'in Lua',
      'nodes:\n  - name: n\n    run: |\n      return { a = state.given,\n        b = state.gone }\n',
      ['w 6:19'],
    ],
    ['in a condition', 'nodes: [{name: n, goto: [{if: state.gone > 1, to: __end__}, {to: n}]}]\n', ['w 2:31']],
    ['in a template', 'nodes: [{name: n, uses: http.get, with: {url: "{{ state.gone }}"}, output: x}]\n', ['w 2:47']],
    [
      'in an answer',
      'nodes: [{name: n}]\noutput_schema: {a: {value: "{{ state.gone }}", include_if: state.given}}\n',
      ['w 3:28'],
    ],
    [
      'in the settings of the first state',
      'initial_state: {x: 1}\nnodes: [{name: n, run: "return { a = state.x }"}]\n',
      [],
    ],
    [
      'where an action writes',
      'nodes: [{name: n, uses: log, output: x}, {name: m, run: "return { a = state.x }"}]\n',
      [],
    ],
    [
      'where a parameter of the endpoint writes',
      'endpoint: {path: "/{id}"}\nnodes: [{name: n, run: "return { a = state.id }"}]\n',
      [],
    ],
    ['where a join writes', 'nodes: [{name: n, run: "return { a = state.parallel_results }"}]\n', []],
    ['where the state is described', 'state_schema: {x: int}\nnodes: [{name: n, run: "return { a = state.x }"}]\n', []],
    [
      'after an action that may write anything',
      'nodes: [{name: n, uses: log}, {name: m, run: "return { a = state.x }"}]\n',
      [],
    ],
    [
      'after Lua that may write anything',
      'nodes: [{name: n, run: "return f()"}, {name: m, run: "return { a = state.x }"}]\n',
      [],
    ],
  ];
  for (const [what, text, places] of ROWS) {
    it(`knows them ${what}`, () => {
      assert.deepEqual(
        keyProblems(INPUT + text),
        places.map((place) => `${place} SPEC_DEAD_KEY`),
      );
    });
  }

  it('says nothing where any input is taken', () => {
    const node = 'nodes: [{name: n, run: "return { a = state.x }"}]\n';

    assert.deepEqual(keyProblems(node), []);
    assert.deepEqual(keyProblems(`input_schema: {type: object, additionalProperties: true}\n${node}`), []);
    assert.deepEqual(keyProblems(`input_schema: {anyOf: [{type: object}]}\n${node}`), []);
  });

  it('names the nearest key', () => {
    assert.deepEqual(messagesOf(`${INPUT}nodes: [{name: n, run: "return { a = state.givn }"}]\n`, { strict: true }), [
      'The state key `givn` is read and never written. Did you mean `given`?',
    ]);
  });
});

describe('validate --strict on joins and first states', () => {
  it('warns of a join without a fan-out', () => {
    const text =
      'nodes: [{name: a, parallel: [b], fan_in: c}, {name: b}, {name: c, fan_in: true}, {name: d, fan_in: true}]\n';

    assert.deepEqual(problemsOf(text, { strict: true }), ['w 1:100 SPEC_UNREACHABLE']);
    assert.deepEqual(problemsOf(text), []);
  });

  it('warns of a first state that its description does not fit', () => {
    const text = 'state_schema: {n: int, s: str, l: list}\ninitial_state: {n: many, s: null}\nnodes: [{name: a}]\n';

    assert.deepEqual(problemsOf(text, { strict: true }), ['w 2:20 SPEC_INVALID']);
    assert.deepEqual(problemsOf(text), []);
  });

  it('warns of durations and sizes without a unit', () => {
    const text = 'settings: {timeout: 5, lua: {memory: 1000000}}\nnodes: [{name: a}]\n';

    assert.deepEqual(messagesOf(text, { strict: true }), [
      '`timeout` has no unit. Write `5s`.',
      '`memory` has no unit. Write `1000000B`.',
    ]);
  });
});
