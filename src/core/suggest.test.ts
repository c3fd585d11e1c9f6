import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { nearestWord } from './suggest.ts';

const KNOWN = ['memory', 'timeout', 'goto', 'run', 'at'];

describe('nearestWord', () => {
  const rows: readonly [string, string | undefined][] = [
    ['memory', 'memory'],
    ['memroy', 'memory'],
    ['Memory', 'memory'],
    ['memorie', 'memory'],
    ['tiemout', 'timeout'],
    ['time_out', 'timeout'],
    ['gto', 'goto'],
    ['runn', 'run'],
    ['ta', 'at'],
    ['mem', undefined],
    ['x', undefined],
    ['', undefined],
    ['completely', undefined],
    ['m'.repeat(65), undefined],
  ];
  for (const [word, nearest] of rows) {
    it(`answers ${nearest} to '${word.slice(0, 12)}'`, () => assert.equal(nearestWord(word, KNOWN), nearest));
  }

  it('prefers the nearer of two', () => {
    assert.equal(nearestWord('nodes', ['modes', 'node', 'nodes']), 'nodes');
    assert.equal(nearestWord('nodess', ['node', 'nodes']), 'nodes');
  });

  it('takes one three letters away for a word of nine and none four away', () => {
    assert.equal(nearestWord('abcdefghi', ['abcdefxyz']), 'abcdefxyz');
    assert.equal(nearestWord('abcdefghi', ['abcdewxyz']), undefined);
  });
});
