import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { aFlow, anOutcome, aParallelRoute, stateBytes } from '../../test/support/segments.ts';
import { decide } from './decide.ts';
import { Decider } from './decider.ts';
import { MAIN_PATH } from './path.ts';
import type { Command, Happening } from './decision.ts';

const EMPTY = stateBytes({});
const MEMO = { frames: [], itemKeys: [] } as const;
const START = {
  kind: 'started',
  atMs: 100,
  state: EMPTY,
  input: {},
  stateBytes: 1024 * 1024,
} as const satisfies Happening;

function startedDecider(maxSteps = 10_000, limitBytes = 1_024): Decider {
  const decider = new Decider(aFlow({ settings: { lua: {}, maxSteps } }));
  decider.take({ ...START, stateBytes: limitBytes });
  return decider;
}

/** A run whose main path fanned out to branches a and b. */
function forkedDecider(onError: 'fail' | 'collect', limitBytes?: number): { decider: Decider; a: string; b: string } {
  const decider = startedDecider(undefined, limitBytes);
  const commands = decider.take({
    kind: 'segment_ended',
    path: MAIN_PATH,
    outcome: anOutcome({
      kind: 'parallel',
      node: 'fork',
      route: aParallelRoute({ onError }),
      state: EMPTY,
      memo: MEMO,
      branchMemo: MEMO,
    }),
  });
  const [a, b] = segmentsOf(commands).map((command) => command.path);
  return { decider, a: a as string, b: b as string };
}

function segmentsOf(commands: readonly Command[]): Extract<Command, { kind: 'run_segment' }>[] {
  return commands.filter((command) => command.kind === 'run_segment');
}

function eventsOf(commands: readonly Command[]): string[] {
  return commands.flatMap((command) => (command.kind === 'publish' ? [command.event.event] : []));
}

function endsWith(path: string, state = EMPTY): Happening {
  return { kind: 'segment_ended', path, outcome: anOutcome({ kind: 'joined', state }) };
}

function fails(path: string, node = 'n'): Happening {
  const error = { code: 'LUA_RAISED', message: `${node} raised.` } as const;
  return { kind: 'segment_ended', path, outcome: anOutcome({ kind: 'failed', node, error }) };
}

