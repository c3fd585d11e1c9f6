import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { readYaml } from './yaml-reader.ts';
import { toJson } from './yaml-tree.ts';

function read(text: string): unknown {
  const { root, problems } = readYaml(text, 'flow.yaml');
  if (root !== undefined) return toJson(root);
  return problems.sorted().map(({ line, column, code }) => `${line}:${column} ${code}`);
}

const BILLION_LAUGHS = Array.from({ length: 12 }, (_, level) =>
  level === 0
    ? 'l0: &l0 [x]'
    : `l${level}: &l${level} [${Array(10)
        .fill(`*l${level - 1}`)
        .join(', ')}]`,
).join('\n');

/** [what, text, expected value or problems] */
const ROWS: readonly (readonly [string, string, unknown])[] = [
  ['reads YAML 1.2: yes and on are text', 'a: yes\nb: on\nc: true\nd: 0o17', { a: 'yes', b: 'on', c: true, d: 15 }],
  ['keeps keys as they are written', '1: a\n1.0: b\ntrue: c', { 1: 'a', '1.0': 'b', true: 'c' }],
  ['shares what aliases name', 'a: &x {k: 1}\nb: *x', { a: { k: 1 }, b: { k: 1 } }],
  ['merges with <<, own keys first', 'a: &x {k: 1, m: 2}\nb: {<<: *x, k: 3}', { a: { k: 1, m: 2 }, b: { k: 3, m: 2 } }],
  ['keeps a quoted "<<" as a key', '"<<": 1', { '<<': 1 }],
  ['takes known tags', 'a: !!str 5', { a: '5' }],
  ['takes a file with a byte order mark', '\uFEFFa: 1', { a: 1 }],
  ['takes Windows line ends', 'a: |\r\n  x\r\nb: 2\r\n', { a: 'x\n', b: 2 }],
  ['refuses a key that stands twice', 'a: 1\nb: 2\na: 3', ['3:1 SPEC_SYNTAX']],
  ['refuses custom tags', 'a: !python/object x', ['1:4 SPEC_SYNTAX']],
  ['refuses binary', 'a: !!binary aGk=', ['1:4 SPEC_SYNTAX']],
  ['refuses two documents', 'a: 1\n---\nb: 2', ['2:1 SPEC_SYNTAX']],
  ['refuses YAML 1.1', '%YAML 1.1\n---\na: 1', ['1:1 SPEC_SYNTAX']],
  ['refuses an open quote', 'a: "x', ['1:6 SPEC_SYNTAX']],
  ['refuses a tab as indentation', 'a:\n\tb: 1', ['2:1 SPEC_SYNTAX']],
  ['refuses an unknown alias', 'a: *x', ['1:4 SPEC_SYNTAX']],
  ['refuses an alias inside what it names', 'a: &x [*x]', ['1:8 SPEC_SYNTAX']],
  ['refuses what is no number of JSON', 'a: .inf\nb: .nan', ['1:4 SPEC_SYNTAX', '2:4 SPEC_SYNTAX']],
  ['refuses numbers that would be rounded', 'a: 9007199254740993', ['1:4 SPEC_SYNTAX']],
  ['takes the largest exact number', 'a: 9007199254740991', { a: 9007199254740991 }],
  ['refuses a key that is a list', '? [a]\n: 1', ['1:3 SPEC_SYNTAX']],
  ['refuses a key that is nothing', ': 1', ['1:1 SPEC_SYNTAX']],
  ['refuses NUL', 'a: x\nb: \0', ['2:4 SPEC_SYNTAX']],
  ['refuses half a surrogate pair', 'a: \ud800', ['1:4 SPEC_SYNTAX']],
  ['refuses to merge text', 'a: {<<: x}', ['1:9 SPEC_SYNTAX']],
  [
    'refuses aliases that repeat a long text',
    `a: &x ${'y'.repeat(640_000)}\nb: [${Array(12).fill('*x').join(', ')}]`,
    ['2:41 SPEC_SYNTAX'],
  ],
  ['refuses aliases that multiply', BILLION_LAUGHS, ['6:25 SPEC_SYNTAX']],
];

describe('readYaml', () => {
  for (const [what, text, expected] of ROWS) it(what, () => assert.deepEqual(read(text), expected));

  it('says what is wrong in a whole sentence', () => {
    const { problems } = readYaml('name: x\nnodes: [\n', 'flow.yaml');

    assert.deepEqual(
      problems.sorted().map(({ message }) => message),
      ['Flow sequence in block collection must be sufficiently indented and end with a ].'],
    );
  });

  it('takes 64 levels and refuses 65', () => {
    assert.ok(!Array.isArray(read(`a: ${'['.repeat(63)}${']'.repeat(63)}`)));
    assert.match(String(read(`a: ${'['.repeat(65)}${']'.repeat(65)}`)), /SPEC_SYNTAX/);
  });

  for (const [name, text] of [
    ['lists in brackets', '['.repeat(50_000)],
    ['lists in dashes', '- '.repeat(50_000)],
    ['objects in braces', '{a: '.repeat(50_000)],
    ['complex keys', '? '.repeat(50_000)],
  ] as const) {
    it(`refuses ${name} nested 50,000 deep`, () => {
      assert.match(String(read(text)), /SPEC_SYNTAX/);
    });
  }

  it('takes 1 MiB and refuses one byte more', () => {
    const mebibyte = `a: ${'x'.repeat(1_048_573)}`;

    assert.equal((read(mebibyte) as { a: string }).a.length, 1_048_573);
    assert.deepEqual(read(`${mebibyte}x`), ['1:1 SPEC_SYNTAX']);
    assert.deepEqual(read(`a: ${'é'.repeat(524_287)}`), ['1:1 SPEC_SYNTAX']);
  });

  it('says once that the rest of a file was not understood', () => {
    assert.deepEqual(read('a: {b: return {}}\nc: 1\nd: 2'), ['1:15 SPEC_SYNTAX']);
  });

  it('reports at most 20 problems of syntax', () => {
    const text = Array.from({ length: 30 }, (_, index) => `k${index}: "\\q"\n`).join('');

    assert.equal((read(text) as string[]).length, 20);
  });
});
