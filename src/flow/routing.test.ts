import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { aParallelRoute } from '../../test/support/segments.ts';
import type { JsonValue } from '../core/index.ts';
import { END, type Route } from './flow.ts';
import { followRoute } from './routing.ts';

/** Where `route` leads when the conditions in `held` hold and every expression comes to `value`. */
function follow(route: Route, join?: string, held: readonly string[] = [], value: JsonValue = null): string {
  const to = followRoute(route, { holds: (when) => held.includes(when), valueOf: () => value }, join);
  return to.kind === 'node' ? to.name : `(${to.kind})`;
}

describe('followRoute', () => {
  it('takes the first rule that holds, and none when none does', () => {
    const route: Route = {
      kind: 'rules',
      rules: [
        { when: 'x', to: 'a' },
        { when: 'y', to: 'b' },
      ],
    };
    assert.equal(follow(route, undefined, ['x', 'y']), 'a');
    assert.equal(follow(route, undefined, ['y']), 'b');
    assert.equal(follow(route), '(none)');
    assert.equal(follow({ ...route, rules: [...route.rules, { to: 'c' }] }), 'c');
  });

  it('takes a negated rule when its condition is false', () => {
    const route: Route = { kind: 'rules', rules: [{ when: 'x', negate: true, to: 'a' }] };
    assert.deepEqual([follow(route), follow(route, undefined, ['x'])], ['a', '(none)']);
  });

  it('does not ask for rules after the first that holds', () => {
    const asked: string[] = [];
    const rules = [
      { when: 'x', to: 'a' },
      { when: 'y', to: 'b' },
    ] as const;
    const holds = (when: string): boolean => asked.push(when) > 0;
    followRoute({ kind: 'rules', rules }, { holds, valueOf: () => null }, undefined);
    assert.deepEqual(asked, ['x']);
  });

  it('switches by text as it is, and by JSON for everything else', () => {
    const targets = { red: 'a', '7': 'b', true: 'c', null: 'd', '[1]': 'e', '': 'f' };
    const route: Route = { kind: 'switch', value: 'state.x', targets };
    assert.deepEqual(
      ['red', 7, '7', true, null, [1], ''].map((value) => follow(route, undefined, [], value as JsonValue)),
      ['a', 'b', 'b', 'c', 'd', 'e', 'f'],
    );
    assert.equal(follow(route, undefined, [], 'blue'), '(none)');
    assert.equal(follow(route, undefined, [], 'toString'), '(none)');
    assert.equal(follow(route, undefined, [], '__proto__'), '(none)');
  });

  it('ends a branch at its join, at its end, and where only the order of the list goes on', () => {
    const toJoin: Route = { kind: 'rules', rules: [{ to: 'j' }] };
    const toEnd: Route = { kind: 'switch', value: 'x', targets: { null: END } };
    assert.deepEqual([follow(toJoin, 'j'), follow(toJoin, 'k'), follow(toJoin)], ['(join)', 'j', 'j']);
    assert.deepEqual([follow(toEnd, 'j'), follow(toEnd)], ['(join)', '(end)']);
    assert.deepEqual([follow({ kind: 'next', to: 'n' }, 'j'), follow({ kind: 'next', to: 'n' })], ['(join)', 'n']);
    assert.deepEqual([follow({ kind: 'end' }, 'j'), follow({ kind: 'end' })], ['(join)', '(end)']);
    assert.equal(follow(aParallelRoute(), 'j'), '(parallel)');
  });
});