describe('Decider', () => {
  it('begins a run with a segment from the entry', () => {
    const commands = new Decider(aFlow()).take(START);

    assert.deepEqual(eventsOf(commands), ['run.started']);
    assert.deepEqual(
      segmentsOf(commands).map(({ path, start, nowMs }) => ({ path, start, nowMs })),
      [{ path: MAIN_PATH, start: { kind: 'entry' }, nowMs: 100 }],
    );
  });

  it('ends a run with the state of its last segment', () => {
    const state = stateBytes({ done: true });

    const commands = startedDecider().take({
      kind: 'segment_ended',
      path: MAIN_PATH,
      outcome: anOutcome({ kind: 'end', state }),
    });

    assert.deepEqual(commands.at(-1), { kind: 'finish', end: { kind: 'succeeded', state } });
    assert.equal(eventsOf(commands).at(-1), 'run.finished');
  });

  it('lets a run take as many steps as it may, and not one more', () => {
    const ends = [1, 2].map((steps) => {
      const decider = startedDecider(1);
      decider.take({ kind: 'segment_ended', path: MAIN_PATH, outcome: { end: { kind: 'end', state: EMPTY }, steps } });
      return decider.end?.kind;
    });

    assert.deepEqual(ends, ['succeeded', 'failed']);
  });

  it('names effects by path, node and iteration, and goes on with their result', () => {
    const decider = startedDecider();
    const action = {
      kind: 'action',
      node: 'fetch',
      attempt: 1,
      uses: 'http.get',
      with: EMPTY,
      state: EMPTY,
      memo: MEMO,
    } as const;
    const steps: string[] = [];
    for (const atMs of [200, 300]) {
      const asked = decider.take({ kind: 'segment_ended', path: MAIN_PATH, outcome: anOutcome(action) });
      const effect = asked.find((command) => command.kind === 'run_effect');
      steps.push(effect?.step ?? '');
      const after = decider.take({
        kind: 'effect_ended',
        step: effect?.step ?? '',
        atMs,
        outcome: { kind: 'done', value: atMs },
      });
      assert.deepEqual(segmentsOf(after)[0]?.start, {
        kind: 'result',
        node: 'fetch',
        attempt: 1,
        value: new TextEncoder().encode(String(atMs)),
      });
      assert.equal(segmentsOf(after)[0]?.nowMs, atMs);
    }

    assert.deepEqual(steps, ['main/fetch/0', 'main/fetch/1']);
  });

  it('hands a parked machine back to the segment after the effect', () => {
    const decider = startedDecider();
    const machine = new Uint8Array([1, 2, 3]);
    const end = {
      kind: 'action',
      node: 'n',
      attempt: 1,
      uses: 'log',
      with: EMPTY,
      state: EMPTY,
      memo: MEMO,
      machine,
    } as const;
    decider.take({ kind: 'segment_ended', path: MAIN_PATH, outcome: anOutcome(end) });

    const commands = decider.take({
      kind: 'effect_ended',
      step: 'main/n/0',
      atMs: 1,
      outcome: { kind: 'done', value: null },
    });

    assert.equal(segmentsOf(commands)[0]?.machine, machine);
  });

  it('lets a node handle the failure of its effect', () => {
    const decider = startedDecider();
    const end = {
      kind: 'action',
      node: 'n',
      attempt: 1,
      uses: 'http.get',
      with: EMPTY,
      state: EMPTY,
      memo: MEMO,
    } as const;
    decider.take({ kind: 'segment_ended', path: MAIN_PATH, outcome: anOutcome(end) });
    const error = { code: 'CONN_CONNECT', message: 'Refused.' } as const;

    const commands = decider.take({
      kind: 'effect_ended',
      step: 'main/n/0',
      atMs: 1,
      outcome: { kind: 'failed', error },
    });

    assert.deepEqual(segmentsOf(commands)[0]?.start, { kind: 'error', node: 'n', attempt: 1, error });
  });

  it('keeps the answer an effect gave for the end of the run', () => {
    const decider = startedDecider();
    const response = { status: 201, headers: {}, body: 'made' };
    const end = {
      kind: 'action',
      node: 'n',
      attempt: 1,
      uses: 'http.respond',
      with: EMPTY,
      state: EMPTY,
      memo: MEMO,
    } as const;
    decider.take({ kind: 'segment_ended', path: MAIN_PATH, outcome: anOutcome(end) });
    decider.take({ kind: 'effect_ended', step: 'main/n/0', atMs: 1, outcome: { kind: 'done', value: {}, response } });

    decider.take({ kind: 'segment_ended', path: MAIN_PATH, outcome: anOutcome({ kind: 'end', state: EMPTY }) });

    assert.deepEqual(decider.end, { kind: 'succeeded', state: EMPTY, response });
  });

  it('gives every branch its own path and the state before the fork', () => {
    const { decider, a, b } = forkedDecider('fail');

    assert.deepEqual([a, b], ['main/fork.0/a', 'main/fork.0/b']);
    assert.equal(decider.inFlightCount, 2);
  });

  it('joins in declaration order, whichever branch came first', () => {
    const { decider, a, b } = forkedDecider('fail');
    decider.take(endsWith(b, stateBytes({ from: 'b' })));

    const commands = decider.take(endsWith(a, stateBytes({ from: 'a' })));

    const start = segmentsOf(commands)[0]?.start;
    assert.equal(start?.kind, 'joined');
    assert.deepEqual(start.kind === 'joined' ? start.results.map((result) => result.branch) : [], ['a', 'b']);
    assert.deepEqual(eventsOf(commands), ['branch.finished']);
  });

  it('fails the join, and holds no more states, when those of the branches are too large together', () => {
    for (const [stateBytesLimit, kind] of [
      [2 * EMPTY.byteLength, 'joined'],
      [2 * EMPTY.byteLength - 1, 'error'],
    ] as const) {
      const { decider, a, b } = forkedDecider('collect', stateBytesLimit);
      decider.take(endsWith(a));

      const start = segmentsOf(decider.take(endsWith(b)))[0]?.start;

      assert.equal(start?.kind, kind);
      if (start.kind === 'error') assert.equal(start.error.code, 'LUA_VALUE');
    }
  });

  it('fails the run with the first failure taken and abandons the other branches', () => {
    const { decider, a, b } = forkedDecider('fail');

    const commands = decider.take(fails(b));

    const abandoned = commands.flatMap((command) => (command.kind === 'abandon' ? command.paths : []));
    assert.ok(abandoned.includes(a));
    assert.equal(decider.end?.kind === 'failed' ? decider.end.error.code : '', 'LUA_RAISED');
    assert.deepEqual(decider.take(endsWith(a)), []);
  });

  it('collects failures where the fan-out says so', () => {
    const { decider, a, b } = forkedDecider('collect');
    decider.take(fails(a, 'boom'));

    const start = segmentsOf(decider.take(endsWith(b)))[0]?.start;

    assert.equal(start?.kind, 'joined');
    const results = start.kind === 'joined' ? start.results : [];
    assert.deepEqual(
      results.map(({ success, error }) => ({ success, node: error?.node })),
      [
        { success: false, node: 'boom' },
        { success: true, node: undefined },
      ],
    );
  });

  it('lets a failed inner fan-out be one failed branch of a collecting outer one', () => {
    const { decider, a, b } = forkedDecider('collect');
    const inner = decider.take({
      kind: 'segment_ended',
      path: a,
      outcome: anOutcome({
        kind: 'parallel',
        node: 'inner',
        route: aParallelRoute(),
        state: EMPTY,
        memo: MEMO,
        branchMemo: MEMO,
      }),
    });
    decider.take(fails(segmentsOf(inner)[0]?.path ?? ''));

    const start = segmentsOf(decider.take(endsWith(b)))[0]?.start;

    assert.deepEqual(start?.kind === 'joined' ? start.results.map((result) => result.success) : [], [false, true]);
  });

  it('measures a branch by recorded instants only', () => {
    const { decider, a, b } = forkedDecider('fail');
    const end = { kind: 'action', node: 'n', attempt: 1, uses: 'log', with: EMPTY, state: EMPTY, memo: MEMO } as const;
    decider.take({ kind: 'segment_ended', path: a, outcome: anOutcome(end) });
    decider.take({ kind: 'effect_ended', step: `${a}/n/0`, atMs: 175, outcome: { kind: 'done', value: {} } });
    decider.take(endsWith(a));

    const commands = decider.take(endsWith(b));

    const start = segmentsOf(commands)[0]?.start;
    assert.deepEqual(start?.kind === 'joined' ? start.results.map((result) => result.timing_ms) : [], [75, 0]);
    assert.equal(segmentsOf(commands)[0]?.nowMs, 175);
  });

  it('ends a run that took one step more than it may', () => {
    const decider: Decider = startedDecider(1);
    const end = { kind: 'action', node: 'n', attempt: 1, uses: 'log', with: EMPTY, state: EMPTY, memo: MEMO } as const;
    decider.take({ kind: 'segment_ended', path: MAIN_PATH, outcome: anOutcome(end) });
    decider.take({ kind: 'effect_ended', step: 'main/n/0', atMs: 1, outcome: { kind: 'done', value: {} } });

    decider.take({ kind: 'segment_ended', path: MAIN_PATH, outcome: anOutcome({ kind: 'end', state: EMPTY }) });

    assert.equal(decider.end?.kind === 'failed' ? decider.end.error.code : '', 'FLOW_STEP_LIMIT');
  });

  it('abandons everything in flight when the run is cancelled', () => {
    const { decider, a, b } = forkedDecider('fail');
    const error = { code: 'FLOW_CANCELLED', message: 'Cancelled.' } as const;

    const commands = decider.take({ kind: 'stopped', atMs: 500, error });

    const abandoned = commands.flatMap((command) => (command.kind === 'abandon' ? command.paths : []));
    assert.deepEqual(abandoned.toSorted(), [a, b]);
    assert.equal(decider.end?.kind, 'cancelled');
    assert.equal(decider.inFlightCount, 0);
  });

  it('fails, not cancels, a run whose time was up', () => {
    const decider = startedDecider();

    decider.take({ kind: 'stopped', atMs: 1, error: { code: 'FLOW_TIMEOUT', message: 'Late.' } });

    assert.equal(decider.end?.kind, 'failed');
  });

  it('says nothing more after the end', () => {
    const decider = startedDecider();
    decider.take({ kind: 'stopped', atMs: 1, error: { code: 'FLOW_CANCELLED', message: 'Stop.' } });

    assert.deepEqual(decider.take(endsWith(MAIN_PATH)), []);
  });
});

describe('decide', () => {
  it('gives for any prefix of a history what the live decider gave', () => {
    const flow = aFlow();
    const history: Happening[] = [
      START,
      {
        kind: 'segment_ended',
        path: MAIN_PATH,
        outcome: anOutcome({
          kind: 'parallel',
          node: 'f',
          route: aParallelRoute(),
          state: EMPTY,
          memo: MEMO,
          branchMemo: MEMO,
        }),
      },
      endsWith('main/f.0/b'),
      endsWith('main/f.0/a'),
      { kind: 'segment_ended', path: MAIN_PATH, outcome: anOutcome({ kind: 'end', state: EMPTY }) },
    ];
    const live = new Decider(flow);

    for (const [index, happening] of history.entries()) {
      assert.deepEqual(decide(flow, history.slice(0, index), happening), live.take(happening));
    }
    assert.equal(live.end?.kind, 'succeeded');
  });
});
