import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { RunEvent } from '../../src/engine/index.ts';
import type { NamedCase } from './case-file.ts';
import type { RunTold } from './doors/door.ts';
import { assertExpected, assertProblems, assertSame } from './expectation.ts';

function anEvent(event: Partial<RunEvent>): RunEvent {
  return { event: 'node.started', run_id: 'r', seq: 0, at_ms: 0, data: {}, ...event };
}

const EVENTS = [anEvent({ node: 'a' }), anEvent({ node: 'b' }), anEvent({ node: 'x', branch: 'left' })];
const TOLD: RunTold = {
  rests: [{ kind: 'succeeded', state: { a: 1, b: { timing_ms: 5 } } }],
  refusals: [],
  events: EVENTS,
  warnings: ['case.yaml:1:2: warning SPEC_UNREACHABLE: The node `b` can never be reached.'],
};

function told(name: string, more: Partial<RunTold> = {}, canGive = true) {
  return { door: { name, canGive }, told: { ...TOLD, ...more } };
}

describe('what two doors tell', () => {
  it('is the same whatever differs from run to run, and whichever branch is told first', () => {
    const [a, b, x] = EVENTS.map((event, at) => ({ ...event, run_id: 'other', seq: 9 - at, at_ms: 77 }));
    const rests = [{ kind: 'succeeded' as const, state: { a: 1, b: { timing_ms: 6 } } }];

    assertSame([told('one'), told('two', { rests, events: [x, a, b].flatMap((event) => event ?? []) })]);
  });

  for (const [what, more, fault] of [
    ['another value', { rests: [{ kind: 'succeeded', state: { a: 2, b: { timing_ms: 5 } } }] }, /one and two differ/],
    ['another order of keys', { rests: [{ kind: 'succeeded', state: { b: { timing_ms: 5 }, a: 1 } }] }, /differ/],
    ['another end', { rests: [{ kind: 'failed', error: { code: 'LUA_RAISED', message: '' } }] }, /differ/],
    ['another order in a branch', { events: [EVENTS[1], EVENTS[0], EVENTS[2]] }, /events of the main path/],
    ['one event less', { events: EVENTS.slice(0, 2) }, /branches of one and two/],
    ['no warning', { warnings: [] }, /warnings differ/],
    ['a refusal', { refusals: ['FLOW_INPUT'] }, /refusals differ/],
  ] as const) {
    it(`differs by ${what}`, () => {
      assert.throws(() => assertSame([told('one'), told('two', more as Partial<RunTold>)]), fault);
    });
  }

  it('may end at the first rest where a door cannot go on, and must be the same until there', () => {
    const waits = { kind: 'waiting' as const, asked: [] };
    const whole = told('one', { rests: [waits, ...TOLD.rests] });

    assertSame([whole, told('two', { rests: [waits], events: EVENTS.slice(0, 1) }, false)]);
    assert.throws(() => assertSame([whole, told('two', { rests: [waits], events: EVENTS.slice(1) }, false)]));
    assert.throws(() => assertSame([whole, told('two', { rests: [waits] })]));
  });
});

describe('what a case expects', () => {
  const aCase = (more: Partial<NamedCase>): NamedCase => ({
    ...{ id: 'form-1', section: 'form', covers: ['form.file'], sentence: 'some words', flow: '' },
    warnings: [{ code: 'SPEC_UNREACHABLE', line: 1, column: 2, text: 'never' }],
    ...more,
  });

  it('holds when everything it names is so', () => {
    const path = { '': ['a', 'b'], left: ['x'] };
    const events = [
      { event: 'node.started', node: 'b' },
      { event: 'node.started', branch: 'left' },
    ];

    assertExpected(aCase({ state: { b: { timing_ms: 0 }, a: 1 }, path, events }), TOLD);
    assertExpected(aCase({ state_has: { a: 1 } }), TOLD);
  });

  for (const [what, more] of [
    ['a key too many', { state: { a: 1 } }],
    ['a key that is not there', { state_has: { c: 1 } }],
    ['an error', { error: { code: 'LUA_RAISED' } }],
    ['a wait', { waiting: [{ node: 'a' }] }],
    ['another path', { path: ['a'] }],
    ['an event that did not happen', { events: [{ event: 'retry.scheduled' }] }],
    [
      'events in another order',
      {
        events: [
          { event: 'node.started', node: 'b' },
          { event: 'node.started', node: 'a' },
        ],
      },
    ],
    ['no warning', { warnings: [] }],
    ['a warning elsewhere', { warnings: [{ code: 'SPEC_UNREACHABLE', line: 2 }] }],
    ['a refusal', { give: [{ value: {}, refused: 'FLOW_INPUT' }] }],
  ] as const) {
    it(`does not hold with ${what}`, () => {
      assert.throws(() => assertExpected(aCase({ state_has: {}, ...(more as Partial<NamedCase>) }), TOLD));
    });
  }

  it('names problems in their order, with code, place and words', () => {
    const lines = ['f.yaml:3:5: error SPEC_INVALID: No.', 'f.yaml:4:1: error SPEC_LUA: Bad.'];

    assertProblems([{ code: 'SPEC_INVALID', line: 3, column: 5, text: 'No' }, { code: 'SPEC_LUA' }], lines);
    assert.throws(() => assertProblems([{ code: 'SPEC_INVALID' }], lines));
    assert.throws(() => assertProblems([{ code: 'SPEC_LUA' }, { code: 'SPEC_INVALID' }], lines));
    assert.throws(() => assertProblems([{ code: 'SPEC_INVALID', column: 6 }, { code: 'SPEC_LUA' }], lines));
    assert.throws(() => assertProblems([{ code: 'SPEC_INVALID' }, { code: 'SPEC_LUA', text: 'Good' }], lines));
  });
});
