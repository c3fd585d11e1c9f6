import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compileSchema } from '../../test/support/action-call.ts';
import { readOwnActionFacts } from './own-action-facts.ts';

const GOOD = { effect: 'safe', about: 'Looks up.', with: { type: 'object' } };
const read = (value: unknown) =>
  readOwnActionFacts(typeof value === 'string' ? value : JSON.stringify(value), compileSchema);

describe('readOwnActionFacts', () => {
  it('gives the facts of each action', () => {
    const { facts, problems } = read({
      $schema: 'x',
      actions: { 'acme.lookup': { ...GOOD, result: { type: 'object' } } },
    });

    assert.deepEqual(problems, []);
    assert.deepEqual(facts, [
      {
        name: 'acme.lookup',
        effect: 'safe',
        about: 'Looks up.',
        withSchema: { type: 'object' },
        resultSchema: { type: 'object' },
        takesSecrets: true,
      },
    ]);
  });

  it('says everything that is wrong at once', () => {
    const { facts, problems } = read({
      actions: { 'acme.a': { effect: 'none', wiht: {} }, 'acme.b': GOOD, 'http.get': GOOD },
    });

    assert.deepEqual(
      facts.map(({ name }) => name),
      ['acme.b'],
    );
    assert.deepEqual(problems, [
      '"acme.a" has "wiht", which is not known',
      '"acme.a" needs effect: safe (only reads), idempotent (may be repeated under one key) or other',
      '"acme.a" needs about: a sentence of at most 500 characters',
      '"acme.a" needs with: a JSON Schema of type object',
      '"http.get" begins with http, which is kept for built-in actions',
    ]);
  });

  for (const [value, problem] of [
    ['{', /not JSON/],
    ['[]', /it must be \{"actions"/],
    [{ actions: {} }, /1 to 100 actions, got 0/],
    [{ actions: { 'acme.a': GOOD }, more: 1 }, /it must be/],
    [{ actions: { acme: GOOD } }, /no name of an action/],
    [{ actions: { 'Acme.a': GOOD } }, /no name of an action/],
    [{ actions: { [`acme.${'x'.repeat(60)}`]: GOOD } }, /no name of an action/],
    [{ actions: { 'acme.a': [] } }, /must be an object/],
    [{ actions: { 'acme.a': { ...GOOD, with: { type: 'string' } } } }, /of type object/],
    [
      { actions: { 'acme.a': { ...GOOD, with: { type: 'object', pattern: '(a+)+$' } } } },
      /under with that cannot be used/,
    ],
    [{ actions: { 'acme.a': { ...GOOD, result: { type: 'no' } } } }, /under result that cannot be used/],
    [{ actions: { 'acme.a': { ...GOOD, result: 1 } } }, /result that is no JSON Schema/],
    [{ actions: { 'acme.a': { ...GOOD, about: 'x'.repeat(501) } } }, /at most 500 characters/],
    [{ actions: Object.fromEntries(Array.from({ length: 101 }, (_, n) => [`acme.a${n}`, GOOD])) }, /got 101/],
  ] as const) {
    it(`refuses ${JSON.stringify(value).slice(0, 60)}`, () => {
      const { facts, problems } = read(value);
      assert.equal(facts.length, 0);
      assert.match(problems.join(), problem);
    });
  }

  it('takes the longest name, the longest sentence and 100 actions', () => {
    const actions = Object.fromEntries(Array.from({ length: 99 }, (_, n) => [`acme.a${n}`, GOOD]));
    const longest = { [`acme.${'x'.repeat(59)}`]: { ...GOOD, about: 'x'.repeat(500) } };
    assert.deepEqual(read({ actions: { ...actions, ...longest } }).problems, []);
  });
});
