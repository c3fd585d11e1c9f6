/** What of `lua.*` may be left to Moonpool or switched off. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { checkOptions, type JsonValue } from '../../core/index.ts';
import { LUA_OPTIONS } from './options.ts';

const resolve = (key: string, value: JsonValue) => checkOptions('lua', LUA_OPTIONS, { [key]: value });

describe('LUA_OPTIONS', () => {
  const rows: readonly (readonly ['lanes' | 'instructions', readonly JsonValue[], readonly JsonValue[]])[] = [
    ['lanes', [1, 64, 'auto'], [0, 65, 'off', false, '']],
    ['instructions', [1_000, 1_000_000_000_000], [999, 1_000_000_000_001, 0, 'auto', true]],
  ];
  for (const [name, taken, refused] of rows) {
    it(`takes the lowest and highest lua.${name} and refuses one past them`, () => {
      for (const value of taken) assert.deepEqual(resolve(name, value).options[name], value);
      for (const value of refused) assert.equal(resolve(name, value).problems.length, 1, String(value));
    });
  }

  it('is off as a word, as false and by default for instructions, auto by default for lanes', () => {
    const { options } = checkOptions('lua', LUA_OPTIONS, {});

    assert.deepEqual([options.instructions, options.lanes], [false, 'auto']);
    for (const value of ['off', false]) assert.equal(resolve('instructions', value).options.instructions, false);
    assert.match(resolve('instructions', 0).problems[0]?.message ?? '', /from 1000 to 1000000000000, or off, got 0/);
  });
});
