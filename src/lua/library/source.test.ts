import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type LuaSource, readSources, toFlow } from './source.ts';

describe('readSources', () => {
  it('names what has no name', () => {
    assert.deepEqual(readSources('return 1'), [{ name: 'script', code: 'return 1', line: 1 }]);
    assert.deepEqual(
      readSources(['a = 1', { code: 'b = 2', line: 7 }, { name: 'main', code: '' }]).map(({ name, line }) => [
        name,
        line,
      ]),
      [
        ['script 1', 1],
        ['script 2', 7],
        ['main', 1],
      ],
    );
  });

  it('takes the most that it may', () => {
    assert.equal(readSources(Array.from({ length: 256 }, () => '')).length, 256);
    assert.equal(readSources('x'.repeat(1_048_576)).length, 1);
    assert.equal(readSources({ name: 'x'.repeat(200), code: '', line: 1_000_000 }).length, 1);
  });

  const refused: readonly [string, unknown, RegExp][] = [
    ['no source', [], /^sources: must be 1 to 256, got 0$/],
    ['a source too many', Array.from({ length: 257 }, () => ''), /^sources: must be 1 to 256, got 257$/],
    ['more text than it may be', 'x'.repeat(1_048_577), /^sources: must have at most 1048576 characters/],
    [
      'two sources of one name',
      [
        { name: 'a', code: '' },
        { name: 'a', code: '' },
      ],
      /^sources: two are named "a"$/,
    ],
    ['an empty name', { name: '', code: '' }, /^sources\[0\]\.name: must be text of 1 to 200 characters$/],
    ['a long name', { name: 'x'.repeat(201), code: '' }, /^sources\[0\]\.name/],
    ['line 0', { code: '', line: 0 }, /^sources\[0\]\.line: must be a whole number from 1 to 1000000$/],
    ['a line past the last', { code: '', line: 1_000_001 }, /^sources\[0\]\.line/],
    ['what is not text', [7, null], /^sources\[0\]\.code: must be text without lone surrogates\nsources\[1\]\.code/],
    ['a lone surrogate', 'return "\ud800"', /^sources\[0\]\.code/],
  ];
  for (const [what, sources, message] of refused) {
    it(`refuses ${what}`, () => {
      assert.throws(() => readSources(sources as LuaSource), { code: 'CONFIG_INVALID', message });
    });
  }
});

describe('toFlow', () => {
  it('gives the same hash for the same sources, another for any change', () => {
    const hashes = [
      ['a = 1', 'b = 2'],
      ['a = 1', 'b = 2'],
      ['a = 1b = 2', ''],
      [{ name: 'script 1', code: 'a = 1', line: 2 }, 'b = 2'],
      [{ name: 'x', code: 'a = 1' }, 'b = 2'],
    ].map((sources) => toFlow(readSources(sources)).hash);

    assert.equal(hashes[0], hashes[1]);
    assert.equal(new Set(hashes).size, 4);
  });
});
