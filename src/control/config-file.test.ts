/** What is taken and refused as a configuration file. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { layerFromFile, MAX_CONFIG_BYTES } from './config-file.ts';

/** The only problem of a file, as `line:column message`. */
function onlyProblem(text: string): string {
  const { problems, settings } = layerFromFile('f.yaml', text);
  assert.equal(problems.length, 1, JSON.stringify(problems));
  assert.deepEqual(settings, []);
  const { place, message } = problems[0] ?? assert.fail();
  assert.equal(place?.file, 'f.yaml');
  return `${place?.line}:${place?.column} ${message}`;
}

describe('layerFromFile', () => {
  it('gives every value with the place of the value and of each key', () => {
    const { settings } = layerFromFile('f.yaml', 'a:\n  b: 1\n  c: [x, 2]\n');

    assert.deepEqual(settings, [
      {
        path: ['a', 'b'],
        value: 1,
        source: { kind: 'file', file: 'f.yaml', line: 2, column: 6 },
        keys: [
          { line: 1, column: 1 },
          { line: 2, column: 3 },
        ],
      },
      {
        path: ['a', 'c'],
        value: ['x', 2],
        source: { kind: 'file', file: 'f.yaml', line: 3, column: 6 },
        keys: [
          { line: 1, column: 1 },
          { line: 3, column: 3 },
        ],
      },
    ]);
  });

  it('names the place of broken YAML', () => {
    assert.match(onlyProblem('a: "unclosed\n'), /^2:1 Missing closing "quote/);
  });

  it('refuses a key that stands twice', () => {
    assert.equal(onlyProblem('a: 1\na: 2\n'), '2:1 stands twice in one object');
    assert.equal(onlyProblem('a: {b: [{c: 1, d: 1, c: 2}]}'), '1:22 stands twice in one object');
    assert.equal(layerFromFile('f.yaml', 'a: 1\nb: 1\na: 2\nb: 2').problems.length, 2);
  });

  it('refuses a file that is not one object', () => {
    assert.equal(onlyProblem('- a'), '1:1 a configuration file holds one object');
    assert.equal(onlyProblem('text'), '1:1 a configuration file holds one object');
    assert.match(onlyProblem('a: 1\n---\nb: 1\n'), /multiple documents/);
  });

  it('refuses numbers that JSON cannot hold, tags it does not know and keys that are not text', () => {
    assert.equal(onlyProblem('a: .inf'), '1:4 a number must be finite');
    assert.match(onlyProblem('a: !thing 1'), /Unresolved tag/);
    assert.equal(onlyProblem('? [a]\n: 1'), '1:3 a key must be text');
  });

  it('takes words of older YAML as text', () => {
    assert.deepEqual(
      layerFromFile('f.yaml', 'a: yes\nb: 0o17\nc: 2024-01-01').settings.map(({ value }) => value),
      ['yes', 15, '2024-01-01'],
    );
  });

  it('follows aliases, and refuses a few that stand for very many values', () => {
    assert.deepEqual(layerFromFile('f.yaml', 'a: &x [1]\nb: *x').settings[1]?.value, [1]);
    const bomb = ['a0: &a0 [1,1,1,1,1,1,1,1,1,1]'];
    for (let level = 1; level < 10; level += 1) {
      bomb.push(`a${level}: &a${level} [${Array.from({ length: 10 }, () => `*a${level - 1}`).join(',')}]`);
    }
    assert.match(onlyProblem(bomb.join('\n')), /more than 10000 values/);
    assert.match(onlyProblem('a: &a {b: *a}'), /nested deeper than 20 levels|more than/);
  });

  it('takes 10,000 values and refuses one more', () => {
    // The whole, the list and its items.
    const list = (count: number): string => `a: [${Array.from({ length: count - 2 }, () => '1').join(',')}]`;

    assert.equal(layerFromFile('f.yaml', list(10_000)).settings.length, 1);
    assert.match(onlyProblem(list(10_001)), /more than 10000 values/);
  });

  it('refuses a hundred thousand keys without comparing them all', () => {
    const keys = Array.from({ length: 100_000 }, (_, index) => `k${index}: 1`).join('\n');

    assert.match(onlyProblem(keys), /more than 10000 values/);
  });

  it('takes 20 levels and refuses 21', () => {
    const nested = (levels: number): string => `${'{a: '.repeat(levels)}1${'}'.repeat(levels)}`;

    assert.equal(layerFromFile('f.yaml', nested(20)).settings.length, 1);
    assert.match(onlyProblem(nested(21)), /nested deeper than 20 levels/);
  });

  for (const opening of ['[', '{a: ', '- ', '? ']) {
    it(`refuses a hundred thousand times ${JSON.stringify(opening)} in one problem`, () => {
      assert.match(onlyProblem(opening.repeat(100_000)), /nested deeper than 20 levels/);
    });
  }

  it('takes a file of 1 MiB and refuses one character more', () => {
    const padded = (length: number): string => `a: 1\n#${'x'.repeat(length - 6)}`;

    assert.equal(layerFromFile('f.yaml', padded(MAX_CONFIG_BYTES)).settings.length, 1);
    assert.match(onlyProblem(padded(MAX_CONFIG_BYTES + 1)), /larger than 1 MiB/);
  });

  it('reads past a byte order mark and Windows line ends', () => {
    assert.equal(layerFromFile('f.yaml', '\uFEFFa: 1\r\nb: 2\r\n').settings.length, 2);
  });
});
